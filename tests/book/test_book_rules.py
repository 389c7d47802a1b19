"""Shows that the rules of ``tools/lint_lessons`` work.

Each is silent on a small good lesson, and speaks when that lesson is broken on purpose.
The lesson is invented: the numbers here are not those of chapters.
"""

import textwrap

import pytest
from lint_lessons import (
    CHAPTER_RULES,
    CUT_RULES,
    cells_are_short,
    cells_ran_in_order,
    chapter_has_a_bridge,
    chapter_is_short_and_varied,
    drawings_have_text,
    exercises_are_complete,
    markdown_can_be_translated,
    minutes_are_counted,
    minutes_are_said,
    no_star_imports,
    numbers_in_prose_are_computed,
    outputs_are_clean,
    outputs_are_stored,
    phrases_are_plain,
    predictions_come_before_results,
    prose_follows_outputs,
    quiz_has_one_right_answer,
    references_exist,
    sentences_are_short,
    tables_have_heads,
    template_is_complete,
    terms_are_linked,
)
from lint_lessons.page import Known, from_notebook
from lint_lessons.prose import EVERYDAY
from lint_lessons.reading import write_minutes
from lint_lessons.repository import (
    REGISTRIES,
    ROOT,
    citation_keys,
    equations_astray,
    glossary_terms,
    misnumbered,
    strangers_in,
    uncited_in,
    without_its_chapter,
)
from lint_lessons.structure import REAL
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from dlzero import datasets, plots

RULES = [*CHAPTER_RULES, *CUT_RULES]
KNOWN = Known(
    frozenset({"rosenblatt1958perceptron"}),
    frozenset({"1.1", "1.2", "1.3", "1.4", "1.5"}),
    frozenset({"perceptron"}),
)
DRAWING = (
    '<svg role="img" aria-label="{alt}" viewBox="0 0 90 60" fill="currentColor">'
    '<path d="M10 {y}L80 30" style="stroke:currentColor;stroke-width:2"/></svg>'
)
FIGURE = '<figure class="dz-figure" id="fig-toy">{svg}<figcaption>{caption}</figcaption></figure>'
TABLE = plots.table({"rate": [1, 2]}, caption="A.")._repr_mimebundle_()["text/html"]
EXPLORER = (
    '<figure class="dz-explorer" role="group" aria-label="A line turns."><svg aria-hidden="true">'
    '<defs></defs></svg><label>update <input type="range" min="0" max="2" value="0"></label>'
    '<button type="button" aria-label="Play"></button>FRAMES<output aria-live="polite">update 0'
    "</output><figcaption>The line after each update.</figcaption></figure>"
)
#: Sentences of many lengths, with joints.
VARIED = " ".join(
    [
        "A row that is right teaches nothing, so the unit leaves its weights alone and looks at "
        "the next one, which may be wrong.",
        "It learns from mistakes.",
        "Since every mistake moves the line towards the row that was missed, the line turns "
        "until no row is left on the wrong side of it.",
        "That takes a while when the classes lie close together, because the line swings to and "
        "fro between them.",
    ]
    * 8
)


def text_cell(text):
    return new_markdown_cell(textwrap.dedent(text).strip())


def code_cell(source, *outputs, tags=()):
    return new_code_cell(
        textwrap.dedent(source).strip(), outputs=list(outputs), metadata={"tags": list(tags)}
    )


def printed(text):
    return new_output("stream", name="stdout", text=text)


def shown(**data):
    data = {mime.replace("_", "/"): text for mime, text in data.items()}
    return new_output("display_data", data=data)


def exercise_cells(number, task="Find the first update of"):
    label = number.replace(".", "-")
    return [
        text_cell(f"""
            ```{{exercise-start}}
            :label: ex-{label}
            ```
            {task} `history_`."""),
        code_cell(f'answer = ...\ncheck("{number}", answer)', printed("Not yet.\n")),
        text_cell(f"""
            ```{{exercise-end}}
            ```
            ```{{dropdown}} Hint
            Look at the second row.
            ```

            ```{{solution-start}} ex-{label}
            :label: sol-{label}
            :class: dropdown
            ```
            The second row of the history holds the answer."""),
        code_cell(f'check("{number}", unit.history_[1])', printed(f"{number}  Right.\n")),
        text_cell("""
            ```{solution-end}
            ```"""),
    ]


def toy_lesson():
    """Return a small lesson that follows every rule."""
    frames = "".join(
        f"<div data-frame{' hidden' if i else ''}>"
        + DRAWING.format(alt=f"the line after update {i}", y=10 + 20 * i)
        + "</div>"
        for i in range(3)
    )
    predict = (
        "```{admonition} Predict, then run\n:class: predict\nHow many updates will it need?\n```"
    )
    cells = [
        text_cell("""
            # The perceptron

            ## The question

            Can a machine learn AND from four rows? A {term}`perceptron` can.

            ```{admonition} What you will be able to do
            You will train a perceptron and read its weights.

            Reading takes 0 minutes, the exercises take 0.
            ```"""),
        code_cell("""
            from dlzero import Perceptron, check, datasets, plots, show_source
            from dlzero.widgets import Explorer

            X, y = datasets.iris()
            unit = Perceptron(lr=0.1, epochs=10)"""),
        text_cell(predict),
        code_cell("print(unit.fit(X, y).n_updates_, unit.coef_)", printed("10 [0.1    0.2034]\n")),
        text_cell(r"""
            It needs 10 updates and ends on $w = (0.1, 0.203)$ in 2026.

            ## The rule

            ```{admonition} Assumption
            :class: assumption
            A line separates the two classes, as in Figure 3.14 and {numref}`fig-toy`.
            ```

            After each example the weights move:

            $$w \leftarrow w + 0.77\,(t - y)\,x$$

            - See [the code](https://example.org/1.234) and `0.5678`.
            - Read {cite:t}`rosenblatt1958perceptron`."""),
        code_cell("show_source(Perceptron.update)", shown(text_markdown="```python\npass\n```")),
        text_cell("The source is short.\n\n## By hand\n\n" + predict),
        code_cell("print(unit.intercept_)", printed("-0.2\n")),
        text_cell("The bias is -0.2, as computed by hand.\n\n## On real data\n\n" + predict),
        code_cell(
            'plots.figure(ax, caption="The line and the points.", alt="A line falls.")',
            shown(
                text_html=FIGURE.format(
                    svg=DRAWING.format(alt="A line falls.", y=10),
                    caption="The line and the points.",
                ),
                text_plain="Figure: A line falls.",
            ),
            tags=["hide-input"],
        ),
        text_cell("The line separates the points. Move the slider to see the way there."),
        code_cell(
            'Explorer(draw, caption="The line after each update.")',
            shown(text_html=EXPLORER.replace("FRAMES", frames), text_plain="Explorer"),
            tags=["hide-input"],
        ),
        text_cell(f"""
            The line turns with each update.

            ## You now know what the next chapter needs

            {VARIED}

            ## Misconceptions
            """),
        *[
            text_cell(f"""
                **{number}** Does it find the best line?

                ```{{dropdown}} Yes
                Wrong. It stops at the first line that separates the classes, whichever it is.
                ```
                ```{{dropdown}} No, some line
                Right. It stops at the first one, so $w$ depends on the order.
                ```""")
            for number in (1, 2, 3)
        ],
        text_cell("## Exercises\n\n### Grade 1"),
        *exercise_cells("1.1"),
        text_cell("### Grade 2"),
        *exercise_cells("1.2"),
        text_cell("### Grade 3"),
        *exercise_cells("1.3"),
        *exercise_cells("1.4"),
        *exercise_cells("1.5", "Find the bug in"),
        text_cell("""
            ## Take-away

            1. The unit learns from its mistakes.
            2. A line is enough for AND.
            3. The order of the rows matters.
            4. The rate does not.
            5. XOR needs more.

            ## Sources

            {cite}`rosenblatt1958perceptron` has the rule."""),
    ]
    count = 0
    for cell in cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
    notebook = new_notebook(cells=cells)
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "name": "python3"}}
    write_minutes(notebook)
    return notebook


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_is_silent_on_a_good_lesson(rule):
    assert rule(from_notebook(toy_lesson()), KNOWN) == []


def swap(old, new, first=False):
    """Break a lesson: replace a piece of its source, everywhere or once."""

    def change(notebook):
        done = False
        for cell in notebook.cells:
            if old in cell.source and not (first and done):
                cell.source, done = cell.source.replace(old, new), True
        assert done, f"the good lesson has no {old!r}"

    return change


def add(text):
    """Break a lesson: append a piece of prose to its second part."""

    def change(notebook):
        notebook.cells[4].source += "\n\n" + text

    return change


def add_code(source, *outputs, at=1, tags=()):
    """Break a lesson: insert a code cell."""

    def change(notebook):
        notebook.cells.insert(at, code_cell(source, *outputs, tags=tags))
        for number, cell in enumerate(c for c in notebook.cells if c.cell_type == "code"):
            cell.execution_count = number + 1

    return change


def first_exercise(notebook):
    return next(i for i, cell in enumerate(notebook.cells) if "exercise-start" in cell.source)


def outputs(change_output):
    """Break a lesson: change the outputs of every cell."""

    def change(notebook):
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = [output for o in cell.outputs for output in change_output(o)]

    return change


def in_html(old, new):
    """Break a lesson: replace a piece of what its figures show."""

    def change_output(output):
        data = output.get("data", {})
        if "text/html" in data:
            data["text/html"] = data["text/html"].replace(old, new)
        return [output]

    return outputs(change_output)


LONG = "The unit looks at " + "the row and " * 10 + "answers."
PLANTED = [
    (template_is_complete, swap("datasets.iris()", "datasets.logic('and')"), "real 'a real data"),
    (template_is_complete, swap("## On real data", "## Two flowers"), None),
    (template_is_complete, swap("### Grade 2", "## Grade 2"), "'Grade 2' (level ###) is missing"),
    (template_is_complete, swap("# The perceptron", "The perceptron"), "one title"),
    (template_is_complete, swap("## The rule", "#### The rule"), "skips a level"),
    (template_is_complete, swap("5. XOR needs more.", ""), "items 'Take-away': 4 found"),
    (template_is_complete, swap(":class: predict", ":class: tip", True), "class 'predict': 2"),
    (template_is_complete, swap(":class: assumption", ""), "class 'assumption': 0"),
    (template_is_complete, swap("show_source(", "print("), "code 'show_source(': 0"),
    (template_is_complete, in_html("dz-explorer", "dz-figure"), "output 'dz-explorer': 0"),
    (template_is_complete, swap("**1** ", ""), "quiz 'Misconceptions': 2"),
    (template_is_complete, swap("{cite}`rosenblatt1958perceptron`", "He"), "cite 'Sources': 0"),
    (template_is_complete, swap("What you will be able", "What is"), "box"),
    (template_is_complete, swap("## Exercises", "## Tasks"), "heading 'Exercises'"),
    (
        predictions_come_before_results,
        add("```{admonition} Predict\n:class: predict\nX?\n```"),
        None,
    ),
    (
        predictions_come_before_results,
        swap(
            "A line is enough", "```{admonition} Predict\n   :class: predict\n   X?\n   ```\n   A"
        ),
        "no code cell follows",
    ),
    (exercises_are_complete, swap(":label: ex-1-2", ":label: task"), "not of the form"),
    (exercises_are_complete, swap(":label: ex-1-2", ":label: ex-1-1"), "two exercises"),
    (exercises_are_complete, swap("{dropdown} Hint", "{dropdown} Help", True), "0 parts 'hint'"),
    (exercises_are_complete, swap("{solution-start} ex-1-3", "{note}"), "0 parts 'solution'"),
    (
        exercises_are_complete,
        swap("{solution-start} ex-1-3", "{solution-start} ex-3"),
        "no exercise",
    ),
    (exercises_are_complete, swap('check("1.3"', 'print("1.3"'), 'never calls check("1.3"'),
    (exercises_are_complete, swap('check("1.3"', 'check("1.9"'), "not in dlzero.exercises"),
    (exercises_are_complete, swap(":class: dropdown", "", True), "not a dropdown"),
    (exercises_are_complete, outputs(lambda output: []), "solution of 1.1 is not confirmed"),
    (exercises_are_complete, swap("```{exercise-end}", "```{note}", True), "opened and not closed"),
    (exercises_are_complete, swap("{exercise-start}", "{exercise-start} First"), "has a title"),
    (quiz_has_one_right_answer, swap("Right. It", "Wrong. It", True), "0 of them right"),
    (quiz_has_one_right_answer, swap("Wrong. It", "Right. It", True), "2 of them right"),
    (quiz_has_one_right_answer, swap("Wrong. It", "No. It", True), "neither"),
    (quiz_has_one_right_answer, swap("separates the classes, whichever it is", "it meets"), None),
    (
        quiz_has_one_right_answer,
        swap(
            "Wrong. It stops at the first line that separates the classes, whichever", "Wrong. So"
        ),
        "does not say why",
    ),
    (quiz_has_one_right_answer, swap("**1** Does", "Does"), "no question"),
    (cells_are_short, add_code("\n\n".join(f"x = {i}" for i in range(13))), "13 lines"),
    (cells_are_short, add_code("\n\n".join(f"x = {i}" for i in range(12))), None),
    (
        no_star_imports,
        swap("from dlzero import Perceptron", "from math import *\nimport a"),
        "math",
    ),
    (
        outputs_are_clean,
        add_code("f()", new_output("stream", name="stderr", text="careful\n")),
        "stderr",
    ),
    (
        outputs_are_clean,
        add_code("f()", new_output("error", ename="ValueError", evalue="no", traceback=[])),
        "raises an error",
    ),
    (
        outputs_are_clean,
        add_code(
            "f()",
            new_output("error", ename="ValueError", evalue="no", traceback=[]),
            tags=["raises-exception"],
        ),
        None,
    ),
    (outputs_are_clean, add_code("f()", tags=["raises-exception"]), "does not"),
    (outputs_are_clean, add_code("f()", printed("UserWarning: old\n")), "warning"),
    (outputs_are_stored, outputs(lambda output: []), "cell 3 shows something"),
    (outputs_are_stored, add_code("for x in y:\n    print(x)"), "cell 1 shows something"),
    (outputs_are_stored, add_code("def f(x):\n    print(x)"), None),
    (outputs_are_stored, add_code("unit.coef_"), "cell 1 shows something"),
    (cells_ran_in_order, lambda nb: nb.cells[3].update(execution_count=7), "[1, 7, 3"),
    (cells_ran_in_order, lambda nb: nb.cells[3].update(execution_count=None), "[1, None, 3"),
    (drawings_have_text, add_code("f()", shown(image_png="iVBO")), "bare image/png"),
    (drawings_have_text, add_code("f()", shown(text_html='<img src="a.png">')), "outside a figure"),
    (drawings_have_text, in_html("A line falls.", ""), "no text alternative"),
    (drawings_have_text, in_html("the line after update 1", ""), "no text alternative"),
    (drawings_have_text, in_html('role="img"', ""), "no text alternative"),
    (drawings_have_text, in_html("The line after each update.", ""), "no caption"),
    (drawings_have_text, in_html("svg", "b"), "no drawing"),
    (drawings_have_text, add_code("f()", shown(text_html=TABLE)), None),
    (drawings_have_text, add_code("f()", shown(text_html=TABLE.replace("A.", ""))), "no caption"),
    (
        drawings_have_text,
        add_code("f()", shown(text_html="<table><tr><td>1</td></tr></table>")),
        "table outside a figure",
    ),
    (outputs_are_stored, add_code("plots.table(x, caption='A.')"), "cell 1 shows something"),
    (prose_follows_outputs, add_code("f()", at=4), None),
    (
        prose_follows_outputs,
        lambda nb: (add_code("f()", at=4)(nb), add_code("f()", at=4)(nb)),
        "three cells in a row",
    ),
    (prose_follows_outputs, swap("The source is short.\n\n", ""), "a heading, not prose"),
    (prose_follows_outputs, lambda nb: nb.cells[4].update(source=" \n"), "nothing follows cell 3"),
    (prose_follows_outputs, add_code("print(1)", printed("1\n"), at=99), "no prose follows"),
    (
        prose_follows_outputs,
        lambda nb: add_code("print(1)", printed("1\n"), at=first_exercise(nb))(nb),
        "no prose follows",
    ),
    (numbers_in_prose_are_computed, add("It needs 0.35 seconds."), "nothing computes 0.35"),
    (numbers_in_prose_are_computed, add("It needs 150 rows."), "nothing computes 150"),
    (numbers_in_prose_are_computed, add("So $w_1 = 0.25$."), "nothing computes 0.25"),
    (numbers_in_prose_are_computed, add("The bias is $-0.1$."), "nothing computes -0.1"),
    (numbers_in_prose_are_computed, add("The weight is 0.204."), "nothing computes 0.204"),
    (numbers_in_prose_are_computed, add("The weight is 0.2034, about 0.20."), None),
    (numbers_in_prose_are_computed, add("It needs 12 rows of 1999."), None),
    (numbers_in_prose_are_computed, swap("The line and the", "After 4.5 s the"), "computes 4.5"),
    (
        numbers_in_prose_are_computed,
        lambda nb: (
            add("See page 386.")(nb),
            nb.cells[4].metadata.update(dlzero={"numbers": ["386"]}),
        ),
        None,
    ),
    (sentences_are_short, add(LONG), "words in 'The unit looks at"),
    (sentences_are_short, add("It said that $a$ and `b c d` " + "were so " * 11 + "small."), None),
    (sentences_are_short, swap("points.", "points " + "and more " * 14 + "lines."), "34 words"),
    (
        sentences_are_short,
        add("\n\n".join(["The unit looks at " + "one more " * 12 + "row."] * 90)),
        "on average",
    ),
    (phrases_are_plain, add("It is Simply so."), "'Simply'"),
    (phrases_are_plain, swap("The line and the points.", "Obviously a line."), "'Obviously'"),
    (phrases_are_plain, swap("## The rule", "## A revolutionary rule"), "'revolutionary'"),
    (phrases_are_plain, add("Type `simply`."), None),
    (markdown_can_be_translated, add("So it is.[^1]"), "footnote"),
    (markdown_can_be_translated, add("<details>More</details>"), "raw HTML"),
    (markdown_can_be_translated, add("So <b>it</b> is."), "raw HTML"),
    (markdown_can_be_translated, add("```{raw} html\n<b>\n```"), "raw directive"),
    (markdown_can_be_translated, add("```{note}\nSo <b>it</b> is.\n```"), "raw HTML"),
    (markdown_can_be_translated, add("**Note:** it is."), "colon in bold"),
    (markdown_can_be_translated, add("**Note**: `[^1]` it is."), None),
    (markdown_can_be_translated, swap("{exercise-start}", "{exercise-start} One"), "title 'One'"),
    (references_exist, add("As {cite}`nobody2020work` says."), "'nobody2020work'"),
    (references_exist, add("::::{note}\nIn {cite:p}`a2020b`.\n::::"), "'a2020b'"),
    (references_exist, add("A {term}`units <neuron>`."), "'neuron' is not in the glossary"),
    (references_exist, add("Some {term}`perceptrons <Perceptron>`."), None),
    (chapter_has_a_bridge, swap("You now know what the next", "The next"), "no heading"),
    (
        chapter_has_a_bridge,
        swap(
            "## You now know what the next chapter needs",
            "```{admonition} So far\n:class: bridge\nX\n```",
        ),
        None,
    ),
    (
        chapter_has_a_bridge,
        lambda nb: (
            swap("You now know what the next", "The next")(nb),
            swap("## Take-away", "## You now know what the next chapter needs\n\n## Take-away")(nb),
        ),
        "before the quiz",
    ),
    (minutes_are_said, swap("Reading takes", "Reading needs"), "does not end with"),
    (minutes_are_said, swap("\n\nReading takes", " Reading takes"), "does not end with"),
    (minutes_are_said, swap("take 40.", "take 40.\n\nMore.\n"), "does not end with"),
    (minutes_are_counted, swap("takes 10", "takes 11"), "says 'Reading takes 11"),
    (minutes_are_counted, add("Reading takes 10 minutes, the exercises take 41."), "10 and 40 are"),
    (minutes_are_counted, add("word " * 1000), "15 and 40 are counted"),
    (minutes_are_counted, swap("Reading takes", "Reading needs"), None),
    (chapter_is_short_and_varied, add("so " * 7000), "words: "),
    (chapter_is_short_and_varied, add("$$a$$\n\n" * 100), "minutes of reading: 7"),
    (chapter_is_short_and_varied, add_code("ax.plot(x)\n" * 9), "% of code draws: "),
    (chapter_is_short_and_varied, add_code("ax.plot(x)\n" * 9, tags=["hide-input"]), None),
    (chapter_is_short_and_varied, swap("{exercise-start}", "{note}", True), "exercises: 4, 5 at"),
    (chapter_is_short_and_varied, add("It is so. " * 20), "words a sentence: "),
    (chapter_is_short_and_varied, add(("It is a word. " * 3 + LONG + " ") * 6), "runs of short"),
    (tables_have_heads, add_code("for x in y:\n    print(f'{x:8} {x:.3f}')"), None),
    (tables_have_heads, add_code("print(f'{x:8} {x:8.3f}')"), None),
    (tables_have_heads, add_code("for x in y:\n    print(f'{x:8} {x:>8.3f}')"), "cell 1 prints"),
    (tables_have_heads, add_code("for x in y:\n    print(x.ljust(8), f'{x:<8}')"), "cell 1"),
    (tables_have_heads, add_code("while x:\n    print(f'{x:{n}} {x:>+{n}.3f}')"), "cell 1"),
    (terms_are_linked, swap("{term}`perceptron` can", "perceptron can"), "cell 0: 'perceptron'"),
    (
        terms_are_linked,
        swap("{term}`perceptron`", "{term}`units <perceptron>`"),
        None,
    ),
]


@pytest.mark.parametrize(
    ("rule", "change", "report"),
    PLANTED,
    ids=[f"{rule.__name__}-{number}" for number, (rule, _, _) in enumerate(PLANTED)],
)
def test_rule_finds_what_is_broken(rule, change, report):
    notebook = toy_lesson()
    change(notebook)
    problems = rule(from_notebook(notebook), KNOWN)
    if report is None:
        assert problems == []
    else:
        assert any(report in problem for problem in problems), problems


def test_every_rule_has_a_planted_defect():
    assert {rule for rule, _, report in PLANTED if report} == set(RULES)


def terms_in(text, terms):
    page = from_notebook(new_notebook(cells=[text_cell(text)]))
    return terms_are_linked(page, Known(frozenset(), frozenset(), frozenset(terms)))


@pytest.mark.parametrize(
    ("text", "unlinked"),
    [
        ("The batch is small.", ["batch"]),
        ("Two Batches are small.", ["batch"]),
        ("A {term}`batch` is small. Then a batch.", []),
        ("A batch is small.\n\nA {term}`batch` is small.", ["batch"]),
        ("# The batch\n\nA {term}`batch` is small.", []),
        ("Linear regression is a fit.", ["linear regression"]),
        ("Linear regression is no {term}`regression`.", ["linear regression"]),
        ("A minibatch and a mini-batch are others.", []),
        ("`batch` and $batch$ are no words.", []),
        ("An error is a word of every day.", []),
        ("- A batch", ["batch"]),
        ("```{note}\nA batch.\n```\n\nA {term}`batch`.", []),
        ("```{note}\nA batch.\n```\n\nA batch.", ["batch"]),
        ("```{note}\nA {term}`batch`.\n```\n\nA batch.", []),
        ("## Exercises\n\nA batch.", []),
        ("Some half-lives, and velocities.", ["half-life", "velocity"]),
    ],
)
def test_first_uses_of_terms(text, unlinked):
    terms = ["batch", "regression", "linear regression", "error", "velocity", "half-life"]
    found = terms_in(text, terms)
    assert sorted(unlinked) == sorted(line.split("'")[1] for line in found)


def test_everyday_words_are_terms_of_the_glossary():
    glossary = glossary_terms((ROOT / "book" / "glossary.md").read_text("utf-8"))
    assert set(EVERYDAY) <= glossary
    assert all(EVERYDAY.values())


def test_real_data_sets_exist():
    assert all(callable(getattr(datasets, name)) for name in REAL)


def test_docstring_rule():
    source = '"""M.\n\nReferences\n----------\n{}\n\nExamples\n--------\nx2000y\n"""'
    assert uncited_in(source.format("rosenblatt1958perceptron"), KNOWN.citations) == []
    assert "'nobody2020work'" in uncited_in(source.format("nobody2020work"), KNOWN.citations)[0]
    assert "no key" in uncited_in(source.format("A paper."), KNOWN.citations)[0]


def test_number_of_a_lesson():
    page = from_notebook(toy_lesson())
    assert misnumbered("01_perceptron", page) == []
    assert "['1'], not ['2']" in misnumbered("02_linear_unit", page)[0]
    assert "['1'], not []" in misnumbered("perceptron", page)[0]
    assert "[], not ['1']" in misnumbered("01_perceptron", from_notebook(new_notebook()))[0]


def test_a_deeper_notebook_names_its_chapter():
    def problems(text):
        page = from_notebook(new_notebook(cells=[text_cell(text)]))
        return without_its_chapter("02_linear_unit", page)

    assert problems("# D\n\nAfter {doc}`../02_linear_unit`. Nothing later needs it.") == []
    assert problems("# D\n\nAfter {doc}`it <../02_linear_unit>`. No later page needs it.") == []
    assert "no link" in problems("# D\n\nAfter {doc}`../01_perceptron`. Nothing later.")[0]
    assert "later" in problems("# D\n\nAfter {doc}`../02_linear_unit`.")[0]


def test_equation_rule():
    one, two = "$$\nx\n$$ (eq-one)\n", "$$\ny\n$$ (eq-two)\n"
    assert equations_astray([one + "See {eq}`eq-two`.", two]) == []
    assert equations_astray([one, two, one]) == ["two equations have the label 'eq-one'"]
    assert equations_astray([one, "{eq}`eq-two`"]) == ["no equation has the label 'eq-two'"]


def test_stranger_rule():
    assert strangers_in("wget https://" + REGISTRIES[0] + "/simple") == [REGISTRIES[0]]
    home = "/ho" + "me/"
    assert strangers_in(f'"{home}me/x.py"') == [home]
    assert strangers_in("see ../" + "shared/design.md") == ["../" + "shared"]
    assert strangers_in("https://example.org/home/x ./tmp/y a/work/b /usr/bin/python") == []


def test_readers_of_reference_files():
    assert citation_keys("@article{a2000b,\n title={x}}\n@book{ c1999d ,\n}") == {
        "a2000b",
        "c1999d",
    }
    glossary = "# Glossary\n\n```{glossary}\n:sorted:\nBias\n  A number.\n\nweight\n  Another.\n```"
    assert glossary_terms(glossary) == {"bias", "weight"}
