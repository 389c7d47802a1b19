"""Tables that an instructor fills in, with a spreadsheet or by hand; nothing in them is guessed."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .tables import uncell


def lines_of(path: str | Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Read a CSV file with commas, semicolons or tabs; an absent one has no lines.

    Parameters
    ----------
    path : str or Path
    columns : sequence of str
        The columns that its heading must have, in any order.

    Returns
    -------
    list of (str, dict)
        Each line that is not empty: its place, such as ``"corrections.csv, line 3"``, and its
        cells by the names of the heading, without blanks around them.

    Raises
    ------
    ValueError
        For a file that is not in UTF-8, that lacks a column, or with a line longer than the
        heading.
    """
    path = Path(path)
    if not path.is_file():
        return []
    text = text_of(path)
    if not text.strip():
        return []
    rows = _rows(path.name, text)
    heading = [name.strip().lower() for name in next(rows, ("", []))[1]]
    if lost := [column for column in columns if column not in heading]:
        raise ValueError(
            f"{path.name}, line 1: no {', '.join(lost)}; expected {','.join(columns)}."
        )
    lines = []
    for place, cells in rows:
        if any(cell.strip() for cell in cells[len(heading) :]):
            raise ValueError(
                f"{place}: {len(cells)} cells below {len(heading)} columns. Put a text or a "
                'number that holds the sign between columns into double quotes: "2,5".'
            )
        if any(cell.strip() for cell in cells):
            cells += [""] * (len(heading) - len(cells))
            pairs = zip(heading, cells, strict=False)
            lines.append((place, {name: uncell(cell.strip()) for name, cell in pairs}))
    return lines


def _rows(name: str, text: str) -> Iterator[tuple[str, list[str]]]:
    # Not strict, a quote that is not closed would take all that follows into its cell.
    lines = io.StringIO(text, newline="")
    table = csv.reader(lines, delimiter=delimiter_of(text), strict=True)
    while True:
        place = f"{name}, line {table.line_num + 1}"
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            raise ValueError(
                f"{place}: {error}. A double quote is open, or stands within a text in quotes."
            ) from None
        yield place, cells


def text_of(path: Path) -> str:
    """Return the text of a file, or raise ValueError when it is not in UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(
            f"{path} is not in UTF-8. Open it in the spreadsheet and save it as 'CSV UTF-8'."
        ) from None


def delimiter_of(text: str) -> str:
    """Return what stands between the columns of a table."""
    return max(",;\t", key=text.partition("\n")[0].count)


def table_of(rows: Iterable[Iterable[object]], delimiter: str = ",") -> str:
    """Return the text of a table."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return out.getvalue()


def number_of(text: str) -> float | None:
    """Return a number, written with a point or a comma; None for anything else.

    Examples
    --------
    >>> number_of("2,5"), number_of("-1"), number_of("nan"), number_of("two")
    (2.5, -1.0, None, None)
    """
    if not re.fullmatch(r"[-+]?(?:\d{1,9}(?:[.,]\d*)?|[.,]\d+)", text.strip()):
        return None
    return float(text.strip().replace(",", "."))
