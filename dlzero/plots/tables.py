"""A table on the page: `table` makes it of columns."""

import html
import math
from collections.abc import Iterable, Mapping

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
        The head of each column, and what stands below it. The first column names the rows. A
        head may hold a formula: ``"$\\eta$"``.
    caption : str
        Plain text.
    name : str, optional
        Anchor of the table on the page: lower-case letters, digits and hyphens.
    digits : int, default 4
        Significant digits of numbers that are not whole, 1 to 6.

    Returns
    -------
    Table
        Leave it as the last line of a cell.

    Raises
    ------
    TypeError
        If a head, the caption or the name is no text.
    ValueError
        If there is no column, the columns differ in length, or `digits` is out of range.

    Examples
    --------
    >>> from dlzero import plots
    >>> plots.table({"rate": [0.1, 1.8], "steps": [62, 62]}, caption="Two rates.")
    Two rates.
    rate  steps
    0.1      62
    1.8      62
    """
    check_words(caption=caption)
    check_name(name)
    if not is_whole(digits) or not 1 <= digits <= 6:
        raise ValueError(f"digits is {digits!r}; expected 1 to 6.")
    made = {head: [_cell(value, digits) for value in column] for head, column in columns.items()}
    lengths = {head: len(column) for head, column in made.items()}
    if len(set(lengths.values())) != 1:
        raise ValueError(f"columns have the lengths {lengths}; expected columns of one length.")
    for head in made:
        if not isinstance(head, str):
            raise TypeError(f"the head of a column is {head!r}; expected a text.")
    return Table(list(made), [list(row) for row in zip(*made.values(), strict=True)], caption, name)


def _cell(value: object, digits: int) -> str:
    """Return what stands in a cell."""
    if is_number(value) and not is_whole(value):
        if not math.isfinite(value):
            return {math.inf: "∞", -math.inf: "-∞"}.get(value, "-")
        mantissa, exponent, power = f"{value:.{digits}g}".partition("e")
        return f"{mantissa}e{int(power)}" if exponent else mantissa
    return str(value)
