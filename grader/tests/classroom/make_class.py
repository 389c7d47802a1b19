"""Make a class of 30 as a learning platform would give it: ``make_class.py hw01 FOLDER``.

Writes ``roster.csv`` and ``submissions.zip``: honest, broken and hostile copies of a homework;
and ``later.zip``, the same download a week later. The guide for instructors was written from a
round with it.
"""

import copy
import csv
import json
import sys
import zipfile
from pathlib import Path

from dlzero_grader import master as masters

MASTERS = Path(__file__).resolve().parents[2] / "masters"
#: Student, file of the submission, what it is, and the status it must get.
CLASS = [
    ("1001", "Ada Lovelace", "right", "graded"),
    ("1002", "王小明", "right", "graded"),
    ("1003", "José Núñez", "wrong 1", "graded"),
    ("1004", "Grace Hopper", "wrong 2", "graded"),
    ("1005", "李雷", "wrong 3", "graded"),
    ("1006", "Emmy Noether", "wrong 4", "graded"),
    ("1007", "Alan Turing", "wrong 5", "graded"),
    ("1008", "韩梅梅", "wrong 6", "graded"),
    ("1009", "Mary Jackson", "wrong 7", "graded"),
    ("1010", "Kurt Gödel", "wrong 8", "graded"),
    ("1011", "Sofia Kovalevskaya", "half", "graded"),
    ("1012", "Ana Sá", "half", "graded"),
    ("1013", "Bo Li", "untouched", "no answers"),
    ("1014", "Carl Gauß", "missing", "missing"),
    ("1015", "Dorothy Vaughan", "empty file", "corrupt"),
    ("1016", "Edsger Dijkstra", "cut off", "corrupt"),
    ("1017", "Frances Allen", "stripped metadata", "graded"),
    ("1018", "Gerda Taro", "renamed cells", "graded"),
    ("1019", "Hedy Lamarr", "deleted tests", "graded"),
    ("1020", "Ida Rhodes", "syntax error", "graded"),
    ("1021", "John Nash", "too large", "too large"),
    ("1022", "Katherine Johnson", "foreign kernel", "foreign kernel"),
    ("1023", "Mallory A", "loop", "graded with restarts"),
    ("1024", "Mallory B", "exit", "graded with restarts"),
    ("1025", "Mallory C", "fork bomb", "graded with restarts"),
    ("1026", "Mallory D", "memory bomb", "graded with restarts"),
    ("1027", "Mallory E", "reads and writes files", "graded"),
    ("1028", "Mallory F", "network", "graded"),
    ("1029", "Mallory G", "background process", "graded"),
    ("1030", "Mallory H", "patches the judge", "graded"),
]
#: What came in the week after, in place of what was there.
LATER = {
    "1001": "empty file",
    "1003": "right",
    "1012": "another homework",
    "1014": "right",
}
#: Honest work in a notebook that was changed on its way.
CHANGED = ("stripped metadata", "renamed cells", "deleted tests")
#: Put below the first answer; ``function`` is its name.
ATTACKS = {
    "loop": "def {function}(*args, **kwargs):\n    while True:\n        pass",
    "exit": "import os\ndef {function}(*args, **kwargs):\n    os._exit(0)",
    "fork bomb": "import os\nwhile True:\n    try:\n        os.fork()\n"
    "    except OSError:\n        pass",
    "memory bomb": "keep = []\nwhile True:\n    keep.append(bytearray(100_000_000))",
    "reads and writes files": "import os\nos.listdir(os.path.expanduser('~root'))\n"
    "open('/etc/passwd').read()\nopen('/usr/mine', 'w').write('was here')",
    "network": "import socket\nsocket.create_connection(('1.1.1.1', 53), 1)",
    "background process": "import subprocess, sys\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])",
    "patches the judge": "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n"
    "class Same(float):\n    def __eq__(self, other):\n        return True\n"
    "def {function}(*args, **kwargs):\n    return Same(0)",
}


def notebook_of(master, kind):
    """Return the bytes of a submission of this kind, None for none."""
    made = json.loads(master.text)
    made["metadata"].pop("dlzero", None)
    answers = {answer.id: answer.solution for answer in master.answers}
    answers |= {test.id: test.visible for test in master.tests}  # as it was handed out
    first = master.answers[0]
    path = Path(__file__).parent / "variants" / f"{master.name}.json"
    wrong = [
        (question, variant["source"])
        for question, variants in json.loads(path.read_text("utf-8")).items()
        for variant in variants[:3]  # more of them must not change who hands in what
    ]
    if kind == "missing":
        return None
    if kind == "another homework":
        other = json.loads(masters.load("hw02", MASTERS).text)
        return json.dumps(other, ensure_ascii=False).encode()
    if kind == "empty file":
        return b""
    if kind.startswith("wrong"):
        answers.update([wrong[int(kind.split()[1])]])
    if kind == "half":
        answers |= {a.id: a.stub for a in master.answers[len(master.answers) // 2 :]}
    if kind == "untouched":
        answers |= {a.id: a.stub for a in master.answers}
    if kind == "syntax error":
        answers[first.id] = answers[first.id].replace("):", ")", 1)
    if kind in ATTACKS:
        attack = ATTACKS[kind].replace("{function}", first.names[0])
        answers[first.id] += f"\n\n\n{attack}"
    for cell in made["cells"]:
        tags = cell["metadata"].get("nbgrader", {})
        id = tags.get("grade_id")
        cell["source"] = answers.get(id, cell["source"])
        if cell["cell_type"] == "markdown" and tags.get("solution"):
            honest = kind in ("right", *CHANGED) or kind.startswith("wrong")
            cell["source"] = f"My answer to {id}: see above." if honest else "YOUR ANSWER HERE"
        if kind == "deleted tests" and tags.get("grade") and cell["cell_type"] == "code":
            cell["source"] = ""
        if kind == "renamed cells" and tags:
            tags["grade_id"] = f"{id}-copy"
        if kind == "stripped metadata":
            cell["metadata"] = {}
    if kind == "foreign kernel":
        made["metadata"]["kernelspec"] = {"name": "ir", "language": "R", "display_name": "R"}
    if kind == "too large":
        junk = copy.deepcopy(made["cells"][0])
        made["cells"].append(junk | {"source": "x" * (9 << 20)})
    data = json.dumps(made, ensure_ascii=False).encode()
    return data[:2000] if kind == "cut off" else data


def make_class(name, folder):
    """Write the roster, and the zip file as Canvas names its files."""
    master = masters.load(name, MASTERS)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "roster.csv", "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["id", "name", "email"])
        table.writerows([id, person, ""] for id, person, _, _ in CLASS)
    kinds = {id: kind for id, _, kind, _ in CLASS}
    _pack(master, folder / "submissions.zip", kinds)
    _pack(master, folder / "later.zip", kinds | LATER)


def _pack(master, path, kinds):
    """Write a download of Canvas; what is new in it is late, and has a later number."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for id, person, first, _ in CLASS:
            joined = "".join(reversed(person.lower().split()))
            late, file = "", f"{int(id) + 7000}_{master.name}"
            if kinds[id] != first:
                again = "" if first == "missing" else "-1"
                late, file = "_LATE", f"{int(id) + 8000}_{master.name}{again}"
            data = notebook_of(master, kinds[id])
            if data is not None:
                pack.writestr(f"{joined}{late}_{id}_{file}.ipynb", data)
        pack.writestr(f"nobodyknown_77_8000_{master.name}.ipynb", b"{}")


if __name__ == "__main__":
    make_class(sys.argv[1], Path(sys.argv[2]))
