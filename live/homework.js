// The pages of the homework: what the reader has written goes into the notebook that is handed in.
// _ext/dlzero_homework.py makes the marks and all words.

const BLANK = "YOUR ANSWER HERE";

// As a notebook keeps a text: its lines, each with its end.
const lines = text => text.replaceAll("\r\n", "\n").match(/[^\n]*\n|[^\n]+/g) ?? [];

// A place in this page, as book/_static/keep.js names it.
const place = id => `#${id}`;

// Put the kept texts into a notebook, and count its answers. `kept` gives the text of a cell, or
// null. Nothing else of the notebook changes: by its marks the grader knows the cells again.
export const fill = (notebook, kept) => {
  let answers = 0, given = 0;
  for (const cell of notebook.cells) {
    const marks = cell.metadata.nbgrader ?? {}, text = kept(cell.id), before = cell.source.join("");
    const own = cell.cell_type === "code" ? !marks.locked : marks.solution;
    if (own && text !== null) {
      // A function, as a text that replaces would read its dollar signs.
      const after = cell.cell_type === "code" ? text : before.replace(BLANK, () => text);
      if (text.trim()) cell.source = lines(after);
    }
    answers += Boolean(marks.solution);
    given += Boolean(marks.solution) && cell.source.join("").trim() !== before.trim();
  }
  return { answers, given };
};

const save = (text, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/x-ipynb+json" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
};

const makeField = (field, keep) => {
  const id = field.dataset.cell, area = field.querySelector("textarea");
  area.value = keep.get("edit", place(id)) ?? "";
  area.addEventListener("input", () => {
    if (area.value.trim()) keep.set("edit", place(id), area.value);
    else keep.remove("edit", place(id));
  });
  // What was imported or wiped while the page is open.
  document.addEventListener("dlzero:kept", ({ detail }) => {
    if (detail?.kind !== "edit" || detail.id !== keep.page + place(id)) return;
    const now = detail.value ?? "";
    if (area.value !== now && (now || area.value.trim())) area.value = now;
  });
  field.previousElementSibling.hidden = true;
  field.hidden = false;
};

const makeBox = (box, keep) => {
  const link = box.querySelector(".dz-download"), said = box.querySelector(".dz-said");
  link.addEventListener("click", async event => {
    event.preventDefault();
    said.textContent = "";
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.status);
      const notebook = await answer.json();
      const { answers, given } = fill(notebook, id => keep.get("edit", place(id)));
      save(JSON.stringify(notebook, null, 1) + "\n", link.download);
      said.textContent = box.dataset.holds.replace("{0}", given).replace("{1}", answers);
    } catch {
      said.textContent = box.dataset.failed;
    }
  });
  box.querySelector(".dz-runs").hidden = false;
  box.querySelector(".dz-plain").hidden = true;
};

// A page that was opened as a file may not read the notebook: there the link stays as it is.
export const setUp = ({ keep }) => {
  if (location.protocol === "file:") return;
  document.querySelectorAll(".dz-written").forEach(field => makeField(field, keep));
  document.querySelectorAll(".dz-homework").forEach(box => makeBox(box, keep));
};
