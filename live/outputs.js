// What a cell shows, drawn into the page.

const formulas = new URL("../vendor/formulas.mjs", document.currentScript.src);

const make = (tag, kind, ...content) => {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  element.append(...content);
  return element;
};

// Scripts that came as text, or in a copy, run once they are on the page.
export const revive = root => {
  root.querySelectorAll("script").forEach(old => {
    const script = document.createElement("script");
    script.textContent = old.textContent;
    old.replaceWith(script);
  });
  return root;
};

const nodesOf = text => {
  const box = document.createElement("template");
  box.innerHTML = text;
  return revive(box.content);
};

// What a terminal makes of what is printed: a line that returns is written over, and colours go.
const plain = text => text.replace(/\x1b\[[\d;]*[A-Za-z]/g, "").replace(/\r+\n/g, "\n")
  .replace(/[^\n]*\r(?=[^\n])/g, "");

const printed = (text, kind = "stream") => {
  const pre = make("pre", "", plain(text));
  return make("div", `output ${kind} notranslate`, make("div", "highlight", pre));
};

const FORMULA = /\$(?!\s)([^$]+)(?<!\s)\$(?!\d)/;

// Words with formulas between dollar signs, which come when what writes them is there.
const worded = words => words.split(FORMULA).map((part, i) => {
  if (i % 2 === 0) return part;
  const place = make("span", "math", `\\(${part}\\)`);
  import(formulas).then(({ mathml }) => { place.outerHTML = mathml(part); }).catch(() => {});
  return place;
});

const unmarked = element => {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("math, .math").forEach(formula => formula.remove());
  return copy.textContent.trim();
};
const spoken = words => words.split(FORMULA).filter((_, i) => i % 2 === 0).join("").trim();
const letters = text => text.replace(/[^\p{L}\p{N}]/gu, "");

// A figure or table of the course. The stored one has a number, formulas in its caption and, in
// another language, other words: only what has changed is put into it.
function intoFigure(stored, text) {
  const fresh = nodesOf(text), figure = fresh.querySelector("figure");
  const words = figure?.querySelector(":scope > figcaption")?.textContent ?? "";
  const table = figure?.querySelector("table");
  if (table && stored?.matches(".dz-table, :has(.dz-table)")) return intoTable(stored, table);
  const body = stored?.querySelector(".dz-figure, .dz-explorer");
  if (!figure || !body || !body.classList.contains(figure.className)) return fresh;
  figure.querySelector(":scope > figcaption").remove();
  body.replaceChildren(...figure.childNodes);
  const caption = stored.querySelector("figcaption .caption-text");
  if (caption && letters(unmarked(caption)) !== letters(spoken(words))) {
    caption.replaceChildren(...worded(words));
  }
  return stored;
}

function intoTable(stored, table) {
  const rows = [...table.rows].map(row => [...row.cells].map(cell => cell.textContent));
  const old = stored.matches("table") ? stored : stored.querySelector("table");
  const kinds = [...old.rows[0].cells].map(cell => cell.className);
  const model = [...old.rows].at(-1);
  const sameShape = old.rows.length === rows.length && kinds.length === rows[0].length;
  if (!sameShape) {
    const body = old.tBodies[0];
    body.replaceChildren(...rows.slice(1).map(() => model.cloneNode(true)));
  }
  if (kinds.length !== rows[0].length) return nodesOf(table.outerHTML);
  [...old.rows].forEach((row, i) => [...row.cells].forEach((cell, j) => {
    if (unmarked(cell) !== spoken(rows[i][j])) {
      (cell.querySelector("p") ?? cell).replaceChildren(...worded(rows[i][j]));
    }
  }));
  return stored;
}

// Draws one output; stored is what the page showed at this place, if anything.
export function draw(output, stored) {
  if (output.output_type === "stream") {
    return printed(output.text, output.name === "stderr" ? "stderr" : "stream");
  }
  if (output.output_type === "error") {
    return printed(output.traceback.join("\n"), "traceback");
  }
  const { data } = output;
  if (data["text/html"]) {
    const box = make("div", "output text_html");
    box.append(intoFigure(stored, data["text/html"]));
    return box;
  }
  if (data["image/svg+xml"]) return make("div", "output", nodesOf(data["image/svg+xml"]));
  if (data["image/png"]) {
    const image = make("img", "dz-png");
    image.src = `data:image/png;base64,${data["image/png"]}`;
    image.alt = data["text/plain"];
    return make("div", "output", image);
  }
  return printed(data["text/plain"], "text_plain");
}
