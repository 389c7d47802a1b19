"""The rules that lessons and pages follow: no build, no browser.

A rule takes a `Page` and returns what is wrong with it, one sentence each. ``test_book.py`` holds
the book to them; ``test_book_rules.py`` breaks a small lesson on purpose to show that they work.
"""

import ast
import html
import io
import itertools
import re
import textwrap
import tokenize
from collections import Counter
from dataclasses import dataclass, field, replace

import nbformat
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin

#: What every lesson has: kind, text, least number. The headings must come in this order.
#: A heading "##|###" may have either level.
TEMPLATE = [
    ("##", "The question", 1),
    ("box", "What you will be able to do", 1),
    ("class", "predict", 3),
    ("class", "assumption", 1),
    ("code", "show_source(", 1),
    ("##|###", "Check against a closed form", 1),
    ("##", "On real data", 1),
    ("output", "dz-explorer", 1),
    ("##", "Misconceptions", 1),
    ("quiz", "Misconceptions", 3),
    ("##", "Exercises", 1),
    ("###", "Grade 1", 1),
    ("exercise", "Grade 1", 1),
    ("###", "Grade 2", 1),
    ("exercise", "Grade 2", 1),
    ("###", "Grade 3", 1),
    ("exercise", "Grade 3", 1),
    ("task", "Find the bug", 1),
    ("##", "Take-away", 1),
    ("items", "Take-away", 5),
    ("##", "Often printed elsewhere", 1),
    ("##", "Sources", 1),
    ("cite", "Sources", 1),
]
LINES_A_CELL = 12
WORDS_A_SENTENCE = 30
WORDS_ON_AVERAGE = 18
WORDS_A_REASON = 8
FORBIDDEN = re.compile(
    r"\b(?:simply|obviously|clearly|trivially|of course|just as easy|needless to say|"
    r"it is easy to see|revolutionary|groundbreaking|game[- ]changer|cutting-edge|"
    r"state-of-the-art|powerful|magic|magical|amazing|seamless|seamlessly|delve|dive into|"
    r"deep dive|unlock|in today's world)\b",
    re.IGNORECASE,
)
#: Not in one piece, so that this file does not name them itself.
REGISTRIES = [
    name + ending
    for name, ending in (
        ("pypi", ".org"),
        ("pypi.python", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("yarnpkg", ".com"),
        ("anaconda", ".org"),
        ("proxy.golang", ".org"),
    )
]
MACHINE_PATH = re.compile(r"(?<![\w.~*/})-])/(?:root|work|home|tmp|Users)/|[A-Z]:\\Users\\")
PARENT_FOLDER = re.compile(r"\.\./shared\b")

# ---- reading a page ------------------------------------------------------------------------

MARKDOWN = (
    MarkdownIt("commonmark")
    .enable("table")
    .use(front_matter_plugin)
    .use(myst_block_plugin)
    .use(myst_role_plugin)
    .use(colon_fence_plugin)
    .use(dollarmath_plugin, double_inline=True)
    .use(amsmath_plugin)
    .use(deflist_plugin)
    .use(attrs_plugin)
)
#: Directives whose body is not Markdown prose.
NOT_PROSE = re.compile(
    "bibliography|code|code-block|code-cell|contents|eval-rst|image|include|literalinclude|math|"
    "raw|tableofcontents|toctree"
)
WORD_FOR = {"math": " Formula ", "code": " Code ", "cite": " Citation "}


@dataclass
class Block:
    """A piece of a page in reading order: heading, paragraph, item, cell, directive, python."""

    kind: str
    text: str = ""
    tokens: list = field(default_factory=list)
    level: int = 0
    name: str = ""
    options: dict = field(default_factory=dict)
    body: str = ""
    inside: tuple = ()
    where: int = 0
    cell: dict | None = None


@dataclass
class Page:
    """A lesson or a page of the book."""

    blocks: list
    cells: list = field(default_factory=list)

    @property
    def code(self):
        return [block for block in self.blocks if block.kind == "python"]

    def section(self, title):
        """Return the blocks below the heading `title`, up to the next of its level."""
        found, level = [], 0
        for block in self.blocks:
            if block.kind == "heading" and not block.inside:
                if level and block.level <= level:
                    break
                if block.text.startswith(title):
                    level = block.level
                    continue
            if level:
                found.append(block)
        return found


@dataclass(frozen=True)
class Known:
    """What pages may refer to."""

    citations: frozenset
    exercises: frozenset
    terms: frozenset


def read(path):
    """Return the page of a file."""
    if path.suffix == ".ipynb":
        return from_notebook(nbformat.read(path, as_version=4))
    return Page(list(blocks_of(path.read_text(encoding="utf-8"))))


def from_notebook(notebook):
    """Return the page of a notebook."""
    blocks = []
    for where, cell in enumerate(notebook.cells):
        if cell.cell_type == "code":
            blocks.append(Block("python", cell.source, where=where, cell=cell))
        elif cell.cell_type == "markdown":
            blocks += [replace(block, where=where) for block in blocks_of(cell.source)]
    return Page(blocks, notebook.cells)


def blocks_of(markdown, inside=()):
    """Yield the blocks of a Markdown text; a directive comes before what is in it."""
    depth, first_in_item = 0, False
    tokens = MARKDOWN.parse(markdown)
    for token, before in zip(tokens, [None, *tokens], strict=False):
        kind = before.type if before else ""
        if token.type == "list_item_open":
            depth, first_in_item = depth + 1, True
        elif token.type == "list_item_close":
            depth -= 1
        elif token.type == "inline":
            made = Block("paragraph", plain(token), token.children, inside=inside)
            if kind == "heading_open":
                made.kind, made.level = "heading", int(before.tag[1])
            elif kind in ("td_open", "th_open"):
                made.kind = "table cell"
            elif kind == "dt_open":
                made.kind = "term"
            elif first_in_item:
                made.kind, made.level, first_in_item = "item", depth, False
            yield made
        elif token.type in ("fence", "colon_fence"):
            yield from _fence(token, inside)
        elif token.type == "html_block":
            yield Block("html", token.content, inside=inside)
        elif token.type in ("math_block", "math_block_label", "amsmath"):
            yield Block("math", token.content, inside=inside)
        elif token.type == "code_block":
            yield Block("listing", token.content, inside=inside)


def _fence(token, inside):
    found = re.match(r"\{([\w:.+-]+)\}\s*(.*)", token.info.strip())
    if not found:
        yield Block("listing", token.content, inside=inside)
        return
    name, argument = found.groups()
    options, body = _options(token.content)
    made = Block("directive", argument, name=name, options=options, body=body, inside=inside)
    if argument and not NOT_PROSE.fullmatch(name) and not name.startswith(("exercise", "solution")):
        made.tokens = MARKDOWN.parseInline(argument)[0].children
    yield made
    if name == "glossary":
        for entry in re.split(r"\n(?=\S)", body):
            definition = textwrap.dedent("\n".join(entry.split("\n")[1:]))
            yield from blocks_of(definition, (*inside, made))
    elif not NOT_PROSE.fullmatch(name):
        yield from blocks_of(body, (*inside, made))


def _options(content):
    """Split the body of a directive into its options and the rest."""
    lines, options = content.split("\n"), {}
    if lines and lines[0].strip() == "---" and "---" in [line.strip() for line in lines[1:]]:
        end = [line.strip() for line in lines[1:]].index("---") + 1
        pairs, lines = [line.partition(":") for line in lines[1:end]], lines[end + 1 :]
        options = {key.strip(): value.strip() for key, _, value in pairs}
    else:
        while lines and (found := re.match(r":([\w-]+):\s*(.*)", lines[0])):
            options[found[1]] = found[2].strip()
            lines = lines[1:]
    return options, "\n".join(lines)


def plain(token_or_children, words=WORD_FOR, roles=True):
    """Return inline Markdown as text, with one word for each formula, code span and citation.

    With ``roles=False`` nothing is left of references and links.
    """
    children = getattr(token_or_children, "children", token_or_children) or []
    parts, links = [], 0
    for child in children:
        if child.type == "link_open":
            links += 1
        elif child.type == "link_close":
            links -= 1
        elif links and not roles:
            continue
        elif child.type == "text":
            parts.append(child.content)
        elif child.type in ("softbreak", "hardbreak"):
            parts.append(" ")
        elif child.type == "code_inline":
            parts.append(words["code"])
        elif child.type.startswith("math_inline"):
            parts.append(words.get("math", f" {child.content} "))
        elif child.type == "myst_role":
            parts.append(_role(child, words, roles))
        elif child.type == "image":
            parts.append(plain(child.children, words, roles))
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _role(token, words, roles):
    name = token.meta["name"]
    if name == "math":
        return words.get("math", f" {token.content} ")
    if not roles:
        return " "
    if name.startswith("cite") or name in ("footcite", "eq", "numref"):
        return words["cite"]
    return re.sub(r"\s*<[^>]*>$", "", token.content)


def roles_of(page):
    """Yield the name, content and block of every role."""
    for block in page.blocks:
        for token in block.tokens:
            if token.type == "myst_role":
                yield token.meta["name"], token.content, block


def tree_of(source):
    """Return the syntax tree of a code cell."""
    lines = [line if not re.match(r"\s*[%!]", line) else "pass" for line in source.split("\n")]
    return ast.parse("\n".join(lines))


def calls_in(tree, *names):
    """Yield the calls of functions with these names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", None))
            if called in names:
                yield node


def captions_in(source):
    """Return the captions and text alternatives that a code cell writes, as (text, parts).

    The parts are the typed pieces: what an f-string computes is not among them.
    """
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.keyword) and node.arg in ("caption", "alt"):
            strings = [
                piece
                for piece in ast.walk(node.value)
                if isinstance(piece, ast.Constant) and isinstance(piece.value, str)
            ]
            joined = isinstance(node.value, ast.JoinedStr)
            parts = [piece.value for piece in strings]
            found.append(((" Value " if joined else " ").join(parts), parts))
    return found


def texts_of(cell):
    """Return the text of each output of a code cell, without drawings and scripts."""
    texts = []
    for output in cell.outputs:
        if output.output_type == "stream":
            texts.append(output.text)
        elif output.output_type == "error":
            texts.append(output.ename + ": " + output.evalue)
        for mime, text in output.get("data", {}).items():
            if mime == "text/html":
                labels = " ".join(re.findall(r'aria-label="([^"]*)"', text))
                text = re.sub(r"(?s)<(svg|script|style)\b.*?</\1>", " ", text)
                text = html.unescape(re.sub(r"<[^>]*>", " ", text) + " " + labels)
            if mime.startswith("text/"):
                texts.append(text)
    return texts


def gates(page):
    """Return the numbers of the cells that belong to an exercise or to a solution."""
    inside, found = False, set()
    for block in page.blocks:
        if block.kind == "directive" and block.name in ("exercise-start", "solution-start"):
            inside = True
        if inside:
            found.add(block.where)
        if block.kind == "directive" and block.name in ("exercise-end", "solution-end"):
            inside = False
    return found


# ---- the rules: structure ------------------------------------------------------------------


def template_is_complete(page, known):
    """Everything in TEMPLATE, the headings in its order, one title on top."""
    problems = []
    headings = [b for b in page.blocks if b.kind == "heading" and not b.inside]
    titles = [b.text for b in headings if b.level == 1]
    if len(titles) != 1 or headings[0].level != 1:
        problems.append(f"there must be one title, on top; found {titles}")
    for upper, lower in itertools.pairwise(headings):
        if lower.level > upper.level + 1:
            problems.append(f"heading {lower.text!r} skips a level below {upper.text!r}")
    place = -1
    for kind, text, least in TEMPLATE:
        if kind.startswith("#"):
            levels = [len(marks) for marks in kind.split("|")]
            at = [
                i
                for i, b in enumerate(headings)
                if b.level in levels and re.match(re.escape(text) + r"\b", b.text)
            ]
            if not at:
                problems.append(f"heading {text!r} (level {kind}) is missing")
            elif at[0] <= place:
                problems.append(f"heading {text!r} comes too early")
            place = max(place, *at, -1) if at else place
        elif (count := _count(page, kind, text)) < least or (kind == "items" and count != least):
            problems.append(f"{kind} {text!r}: {count} found, {least} needed")
    return problems


def _count(page, kind, text):
    directives = [b for b in page.blocks if b.kind == "directive"]
    if kind == "box":
        return sum(b.name == "admonition" and b.text.startswith(text) for b in directives)
    if kind == "class":
        return sum(
            b.name == "admonition" and text in b.options.get("class", "").split()
            for b in directives
        )
    if kind == "code":
        return sum(text in b.text for b in page.code)
    if kind == "output":
        return sum(
            text in str(output.get("data", {}).get("text/html", ""))
            for b in page.code
            for output in b.cell.outputs
        )
    if kind == "task":
        starts = [
            after
            for block, after in itertools.pairwise(page.blocks)
            if block.name in ("exercise", "exercise-start")
        ]
        return sum(b.text.startswith(text) for b in starts)
    section = page.section(text)
    if kind == "quiz":
        return sum(is_question(b) for b in section)
    if kind == "exercise":
        return sum(b.name == "exercise-start" for b in section)
    if kind == "items":
        return sum(b.kind == "item" and b.level == 1 and not b.inside for b in section)
    if kind == "cite":
        return sum(name.startswith("cite") for name, _, _ in roles_of(Page(section)))
    raise ValueError(f"TEMPLATE has an unknown kind {kind!r}")


def predictions_come_before_results(page, known):
    """A box that asks for a guess is followed by the cell that answers it."""
    problems = []
    for block in page.blocks:
        if block.kind == "directive" and "predict" in block.options.get("class", "").split():
            after = page.cells[block.where + 1 :][:1]
            if not after or after[0].cell_type != "code":
                problems.append(
                    f"no code cell follows the box {block.text!r} of cell {block.where}"
                )
    return problems


def exercises_are_complete(page, known):
    """Each exercise has a label, no title, a hint, and a solution that a check confirms."""
    problems, exercise, current = [], None, {}
    found = {}
    for block in page.blocks:
        if block.kind == "directive" and block.name in ("exercise", "exercise-start"):
            exercise = block.options.get("label", "")
            if not re.fullmatch(r"ex-\d+-\d+", exercise):
                problems.append(f"exercise label {exercise!r} is not of the form ex-1-1")
            if exercise in found:
                problems.append(f"two exercises have the label {exercise!r}")
            if block.text:
                problems.append(f"exercise {exercise!r} has a title: {block.text!r}")
            current = found.setdefault(exercise, {"hint": 0, "solution": 0, "checks": []})
        elif block.kind == "directive" and block.name in ("solution", "solution-start"):
            if block.text not in found:
                problems.append(f"solution of {block.text!r}, which is no exercise before it")
            current = found.get(block.text, {"hint": 0, "solution": 0, "checks": []})
            current["solution"] += 1
            if "dropdown" not in block.options.get("class", "").split():
                problems.append(f"the solution of {block.text!r} is not a dropdown")
        elif block.kind == "directive" and block.name == "solution-end":
            current = {}
        elif current and block.kind == "directive" and block.name == "dropdown":
            current["hint"] += block.text.startswith("Hint")
        elif current and current["solution"] and block.kind == "python":
            calls = calls_in(tree_of(block.text), "check")
            names = [getattr(call.args[0], "value", None) for call in calls if call.args]
            current["checks"] += names
            output = "".join(texts_of(block.cell))
            problems += [
                f"cell {block.where}: the solution of {name} is not confirmed"
                for name in names
                if f"{name}  Right." not in output
            ]
    for label, has in found.items():
        for part in ("hint", "solution"):
            if has[part] != 1:
                problems.append(f"exercise {label!r} has {has[part]} parts {part!r}, needs one")
        expected = ".".join(label.split("-")[1:])
        if expected not in has["checks"]:
            problems.append(f'the solution of {label!r} never calls check("{expected}", ...)')
        for name in set(has["checks"]) - known.exercises:
            problems.append(f"check({name!r}) is not in dlzero.exercises")
    starts = Counter(b.name for b in page.blocks if b.kind == "directive")
    for gate in ("exercise", "solution"):
        if starts[f"{gate}-start"] != starts[f"{gate}-end"]:
            problems.append(f"a {gate} is opened and not closed, or closed and not opened")
    return problems


def is_question(block):
    """A paragraph that starts with a bold number."""
    kinds = [(t.type, t.content) for t in block.tokens if t.type != "text" or t.content]
    return (
        block.kind == "paragraph"
        and len(kinds) > 1
        and kinds[0][0] == "strong_open"
        and re.match(r"(?:Question )?\d+(?:\.\d+)*\.?$", kinds[1][1]) is not None
    )


def quiz_has_one_right_answer(page, known):
    """Each question has two or more options, one right; a wrong one says why."""
    problems, questions = [], []
    for block in page.blocks:
        if block.kind == "heading" and not block.inside:
            questions.append(None)
        elif is_question(block):
            questions.append((block.text, []))
        elif block.kind == "directive" and block.name == "dropdown":
            body = " ".join(plain(t) for t in MARKDOWN.parse(block.body) if t.type == "inline")
            verdict = re.match(r"(Right|Wrong)\b\.?\s*(.*)", body)
            if questions and questions[-1]:
                questions[-1][1].append(verdict and verdict[1])
                if not verdict or not re.match(r"(Right|Wrong)\.", body):
                    problems.append(
                        f"option {block.text!r} says neither 'Right.' nor 'Wrong.' first"
                    )
                elif verdict[1] == "Wrong" and len(words_in(verdict[2])) < WORDS_A_REASON:
                    problems.append(f"option {block.text!r} does not say why it is wrong")
            elif verdict:
                problems.append(f"option {block.text!r} has no question with a bold number")
    for text, verdicts in filter(None, questions):
        if len(verdicts) < 2 or verdicts.count("Right") != 1:
            problems.append(
                f"question {text[:40]!r} has {len(verdicts)} options, "
                f"{verdicts.count('Right')} of them right"
            )
    return problems


# ---- the rules: code and outputs -----------------------------------------------------------


def cells_are_short(page, known):
    """At most 12 lines of code a cell, blank lines not counted."""
    problems = []
    for block in page.code:
        lines = sum(bool(line.strip()) for line in block.text.split("\n"))
        if not 0 < lines <= LINES_A_CELL:
            problems.append(f"cell {block.where} has {lines} lines of code")
    return problems


def no_star_imports(page, known):
    """Names say where they come from."""
    return [
        f"cell {block.where} imports * from {node.module}"
        for block in page.code
        for node in ast.walk(tree_of(block.text))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def outputs_are_clean(page, known):
    """No warnings; errors only where the cell says that it raises one."""
    problems = []
    for block in page.code:
        kinds = [output.output_type for output in block.cell.outputs]
        streams = [output.get("name") for output in block.cell.outputs]
        raises = "raises-exception" in block.cell.metadata.get("tags", [])
        if "stderr" in streams:
            problems.append(f"cell {block.where} writes to stderr")
        if "error" in kinds and not raises:
            problems.append(f"cell {block.where} raises an error")
        if raises and "error" not in kinds:
            problems.append(f"cell {block.where} should raise an error and does not")
        if re.search(r"\b\w*Warning: ", "\n".join(texts_of(block.cell))):
            problems.append(f"cell {block.where} shows a warning")
    return problems


def outputs_are_stored(page, known):
    """A cell that prints or ends with a value has an output."""
    problems = []
    for block in page.code:
        body = tree_of(block.text).body
        speaks = any(_prints(node) for node in body)
        last = body[-1] if body else None
        if isinstance(last, ast.Expr) and not block.text.rstrip().endswith(";"):
            shows = list(calls_in(last, "show_source", "figure", "Explorer", "check"))
            speaks |= bool(shows) or not isinstance(last.value, ast.Call | ast.Constant)
        if speaks and not block.cell.outputs:
            problems.append(f"cell {block.where} shows something but has no stored output")
    return problems


def _prints(node):
    """Whether a statement prints when it runs; a definition does not."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
        return True
    return any(_prints(child) for child in ast.iter_child_nodes(node))


def cells_ran_in_order(page, known):
    """Execution counts are 1, 2, 3 ..."""
    counts = [block.cell.execution_count for block in page.code]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}"]


def drawings_have_text(page, known):
    """Each picture comes from dlzero's figures, with caption and text alternative."""
    problems = []
    for block in page.code:
        for output in block.cell.outputs:
            data = output.get("data", {})
            problems += [
                f"cell {block.where} shows a bare {mime}; use dlzero.plots.figure"
                for mime in data
                if mime.startswith("image/")
            ]
            page_html = data.get("text/html", "")
            figures = re.findall(r'(?s)<figure class="dz-[^"]*".*?</figure>', page_html)
            rest = re.sub(r'(?s)<figure class="dz-[^"]*".*?</figure>', "", page_html)
            if re.search(r"<(svg|img|canvas)\b", rest):
                problems.append(f"cell {block.where} shows a picture outside a figure")
            for figure in figures:
                caption = re.search(r"(?s)<figcaption[^>]*>(.*?)</figcaption>", figure)
                if not caption or not caption[1].strip():
                    problems.append(f"a figure of cell {block.where} has no caption")
                drawings = re.findall(r"<svg\b[^>]*>", figure)
                if not drawings:
                    problems.append(f"a figure of cell {block.where} has no drawing")
                for drawing in drawings:
                    hidden = 'aria-hidden="true"' in drawing
                    label = re.search(r'aria-label="\s*([^"]*\S)\s*"', drawing)
                    if not hidden and not (label and 'role="img"' in drawing):
                        problems.append(f"a drawing of cell {block.where} has no text alternative")
    return problems


def prose_follows_outputs(page, known):
    """What a cell shows is talked about; two cells in a row may share one idea."""
    problems, gated = [], gates(page)
    shown = 0
    for where, cell in enumerate(page.cells):
        if where in gated:
            shown = 0
        elif cell.cell_type == "code":
            shown += bool(shown or cell.outputs)
            if shown > 2:
                problems.append(f"cell {where}: no prose between three cells in a row")
            after = page.cells[where + 1] if where + 1 < len(page.cells) else None
            if shown and (after is None or (where + 1 in gated)):
                problems.append(f"no prose follows the output of cell {where}")
        else:
            first = next(blocks_of(cell.source), Block("nothing"))
            if first.kind == "nothing" or (shown and first.kind == "heading"):
                kind = "nothing" if first.kind == "nothing" else "a heading, not prose,"
                problems.append(f"{kind} follows cell {where - 1}")
            shown = 0
    return problems


# ---- the rules: numbers --------------------------------------------------------------------

NUMBER = re.compile(r"(?<![\w.])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?![\d])")
#: "Figure 1.2" and "Python 3.11" name something; they measure nothing.
NAMED = re.compile(
    r"\b(?:sections?|chapters?|lessons?|figures?|tables?|equations?|exercises?|questions?|"
    r"theorems?|python|numpy|version|§)\s*\d+(?:\.\d+)*(?:(?:,| and| to|–)\s*\d+(?:\.\d+)+)*",
    re.IGNORECASE,
)


def numbers_in_prose_are_computed(page, known):
    """Every decimal, and every number of three or more digits, stands in an output or in code.

    It may be rounded. A cell's metadata can allow numbers that nothing computes, such as the
    page of a book: ``"dlzero": {"numbers": ["386"]}``. Years (1700 to 2100), links, citations,
    code spans and displayed formulas are not looked at.
    """
    computed = []
    for block in page.code:
        computed += _numbers_of_code(block.text)
        typed = [part for _, parts in captions_in(block.text) for part in parts if part.strip()]
        for text in texts_of(block.cell):
            for part in typed:  # a caption that somebody typed is prose, not a result
                text = text.replace(part, " ")
            computed += [(n, float(n)) for n in _numbers_of(text)]
    problems = []
    for where, number, around in _claims(page):
        allowed = page.cells[where].metadata.get("dlzero", {}).get("numbers", [])
        if number not in allowed and not any(_rounds_to(value, number) for _, value in computed):
            problems.append(f"cell {where}: nothing computes {number} ({around[:60]!r})")
    return problems


def _numbers_of(text):
    """Return the numbers of a text, as Python would write them."""
    text = re.sub(r"\\[a-zA-Z]+|\{,\}", lambda m: "" if m[0] == "{,}" else " ", text)
    return [found.replace(",", "").replace("−", "-") for found in NUMBER.findall(text)]


def _numbers_of_code(source):
    """Return the numbers that a code cell types, outside its strings and comments."""
    source = "\n".join(
        line if not re.match(r"\s*[%!]", line) else "" for line in source.split("\n")
    )
    found = [
        token.string.replace("_", "")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.NUMBER
    ]
    return [(text, float(text)) for text in found if re.fullmatch(r"[\d.]+(e[-+]?\d+)?", text)]


def _claims(page):
    """Yield cell, number and text for each number in prose that should have been computed."""
    words = {"code": " ", "cite": " "}
    for block in page.blocks:
        texts = []
        if block.kind in ("paragraph", "item", "heading", "table cell", "directive", "term"):
            tokens = block.tokens
            if is_question(block):
                tokens = tokens[[t.type for t in tokens].index("strong_close") :]
            texts = [plain(tokens, words, roles=False)]
        elif block.kind == "python":
            texts = [part for _, parts in captions_in(block.text) for part in parts]
        for text in texts:
            for number in _numbers_of(NAMED.sub(" ", text)):
                digits = re.sub(r"e.*|\D", "", number)
                is_year = re.fullmatch(r"1[7-9]\d\d|20\d\d|2100", number)
                if ("." in number or len(digits) > 2) and not is_year:
                    yield block.where, number, text


def _rounds_to(value, number):
    """Whether `number`, as written, is `value` or a rounding of it."""
    if not number.startswith("-"):
        value = abs(value)
    mantissa, _, exponent = number.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if "." not in number and not exponent:
        zeros = len(number) - len(number.rstrip("0"))
        # "17000" may be a rounding of 16946; "1000" must be 1000.
        digits = -zeros if len(number.strip("-").rstrip("0")) > 1 else 0
    half = 0.5 * 10.0**-digits
    return abs(value - float(number)) <= half * (1 + 1e-9) or value == float(number)


# ---- the rules: prose ----------------------------------------------------------------------

ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|cf|vs|al|Fig|Eq|No|Vol|pp?|ch|etc|approx|St|Dr|[A-Z])\.(?=\s)"
)


def words_in(text):
    """Return the words of a text; a dash is none."""
    return [word for word in text.split() if re.search(r"\w", word)]


def sentences_in(page):
    """Yield each sentence of the prose and of the captions, with its cell."""
    for block in page.blocks:
        texts = []
        if block.kind in ("paragraph", "item"):
            texts = [block.text]
        elif block.kind == "python":
            texts = [text for text, _ in captions_in(block.text)]
        for text in texts:
            text = ABBREVIATION.sub(lambda found: found[0][:-1], text)
            for sentence in re.split(r"(?<=[.!?])[\"')\]”’]*\s+(?=[\"'(\[“]*[A-Z0-9])", text):
                if words_in(sentence):
                    yield block.where, sentence


def sentences_are_short(page, known):
    """At most 30 words, 18 on average; a formula or a code span is one word."""
    problems, lengths = [], []
    for where, sentence in sentences_in(page):
        length = len(words_in(sentence))
        if re.search(r"[.!?][\"')\]”’]*$", sentence):
            lengths.append(length)
        if length > WORDS_A_SENTENCE:
            problems.append(f"cell {where}: {length} words in {sentence[:70]!r}")
    average = sum(lengths) / max(1, len(lengths))
    if average > WORDS_ON_AVERAGE:
        problems.append(f"the sentences have {average:.1f} words on average")
    return problems


def phrases_are_plain(page, known):
    """No hype, and nothing that makes a reader feel slow."""
    problems = []
    for block in page.blocks:
        texts = [plain(block.tokens)]
        if block.kind == "python":
            texts = [text for text, _ in captions_in(block.text)]
        for text in texts:
            problems += [
                f"cell {block.where}: {phrase!r} in {text[:60]!r}"
                for phrase in FORBIDDEN.findall(text)
            ]
    return problems


def markdown_can_be_translated(page, known):
    """No footnotes, no raw HTML, no titles on exercises, no colon in bold."""
    problems = []
    for block in page.blocks:
        at = f"cell {block.where}"
        if block.kind == "html" or any(t.type == "html_inline" for t in block.tokens):
            problems.append(f"{at}: raw HTML in {block.text[:50]!r}")
        if block.kind == "directive" and block.name == "raw":
            problems.append(f"{at}: a raw directive")
        if any(t.type == "text" and "[^" in t.content for t in block.tokens):
            problems.append(f"{at}: a footnote in {block.text[:50]!r}")
        if block.name in ("exercise", "exercise-start") and block.text:
            problems.append(f"{at}: an exercise with the title {block.text!r}")
        bold = 0
        for token in block.tokens:
            bold += (token.type == "strong_open") - (token.type == "strong_close")
            if bold and token.type == "text" and re.search("[:：]", token.content):
                problems.append(f"{at}: a colon in bold {token.content!r}")
    return problems


def references_exist(page, known):
    """Every citation is in references.bib, every term in the glossary."""
    problems = []
    for name, content, block in roles_of(page):
        if name.startswith(("cite", "footcite")):
            keys = [key.strip() for key in content.split(",")]
            problems += [
                f"cell {block.where}: {key!r} is not in references.bib"
                for key in keys
                if key not in known.citations
            ]
        elif name == "term":
            target = re.sub(r".*<([^>]*)>$", r"\1", content).strip().lower()
            if target not in known.terms:
                problems.append(f"cell {block.where}: {target!r} is not in the glossary")
    return problems


PROSE_RULES = [
    sentences_are_short,
    phrases_are_plain,
    markdown_can_be_translated,
    references_exist,
]
LESSON_RULES = [
    template_is_complete,
    predictions_come_before_results,
    exercises_are_complete,
    quiz_has_one_right_answer,
    cells_are_short,
    no_star_imports,
    outputs_are_clean,
    outputs_are_stored,
    cells_ran_in_order,
    drawings_have_text,
    prose_follows_outputs,
    numbers_in_prose_are_computed,
    *PROSE_RULES,
]

# ---- the rules: the package and the repository ---------------------------------------------


def citation_keys(bibtex):
    """Return the keys of a BibTeX file."""
    return frozenset(re.findall(r"^@\w+\{\s*([^,\s]+)\s*,", bibtex, re.MULTILINE))


def glossary_terms(markdown):
    """Return the terms of a glossary page, in lower case."""
    terms = set()
    for block in blocks_of(markdown):
        if block.name == "glossary":
            lines = re.findall(r"^(?!:)\S.*$", block.body, re.MULTILINE)
            terms.update(line.partition(" : ")[0].strip().lower() for line in lines)
    return frozenset(terms)


def uncited_in(source, citations):
    """Return the keys below "References" in the docstrings that are not in `citations`."""
    problems = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            continue
        text = ast.get_docstring(node) or ""
        found = re.search(r"(?ms)^References\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", text)
        if found:
            name = getattr(node, "name", "the module")
            keys = re.findall(r"\b[a-z]+\d{4}[a-z]\w*\b", found[1])
            problems += [] if keys else [f"{name}: no key below References"]
            problems += [
                f"{name}: {key!r} is not in references.bib" for key in keys if key not in citations
            ]
    return problems


def public_names(source):
    """Return what a module makes public: __all__, or else its own functions and classes."""
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    kinds = ast.FunctionDef | ast.ClassDef
    return [n.name for n in tree.body if isinstance(n, kinds) and not n.name.startswith("_")]


def undocumented(modules, api):
    """Return the public names, as "module.name", that the API page does not show.

    Parameters
    ----------
    modules : dict of str to str
        Source of each module by its dotted name.
    api : str
        Text of the page.
    """
    covered = set()
    for found in re.finditer(r"automodule::\s*([\w.]+)((?:\n[ \t]+:.*)*)", api):
        if ":members:" in found[2]:
            covered.add(found[1])
    return [
        f"{module}.{name}"
        for module, source in modules.items()
        for name in public_names(source)
        if module not in covered and not re.search(rf"(?<!\w){name}\b", api)
    ]


def strangers_in(text):
    """Return registry hosts and paths of one machine that a file names."""
    found = [host for host in REGISTRIES if host in text]
    found += [match[0] for match in MACHINE_PATH.finditer(text)]
    return found + [match[0] for match in PARENT_FOLDER.finditer(text)]
