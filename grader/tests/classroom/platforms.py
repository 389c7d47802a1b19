"""What Canvas and Moodle do with a file that is given to them, as their sources say.

Canvas: ``lib/gradebook_importer.rb`` and ``infer_comment_context_from_filename`` of
``app/models/abstract_assignment.rb``. Moodle: ``grade/import/csv/classes/load_data.php``, and in
``mod/assign/feedback`` the files ``offline/importgradeslib.php`` and ``file/importziplib.php``.
"""

import csv
import io
import re


def lines_of(text):
    """Return the lines of a table."""
    return list(csv.reader(io.StringIO(text, newline="")))


def canvas_import(text, assignments, users):
    """Return the assignment and the grades that Canvas takes from a gradebook.

    ``assignments`` maps numbers to titles; ``users`` are dicts with id, sis, login and name. A new
    assignment has the number None, a new student too.
    """
    head, *rows = lines_of(text)
    assert "Student" in head[0]
    assert "ID" in head[1]
    assert re.search(r"SIS\s+User\s+ID", head[2])
    assert re.search(r"SIS\s+Login\s+ID", head[3])
    assert "Section" in head[4]
    assert len(head) == 6
    numbered = re.fullmatch(r"(.*)\s\((\d+)\)", head[5])
    number = int(numbered[2]) if numbered else None
    if number not in assignments:
        number = next((n for n, title in assignments.items() if title == head[5]), None)
    grades, possible = {}, None
    for row in rows:
        if "Points Possible" in row[0]:
            possible = row[5]
            continue
        # `to_i` of Ruby: what is no number is 0.
        keys = [("id", int(re.match(r"\d*", row[1])[0] or 0)), ("sis", row[2]), ("login", row[3])]
        keys.append(("name", row[0]))
        for key, value in keys:
            found = [user["id"] for user in users if value and user[key] == value]
            if found:
                break
        grades[found[0] if found else None] = row[5]
    return number, possible, grades


def canvas_comments(names, attachments):
    """Return, for each file that comes back, whose it is and the name under which it is shown.

    ``attachments`` maps (user, attachment) to the name of what was handed in.
    """
    taken = {}
    for name in names:
        parts = [part for part in name.split("/")[-1].split("_") if part != "LATE"]
        numbers = [int(part) for part in parts if re.fullmatch(r"\d+", part)][:2]
        if tuple(numbers) in attachments and not parts[-1].startswith("link"):
            taken[name] = numbers[0], attachments[tuple(numbers)]
    return taken


def moodle_grades(text, column, by, users):
    """Return the grades that "Import" takes, when the column ``by`` names the student."""
    head, *rows = lines_of(text.removeprefix("\ufeff"))
    student, grades = None, {}
    for row in rows:
        if value := row[head.index(by)]:  # an empty one leaves the student of the line above
            student = users[value]
        grades[student] = row[head.index(column)]
    return grades


def moodle_worksheet_grades(text, users):
    """Return what the worksheet of an assignment gives: grade and comment."""
    head, *rows = lines_of(text.removeprefix("\ufeff"))
    number, grade, comment = map(head.index, ("Identifier", "Grade", "Feedback comments"))
    assert "Last modified (grade)" in head
    return {
        users[int(row[number][len("Participant ") :])]: (row[grade], row[comment]) for row in rows
    }


def moodle_feedback(names, participants):
    """Return whose feedback each file of a zip is, and the name under which it is shown."""
    taken = {}
    for path in names:
        parts = path.split("/")
        while parts:
            info = parts.pop(0).split("_", 4)
            if len(info) < 4 or not info[1].isdigit() or int(info[1]) not in participants:
                continue
            if info[2] in ("assignsubmission", "assignfeedback"):
                taken[path] = participants[int(info[1])], "/".join([*info[4:], *parts])
                break
    return taken
