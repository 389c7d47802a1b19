// Formulas as MathML: for the pages when the site is built, and on a page for what a cell shows.

import temml from "temml";

// Set as a superscript, a prime would be raised twice: its glyph stands high already.
function lower(node) {
  node.children?.forEach(lower);
  if (node.type === "msup" && node.children[1].classes?.includes("tml-prime")) node.type = "mrow";
}

// What holds one row and nothing else is that row by itself: a page has a third fewer elements.
const ROWS = new Set(["math", "mstyle", "msqrt", "mtd"]);

function unwrap(node) {
  node.children?.forEach(unwrap);
  let [row, more] = node.children ?? [];
  while (row?.type === undefined && row?.children?.length === 1) [row] = row.children;
  const plain = row?.type === "mrow" && !more
    && ![row.attributes, row.classes, row.style].some(kept => Object.keys(kept ?? {}).length);
  if (plain && ROWS.has(node.type)) node.children = row.children;
}

export function mathml(tex, displayMode = false) {
  const tree = temml.__renderToMathMLTree(tex, { displayMode, throwOnError: true });
  lower(tree);
  unwrap(tree);
  return tree.toMarkup();
}
