// Formulas as MathML: for the pages when the site is built, and on a page for what a cell shows.

import temml from "temml";

const operator = node => {
  while (node && node.type !== "mo" && node.children?.length) [node] = node.children;
  return node?.type === "mo" ? node : undefined;
};

// What MathML spaces in another way than TeX: dots, and a sign that begins an aligned part.
function space(node) {
  node.children?.forEach(space);
  if (node.type === "mo" && ["…", "⋯"].includes(node.children[0]?.text)) {
    Object.assign(node.attributes, { lspace: "0", rspace: "0" });
  }
  if (node.classes?.includes("tml-left")) operator(node)?.setAttribute("form", "infix");
}

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

const leaves = node => node.children?.length
  ? node.children.reduce((sum, child) => sum + leaves(child), 0) : 1;

// A long formula within a line may break behind its signs: it comes in parts.
const LONG = 9;

function parts(tree) {
  const rows = tree.children.flatMap(child => child.type ? [child] : child.children);
  if (rows.length < 2 || rows.some(row => row.type !== "mrow")) return [tree];
  if (leaves(tree) <= LONG) {
    tree.children = rows.flatMap(row => row.children);
    return [tree];
  }
  return rows.map(row => {
    const part = Object.assign(Object.create(Object.getPrototypeOf(tree)), tree, { children: [row] });
    const last = row.children.at(-1);
    if (last.type === "mo") last.setAttribute("form", "infix");
    return part;
  });
}

export function mathml(tex, displayMode = false) {
  const options = { displayMode, throwOnError: true, wrap: "tex" };
  const tree = temml.__renderToMathMLTree(tex, options);
  space(tree);
  lower(tree);
  return parts(tree).map(part => {
    unwrap(part);
    return part.toMarkup();
  }).join("");
}
