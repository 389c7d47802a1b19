"""What a reading takes: each count on a notebook that holds one thing, and each limit."""

import dataclasses
import textwrap

import pytest
from lint_lessons.measures import CHAPTER, DEEPER, beyond
from lint_lessons.page import from_notebook, tree_of
from lint_lessons.reading import (
    SOLVING,
    TRYING,
    Reading,
    aligns,
    drawing_lines,
    measure,
    write_minutes,
)
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dlzero import plots


def read(*cells):
    """Measure a notebook of some cells; a text is a cell of prose."""
    made = [new_markdown_cell(textwrap.dedent(c)) if isinstance(c, str) else c for c in cells]
    return measure(from_notebook(new_notebook(cells=made)))


def code(source, *outputs, tags=()):
    return new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)})


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(value):
    return new_output("execute_result", data=value._repr_mimebundle_())


def seconds(*cells):
    return read(*cells).minutes * 60 / TRYING


PICTURE = new_output(
    "execute_result",
    data={"text/html": plots.render("<svg></svg>", "A b c."), "text/plain": "Figure: a"},
)
TABLE = shown(plots.table({"rate": [0.1, 0.2], "steps": [1, 2]}, caption="Two rates."))
SOURCE = new_output("execute_result", data={"text/markdown": "```python\nx = 1\n\ny = 2\n```"})
VALUE = new_output("execute_result", data={"text/plain": "3"})
RAISED = new_output("error", ename="ValueError", evalue="no", traceback=[])
DROPDOWN = "```{dropdown} Deeper\nOne two three.\n```"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["word " * 160], 60),
        (["# word\n\n" + "- word\n" * 159], 60),
        (["$a + b$ " * 32], 36),  # three pieces each
        (["`a + b` " * 160], 60),
        (["$$\na\n$$ (eq-a)"], 35),
        (["```{math}\na\n```"], 35),
        ([code("x = 1\n\ny = 2")], 14),
        ([code("x = 1", tags=["hide-input"])], 0),
        ([code("f()", printed("1\n2\n"))], 7 + 6),
        ([code("f()", printed("1\n2\n"), tags=["hide-output"])], 7),
        ([code("f()", printed("1\n2\n"), tags=["hide-input"])], 6),
        ([code("f()", printed("1\n2\n"), tags=["remove-cell"])], 0),
        ([code("f()", VALUE)], 7 + 3),
        ([code("f()", RAISED, tags=["raises-exception"])], 7 + 3),
        ([code("f()", PICTURE)], 7 + 30),
        ([code("f()", TABLE)], 7 + 9),
        ([code("show_source(f)", SOURCE)], 7 + 14),
        ([DROPDOWN], 60 / 160),  # its title is seen
        (["```{admonition} Note\nOne two.\n```"], 3 * 60 / 160),
        (["word " * 160, "## Exercises\n\nword word", "## Sources\n\nword"], 60),
    ],
)
def test_seconds_of_a_first_reading(cells, expected):
    assert seconds(*cells) == pytest.approx(expected)


EXERCISE = "```{exercise-start}\n:label: ex-1-1\n```\n\n" + "word " * 160 + "\n\n" + DROPDOWN


def test_minutes_of_exercises():
    plain = TRYING * (161 + 1) / 160  # the heading above them, and the title of the hint
    found = read("## Exercises\n\n" + EXERCISE)
    assert found.minutes_of_exercises == pytest.approx(plain + SOLVING[2])
    graded = ["## Exercises", *[f"### Grade {grade}\n\n{EXERCISE}" for grade in (1, 2, 3)]]
    expected = sum(SOLVING.values()) + TRYING * (1 + 3 * 163) / 160
    found = read(*graded, "## Take-away\n\n" + "word " * 1000)
    assert found.minutes_of_exercises == pytest.approx(expected)
    assert found.exercises == 3


def test_words_in_the_file():
    found = read(
        "## One\n\nword $a + b$\n\n" + DROPDOWN,  # 2 + 4 + 6
        code("a = 1", printed("1 2\n")),  # 3 + 2
        code("a = 1", TABLE, tags=["hide-input"]),  # its words: 2 + 2 + 4
        code("f()", PICTURE, tags=["hide-input"]),
        "## Exercises\n\nfour words",  # 4
        "## Sources\n\nthree",  # 3
    )
    assert (found.words, found.words_of_body, found.words_of_exercises) == (32, 25, 4)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\ny = f(x)", 0),
        ("x = grid(9)\n\nax = plots.axes()\nax.plot(x)", 3),
        ("fig, parts = f()\naxes[0].plot(x)", 2),
        ("def draw(k):\n    plt.plot(k)", 2),
        ("Explorer(draw, caption='A')", 1),
        ("x = 1\nplots.table(\n    {'a': x},\n    caption='A',\n)", 4),
        ("for x in y:\n    print(f'{x:8} {x:8.3f}')", 1),
        ("print(f'{x:.3f}')", 0),
        ("axis = 1\nfigure.value = fig_size", 0),
    ],
)
def test_lines_that_draw_or_format(source, expected):
    assert drawing_lines(source) == expected
    assert read(code(source)).drawing == expected
    hidden = read(code(source, tags=["hide-input"]))
    assert (hidden.code, hidden.drawing, hidden.drawing_share) == (0, 0, 0)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("print(f'{x:8} {y:8}')", True),
        ("print(f'{x:>8}', f'{y:<8.3f}')", True),
        ("print(f'{x:*^8}', y.rjust(3))", True),
        ("print(f'{x:+8.2e} {y:{width}}')", True),
        ("print(x, f'{y:8}')", True),
        ("print(f'B = {x:3}  {y:6.2f}')", True),
        ("print(f'{x:8} {y}')", False),
        ("print(f'{x:.3f} {y:.2e} {z:g} {k:,} {n:%}')", False),
        ("print(f'{x:9} loss {y:6.2f}')", False),
        ("print('w', f'{x:9}', 'b', f'{y:6.2f}')", False),
        ("print(f'{x:8}')", False),
        ("say(f'{x:8} {y:8}')", False),
    ],
)
def test_prints_that_align(source, expected):
    (call,) = (node.value for node in tree_of(source).body)
    assert aligns(call) is expected


def test_rhythm_of_the_prose():
    found = read(
        "# No sentence here\n\nOne two three. One two, so that is four more words here now indeed."
        " Short it is: shorter yet. Go on, e.g. here.\n\n- An item is none.\n\n"
        "```{note}\nA box is none.\n```\n\nA formula\n\n$$\na\n$$\n\ngoes on. See `a b c`, $x. y$!",
        "## Exercises\n\nNot counted, because it is below.",
    )
    # 3, 11, 3, 2, 4, 4 (around the formula), 3 words
    assert found.mean == pytest.approx(30 / 7)
    assert found.joints == pytest.approx(1 / 7)
    assert found.spread == pytest.approx(2.814, abs=1e-3)
    assert found.runs == 1  # from "Short" on; the first two make no three


@pytest.mark.parametrize(
    ("lengths", "runs"), [("sss", 1), ("ss", 0), ("sssssss", 1), ("ssslsss", 2)]
)
def test_runs_of_short_sentences(lengths, runs):
    sentence = {"s": "It is so and this is nine words long.", "l": "It is " + "so " * 8 + "long."}
    assert read(" ".join(sentence[kind] for kind in lengths)).runs == runs


GOOD = Reading(
    minutes=70.4,
    minutes_of_exercises=30,
    words=7500,
    words_of_body=5900,
    words_of_exercises=1400,
    code=1000,
    drawing=84,
    exercises=5,
    mean=15.0,
    spread=6.6,
    joints=0.33,
    runs=5,
)
OUT = {
    "minutes": (70.6, 75.6),
    "words": (7501, 7501),
    "drawing": (86, 156),
    "exercises": (7, 5),
    "mean": (17.6, 13.4),
    "spread": (6.4, 6.4),
    "joints": (0.32, 0.32),
    "runs": (6, 6),
}


@pytest.mark.parametrize(
    ("limits", "good", "column"),
    [
        (CHAPTER, GOOD, 0),
        (DEEPER, dataclasses.replace(GOOD, minutes=75.4, drawing=154, exercises=4), 1),
    ],
)
def test_each_limit_is_kept_on_one_side_and_broken_on_the_other(limits, good, column):
    assert beyond(good, limits) == []
    for name, values in OUT.items():
        (problem,) = beyond(dataclasses.replace(good, **{name: values[column]}), limits)
        assert "at most" in problem or "at least" in problem
    assert len(OUT) == len(limits)


def test_the_limits_are_those_that_the_course_promises():
    assert [(limit.name, limit.least, limit.most) for limit in CHAPTER[:4]] == [
        ("minutes", 0, 70),
        ("words", 0, 7500),
        ("drawing_share", 0, 8),
        ("exercises", 5, 6),
    ]
    assert [(limit.least, limit.most) for limit in DEEPER[:4]] == [
        (0, 75),
        (0, 7500),
        (0, 15),
        (2, 4),
    ]


def test_minutes_are_written_into_the_sentence_alone():
    said = "Reading takes 1 minutes, the exercises take 2."
    cells = ["word " * 1600, f"```{{note}}\nAs is.\n\n{said}\n```", "Take 3 minutes."]
    notebook = new_notebook(cells=[new_markdown_cell(cell) for cell in cells])
    write_minutes(notebook)
    assert "Reading takes 10 minutes, the exercises take 5." in notebook.cells[1].source
    assert notebook.cells[2].source == "Take 3 minutes."
    once = [cell.source for cell in notebook.cells]
    write_minutes(notebook)
    assert [cell.source for cell in notebook.cells] == once
