// The editor of a cell: CodeMirror, in the looks of the page, helped by the Python that runs.

import {
  acceptCompletion, autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion,
  CompletionContext, completionKeymap, completionStatus, moveCompletionSelection, startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore } from "@codemirror/commands";
import { globalCompletion, localCompletionSource, python } from "@codemirror/lang-python";
import {
  bracketMatching, indentOnInput, indentUnit, syntaxHighlighting, syntaxTree,
} from "@codemirror/language";
import { EditorState, Prec, StateEffect, StateField } from "@codemirror/state";
import {
  Decoration, EditorView, hoverTooltip, keymap, showTooltip, ViewPlugin,
} from "@codemirror/view";
import { tagHighlighter, tags } from "@lezer/highlight";

const INDENT = 4;
const NAME = /[\p{L}_][\p{L}\p{N}_.]*$/u;
const NO_NAMES = new Set(["Comment", "String", "FormatString", "Number"]);

// The classes of the code on the page: its style sheet has their colours for light and dark.
const colours = tagHighlighter([
  { tag: [tags.keyword, tags.controlKeyword, tags.definitionKeyword], class: "k" },
  { tag: tags.moduleKeyword, class: "kn" },
  { tag: [tags.bool, tags.null], class: "kc" },
  { tag: tags.operatorKeyword, class: "ow" },
  { tag: tags.operator, class: "o" },
  { tag: tags.modifier, class: "o" },
  { tag: tags.derefOperator, class: "o" },
  { tag: tags.number, class: "mi" },
  { tag: tags.string, class: "s2" },
  { tag: tags.escape, class: "se" },
  { tag: tags.comment, class: "c1" },
  { tag: tags.meta, class: "nd" },
  { tag: tags.function(tags.definition(tags.variableName)), class: "nf" },
  { tag: tags.definition(tags.className), class: "nc" },
]);

// The grammar does not tell what Python brings along from other names; the page does.
const kinds = { class: "nb", function: "nb", type: "ne" };
const builtIn = new Map(globalCompletion(new CompletionContext(
  EditorState.create({ extensions: python() }), 0, true,
)).options.filter(one => one.type in kinds).map(({ label, type }) =>
  [label, Decoration.mark({ class: kinds[type] })]));

function markBuiltIns({ state, visibleRanges }) {
  const marks = [];
  for (const { from, to } of visibleRanges) {
    syntaxTree(state).iterate({
      from, to,
      enter(node) {
        const mark = node.name === "VariableName" && builtIn.get(state.sliceDoc(node.from, node.to));
        if (mark) marks.push(mark.range(node.from, node.to));
      },
    });
  }
  return Decoration.set(marks);
}

const builtIns = ViewPlugin.define(view => ({
  marks: markBuiltIns(view),
  update(update) {
    const parsed = syntaxTree(update.startState) !== syntaxTree(update.state);
    if (update.docChanged || update.viewportChanged || parsed) this.marks = markBuiltIns(update.view);
  },
}), { decorations: plugin => plugin.marks });

// Where a reader's own colours replace those of the page, only a line still shows.
const inForcedColours = { outline: "1px solid transparent", outlineOffset: "-1px" };

const looks = EditorView.theme({
  "&": {
    backgroundColor: "var(--pst-color-surface)",
    borderRadius: "0.25rem",
    color: "inherit",
    fontSize: "0.875em",
  },
  "&.cm-focused": { outline: "2px solid var(--pst-color-primary)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--pst-font-family-monospace)", lineHeight: "1.25" },
  ".cm-content": { caretColor: "var(--pst-color-text-base)", padding: "0.75rem 0" },
  ".cm-line": { padding: "0 1rem" },
  "&.cm-focused .cm-matchingBracket, &.cm-focused .cm-nonmatchingBracket": {
    backgroundColor: "transparent",
    outline: "1px solid currentColor",
  },
  ".dz-error-line": {
    backgroundColor: "var(--pst-color-background)",
    boxShadow: "inset 4px 0 var(--pst-color-danger)",
    ...inForcedColours,
  },
  ".cm-tooltip": {
    backgroundColor: "var(--pst-color-background)",
    border: "1px solid var(--pst-color-border)",
    color: "var(--pst-color-text-base)",
    maxWidth: "min(40rem, calc(100vw - 1rem))",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--pst-font-family-monospace)",
    maxWidth: "min(40rem, calc(100vw - 1rem))",
    minWidth: "min(12rem, calc(100vw - 1rem))",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--pst-color-text-base)",
    color: "var(--pst-color-background)",
    ...inForcedColours,
  },
  ".cm-completionIcon": { opacity: 1 },
  ".dz-help": {
    boxSizing: "border-box",
    maxHeight: "14rem",
    overflow: "auto",
    overflowWrap: "anywhere",
    padding: "0.25rem 0.5rem",
    whiteSpace: "pre-wrap",
  },
  ".dz-help code": { color: "inherit", fontSize: "inherit" },
  // A phone enlarges the page for letters that are smaller.
  "@media (pointer: coarse) and (max-width: 60rem)": { ".cm-scroller": { fontSize: "16px" } },
});

const setLine = StateEffect.define();
const errorLine = StateField.define({
  create: () => Decoration.none,
  update(marks, { effects, docChanged, state }) {
    for (const effect of effects) {
      if (!effect.is(setLine)) continue;
      if (!effect.value) return Decoration.none;
      const number = Math.min(effect.value, state.doc.lines);
      const line = Decoration.line({ class: "dz-error-line" });
      return Decoration.set(line.range(state.doc.line(number).from));
    }
    return docChanged ? Decoration.none : marks;
  },
  provide: field => EditorView.decorations.from(field),
});

// What is known about a name, at a place; it goes as soon as the cursor leaves the line.
const setHelp = StateEffect.define();
const shownHelp = StateField.define({
  create: () => null,
  update(help, transaction) {
    for (const effect of transaction.effects) if (effect.is(setHelp)) return effect.value;
    if (!help) return null;
    const pos = transaction.changes.mapPos(help.pos);
    const { doc, selection } = transaction.state;
    const stays = doc.lineAt(pos).number === doc.lineAt(selection.main.head).number;
    return stays ? { ...help, pos } : null;
  },
  provide: field => showTooltip.from(field),
});

function tooltip(pos, { head, text }) {
  return {
    pos,
    above: true,
    create() {
      const dom = document.createElement("div");
      dom.className = "dz-help";
      const code = document.createElement("code");
      code.textContent = head;
      dom.append(code, text ? `\n${text}` : "");
      return { dom };
    },
  };
}

// Python counts letters, a browser counts halves of some of them.
const letters = (code, position) => [...code.slice(0, position)].length;

// Tab completes a name, as in a notebook, and indents elsewhere.
function tab(view) {
  const { state } = view, { main } = state.selection;
  if (completionStatus(state) === "active") {
    if (acceptCompletion(view)) return true;
    moveCompletionSelection(true)(view);
    return acceptCompletion(view);
  }
  const line = state.doc.lineAt(main.head), before = line.text.slice(0, main.head - line.from);
  if (!main.empty || !before.trim()) return indentMore(view);
  if (NAME.test(before)) return startCompletion(view);
  const insert = " ".repeat(INDENT - before.length % INDENT);
  view.dispatch(state.update(state.replaceSelection(insert), { userEvent: "input" }));
  return true;
}

// Afterwards Tab leaves, however long it takes to press it, until something else is done here.
function escape(view) {
  closeCompletion(view);
  if (view.state.field(shownHelp)) view.dispatch({ effects: setHelp.of(null) });
  view.setTabFocusMode(true);
  return true;
}

/**
 * Put an editor behind an element.
 *
 * @param {Element} before - the element behind which it stands
 * @param {string} code
 * @param {string} label - its name for screen readers
 * @param {() => void} run
 * @param {() => void} changed - called after each change of the code, also by set
 * @param {(code: string, position: number) => Promise<?{start: number, options: Object[]}>} complete
 * @param {(code: string, position: number) => Promise<?{head: string, text: string}>} help
 * @param {Object<string, string>} words
 */
export function open({ before, code, label, run, changed, complete, help, words = {} }) {
  const about = (state, position) => {
    const text = state.doc.toString();
    return help(text, letters(text, position));
  };

  async function completions(context) {
    const { state, pos } = context;
    const word = context.matchBefore(NAME);
    if (!word && !context.explicit) return null;
    if (NO_NAMES.has(syntaxTree(state).resolveInner(pos, -1).name)) return null;
    const text = state.doc.toString(), place = letters(text, pos);
    const known = await complete(text, place);
    const options = [...known?.options ?? []], has = new Set(options.map(one => one.label));
    if (!word?.text.includes(".")) {
      // Names of this cell, which Python has not run yet; without Python also the usual ones.
      for (const source of known ? [localCompletionSource] : [localCompletionSource, globalCompletion]) {
        options.push(...((await source(context))?.options ?? []).filter(one => !has.has(one.label)));
      }
    }
    const from = known ? pos - (place - known.start)
      : pos - (word?.text.split(".").at(-1).length ?? 0);
    return options.length ? { from, options, validFor: /^[\p{L}\p{N}_]*$/u } : null;
  }

  async function tell(view, position = view.state.selection.main.head, spoken = true) {
    const { doc } = view.state;
    const found = await about(view.state, position);
    // Meanwhile something else may have been typed.
    if (!found || view.state.doc !== doc) return;
    const effects = [setHelp.of(tooltip(position, found))];
    if (spoken) effects.push(EditorView.announce.of(`${found.head}. ${found.text}`));
    view.dispatch({ effects });
  }

  const keys = [
    ...["Ctrl-Enter", "Cmd-Enter", "Shift-Enter"].map(key => ({ key, run: () => (run(), true) })),
    { key: "Escape", run: escape },
    { key: "Tab", run: tab, shift: indentLess },
    ...["F1", "Mod-i"].map(key => ({ key, run: view => (tell(view), true), preventDefault: true })),
  ];

  const listens = EditorView.updateListener.of(update => {
    const { docChanged, focusChanged, selectionSet, state, transactions, view } = update;
    if (docChanged || selectionSet || focusChanged) view.setTabFocusMode(false);
    if (!docChanged) return;
    const at = state.selection.main.head;
    const typed = transactions.some(one => one.isUserEvent("input.type"));
    if (typed && state.sliceDoc(at - 1, at) === "(") tell(view, at - 1, false);
    else if (typed && state.sliceDoc(at - 1, at) === ")" && state.field(shownHelp)) {
      view.dispatch({ effects: setHelp.of(null) });
    }
    changed();
  });

  const box = document.createElement("div");
  box.className = "highlight dz-editor";
  // Keys are for the code: elsewhere on the page "/" leads to the search.
  box.addEventListener("keydown", event => event.stopPropagation());
  const view = new EditorView({
    doc: code,
    parent: box,
    extensions: [
      Prec.highest(keymap.of(keys)),
      python(), indentUnit.of(" ".repeat(INDENT)), EditorState.tabSize.of(INDENT), indentOnInput(),
      history(), bracketMatching(), closeBrackets(),
      // Enter starts a new line, unless a reader has chosen one of the words.
      autocompletion({ override: [completions], selectOnOpen: false, interactionDelay: 0 }),
      hoverTooltip(async (view, position) => {
        const found = await about(view.state, position);
        return found ? tooltip(position, found) : null;
      }),
      errorLine, shownHelp, listens,
      keymap.of([...completionKeymap, ...closeBracketsKeymap, ...historyKeymap, ...defaultKeymap]),
      syntaxHighlighting(colours), builtIns, looks,
      EditorState.phrases.of({
        "Completions": words.completions ?? label,
        "Selection deleted": words.deleted ?? "",
      }),
      EditorView.contentAttributes.of({ "aria-label": label, "aria-description": words.keys ?? "" }),
    ],
  });
  before.after(box);

  return {
    get: () => view.state.doc.toString(),
    set(text) {
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } });
    },
    // With a point of the window the cursor goes there.
    focus(point) {
      const head = point && view.posAtCoords(point, false);
      if (head !== undefined && head !== null) view.dispatch({ selection: { anchor: head } });
      view.focus();
    },
    close() {
      view.destroy();
      box.remove();
    },
    markLine: number => view.dispatch({ effects: setLine.of(number) }),
  };
}
