"""The learner's notebooks: new editions arrive, and what a learner has changed stays.

python tools/learn.py EDITION FOLDER     is what `make lab` calls

A notebook is written where there is none, or where one lies as this script has written it. Beside
a changed one the new edition gets another name, once: whoever deletes it does not get it again.
"""

import hashlib
import itertools
import json
import os
import sys
from pathlib import Path

import nbformat
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.sign import NotebookNotary

#: What this script has written, beside the notebooks: editions and contents, as digests.
RECORD = ".written.json"


def renew(edition: Path, folder: Path) -> list[str]:
    """Bring a folder to an edition; return a sentence for each new name, and sign the unchanged."""
    record = folder / RECORD
    before = json.loads(record.read_text("utf-8")) if record.exists() else {}
    now, said, notary = {}, [], NotebookNotary()
    for path in sorted(edition.rglob("*.ipynb")):
        name, text = path.relative_to(edition).as_posix(), path.read_text("utf-8")
        data, kind = for_this_kernel(text), digest(text.encode())
        for place in names(name):
            target, known = folder / place, before.get(place, {})
            now[place] = known
            if not target.exists() and place != name and known.get("edition") == kind:
                break
            if not target.exists() or digest(target.read_bytes()) in (
                known.get("written"),
                digest(data),
            ):
                if not target.exists() and place != name:
                    said.append(f"{name} keeps your changes; the new edition of it is {place}.")
                write(target, data)
                now[place] = {"edition": kind, "written": digest(data)}
                notary.sign(nbformat.reads(data, as_version=4))
                break
            if known.get("edition") == kind:
                break
    # A chapter that has another name now; if it holds changes, it stays.
    for place in set(before) - set(now):
        target = folder / place
        if target.exists() and digest(target.read_bytes()) == before[place]["written"]:
            target.unlink()
    write(record, (json.dumps(now, indent=1) + "\n").encode())
    return said


def names(name: str):
    """Yield the names that an edition may get: a.ipynb, a-2.ipynb and so on."""
    yield name
    for number in itertools.count(2):
        yield f"{name.removesuffix('.ipynb')}-{number}.ipynb"


def digest(data: bytes) -> str:
    """Return the fingerprint of a file."""
    return hashlib.sha256(data).hexdigest()


def for_this_kernel(text: str) -> bytes:
    """Return a notebook with what JupyterLab notes in it, which then has nothing to change."""
    notebook = json.loads(text)
    spec = KernelSpecManager().get_kernel_spec("python3")
    notebook["metadata"]["kernelspec"] = {
        "display_name": spec.display_name,
        "language": spec.language,
        "name": "python3",
    }
    notebook["metadata"]["language_info"] = IPythonKernel.language_info
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def write(target: Path, data: bytes) -> None:
    """Write a file, which is never there by half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(data)
    os.replace(part, target)


if __name__ == "__main__":
    print("\n".join(renew(*map(Path, sys.argv[1:]))))
