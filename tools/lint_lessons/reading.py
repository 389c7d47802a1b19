"""How long a lesson is, how much of it is argument, and how it reads: a measure, not a judge.

The minutes of a first reading follow a model: 160 words a minute, 7 s for a line of code, 3 s for
a printed line or a row of a table, 35 s for a displayed formula, 30 s for a figure with its
caption, and 1.2 times all that for predicting and trying. It counts what stands before the
exercises, and of that what the page shows. Whatever is folded costs nothing until it is opened:
dropdowns, and cells with the tags ``hide-*`` and ``remove-*``. A predicted output counts, because
every reader opens it.

The minutes of the exercises are those of reading tasks and solutions, by the same model, and of
solving: 4 minutes for an exercise of the first grade, 6 of the second, 9 of the third. Hints are
not counted: they come instead of a part of the thinking.

Two beginners read the first version of the course, eight chapters, and solved all its exercises.
Their minutes are estimates, the model's come from this count:

==========  =======  =====  =========  =====
chapter     reading  model  exercises  model
==========  =======  =====  =========  =====
perceptron      112     77         60     64
linear          135     68         60     57
descent         270    152         75     71
sgd             240    148         60     61
momentum        170    162         70     68
adaptive        125    126         55     63
adam            125    121         75     83
practice        170    168         40     67
==========  =======  =====  =========  =====

The reader of the last four needed what the model says. The reader of the first four wrote along on
paper, and needed 1.5 to 2 times as long: whoever proves each step may double the minutes. The three
allowances for solving were chosen so that seven of the eight sums lie within 8 minutes.
"""

import ast
import re
import statistics
from collections import Counter
from dataclasses import dataclass

from .page import from_notebook, plain, tree_of, words_in
from .prose import ABBREVIATION

WORDS_A_MINUTE = 160
SECONDS = {"code": 7, "output": 3, "formulas": 35, "figures": 30}
TRYING = 1.2
#: Minutes for solving an exercise, by its grade; where no heading names a grade, it is the second.
SOLVING = {1: 4, 2: 6, 3: 9}
#: What the box on top of a lesson says; `tools/run_notebooks.py` writes the numbers.
SENTENCE = re.compile(r"Reading takes (\d+) minutes, the exercises take (\d+)\.")
STEP = 5

FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
HIDDEN = {"hide-output", "hide-cell", "remove-output", "remove-cell"}
JOINT = re.compile(
    r"\b(because|so|but|if|since|while|which|that is why|therefore|although|unless|until|"
    r"whereas|when|hence)\b",
    re.IGNORECASE,
)
SHORT = 9
#: Names that draw, with a point behind them.
DRAWS = {"plots", "plt", "ax", "axes", "fig"}
#: What stands for a printed value in a line, and for one that is filled up to a width.
VALUE, WIDE = "\0", "\1"
WIDTH = re.compile(r"(.?[<>=^])?[-+ ]?#?[1-9{]")


@dataclass(frozen=True)
class Reading:
    """What was counted in a lesson: minutes, words, lines of code, sentences."""

    minutes: float
    minutes_of_exercises: float
    words: int
    words_of_body: int
    words_of_exercises: int
    code: int
    drawing: int
    exercises: int
    mean: float
    spread: float
    joints: float
    runs: int

    @property
    def drawing_share(self):
        """The share of the visible lines of code that draw or format."""
        return self.drawing / max(self.code, 1)

    @property
    def promised(self):
        """The two numbers of the box, rounded to five minutes."""
        found = (self.minutes, self.minutes_of_exercises)
        return tuple(max(STEP, STEP * round(minutes / STEP)) for minutes in found)


def measure(page):
    """Return what a lesson costs its reader."""
    body, exercises = _parts(page)
    seen = _seen(body)
    lengths, joints, runs = rhythm(sentences(body))
    code = [block for block in body if block.kind == "python" and not _tags(block) & FOLDED]
    words = [_words_in_file(cell) for cell in page.cells]
    inside = {block.where for block in exercises}
    first = min(inside, default=len(words))
    return Reading(
        minutes=_minutes(seen),
        minutes_of_exercises=_minutes(_seen(exercises)) + _solving(exercises),
        words=sum(words),
        words_of_body=sum(words[:first]),
        words_of_exercises=sum(words[where] for where in inside),
        code=seen["code"],
        drawing=sum(drawing_lines(block.text) for block in code),
        exercises=sum(block.name in ("exercise", "exercise-start") for block in exercises),
        mean=statistics.mean(lengths),
        spread=statistics.pstdev(lengths),
        joints=joints,
        runs=runs,
    )


def _parts(page):
    """Return the blocks before the exercises, and those of the exercises, their heading first."""
    for place, block in enumerate(page.blocks):
        if block.kind == "heading" and block.level == 2 and block.text == "Exercises":
            return page.blocks[:place], [block, *page.section("Exercises")]
    return page.blocks, []


def _tags(block):
    return set(block.cell.metadata.get("tags", []))


def _is_shut(block):
    """Whether a block stands in something that the page keeps folded."""
    return any(
        outer.name in ("dropdown", "solution", "toggle")
        or "dropdown" in outer.options.get("class", "").split()
        for outer in block.inside
    )


def _seen(blocks):
    """Count words, lines of code and of output, formulas and figures that the page shows."""
    found = Counter()
    for block in blocks:
        if block.kind == "python":
            if not _tags(block) & FOLDED:
                found["code"] += _lines(block.text)
            if not _tags(block) & HIDDEN:
                found += _shown(block.cell)
        elif not _is_shut(block):
            is_formula = block.kind == "math" or block.name == "math"
            found["formulas"] += is_formula
            if not is_formula:
                # A formula in a line costs as much as its pieces, such as "w", "+", "b".
                found["words"] += len(plain(block.tokens, {"code": " Code ", "cite": " "}).split())
    return found


def _shown(cell):
    """Count what the outputs of a cell show: figures, lines of source, lines and rows."""
    found = Counter()
    for output in cell.outputs:
        data = output.get("data", {})
        if "text/html" in data:
            page = data["text/html"]
            found["output"] += len(re.findall(r"<tr\b", page))
            found["figures"] += len(re.findall(r'<figure class="dz-(?!table)', page))
        elif "text/markdown" in data:  # the source that a lesson shows
            found["code"] += _lines(re.sub(r"(?m)^```.*$", "", data["text/markdown"]))
        elif output.output_type == "error":
            found["output"] += 1
        else:
            found["output"] += _lines(output.get("text", data.get("text/plain", "")))
    return found


def _lines(text):
    return sum(bool(line.strip()) for line in text.split("\n"))


def _minutes(seen):
    seconds = sum(seen[kind] * cost for kind, cost in SECONDS.items())
    return TRYING * (seen["words"] / WORDS_A_MINUTE + seconds / 60)


def _solving(blocks):
    """Return the minutes for solving the exercises."""
    grade, minutes = 2, 0
    for block in blocks:
        if block.kind == "heading" and (found := re.match(r"Grade ([123])$", block.text)):
            grade = int(found[1])
        minutes += SOLVING[grade] * (block.name in ("exercise", "exercise-start"))
    return minutes


def _words_in_file(cell):
    """Count the words of a cell as they stand in the file, without folded code and pictures."""
    if cell.cell_type != "code":
        return len(cell.source.split())
    words = 0 if set(cell.metadata.get("tags", [])) & FOLDED else len(cell.source.split())
    for output in cell.outputs:
        text = output.get("text", "")
        if "<table" in output.get("data", {}).get("text/html", ""):
            text = output.data["text/plain"]
        words += len(text.split())
    return words


def drawing_lines(source):
    """Count the lines of a cell that only draw or format.

    In a cell with a picture these are all of them: what it computes, it computes for the picture.
    A table takes the lines of its own statement, and so does a ``print`` of columns.
    """
    tree = tree_of(source)
    if any(_draws(node) for node in ast.walk(tree)):
        return _lines(source)
    lines = source.split("\n")
    return sum(
        _lines("\n".join(lines[node.lineno - 1 : node.end_lineno]))
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr | ast.Assign) and (_is_table(node.value) or aligns(node.value))
    )


def _is_table(node):
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "plots.table"


def _draws(node):
    """Whether a node asks for a picture."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Explorer":
        return True
    if isinstance(node, ast.Attribute) and node.attr != "table":
        root = node.value
        while isinstance(root, ast.Subscript):
            root = root.value
        return getattr(root, "id", "") in DRAWS
    return False


def aligns(node):
    """Whether a call prints columns without heads: a value and, behind blanks, one with a width.

    Where words stand before each value, as in ``f"loss {a:8.3f}  rate {b:6.2f}"``, they say what
    it is.
    """
    if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"):
        return False
    line = " ".join(part for argument in node.args for part in _printed(argument))
    return re.search(rf"[{VALUE}{WIDE}]\s*{WIDE}", line) is not None


def _printed(node):
    """Yield what an argument of a print shows, its values as VALUE or WIDE."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield from _printed(part)
    elif isinstance(node, ast.FormattedValue) and node.format_spec:
        spec = "".join(
            part.value if isinstance(part, ast.Constant) else "{}"
            for part in node.format_spec.values
        )
        yield WIDE if WIDTH.match(spec) else VALUE
    else:
        called = getattr(getattr(node, "func", None), "attr", "")
        yield WIDE if called in ("ljust", "rjust", "center") else VALUE


def sentences(blocks):
    """Return the sentences of the running prose, as lists of words.

    A colon ends a sentence here: what follows is read on its own. Boxes and items of lists are no
    running prose. A sentence may go on below a displayed formula.
    """
    prose, before = [], None
    for block in blocks:
        if block.inside or block.kind not in ("paragraph", "math"):
            before = None if not block.inside else before
        elif block.kind == "math":
            before = before and "math"
        elif before == "math" and not re.search(r"[.!?:]$", prose[-1]):
            prose[-1] += f" {block.text}"
        else:
            prose.append(block.text)
            before = "paragraph"
    found = []
    for text in prose:
        text = ABBREVIATION.sub(lambda match: match[0][:-1], text)
        split = re.split(r"(?<=[.!?:])[\"')\]”’]*\s+", text)
        found += [words for part in split if len(words := words_in(part)) > 1]
    return found


def rhythm(found):
    """Return the lengths of sentences, the share with a joint, and the runs of short ones."""
    lengths = [len(words) for words in found] or [0]
    joints = sum(bool(JOINT.search(" ".join(words))) for words in found)
    pattern = "".join("s" if length <= SHORT else "l" for length in lengths)
    return lengths, joints / max(len(found), 1), len(re.findall("s{3,}", pattern))


def write_minutes(notebook):
    """Write the counted minutes where a notebook says them."""
    if not any(SENTENCE.search(cell.source) for cell in notebook.cells):
        return
    reading, exercises = measure(from_notebook(notebook)).promised
    sentence = f"Reading takes {reading} minutes, the exercises take {exercises}."
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = SENTENCE.sub(sentence, cell.source)
