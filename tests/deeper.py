"""A small deeper notebook that runs, made for tests.

It continues the first chapter, whichever exercises that has.
"""

import ast
import textwrap

import nbformat
from answers import ch01_perceptron
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

STEM = "01_perceptron"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def deeper_notebook():
    """Return the notebook, with no outputs yet."""
    cells = [
        text("""
            # Deeper: does the order of the rows matter?

            This notebook continues {doc}`../01_perceptron`, and no later chapter needs it.

            ## The question

            The rule visits one row after another, and every mistake moves the line at once.
            So does it matter which row comes first? Since the bound of the chapter holds in every
            order, no order can go on forever, but it does not say where the line will end.

            Reading takes 99 minutes, the exercises take 99.

            ```{admonition} Predict
            :class: predict

            How many results do all the orders of AND have?

            - one
            - more than one
            ```"""),
        code("""
            from itertools import permutations

            from dlzero import Perceptron, check, datasets, plots

            X, y = datasets.logic("and")
            found = set()
            for order in permutations(range(4)):
                rows = list(order)
                unit = Perceptron(lr=0.1).fit(X[rows], y[rows])
                found.add((*unit.coef_.round(1).tolist(), unit.n_updates_))
            print(len(found), "results")"""),
        text(r"""
            The same four rows lead to different lines. This is no contradiction, because the rule
            stops as soon as a line makes no mistake, and which line that is depends on the row
            that was missed last.
            That is why two people may both be right.
            If you want one answer, fix the order, or ask for the line with the widest margin.

            ## Two lines for one problem

            The margin of a line is the distance of its nearest row:

            $$
            \gamma = \min_i |w \cdot x_i + b| / \lVert w \rVert
            $$ (eq-small-margin)

            Formula {eq}`eq-small-margin` and {numref}`fig-small` show why a late start costs
            nothing here, although one of the lines comes closer to a row than the other does."""),
        code(
            """
            ax = plots.axes()
            ax.plot([0, 1, 2], [1, 2, 1])
            plots.figure(
                ax,
                name="fig-small",
                caption="A margin.",
                alt="A line rises and falls.",
            )""",
            tags=["hide-input"],
        ),
        text("""
            Whoever needs the widest margin takes another method, while this rule is content.

            ## Exercises"""),
    ]
    for number, answer in literal_answers()[:2]:
        cells += exercise(number, answer)
    cells.append(
        text("""
            ## Sources

            The rule stands in {cite:t}`rosenblatt1958perceptron`.""")
    )
    for count, cell in enumerate(cells, start=1):
        cell["id"] = f"{STEM[:2]}-{count:03}"
    return new_notebook(cells=cells, metadata=METADATA)


def exercise(number, answer):
    """Return the cells of an exercise whose answer can be written down."""
    label = number.replace(".", "-")
    return [
        text(f"""
            ```{{exercise-start}}
            :label: ex-{label}
            ```

            Give the answer, which the solution shows.
            """),
        code(f'answer = ...\ncheck("{number}", answer)'),
        text(f"""
            ```{{exercise-end}}
            ```

            ```{{dropdown}} Hint
            Open the solution.
            ```

            ```{{solution-start}} ex-{label}
            :label: sol-{label}
            :class: dropdown
            ```

            It is this one."""),
        code(f'check("{number}", {answer!r})'),
        text("""
            ```{solution-end}
            ```"""),
    ]


def literal_answers():
    """Return right answers that can be typed, one for each exercise."""
    found = {}
    for number, answer in ch01_perceptron.RIGHT:
        try:
            ast.literal_eval(repr(answer))
        except (SyntaxError, ValueError):
            continue
        found.setdefault(number, answer)
    return list(found.items())


def text(source):
    """Return a cell of prose."""
    return new_markdown_cell(textwrap.dedent(source).strip())


def code(source, tags=()):
    """Return a cell of code that has not run."""
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(textwrap.dedent(source).strip(), metadata=metadata)


def save(notebook, path):
    """Write a notebook as nbformat does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", "utf-8", newline="\n")
