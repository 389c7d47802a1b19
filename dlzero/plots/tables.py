"""A table on the page: `table` makes it of columns."""

import html
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ..checks import is_number, is_whole
from .page import check_name, check_words, render


class Table:
    """Numbers and words in rows, with a head and a caption. Made by `table`."""

    def __init__(
        self, head: list[str], rows: list[list[str]], caption: str, name: str | None
    ) -> None:
        self.head, self.rows, self.caption, self.name = head, rows, caption, name

    def __repr__(self) -> str:
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        made = []
        for first, *rest in lines:
            cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            made.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
        return "\n".join([self.caption, *made])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        head = "".join(f'<th scope="col">{html.escape(cell)}</th>' for cell in self.head)
        body = ""
        for first, *rest in self.rows:
            cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in rest)
            body += f'<tr><th scope="row">{html.escape(first)}</th>{cells}</tr>'
        made = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        page = render(made, self.caption, "table", self.name)
        return {"text/html": page, "text/plain": repr(self)}


def table(
    columns: Mapping[str, Iterable[object]],
    *,
    caption: str,
    name: str | None = None,
    digits: int = 4,
) -> Table:
    r"""Put columns beside each other, as the page shows them: a head, rows, a caption.

    Parameters
    ----------
    columns : dict of str to list
        The head of each column, and what stands below it: words, numbers, True and False as ✓
        and ✗, or None (or what is masked) for an empty cell. The first column names the rows.
    caption : str
        Plain text. Here, in a head and in a cell a formula may stand between dollar signs:
        ``"$\\eta$"``.
    name : str, optional
        Anchor of the table on the page: lower-case letters, digits and hyphens.
    digits : int, default 4
        Significant digits of numbers that are not whole, 1 to 6. Digits before the point stay.

    Returns
    -------
    Table
        Leave it as the last line of a cell.

    Raises
    ------
    TypeError
        If `columns` is no dict, a column no list or a cell a list, or if a head, the caption or
        the name is no text.
    ValueError
        If there is no column or no row, if the columns differ in length, if a head or the caption
        is empty, or if `digits` is out of range.

    Examples
    --------
    >>> from dlzero import plots
    >>> rates = {"rate": [0.1, 1.8], "steps": [62, None], "arrives": [True, False]}
    >>> plots.table(rates, caption="Two rates.")
    Two rates.
    rate  steps  arrives
    0.1      62        ✓
    1.8                ✗
    """
    check_words(caption=caption)
    check_name(name)
    if not is_whole(digits) or not 1 <= digits <= 6:
        raise ValueError(f"digits is {digits!r}; expected 1 to 6.")
    if not isinstance(columns, Mapping):
        raise TypeError(
            f"columns is a {type(columns).__name__}; expected a dict of heads and columns, "
            'for example {"rate": [0.1, 1.8], "steps": [62, 62]}.'
        )
    made = {}
    for head, column in columns.items():
        if not isinstance(head, str) or not head.strip():
            raise (ValueError if isinstance(head, str) else TypeError)(
                f"the head of a column is {head!r}; expected a text."
            )
        made[head] = _cells(head, column, digits)
    lengths = {head: len(cells) for head, cells in made.items()}
    if len(set(lengths.values())) != 1 or 0 in lengths.values():
        raise ValueError(
            f"columns have the lengths {lengths}; expected columns of one length, at least 1."
        )
    return Table(list(made), [list(row) for row in zip(*made.values(), strict=True)], caption, name)


def _cells(head: str, column: Any, digits: int) -> list[str]:
    """Return the cells of a column."""
    if isinstance(column, str) or not isinstance(column, Iterable):
        raise TypeError(f"the column {head!r} is {column!r}; expected a list.")
    cells = []
    for value in column:
        if np.ndim(value):
            raise TypeError(
                f"the column {head!r} holds {value!r}; expected one number or text in each cell."
            )
        cells.append(_cell(value, digits))
    return cells


def _cell(value: Any, digits: int) -> str:
    """Return what stands in a cell."""
    if value is np.ma.masked:
        return ""
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        value = np.asarray(value).item()
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return "✓" if value else "✗"
    if not is_number(value) or is_whole(value):
        return str(value)
    number = float(value)
    if not math.isfinite(number):
        return {math.inf: "∞", -math.inf: "-∞"}.get(number, "-")
    if 1 <= abs(number) < 1e6:
        digits = max(digits, len(str(int(abs(number)))))
    mantissa, exponent, power = f"{number + 0.0:.{digits}g}".partition("e")
    return f"{mantissa}e{int(power)}" if exponent else mantissa
