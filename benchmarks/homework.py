"""Measure the homework's grader: one submission, a class of a thousand, and beside nbgrader.

    pip install -e . -e "grader[test]"
    python benchmarks/homework.py --quick
    python benchmarks/homework.py

The submissions are the master's own answers of one homework and its known-wrong variants, each
made different by a comment. Both graders get the same files in the same run, twice in turn. The
script prints a table and writes homework.txt.
"""

import argparse
import json
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

from dlzero_grader import master as masters
from dlzero_grader.authoring.build import student_version
from dlzero_grader.files import write
from dlzero_grader.grading.grade_class import grade_class, read_rows
from dlzero_grader.grading.trusted import Grader

ROOT = Path(__file__).resolve().parent.parent
SIZES, QUICK_SIZES = (125, 250, 500, 1000), (10, 20, 40)
BESIDE, QUICK_BESIDE = 10, 3


def submissions(master, built, count):
    """Yield the bytes of as many submissions: right ones, and wrong ones of each kind."""
    path = ROOT / "grader" / "tests" / "classroom" / "variants" / f"{master.name}.json"
    wrong = json.loads(path.read_text(encoding="utf-8"))
    # The first ones are plain mistakes. Further ones are cheats, and some of these fool nbgrader.
    kinds = [{}] + [{q: v["source"]} for q, variants in wrong.items() for v in variants[:3]]
    notebook = json.loads(built)
    answers = {answer.id: answer.solution for answer in master.answers}
    for number in range(count):
        given = answers | kinds[number % len(kinds)]
        for cell in notebook["cells"]:
            id = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if id in given:
                cell["source"] = f"{given[id]}\n# {number}"
        yield json.dumps(notebook).encode()


def a_class(master, files, jobs):
    """Return the seconds for a whole class, rows written and all."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        students = [{"id": f"s{n:04}"} for n in range(len(files))]
        for student, data in zip(students, files, strict=True):
            write(place / "in" / student["id"] / master.name / f"{master.name}.ipynb", data)
        start = time.perf_counter()
        grade_class(master, students, place / "in", place / "rows", jobs=jobs)
        seconds = time.perf_counter() - start
        rows = read_rows(master, students, place / "in", place / "rows")
        assert {row.status for row in rows.values()} == {"graded"}
    return seconds


def both(master, files):
    """Grade all files with both graders, half of them and half; return the seconds of each."""
    from nbgrader.api import Gradebook
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    logging.getLogger("traitlets").setLevel(logging.CRITICAL)
    name = master.name
    ours, theirs, our_marks = [], [], []
    # nbgrader starts alembic by name.
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with tempfile.TemporaryDirectory() as folder, Grader(master) as grader:
        grader.grade(files[0])  # the trusted process starts once a class
        config = Config()
        config.CourseDirectory.root = folder
        config.CourseDirectory.course_id = "course"
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        config.NbGrader.logfile = ""
        api = NbGraderAPI(config=config)
        write(Path(folder) / "source" / name / f"{name}.ipynb", master.text)
        assert api.generate_assignment(name, create=True)["success"]
        for half in (files[::2], files[1::2]):
            # One right after the other, so a start in advance is paid for by the one before.
            for data in half:
                start = time.perf_counter()
                row = grader.grade(data)
                ours.append(time.perf_counter() - start)
                our_marks.append({id: float(r.points) for id, r in row.tests.items()})
            for data in half:
                student = f"s{len(theirs)}"
                write(Path(folder) / "submitted" / student / name / f"{name}.ipynb", data)
                start = time.perf_counter()
                done = api.autograde(name, student, create=True)
                theirs.append(time.perf_counter() - start)
                assert done["success"], done["log"]
        with Gradebook(config.CourseDirectory.db_url) as book:
            for number, marks in enumerate(our_marks):
                grades = book.find_submission_notebook(name, name, f"s{number}").grades
                found = {g.name: g.auto_score for g in grades if g.cell_type == "code"}
                assert marks == found, "the two graders differ"
    return ours, theirs


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a minute, for a first look")
    parser.add_argument("--homework", default="hw03")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # nbgrader's, of its database
    master = masters.load(options.homework, ROOT / "grader" / "masters")
    built = student_version(master)
    sizes = QUICK_SIZES if options.quick else SIZES
    lines = [
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start",
        f"{master.name}: {len(master.answers)} answers, {len(master.tests)} test cells",
        "",
    ]
    count = QUICK_BESIDE if options.quick else BESIDE
    files = list(submissions(master, built, count))
    ours, theirs = both(master, files)
    mine, other = statistics.median(ours), statistics.median(theirs)
    lines += [
        f"one submission after the other, median of {count}",
        f"  dlzero    {mine:7.3f} s",
        f"  nbgrader  {other:7.3f} s, {other / mine:.1f} times as long, with the same marks",
        "",
        f"a class, {options.jobs} at a time",
    ]
    print("\n".join(lines), flush=True)
    per_size = []
    for size in sizes:
        seconds = a_class(master, list(submissions(master, built, size)), options.jobs)
        per_size.append(seconds / size)
        lines.append(
            f"  {size:5} submissions {seconds:8.1f} s, {1000 * seconds / size:6.0f} ms each"
        )
        print(lines[-1], flush=True)
    lines.append(f"  slowest class over fastest, for each: {max(per_size) / min(per_size):.2f}")
    print(lines[-1])
    if not options.quick:
        target = Path(__file__).with_suffix(".txt")
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
