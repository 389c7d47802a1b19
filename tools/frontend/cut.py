"""Make wheels, and the standard library, smaller and quicker to import.

A compiled module is good for one version of Python only. So compile.mjs runs this file in the very
Python that the browser will run.
"""

import base64
import csv
import hashlib
import importlib.util
import io
import py_compile
import tempfile
import zipfile
from fnmatch import fnmatch
from pathlib import Path

# Nothing that runs in a browser reads these.
NEVER_READ = (
    "*/tests/*",
    "*.pyi",
    "*.pxd",
    "*.h",
    "*.a",
    "numpy/f2py/*",
    "matplotlib/backends/web_backend/*",
    "matplotlib/mpl-data/fonts/afm/*",
    "matplotlib/mpl-data/fonts/pdfcorefonts/*",
    "matplotlib/mpl-data/images/*",
    "matplotlib/mpl-data/sample_data/*",
)
# Importing it brings all of unittest along, a sixth of the time that Matplotlib needs to start.
EMPTY = {"pyparsing/testing.py": b"class pyparsing_test:\n    pass\n"}


def compiled(source, path):
    """Return a module in the form that Python loads without a look at its source."""
    with tempfile.TemporaryDirectory() as folder:
        code, done = Path(folder, "a.py"), Path(folder, "a.pyc")
        code.write_bytes(source)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(code), str(done), path, doraise=True, invalidation_mode=mode)
        return done.read_bytes()


def pyc(name):
    """Where Python looks for the compiled form of a module that keeps its source."""
    return importlib.util.cache_from_source(name)


def cut(data, place, keep_source=False):
    """Return an archive without what is never read, and with its modules compiled.

    `place` is the folder where its modules will stand. Matplotlib finds the line that a warning is
    about by it, so it has to be the true one. Where the source is kept, everything else is too.
    """
    parts = {}
    with zipfile.ZipFile(io.BytesIO(data)) as box:
        for name in box.namelist():
            unread = not keep_source and any(fnmatch(name, kind) for kind in NEVER_READ)
            if name.endswith("/") or unread:
                continue
            content = EMPTY.get(name) or box.read(name)
            if not name.endswith(".py"):
                parts[name] = content
                continue
            if keep_source:
                parts[name] = content
            # Python finds a lone compiled module only beside the place of its source.
            parts[pyc(name) if keep_source else name + "c"] = compiled(content, place + name)
    return packed(parts)


def packed(parts):
    """Pack files into an archive, the same bytes for the same files; bring RECORD up to date."""
    for name in parts:
        if name.endswith(".dist-info/RECORD"):
            parts[name] = record(parts, name)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as box:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            box.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def record(parts, own):
    """List the files of a wheel with their hashes and sizes."""
    out = io.StringIO()
    lines = csv.writer(out, lineterminator="\n")
    for name, content in parts.items():
        if name != own:
            sha = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            lines.writerow([name, f"sha256={sha}", len(content)])
    lines.writerow([own, "", ""])
    return out.getvalue().encode()
