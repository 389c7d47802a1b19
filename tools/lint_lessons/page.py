"""Reading: a lesson or a page of the book becomes a list of blocks."""

import ast
import html
import re
import textwrap
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
        """The code cells."""
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


def is_question(block):
    """A paragraph that starts with a bold number."""
    kinds = [(t.type, t.content) for t in block.tokens if t.type != "text" or t.content]
    return (
        block.kind == "paragraph"
        and len(kinds) > 1
        and kinds[0][0] == "strong_open"
        and re.match(r"(?:Question )?\d+(?:\.\d+)*\.?$", kinds[1][1]) is not None
    )


def words_in(text):
    """Return the words of a text; a dash is none."""
    return [word for word in text.split() if re.search(r"\w", word)]
