"""The learner's notebooks: new editions arrive, and what a learner has changed stays.

python tools/learn.py EDITION FOLDER     is what `make lab` calls

A notebook is written where there is none, or where one lies as this script has written it. Beside
a changed one the new edition gets another name, once: whoever deletes it does not get it again.
"""

import hashlib
import itertools
import json
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbformat.sign import NotebookNotary

#: What the kernel says of itself. tqdm takes a process that has imported ipykernel for a notebook.
LANGUAGE = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
    "version": platform.python_version(),
}
#: What this script has written, beside the notebooks: editions and contents, as digests.
RECORD = ".written.json"


def renew(edition: Path, folder: Path) -> list[str]:
    """Bring a folder to an edition; return a sentence for each notebook that got another name."""
    record = folder / RECORD
    known = json.loads(record.read_text("utf-8")) if record.exists() else {}
    reached, said, notary = set(), [], NotebookNotary()
    for path in sorted(edition.rglob("*.ipynb")):
        name, text = path.relative_to(edition).as_posix(), path.read_text("utf-8")
        data, kind = for_this_kernel(text), digest(text.encode())
        place, due = place_of(name, kind, digest(data), folder, known)
        reached.add(place)
        if not due:
            continue
        if place != name and not (folder / place).exists():
            said.append(f"{name} keeps your changes; the new edition of it is {place}.")
        write(folder / place, data)
        known[place] = {"edition": kind, "written": digest(data)}
        # JupyterLab shows what a learner has run, also after the next start.
        notary.sign(nbformat.reads(data, as_version=4))
    # What is left is of a chapter that has another name now, or of an older edition.
    for place in set(known) - reached:
        target = folder / place
        if not target.exists() or digest(target.read_bytes()) == known[place]["written"]:
            target.unlink(missing_ok=True)
            del known[place]
    write(record, (json.dumps(known, indent=1) + "\n").encode())
    return said


def place_of(name: str, kind: str, written: str, folder: Path, known: dict) -> tuple[str, bool]:
    """Return the name that an edition gets, and whether it has to be written."""
    for place in names(name):
        target, before = folder / place, known.get(place, {})
        same = before.get("edition") == kind
        if not target.exists():
            return place, place == name or not same
        if digest(target.read_bytes()) in (before.get("written"), written):
            return place, True
        if same:
            return place, False
    raise AssertionError("there is always one more name")


def names(name: str) -> Iterator[str]:
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
    notebook["metadata"]["language_info"] = LANGUAGE
    # As Jupyter writes it: saved without a change, it is the same file.
    return (nbformat.writes(nbformat.from_dict(notebook)) + "\n").encode()


def write(target: Path, data: bytes) -> None:
    """Write a file, which is never there by half."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(data)
    os.replace(part, target)


if __name__ == "__main__":
    for sentence in renew(*map(Path, sys.argv[1:])):
        print(sentence)
