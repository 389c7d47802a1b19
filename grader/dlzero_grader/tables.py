"""Text that leaves the grader: for a screen, and for the cell of a table that others open."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable

# Control characters move the cursor of a terminal; the directions of Unicode let a line read
# otherwise than it is. The three marks among them stand in honest names, and do nothing else.
_MARKS = re.compile("[\u061c\u200e\u200f]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
# A spreadsheet takes a cell for a formula by its first character. Where the comma is no separator
# of the list, a cell may also begin behind a semicolon, a tab, a quote or a new line in the text.
# Blanks and quotes in a row are read as one, from their first on, and never given back: to begin
# again at each of them would take a student's row of 100,000 quotes minutes.
_BEGINS = r"((?:^|;)[\s\"]*+|(?<![\s\"])[^\S\t\n]*+[\t\n\"][\s\"]*+)"
_FORMULA = r"('*+[=+\-@＝＋－＠])"
_UNGUARDED = re.compile(_BEGINS + _FORMULA)
_GUARDED = re.compile(_BEGINS + "'" + _FORMULA)


def visible(text: str) -> str:
    r"""Return text without control characters and without those that turn its direction.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With new lines and tabs; every other control character is spelled out.

    Examples
    --------
    >>> visible("red: \x1b[31m")
    'red: \\x1b[31m'
    """
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # Spelled out and not replaced: two names of files stay two.
    return _CONTROL.sub(lambda m: ascii(m[0])[1:-1], _MARKS.sub("", text))


def line(text: str) -> str:
    """Return `visible` text in one line."""
    return " ".join(visible(text).split())


def named(text: str, most: int = 300) -> str:
    r"""Return the name of a file, or another short text, for a line of a list.

    Parameters
    ----------
    text : str
        A zip file may hold names of 65,535 bytes, with new lines in them.
    most : int
        Of characters.

    Returns
    -------
    str
        `visible` text in one line; of a longer one both ends, and a fingerprint, so that two
        names stay two.

    Examples
    --------
    >>> named("a\nb")
    'a\\nb'
    """
    text = visible(text).replace("\n", r"\n").replace("\t", r"\t")
    if len(text) <= most:
        return text
    end = (most - 24) // 2
    # Whether it is the name of one file, or leads into folders, is still to be seen.
    between = "/" if "/" in text[end:-end] else ""
    mark = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{text[:end]}[{mark}]{between}{text[-end:]}"


def ended(text: str) -> str:
    """Return a text that somebody wrote as a sentence, with a sign at its end: a full stop."""
    return text if text.endswith(tuple(".!?…。！？؟।:;,")) else f"{text}."


def number(points: float | None) -> str:
    """Return points as they are written, empty when there are none yet."""
    return "" if points is None else f"{round(points, 2):g}"


def cell(text: str) -> str:
    """Return text for a cell of a table: no spreadsheet takes it, or a part of it, for a formula.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        `visible` text without tabs, and with an apostrophe before what would begin a formula.

    Examples
    --------
    >>> cell("=1+1")
    "'=1+1"
    >>> cell("a -1; -2")
    "a -1; '-2"
    >>> uncell(cell("'=a"))
    "'=a"
    """
    return _UNGUARDED.sub(r"\1'\2", visible(text).replace("\t", " "))


def uncell(text: str) -> str:
    """Return what `cell` was given."""
    return _GUARDED.sub(r"\1\2", text)


def table(rows: Iterable[Iterable[object]]) -> str:
    """Return a table as CSV; every text in it has gone through `cell`.

    Parameters
    ----------
    rows : iterable of iterable
        Texts and numbers. A ``-`` alone, which programs write for "nothing", stays as it is; only
        in the first column it could begin a formula, where the comma is no separator.

    Returns
    -------
    str
        With commas, and the mark by which spreadsheets know UTF-8.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow(
            [
                cell(value) if isinstance(value, str) and (value != "-" or not place) else value
                for place, value in enumerate(row)
            ]
        )
    return "\ufeff" + out.getvalue()
