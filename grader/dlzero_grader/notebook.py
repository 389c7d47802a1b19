"""Read notebooks that nobody vouches for."""

import json
import re
from typing import Any

NOTEBOOK_VERSION = 4
BLANK = "YOUR ANSWER HERE"  # as nbgrader hands out a free response
#: Characters that steer a terminal, or turn the direction in which text is read.
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Corrupt(ValueError):
    """The file is no notebook that can be read."""


def read_notebook(data: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the metadata and the cells of a notebook; believe nothing in it.

    Parameters
    ----------
    data : bytes

    Returns
    -------
    metadata : dict
    cells : list of dict
        With the keys ``kind`` ("code", "markdown", ...), ``source`` (str), ``grade_id`` (str,
        empty when there is none), ``attachments`` (object, as it came).

    Raises
    ------
    Corrupt
        When the bytes are not a notebook of format 4.

    Examples
    --------
    >>> read_notebook(b'{"nbformat": 4, "metadata": {}, "cells": []}')
    ({}, [])
    """
    if not data.strip():
        raise Corrupt("empty")
    try:
        notebook = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Corrupt("not JSON") from None
    if type(notebook) is not dict or type(notebook.get("cells")) is not list:
        raise Corrupt("no list of cells")
    if notebook.get("nbformat") != NOTEBOOK_VERSION:
        raise Corrupt("not of notebook format 4")
    metadata = notebook.get("metadata")
    cells = [_cell(cell) for cell in notebook["cells"]]
    return metadata if type(metadata) is dict else {}, cells


def _cell(cell: Any) -> dict[str, Any]:
    if type(cell) is not dict or type(cell.get("cell_type")) is not str:
        raise Corrupt("a cell without a type")
    source = cell.get("source", "")
    if type(source) is list and all(type(line) is str for line in source):
        source = "".join(source)
    if type(source) is not str:
        raise Corrupt("a cell whose source is not text")
    metadata = cell.get("metadata")
    tags = metadata.get("nbgrader") if type(metadata) is dict else None
    grade_id = tags.get("grade_id") if type(tags) is dict else None
    grade_id = grade_id if type(grade_id) is str else ""
    # Code reaches Python as it was written, but for what Python cannot read at all.
    code = source.encode("utf-8", "replace").decode("utf-8").replace("\0", "�")
    return {
        "kind": cell["cell_type"],
        "source": code if cell["cell_type"] == "code" else clean(source),
        "grade_id": grade_id,
        "attachments": cell.get("attachments"),
    }


def language(metadata: dict[str, Any]) -> str:
    """Return the language of a notebook in small letters, empty when it does not say."""
    for key, name in (("kernelspec", "language"), ("language_info", "name")):
        part = metadata.get(key)
        if type(part) is dict and type(part.get(name)) is str:
            return part[name].lower()
    return ""


def clean(text: str, longest: int | None = None) -> str:
    """Return text that can be written as UTF-8 and shown; cut it at `longest` characters."""
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\r\n", "\n")
    text = UNSEEN.sub("�", text)
    if longest is not None and len(text) > longest:
        text = text[:longest] + " ..."
    return text
