// The page that runs. Nothing is loaded before a reader presses Run.

import { bringToLife } from "./figures.js";
import { setUp as homework } from "./homework.js";
import { draw, revive } from "./outputs.js";
import { Ended, makePython } from "./python.js";

const base = new URL("./", document.currentScript.src);
const data = document.getElementById("dz-live")?.dataset;
const words = JSON.parse(data?.words ?? "{}");
const fill = (text, ...values) => values.reduce((t, v, i) => t.replace(`{${i}}`, v), text);
const keep = window.dlzeroKeep ?? { get: () => null, set() {}, remove() {} };
// One cell speaks to a screen reader: the others run, or grow stale, in silence.
const spoken = { of: null, place: document.createElement("span") };
spoken.place.className = "dz-spoken";
spoken.place.setAttribute("role", "status");
const GUESS = ".dz-beside"; // the reader's own, which a predict box puts beside its answer

const button = (kind, does) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `dz-${kind}`;
  made.textContent = words[kind];
  made.addEventListener("click", does);
  return made;
};

class Cell {
  constructor(element, index) {
    this.element = element;
    this.index = index;
    this.id = element.id.replace(/^cell-/, "");
    this.input = element.querySelector(".cell_input");
    this.pre = this.input.querySelector("pre");
    this.stored = this.pre.textContent.replace(/^\n+|\n+$/g, "");
    this.storedNodes = [...this.pre.childNodes];
    this.outputs = element.querySelector(".cell_output");
    this.box = element.closest(".exercise, .solution");
    this.locked = "locked" in element.dataset;
    this.isTest = element.dataset.locked === "test"; // of a homework; nothing needs what it defines
    this.aside = this.box && !element.classList.contains("tag_used-below");
    this.space = this.aside ? this.box.id : "";
    this.fresh = false; // whether Python knows what it has defined
    const kept = this.locked ? null : keep.get("edit", `#${this.id}`);
    this.text = kept ?? this.stored;
    this.makeBar();
    if (!this.locked && !this.elsewhere) {
      this.pre.addEventListener("dblclick", ({ clientX: x, clientY: y }) =>
        page.edit(this, { x, y }));
    }
    if (this.changed) this.showText();
  }

  get code() { return this.editor ? this.editor.get() : this.text; }

  // A copy of the outputs as the page had them. Most cells never run, and pictures are large.
  remember() {
    this.storedOutputs ??= this.outputs ? [...this.outputs.cloneNode(true).children]
      .filter(node => !node.matches(GUESS)) : [];
  }

  get storedValues() { return this.storedOutputs.filter(node => !node.classList.contains("stream")); }
  get changed() { return this.code !== this.stored; }

  makeBar() {
    this.bar = document.createElement("div");
    this.bar.className = "dz-bar";
    this.input.append(this.bar);
    if (this.element.classList.contains("tag_needs-processes")) {
      this.elsewhere = true;
      this.say(words.processes);
      return;
    }
    this.run = button("run", () => page.pressed(this));
    this.bar.append(this.run);
    if (!this.locked) this.bar.append(button("edit", () => page.edit(this)));
    this.element.addEventListener("keydown", event => {
      if (event.key === "Enter" && (event.ctrlKey || event.shiftKey || event.metaKey)) {
        event.preventDefault();
        event.stopPropagation();
        page.pressed(this);
      }
    }, { capture: true });
  }

  // What it says, and the way back, come when they are needed: most cells are only read.
  furnish() {
    if (this.status) return;
    this.status = document.createElement("span");
    this.status.className = "dz-status";
    this.bytes = document.createElement("span");
    this.bytes.className = "dz-bytes";
    this.bytes.setAttribute("aria-hidden", "true"); // it changes many times a second
    if (!this.locked && !this.elsewhere) {
      this.reset = button("reset", () => page.reset(this));
      this.reset.hidden = !this.changed;
      this.bar.append(this.reset);
    }
    this.bar.append(this.status, this.bytes);
  }

  // Without an editor: what the reader has made of it stands in the page.
  showText() {
    if (this.code === this.stored) this.pre.replaceChildren(...this.storedNodes);
    else this.pre.textContent = `${this.code}\n`;
    this.mark();
  }

  mark() {
    this.element.classList.toggle("dz-changed", this.changed);
    if (this.changed) this.furnish();
    if (this.reset) this.reset.hidden = !this.changed;
  }

  say(text, kind = "") {
    this.furnish();
    if (spoken.of === this) spoken.place.textContent = text;
    // It need not be written again at each letter that is typed.
    if (this.status.textContent === text && this.status.dataset.kind === kind) return;
    this.status.textContent = text;
    this.status.dataset.kind = kind;
  }

  // The element for outputs, made for a cell that has shown nothing so far.
  get place() {
    if (!this.outputs) {
      this.outputs = document.createElement("div");
      this.outputs.className = "cell_output docutils container";
      this.element.append(this.outputs);
    }
    return this.outputs;
  }

  show(nodes) {
    this.place.replaceChildren(...this.place.querySelectorAll(`:scope > ${GUESS}`), ...nodes);
  }

  stale(on) {
    this.element.classList.toggle("dz-stale", on && Boolean(this.outputs?.children.length));
    if (on) this.say(words.stale, "stale");
  }
}

// Collects what one run of a cell shows, and draws it.
class Run {
  constructor(cell, untouched) {
    this.cell = cell;
    this.untouched = untouched; // neither it nor what is above it was changed
    this.outputs = [];
  }

  add(output) {
    const last = this.outputs.at(-1);
    if (output.output_type === "stream" && last?.name === output.name) {
      last.text += output.text;
    } else {
      this.outputs.push({ ...output });
    }
    if (!this.waits) {
      this.waits = true;
      setTimeout(() => { this.waits = false; if (!this.over) this.draw(); }, 100);
    }
  }

  // What the page shows already stays as it is: figures have their numbers and translated words.
  sameAsShown() {
    const shown = this.cell.storedOutputs;
    return this.untouched && !this.cell.redrawn && shown.length === this.outputs.length
      && this.outputs.every((output, i) => {
        if (output.output_type === "stream") return shown[i].textContent.trim() === output.text.trim();
        return output.output_type !== "error";
      });
  }

  draw() {
    const { cell } = this;
    if (!this.outputs.length && !cell.outputs) return;
    if (this.over && this.sameAsShown()) return;
    const stored = cell.storedOutputs.map(node => node.querySelector(":scope > *")
      ? node.cloneNode(true) : node);
    const kinds = "figure, .pst-scrollable-table-container, table";
    const figures = stored.map(node => (node.matches(kinds) ? node : node.querySelector(kinds)))
      .filter(Boolean);
    let next = 0;
    const values = cell.storedValues.map(node => node.cloneNode(true));
    const again = () => values.length ? revive(values.shift()) : "";
    const fresh = this.outputs.map(output => output.kept ? again()
      : draw(output, output.data?.["text/html"] ? figures[next++] : undefined));
    cell.redrawn = true;
    cell.show(fresh);
  }

  finish() {
    this.over = true;
    this.draw();
    return this.outputs;
  }
}

class Page {
  constructor(elements) {
    this.cells = [];
    elements.forEach((element, i) => this.cells.push(new Cell(element, i)));
    this.main = this.cells.filter(cell => !cell.aside && !cell.elsewhere);
    this.still = []; // figures that move, and could go between their stored pictures
    this.spaces = new Map(); // what the namespace of an exercise was made of
    const code = this.cells.map(cell => cell.stored).join("\n");
    this.python = makePython(base, (kind, detail) => this.told(kind, detail), code);
  }

  told(kind, detail) {
    if (kind === "bytes") {
      const mb = bytes => (bytes / 1e6).toFixed(1);
      if (!detail.total || !this.first) return;
      this.first.bytes.textContent = fill(words.bytes, mb(detail.loaded), mb(detail.total));
      this.first.bar.style.setProperty("--dz-share", detail.loaded / detail.total);
    } else if (kind === "ended") {
      this.spaces.clear();
      this.still.length = 0;
      this.cells.forEach(cell => {
        cell.fresh = false;
        cell.ranAs = undefined;
      });
      this.reason = detail.reason;
      this.lost = !this.started;
      this.started = false;
      this.anew.hidden = true;
    } else if (kind === "ready") {
      this.started = true;
      this.anew.hidden = false;
      if (this.first) this.loaded(this.first);
    } else this.first?.say(words[kind] ?? "", "busy");
  }

  loaded(cell) {
    cell.bytes.textContent = "";
    cell.bar.style.removeProperty("--dz-share");
  }

  pressed(cell) {
    if (cell.elsewhere) return;
    spoken.of = this.running ?? cell;
    if (this.running) {
      if (this.running === cell) this.python.stop();
      return;
    }
    if (location.protocol === "file:") return cell.say(words.server);
    if (typeof WebAssembly !== "object") return cell.say(words.old);
    this.ended = this.runTo(cell);
  }

  // Runs a cell, and before it whatever it needs and Python does not know.
  async runTo(cell) {
    this.running = this.first = cell;
    if (!this.started) cell.say(words.python, "busy");
    cell.run.textContent = words.stop;
    cell.run.classList.add("dz-stop");
    let status = "stopped";
    try {
      await this.python.start();
      status = cell.aside ? await this.runAside(cell) : await this.runMain(cell);
    } catch (error) {
      if (!(error instanceof Ended)) cell.say(error.message, "error");
      else if (!this.reason) cell.say(words.stopped, "error");
      else {
        const said = fill(this.lost ? words.lost : words.ended, this.reason);
        cell.say(`${said} ${words.again}`, "error");
      }
      this.cells.filter(one => one !== cell && one.status?.dataset.kind === "busy")
        .forEach(one => one.say(""));
    } finally {
      this.running = this.first = undefined;
      cell.run.textContent = words.run;
      cell.run.classList.remove("dz-stop");
      this.loaded(cell);
    }
    this.enliven();
    return status;
  }

  // Of the whole page, the cells of the chapter: an exercise waits for its reader.
  async runAll() {
    if (this.running) return;
    for (const cell of this.main.filter(one => !one.fresh)) {
      this.pressed(cell);
      if (await this.ended !== "ok" && !cell.isTest) return;
    }
  }

  // One line above the first cell, for what concerns the whole page.
  makeLine(first) {
    const line = document.querySelector(".dz-page") ?? document.createElement("div");
    line.className = "dz-page";
    const label = document.createElement("label");
    const always = document.createElement("input");
    always.type = "checkbox";
    always.checked = keep.get("choice", "start") === "1";
    always.addEventListener("change", () => {
      if (always.checked) keep.set("choice", "start", "1");
      else keep.remove("choice", "start");
      if (always.checked && this.canRun()) this.python.start().catch(() => { /* said at a run */ });
    });
    label.append(always, ` ${words.always}`);
    this.anew = button("restart", () => this.python.stop());
    this.anew.hidden = true;
    line.append(button("all", () => this.runAll()), this.anew, label, spoken.place);
    if (!line.isConnected) first.element.before(line);
  }

  canRun() {
    return location.protocol !== "file:" && typeof WebAssembly === "object";
  }

  async runMain(cell) {
    const above = this.main.filter(one => one.index < cell.index && !one.fresh && !one.isTest);
    for (const one of above) {
      cell.say(words.waits, "busy");
      if (await this.runCell(one) === "error") return this.brokenAbove(cell, one);
    }
    return this.runCell(cell, true);
  }

  brokenAbove(cell, one) {
    cell.say(`${words.above} `, "error");
    const link = document.createElement("a");
    link.href = `#${one.element.id}`;
    link.textContent = words.there;
    cell.status.append(link);
    return "error";
  }

  // An exercise has a namespace of its own, and needs a few cells of the chapter alone.
  async runAside(cell) {
    const chapter = this.main.filter(one => one.index < cell.index);
    const before = this.cells.filter(one => one.aside && one.index < cell.index
      && (one.box === cell.box || one.box.id === cell.box.id.replace(/^sol-/, "ex-")));
    const pool = [...chapter, ...before].sort((a, b) => a.index - b.index);
    const own = before.filter(one => one.box === cell.box);
    const chosen = await this.python.ask("plan", {
      cells: pool.map(one => one.code), target: [...own, cell].map(one => one.code),
    });
    const needed = pool.filter((one, i) => chosen.includes(i) || own.includes(one));
    const key = JSON.stringify(needed.map(one => [one.id, one.code]));
    if (this.spaces.get(cell.space) !== key) {
      this.spaces.delete(cell.space);
      let anew = true;
      for (const one of needed) {
        if (own.includes(one)) {
          if (await this.runCell(one, false, anew) === "error") return this.brokenAbove(cell, one);
        } else if (await this.quietly(one, cell, anew) === "error") {
          return this.brokenAbove(cell, one);
        }
        anew = false;
      }
      this.spaces.set(cell.space, key);
      return this.runCell(cell, true, anew);
    }
    return this.runCell(cell, true);
  }

  quietly(one, cell, anew) {
    cell.say(words.waits, "busy");
    one.remember();
    const run = new Run(one, false);
    const { code } = one;
    return this.python.ask("run", { code, space: cell.space, anew, cell: "", kept: true }, {
      output: output => run.outputs.push(output),
    }).then(status => {
      if (status === "error") {
        run.finish();
        this.failed(one, code, run.outputs);
      }
      return status;
    });
  }

  async runCell(cell, wanted = false, anew = false) {
    cell.remember();
    const code = cell.code;
    const untouched = !this.cells.some(one => one.index <= cell.index && one.changed);
    const run = new Run(cell, untouched);
    // Drawing takes longest: pictures that would be the same stay. The tests want to see them.
    const kept = untouched && !cell.redrawn && cell.storedValues.length > 0
      && keep.get("choice", "draw") !== "1";
    cell.say(words.runs, "busy");
    cell.editor?.markLine(null);
    let began;
    const asked = { code, space: cell.space, anew, cell: cell.id, kept };
    const status = await this.python.ask("run", asked, {
      begun: () => { began = performance.now(); },
      output: output => run.add(output),
    }).catch(error => {
      run.finish();
      throw error;
    });
    const outputs = run.finish();
    cell.stale(false);
    const seconds = (performance.now() - began) / 1000;
    if (status === "ok") cell.say(this.ran(cell, seconds), "ok");
    else this.failed(cell, code, outputs);
    cell.fresh = status === "ok";
    cell.element.classList.add("dz-ran");
    if (!cell.aside && cell.ranAs !== code) this.below(cell);
    cell.ranAs = code;
    if (wanted) this.open(cell);
    this.alive(cell, outputs);
    const text = outputs.filter(o => o.output_type === "stream").map(o => o.text).join("");
    document.dispatchEvent(new CustomEvent("dlzero:ran",
      { detail: { cell: cell.element, status, outputs, text, wanted } }));
    return status;
  }

  ran(cell, seconds) {
    const said = fill(words.ran, seconds < 0.95 ? seconds.toFixed(1) : seconds.toFixed(0));
    return cell.element.classList.contains("tag_rounding-grows") ? fill(words.rounding, said) : said;
  }

  failed(cell, code, outputs) {
    const line = outputs.find(output => output.output_type === "error")?.line;
    cell.say(line ? `${words.failed} (${fill(words.line, line)})` : words.failed, "error");
    if (line && cell.code === code) cell.editor?.markLine(line);
  }

  // After a new run of a cell, what stands below it may be out of date.
  below(cell) {
    this.main.filter(one => one.index > cell.index && one.fresh).forEach(one => {
      one.fresh = false;
      one.stale(true);
    });
  }

  // Whoever runs a cell wants to see what it shows, also where a box asks for a guess first.
  open(cell) {
    cell.element.querySelector(".dz-shut:not(.dz-open)")?.dispatchEvent(new Event("beforematch"));
    const folded = cell.outputs?.closest("details");
    if (folded && cell.element.classList.contains("tag_hide-output")) folded.open = true;
  }

  alive(cell, outputs) {
    const roots = [...cell.element.querySelectorAll(".dz-explorer")];
    outputs.filter(o => o.data || o.kept).forEach((output, number) => {
      const root = output.moves && roots.shift();
      if (!root) return;
      const ask = places => this.python.ask("frame", { cell: cell.id, number, places });
      const can = () => this.started && !this.running && (cell.fresh || cell.aside);
      this.still.push(() => bringToLife(root, ask, can));
    });
  }

  // When Python has time.
  async enliven() {
    while (this.still.length && !this.running) await this.still.shift()();
  }

  // At a point of the window, where a reader has clicked on the code.
  async edit(cell, point) {
    if (cell.editor) return cell.editor.focus(point);
    let open;
    try {
      ({ open } = await import(new URL("editor.js", base)));
    } catch (error) {
      return cell.say(fill(words.editor, error.message), "error");
    }
    if (cell.editor) return cell.editor.focus(point); // asked for twice while it was loading
    const highlight = cell.input.querySelector(".highlight");
    cell.editor = open({
      before: highlight,
      code: cell.code,
      label: words.code,
      run: () => this.pressed(cell),
      changed: () => this.changed(cell),
      complete: (code, position) => this.known("complete", cell, code, position),
      help: (code, position) => this.known("help", cell, code, position),
      words,
    });
    highlight.hidden = true;
    cell.editor.focus(point);
    if (!cell.status?.textContent) cell.say(words.leave);
  }

  // An editor asks Python only where it is there already and has time.
  async known(what, cell, code, position) {
    if (!this.started || this.running) return null;
    return this.python.ask(what, { code, position, space: cell.space }).catch(() => null);
  }

  changed(cell) {
    if (cell.changed) keep.set("edit", `#${cell.id}`, cell.code);
    else keep.remove("edit", `#${cell.id}`);
    cell.mark();
    cell.fresh = false;
    cell.stale(true);
    if (!cell.aside) this.below(cell);
  }

  reset(cell) {
    cell.editor?.close();
    cell.editor = undefined;
    cell.text = cell.stored;
    cell.input.querySelector(".highlight").hidden = false;
    cell.showText();
    keep.remove("edit", `#${cell.id}`);
    cell.fresh = false;
    if (cell.aside) this.spaces.delete(cell.space); // what the reader's own code made goes too
    if (cell.redrawn) {
      cell.show(cell.storedOutputs.map(node => revive(node.cloneNode(true))));
      cell.redrawn = false;
    }
    cell.stale(false);
    cell.say("");
    if (!cell.aside) this.below(cell);
    cell.run.focus();
  }
}

const elements = [...document.querySelectorAll("div.cell")]
  .filter(element => element.querySelector(".cell_input pre"));
const page = data && elements.length ? new Page(elements) : undefined;
homework({ keep });
if (page) {
  page.makeLine(page.cells[0]);
  // What was imported or wiped, here or in another window.
  document.addEventListener("dlzero:kept", ({ detail: { kind, id, value } }) => {
    const cell = kind === "edit" && page.cells.find(one => id === `${keep.page}#${one.id}`);
    if (!cell || cell.locked || cell.code === (value ?? cell.stored)) return;
    if (cell.editor) cell.editor.set(value ?? cell.stored);
    else {
      cell.text = value ?? cell.stored;
      cell.showText();
    }
  });
  if (keep.get("choice", "start") === "1" && page.canRun()) {
    page.python.start().catch(() => { /* said at a run */ });
  }
}
