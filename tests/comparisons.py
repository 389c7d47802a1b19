"""What the tests of a comparison share."""

import dataclasses
import functools
import json
import sqlite3
import textwrap
from dataclasses import asdict
from pathlib import Path

import numpy as np

import dlzero
from dlzero.practice import FunctionProblem

ROOT = Path(__file__).resolve().parents[1]

QUIET = {"jobs": 1, "store": None, "progress": False}


def bowl(name="bowl", **options):
    return FunctionProblem(name, lambda x: x @ x, lambda x: 2 * x, (3.0, 3.0), **options)


def plain(results):
    """The rows without what time alone decides; NaN equals NaN in JSON."""
    return [json.dumps(asdict(r) | {"seconds": 0}) for r in results]


def changed(text):
    """The function f of a source text."""
    names = {"np": np, "__name__": "__main__", "adam": dlzero.adam}
    names |= {"functools": functools, "dataclasses": dataclasses}
    exec(textwrap.dedent(text), names)
    return names["f"]


def stored(path):
    """How many runs a store holds, while another process writes to it."""
    try:
        file = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    except sqlite3.Error:
        return 0
    try:
        return file.execute("SELECT count(*) FROM outcomes").fetchone()[0]
    except sqlite3.Error:
        return 0
    finally:
        file.close()
