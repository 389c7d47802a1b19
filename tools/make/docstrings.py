"""Write dlzero/data/docstrings.npz: word counts of docstrings of NumPy and of Python's library.

Run by hand, on Linux, when the file has to be made again; the versions decide what it holds::

    python3.11 -m venv env
    env/bin/python -m pip install numpy==2.4.6
    env/bin/python tools/make/docstrings.py

Writes: dlzero/data/docstrings.npz dlzero/data/LICENSE.numpy dlzero/data/LICENSE.python
    tests/golden/docstrings.json
Needs: python==3.11.7 numpy==2.4.6

A row is a public function, method or class; label 0 is the standard library, 1 is NumPy. Of a
docstring only the description counts: not the signature, nothing below the first heading, no
examples. Words that give the answer away are left out, and so are words of fewer than three rows.
"""

import hashlib
import importlib
import inspect
import json
import pkgutil
import platform
import re
import sys
import sysconfig
import warnings
from collections import Counter
from importlib.metadata import files as installed_files
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "dlzero" / "data"
GOLDEN = ROOT / "tests" / "golden" / "docstrings.json"
MADE_WITH = {"python": "3.11.7", "numpy": "2.4.6"}

STANDARD_LIBRARY = """
    abc argparse array ast asyncio base64 bdb binascii bisect builtins bz2 calendar cmath cmd code
    codecs codeop collections colorsys compileall concurrent.futures configparser contextlib
    contextvars copy copyreg csv ctypes dataclasses datetime decimal difflib dis doctest
    email.message email.utils enum errno faulthandler filecmp fileinput fnmatch fractions ftplib
    functools gc getopt getpass gettext glob graphlib gzip hashlib heapq hmac html html.parser
    http.client http.cookiejar http.cookies http.server imaplib importlib.abc importlib.machinery
    importlib.metadata importlib.resources importlib.util inspect io ipaddress itertools json
    keyword linecache locale logging logging.config logging.handlers lzma mailbox marshal math
    mimetypes mmap modulefinder multiprocessing multiprocessing.managers multiprocessing.pool
    netrc numbers operator optparse os os.path pathlib pdb pickle pickletools pkgutil platform
    plistlib poplib pprint profile pstats pty py_compile pyclbr pydoc queue quopri random re
    reprlib runpy sched secrets select selectors shelve shlex shutil signal site smtplib socket
    socketserver sqlite3 ssl stat statistics string stringprep struct subprocess symtable sys
    sysconfig tarfile tempfile textwrap threading time timeit token tokenize trace traceback
    tracemalloc types typing unicodedata unittest unittest.mock urllib.parse urllib.request
    urllib.robotparser uuid venv warnings wave weakref webbrowser wsgiref.util xml.dom.minidom
    xml.etree.ElementTree xml.sax.handler xmlrpc.client zipapp zipfile zipimport zlib zoneinfo
"""
NUMPY = """
    numpy numpy.char numpy.ctypeslib numpy.dtypes numpy.exceptions numpy.fft numpy.lib.array_utils
    numpy.lib.format numpy.lib.npyio numpy.lib.stride_tricks numpy.linalg numpy.ma numpy.polynomial
    numpy.polynomial.chebyshev numpy.polynomial.hermite numpy.polynomial.laguerre
    numpy.polynomial.legendre numpy.polynomial.polynomial numpy.random numpy.rec numpy.strings
    numpy.testing numpy.typing
"""
# The names of all modules of both libraries give the answer away, and these do so as well.
GIVEAWAYS = {"numpy", "np", "python", "cpython", "ndarray", "ufunc", "ufuncs", "arrays"}
ROWS = 700  # of each library, at most
SHORTEST = 8  # words that a row must keep
RAREST = 3  # rows in which a word must occur


def description(docstring):
    """Return the text above the first heading, without signature, examples and markup."""
    lines = inspect.cleandoc(docstring).split("\n")
    for i, line in enumerate(lines):
        if re.fullmatch(r"\s*[-=~]{3,}\s*", line):
            lines = lines[: max(i - 1, 0)]
            break
    if lines and re.match(r"[\w.]+\(.*", lines[0]):
        lines = lines[1:]
    kept = [line for line in lines if not re.match(r"\s*(>>>|\.\.\.? )", line)]
    return re.sub(r":\w+(:\w+)?:(?=`)", " ", "\n".join(kept))


def words(docstring):
    """Return the words of a description in small letters, those of two letters or more."""
    return re.findall(r"[a-z]{2,}", description(docstring).lower())


def giveaways():
    """Return the words that no row may hold."""
    modules = set(sys.stdlib_module_names) | {
        found.name for found in pkgutil.iter_modules(np.__path__)
    }
    return GIVEAWAYS | {part for name in modules for part in name.lower().split("_")}


def documented(module_name):
    """Yield the dotted name and the docstring of each public function, method and class."""
    module = importlib.import_module(module_name)
    public = getattr(module, "__all__", None) or [n for n in vars(module) if n[0] != "_"]
    for name in sorted(public):
        thing = getattr(module, name, None)
        if inspect.isclass(thing):
            yield f"{module_name}.{name}", vars(thing).get("__doc__")
            for part, method in sorted(vars(thing).items()):
                if part[0] != "_" and inspect.isroutine(method):
                    yield f"{module_name}.{name}.{part}", getattr(method, "__doc__", None)
        elif callable(thing):
            yield f"{module_name}.{name}", getattr(thing, "__doc__", None)


def docstring_of(name):
    """Return the docstring of a dotted name."""
    module_name = name
    while module_name not in (STANDARD_LIBRARY + NUMPY).split():
        module_name = module_name.rpartition(".")[0]
    return dict(documented(module_name))[name]


def collect(module_names, left_out, seen):
    """Return name and words of each docstring of a library; texts that come twice count once."""
    rows = []
    for module_name in module_names.split():
        for name, docstring in documented(module_name):
            found = words(docstring) if isinstance(docstring, str) else []
            found = tuple(word for word in found if word not in left_out)
            if len(found) >= SHORTEST and found not in seen:
                seen.add(found)
                rows.append((name, found))
    # An order that has nothing to do with the alphabet, and is the same on every machine.
    return sorted(rows, key=lambda row: hashlib.sha256(row[0].encode()).hexdigest())


def count(rows):
    """Return the words of at least RAREST rows, and the counts as indptr, indices and counts."""
    spread = Counter(word for _, found in rows for word in set(found))
    vocabulary = sorted(word for word, n in spread.items() if n >= RAREST)
    column = {word: j for j, word in enumerate(vocabulary)}
    indptr, indices, counts = [0], [], []
    for _, found in rows:
        of_row = sorted(Counter(column[word] for word in found if word in column).items())
        indices += [j for j, _ in of_row]
        counts += [n for _, n in of_row]
        indptr.append(len(indices))
    return vocabulary, indptr, indices, counts


def licences():
    """Return Python's licence and NumPy's own, without those of the libraries it bundles."""
    (path,) = (p for p in installed_files("numpy") if p.parts[-2:] == ("licenses", "LICENSE.txt"))
    of_numpy = path.read_text(encoding="utf-8").split("\n----\n")[0].strip() + "\n"
    standard_library = Path(sysconfig.get_path("stdlib"))
    return {"numpy": of_numpy, "python": (standard_library / "LICENSE.txt").read_text("utf-8")}


def main():
    """Write the counts, the licences and the figures that the tests compare."""
    made_with = {"python": platform.python_version(), "numpy": np.__version__}
    if made_with != MADE_WITH:
        raise SystemExit(f"this is {made_with}; the file is made with {MADE_WITH}")
    warnings.simplefilter("ignore")
    left_out, seen = giveaways(), set()
    standard = collect(STANDARD_LIBRARY, left_out, seen)[:ROWS]
    numeric = collect(NUMPY, left_out, seen)[:ROWS]
    rows = standard + numeric
    vocabulary, indptr, indices, counts = count(rows)
    labels = [0] * len(standard) + [1] * len(numeric)
    np.savez_compressed(
        DATA / "docstrings.npz",
        words=np.array(vocabulary, dtype="S"),
        indptr=np.array(indptr, dtype=np.uint32),
        indices=np.array(indices, dtype=np.uint16),
        counts=np.array(counts, dtype=np.uint8),
        y=np.array(labels, dtype=np.uint8),
    )
    for name, text in licences().items():
        (DATA / f"LICENSE.{name}").write_text(text, encoding="utf-8", newline="\n")
    X = np.zeros((len(rows), len(vocabulary)))
    for i, start in enumerate(indptr[:-1]):
        X[i, indices[start : indptr[i + 1]]] = counts[start : indptr[i + 1]]
    record = {
        "made_by": "tools/make/docstrings.py",
        "made_with": made_with,
        "shape": list(X.shape),
        "rows_of_each_class": [len(standard), len(numeric)],
        "entries": len(counts),
        "total": sum(counts),
        "largest": max(counts),
        "X_sha256": hashlib.sha256(X.astype("<f8").tobytes()).hexdigest(),
        "words_sha256": hashlib.sha256(" ".join(vocabulary).encode()).hexdigest(),
        "docstrings": {
            str(i): {"name": rows[i][0], "text": docstring_of(rows[i][0])}
            for i in (0, len(standard))
        },
    }
    text = json.dumps(record, indent=1) + "\n"
    GOLDEN.write_text(text, encoding="utf-8", newline="\n")
    size = (DATA / "docstrings.npz").stat().st_size
    print(f"{len(standard)} + {len(numeric)} rows, {len(vocabulary)} words, {size} bytes")


if __name__ == "__main__":
    main()
