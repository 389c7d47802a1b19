"""Tables that an instructor fills in, with a spreadsheet or by hand; nothing in them is guessed."""

import codecs
import contextlib
import csv
import functools
import io
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .tables import uncell, visible


def lines_of(path: str | Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Read a table that an instructor need not have: an absent one has no lines.

    Parameters
    ----------
    path, columns
        As for `read_table`.

    Returns
    -------
    list of (str, dict)
        Each line that is not empty: its place, and its cells by the names of the heading in small
        letters.

    Raises
    ------
    ValueError
        As `read_table`.
    """
    if not Path(path).is_file():
        return []
    heading, rows = read_table(path, columns)
    names = [name.lower() for name in heading]
    return [(place, dict(zip(names, cells, strict=True))) for place, cells in rows]


def read_table(
    path: str | Path, columns: Sequence[str] = ()
) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Read a table as a spreadsheet may have saved it, or somebody wrote it by hand.

    Parameters
    ----------
    path : str or Path
        With a heading; commas, semicolons or tabs between the columns, encoded as for `text_of`.
    columns : sequence of str, optional
        The columns that its heading must have, in any order. Defaults to none.

    Returns
    -------
    heading : list of str
        Empty for an empty file.
    rows : list of (str, list of str)
        Each line that is not empty: its place, such as ``"corrections.csv, line 3"``, and one cell
        for each name of the heading, without blanks around it, as it was before `cell`.

    Raises
    ------
    ValueError
        For a file in an unknown encoding, that lacks a column, with a double quote that is open,
        or with a line longer than the heading.
    """
    path = Path(path)
    text = text_of(path)
    if not text.strip():
        return [], []
    rows = _rows(path.name, text)
    heading = [name.strip() for name in next(rows, ("", []))[1]]
    names = [name.lower() for name in heading]
    if lost := [column for column in columns if column not in names]:
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
            cells = [*cells, *[""] * len(heading)][: len(heading)]
            lines.append((place, [uncell(cell.strip()) for cell in cells]))
    return heading, lines


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
    """Return the text of a file in UTF-8, in UTF-16 with its mark, or in Windows-1252.

    The last is what Excel calls CSV in western Europe. The code pages of other countries look
    like it, so a line says that it was taken for this one.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str

    Raises
    ------
    ValueError
        When it is in none of these.
    """
    data = path.read_bytes()
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    with contextlib.suppress(UnicodeDecodeError):
        text = data.decode("utf-16" if marked else "utf-8-sig")
        if "\0" not in text:
            return text
    with contextlib.suppress(UnicodeDecodeError):
        text = data.decode("cp1252")
        # Three such letters in a row are of another alphabet.
        if not marked and not re.search("\0|[^\0-\x7f]{3}", text):
            _say_windows(visible(path.name))
            return text
    raise ValueError(
        f"{path} is not in UTF-8. Open it in the spreadsheet and save it as 'CSV UTF-8'."
    )


@functools.cache
def _say_windows(name: str) -> None:
    said = f"{name} is not in UTF-8; it was read as Windows-1252. Look whether its names are right."
    print(said, file=sys.stderr)


def delimiter_of(text: str) -> str:
    """Return what stands between the columns of a table."""
    heading = re.sub('"[^"]*"', "", text.partition("\n")[0])
    return max(",;\t", key=heading.count)


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
