"""The table that the gradebook of Canvas imports.

Canvas finds the assignment by the number in the heading, as in ``Homework 1 (555)``; a heading
without a number has to be the exact title, and makes a new assignment otherwise. It finds the
student by ID, then SIS User ID, then SIS Login ID, and by the name only after all of these.
"""

import re
from collections.abc import Mapping

from ..marking.score import Score
from ..roster import Student
from ..tables import line, number, table
from .upload import final, scaled

HEAD = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
NUMBERED = re.compile(r"(.*) \(\d+\)")


def column_of(
    students: list[Student], name: str, title: str, canvas: str | None = None
) -> tuple[str, str]:
    """Return the heading of an assignment's column, and what there is to say about it.

    Parameters
    ----------
    students : list of Student
        Their roster may be the gradebook that Canvas exported.
    name, title : str
        Of the homework, such as ``"hw01"``.
    canvas : str, optional
        What the instructor wrote into ``course.toml``.

    Returns
    -------
    column, note : str

    Raises
    ------
    ValueError
        When the gradebook has no such column, or it cannot be told which one is meant.

    Examples
    --------
    >>> ada = {"id": "1", "columns": {"Student": "Ada", "ID": "1", "Homework 1 (555)": ""}}
    >>> column_of([ada], "hw01", "The perceptron")[0]
    'Homework 1 (555)'
    """
    columns = students[0]["columns"]
    found = [column for column in columns if NUMBERED.fullmatch(column)]
    if "Student" not in columns or not found:
        wanted = canvas or title
        if NUMBERED.fullmatch(wanted):
            return wanted, ""
        return wanted, (
            f"The assignment in Canvas must be called exactly {line(wanted)!r}, or the import "
            f'makes a new one. Another name: canvas = "..." below [{name}] in course.toml.'
        )
    titles = {column: column[: column.rindex(" (")] for column in found}
    if canvas:
        fits = [column for column in found if canvas in (column, titles[column])]
    else:
        fits = [column for column in found if titles[column] == title]
        fits = fits or [column for column in found if _numbers(titles[column]) == _numbers(name)]
    if len(fits) == 1:
        return fits[0], f"The column in Canvas: {line(fits[0])}."
    asked = f"called {canvas!r}" if canvas else f"for {name} ({title})"
    raise ValueError(
        f"The gradebook of Canvas has {len(fits) or 'no'} columns {asked}. Its assignments are: "
        f"{'; '.join(map(line, found))}. Write one of them into course.toml:\n"
        f'[{name}]\ncanvas = "{line((fits or found)[0])}"'
    )


def _numbers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]


def canvas_csv(
    students: list[Student],
    scores: Mapping[str, Score],
    column: str,
    unfinished: bool = False,
) -> str:
    """Return the table; an empty cell leaves the gradebook as it is.

    Parameters
    ----------
    students : list of Student
    scores : dict of str to Score
    column : str
        As `column_of` found it.
    unfinished : bool, default False
        Give the points so far to those who have answers that are not marked.
    """
    most = max(score.of for score in scores.values())
    rows: list[list[str | float]] = [[*HEAD, column]]
    rows.append(["    Points Possible", "", "", "", "", number(most)])
    for student in students:
        score, columns = scores[student["id"]], student["columns"]
        values = [student["name"], "", student["id"], student["email"], columns.get("section", "")]
        if "Student" in columns:
            values = [columns.get(name, own) for name, own in zip(HEAD, values, strict=True)]
        if score.excused:
            mark = "EX"
        else:
            mark = number(scaled(score, most)) if final(score, unfinished) else ""
        rows.append([*values, mark])
    return table(rows)
