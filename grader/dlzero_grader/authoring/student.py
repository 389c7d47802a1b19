"""What students get of a master: their notebook, and the tests that they see.

This module needs no sandbox, so that the book can be built on any system.
"""

import json
from typing import Any

from ..master import Master

COURSE_KEYS = ("assignment", "title")


def as_json(made: object) -> str:
    """Return the text of a file that is handed out: the same input gives the same bytes."""
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def student_version(master: Master) -> str:
    """Return the notebook that students get, as nbgrader makes it, without outputs and notes."""
    notebook = json.loads(master.text)
    given = {answer.id: answer.stub for answer in master.answers}
    given |= {test.id: test.visible for test in master.tests}
    given |= {written.id: written.stub for written in master.written}
    for cell in notebook["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        text = given.get(tags.get("grade_id"), "".join(cell["source"]))
        cell["source"] = text.splitlines(keepends=True)
        if any(tags.get(key) for key in ("solution", "grade", "locked")):
            cell["metadata"]["deletable"] = False
            if not tags.get("solution"):
                cell["metadata"]["editable"] = False
    return as_json(stripped(notebook))


def stripped(notebook: dict[str, Any]) -> dict[str, Any]:
    """Keep of the metadata only what a student's copy needs; no outputs, no notes."""
    course = notebook["metadata"].get("dlzero", {})
    notebook["metadata"] = {
        "dlzero": {key: course[key] for key in COURSE_KEYS if key in course},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    }
    for cell in notebook["cells"]:
        keys = ("nbgrader", "deletable", "editable")
        cell["metadata"] = {k: cell["metadata"][k] for k in keys if k in cell["metadata"]}
        for key in ("attachments", "outputs"):
            cell.pop(key, None)
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    return notebook


def visible_tests(master: Master) -> dict[str, Any]:
    """Return what the learner's check needs: the visible part of each test cell."""
    questions = []
    for answer in master.answers:
        cells = [
            {"id": test.id, "source": test.visible}
            for test in master.tests
            if test.question == answer.id and test.visible
        ]
        questions.append({"id": answer.id, "tests": cells})
    return {"assignment": master.name, "title": master.title, "questions": questions}
