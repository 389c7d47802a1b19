"""Marks by hand: the free responses side by side, and a table to fill in."""

import csv
import hashlib
import html
import io
from pathlib import Path

from .files import read_table, write
from .notebook import BLANK, clean

COLUMNS = ("student", "question", "of", "points", "comment", "answer")


def text_digest(text):
    """Return a short fingerprint of an answer: a mark belongs to the text that was read.

    It begins with a letter: a spreadsheet would take ``12345e678901`` for a number.
    """
    return "t" + hashlib.sha256(text.encode()).hexdigest()[:11]


def require_rows(students, rows):
    """Raise ValueError when a student has no row for the present submission and master."""
    waiting = [student["id"] for student in students if not rows.get(student["id"])]
    if waiting:
        some = ", ".join(waiting[:5]) + (", ..." if len(waiting) > 5 else "")
        raise ValueError(f"{len(waiting)} student(s) not graded yet: {some}. Run grade first.")


def read_marks(path, master, rows):
    """Read the table of marks.

    Parameters
    ----------
    path : Path
        ``manual.csv`` as `write_manual` made it, with points filled in.
    master : Master
    rows : dict
        Row of each student.

    Returns
    -------
    dict
        ``{(student, question): (points, comment)}``; only marks of the answers in `rows`.

    Raises
    ------
    ValueError
        For points that are no number between 0 and the most possible, that belong to nobody in
        `rows` or to no answer that was read, and for a table without its columns.
    """
    if not Path(path).exists():
        return {}
    most = {written.id: written.points for written in master.written}
    marks = {}
    for line, entry in enumerate(read_table(path), start=2):
        place = f"{Path(path).name}, line {line}"
        if lost := [column for column in COLUMNS if entry.get(column) is None]:
            raise ValueError(f"{place}: no {', '.join(lost)}; expected {', '.join(COLUMNS)}.")
        key = (_without_guard(entry["student"]), entry["question"])
        given = entry["points"].strip()
        if not given:
            continue
        if key[0] not in rows or key[1] not in most:
            raise ValueError(
                f"{place}: points for {key[1]!r} of {key[0]!r}; there is no such answer. "
                "Write the id as the roster does, or delete the line."
            )
        try:
            points = float(given.replace(",", "."))
        except ValueError:
            points = -1.0
        if not 0 <= points <= most[key[1]]:
            raise ValueError(
                f"{place}: {given!r} points for {key[1]} of {key[0]}; "
                f"expected a number from 0 to {most[key[1]]}."
            )
        if not entry["answer"].strip():
            raise ValueError(
                f"{place}: points, but nothing in the column answer, which says what they are "
                "for. Delete the line, run manual, and fill in the one that it makes."
            )
        if entry["answer"] == text_digest(rows[key[0]]["written"][key[1]]["text"]):
            marks[key] = (points, _without_guard(entry["comment"]))
    return marks


def write_manual(folder, master, students, rows):
    """Write ``manual.html`` to read and ``manual.csv`` to fill in; keep the marks that are there.

    The page holds the master's own answer, so it is for the instructor alone.

    Parameters
    ----------
    folder : Path
    master : Master
    students : list of dict
    rows : dict
        Row of each student.

    Returns
    -------
    done, wanted : int
        Answers that have a mark, and answers there are.

    Raises
    ------
    ValueError
        When a student has no row yet, since the marks of that student would be lost.
    """
    folder = Path(folder)
    require_rows(students, rows)
    marks = read_marks(folder / "manual.csv", master, rows)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    parts = []
    wanted = done = 0
    for written in master.written:
        parts.append(f"<h2>{html.escape(written.id)} (of {written.points})</h2>")
        parts.append(f"<p>The master says:</p><pre>{html.escape(written.sample)}</pre><br>")
        parts.append("<div class=side>")
        for student in students:
            text = rows[student["id"]]["written"][written.id]["text"]
            if not answered(text):
                continue
            wanted += 1
            points, comment = marks.get((student["id"], written.id), ("", ""))
            done += points != ""
            shown = f"{points:g}" if points != "" else ""
            cells = (guarded(student["id"]), written.id, written.points, shown, guarded(comment))
            table.writerow([*cells, text_digest(text)])
            head = html.escape(f"{student['name']} ({student['id']})")
            mark = f" <b>{shown}</b>" if shown else ""
            parts.append(f"<article><h3>{head}{mark}</h3><pre>{html.escape(text)}</pre></article>")
        parts.append("</div>")
    write(folder / "manual.csv", "﻿" + out.getvalue())
    write(folder / "manual.html", page(f"{master.title}: free responses", "".join(parts)))
    return done, wanted


def answered(text):
    """Tell whether a free response says something."""
    return text.strip() not in ("", BLANK)


def guarded(text):
    """Return text that a spreadsheet does not take for a formula."""
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _without_guard(text):
    return text[1:] if text[:1] == "'" and text[1:2] in ("=", "+", "-", "@", "\t", "\r") else text


STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; } td, th { padding: .3rem .8rem; text-align: left;
  border-bottom: 1px solid #ccc; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit; }
.side { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
article { border: 1px solid #ccc; border-radius: .4rem; padding: .5rem 1rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; } svg { max-width: 100%; height: auto; }
.right { color: #176117; } .wrong { color: #9a1b1b; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #16181c; }
  .right { color: #8fd18f; } .wrong { color: #ff9c9c; } }
"""


def page(title, body):
    """Return a page of HTML that needs nothing else; it runs no script."""
    title = html.escape(clean(title))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    )
