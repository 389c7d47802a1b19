"""The commands of ``python -m dlzero homework``: build, collect, grade and the others."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TextIO

from .files import folder_of, write
from .master import Master
from .roster import Student, read_roster
from .row import Row
from .tables import line, visible

LIMITS = "limits.json"
Run = Callable[[argparse.Namespace], None]

TEXT = """\
Homework for a class: from a master notebook to marks.

Everything lies in one folder, the class folder (--class, by default the present one):

    roster.csv                    id,name,email: one student a line; you write it
    release/hw01/hw01.ipynb       what you hand out; made by build
    submitted/ada/hw01/hw01.ipynb what came in; made by collect
    decide/hw01.csv               what collect was not certain about; you fill it in
    history/hw01/                 every file that ever came, and a log
    rows/hw01/                    one file for each student; made by grade
    report/hw01/                  marks, feedback, the class in pictures; made by report
    corrections.csv               points that you changed; course.toml, extensions.csv: due dates

A whole round:

    python -m dlzero homework build hw01
    ... hand out release/hw01, and download what comes back ...
    python -m dlzero homework collect hw01 submissions.zip
    python -m dlzero homework grade hw01
    python -m dlzero homework manual hw01
    ... fill in the points in report/hw01/manual.csv ...
    python -m dlzero homework report hw01

Each command may be stopped and given again: it does what is still to do. Only grade --again
begins anew.
Keep the class folder and the masters private. The guide: the page "For instructors" of the book.
"""
BUILD = """\
Check a master, and make the notebook that students get.

A master is an nbgrader source notebook. It is refused when it breaks a rule, when what it imports
is not in the sandbox, when its own solution does not get full marks, when an unanswered copy gets
any, when a file of dlzero that it allows imports one that it does not, or when a line of a
solution or of a hidden test would be handed out.

Hand out both files in release/<homework>/: the notebook, and the visible tests for check().
"""
COLLECT = """\
Sort the notebooks of a folder or zip file into submitted/<id>/, by the roster.

It knows how Canvas, Moodle, Blackboard, Brightspace, Gradescope, Google Classroom, nbgrader and
GitHub Classroom name what they give out; give it the download as it is. Only what is certain is
taken. The rest stands in decide/<homework>.csv: fill in the column student, and give the same
command again. An id takes the file for this student; nobody leaves it, and what is there stays.

A newer file replaces an older one, never the other way round. All that came stays in history/.
"""
HISTORY = """\
List what came for a homework, when, and which file is the current one.
"""
RESTORE = """\
Make an earlier file of a student the current one.

Name it by its number in the history, or by the beginning of its digest. A later collect of the
same download does not undo it; a newer file replaces it.
"""
GRADE = """\
Run the tests on every submission; write one row for each student of the roster.

The students' code runs in a bubblewrap sandbox without network, without your files, as another
user, with limits. The tests stay outside. Rows are written one by one: stop it at any time, and
the next run does only what is missing, and what could not be graded (status error). After a new
file, master or limit, a new version of the grader or of the files of dlzero that the master
allows, a submission is graded again, and the old row stays. At its end it says how many students
have which status.
"""
MANUAL = """\
Put the free responses side by side in report/<homework>/manual.html, and make manual.csv.

Fill in the columns points and comment of the CSV file, with a spreadsheet or an editor, and leave
the others as they are. Then run report. Run manual again when answers arrived later.

Every mark that ever stood in the CSV file is kept in history/<homework>/marks.csv. It belongs to
the answer that was read. When the answer changes the mark waits, and this command names it; when
the old answer comes back, so does its mark.
"""
CORRECT = """\
Change points by hand: one line more in corrections.csv, with a reason that the student reads.

    correct hw01 1001 q2_test 2 --reason "The test was too strict."      sets the points
    correct hw01 1001 q2_test +1 --reason "..."                          adds, and -0.5 takes away
    correct hw01 1001 q2_test excused --reason "..."                     not asked of this student
    correct hw01 '*' q2_test 2 --reason "..."                            for all that handed in

Instead of a test it may be a free response, or total. You may write the lines by hand as well.
They stay when the class is graded again. Then run report.
"""
REPORT = """\
Write marks, feedback and a page about the class into report/<homework>/.

marks.csv, attention.csv and class.html are for you; every student has a status there. For the
students there is feedback/<id>.html, without hidden tests, and the same in zip files. Learning
platforms read canvas.csv, moodle.csv and moodle-worksheet.csv: who handed in nothing that can be
read, or has answers that are not marked, has no mark there. Run it again whenever marks have
changed.
"""
GRADESCOPE = """\
Write an archive with which Gradescope grades a homework: the grader, and the master.

Upload it as the autograder of a programming assignment, and try it with the master's own notebook
before students hand in. It runs their code in the sandbox, and gives no points when that cannot
be made. It holds the hidden tests: keep it private.
"""
UNSAFE = (
    "No sandbox: this code runs with your rights. It can read, change and send all that you can: "
    "masters, marks, passwords."
)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(
        prog="python -m dlzero homework",
        description=TEXT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="command")

    def command(name: str, text: str, run: Run) -> argparse.ArgumentParser:
        made = commands.add_parser(
            name,
            help=text.split("\n")[0].rstrip(",."),
            description=text,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        made.set_defaults(run=run)
        if name == "build":
            made.add_argument("homework", nargs="*", help="such as hw01; all masters by default")
        else:
            made.add_argument("homework", help="such as hw01")
        made.add_argument(
            "--class", dest="folder", default=".", help="class folder (by default here)"
        )
        made.add_argument(
            "--masters", default="grader/masters", help="folder of the masters (%(default)s)"
        )
        if name != "build":
            made.add_argument("--roster", help="roster (roster.csv in the class folder)")
        return made

    build = command("build", BUILD, run_build)
    build.add_argument(
        "--visible",
        metavar="FOLDER",
        help="also write the visible tests there, for the package: dlzero/homework/visible",
    )
    command("collect", COLLECT, run_collect).add_argument("source", help="folder or zip file")
    past = command("history", HISTORY, run_history)
    past.add_argument("--student", metavar="ID", help="only of this student")
    restore = command("restore", RESTORE, run_restore)
    restore.add_argument("student", help="id of the student")
    restore.add_argument("which", help="number of the file, or the beginning of its digest")
    grade = command("grade", GRADE, run_grade)
    grade.add_argument(
        "--student", metavar="ID", action="append", help="only this one; may be given repeatedly"
    )
    grade.add_argument(
        "--again", action="store_true", help="also where a row is; it moves into the folder old"
    )
    grade.add_argument("--jobs", type=int, help="submissions at a time (one for each processor)")
    grade.add_argument("--scheduler", help="a Dask scheduler, such as tcp://host:8786")
    grade.add_argument(
        "--seconds",
        type=float,
        default=5.0,
        help="most for a cell or a call, without waiting for a processor (5)",
    )
    grade.add_argument(
        "--total", type=float, default=60.0, help="most for a submission, counted alike (60)"
    )
    manual = command("manual", MANUAL, run_manual)
    manual.add_argument("--section", help="only students with this section in the roster")
    manual.add_argument(
        "--marker",
        default="",
        metavar="NAME",
        help="one of several markers: writes manual-NAME.html and manual-NAME.csv",
    )
    manual.add_argument(
        "--anonymous", action="store_true", help="codes instead of names and ids, and shuffled"
    )
    correct = command("correct", CORRECT, run_correct)
    correct.add_argument("student", nargs="?", help="id of the roster, or * for everybody")
    correct.add_argument("test", nargs="?", help="a test, a free response, or total")
    correct.add_argument("points", nargs="?", help="2, +1, -0.5 or excused")
    correct.add_argument("--reason", default="", help="why; the student reads it")
    correct.add_argument("--list", action="store_true", help="only show the corrections there are")
    command("report", REPORT, run_report).add_argument(
        "--unfinished",
        action="store_true",
        help="give platforms the points so far of those who have answers that are not marked",
    )
    gradescope = command("gradescope", GRADESCOPE, run_gradescope)
    gradescope.add_argument("--out", default="gradescope.zip", help="the archive (%(default)s)")
    gradescope.add_argument("--seconds", type=float, default=5.0, help="as for grade")
    gradescope.add_argument("--total", type=float, default=60.0, help="as for grade")
    for made in (build, grade, gradescope):
        made.add_argument(
            "--unsafe-no-sandbox",
            action="store_true",
            help="run code with YOUR rights: it can read your files, the hidden tests and marks "
            "among them, change them and use your network. Only for code that you trust",
        )
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code."""
    options = parser().parse_args(["--help"] if arguments == [] else arguments)
    if getattr(options, "unsafe_no_sandbox", False):
        print(UNSAFE, file=sys.stderr)
    try:
        options.run(options)
        return 0
    except (OSError, ValueError, RuntimeError) as error:
        print(visible(f"{options.command}: {error}"), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. What is done is kept; give the same command again.", file=sys.stderr)
        return 130


def run_build(options: argparse.Namespace) -> None:
    """Build the named masters, or all of them."""
    from .authoring.build import build

    names = options.homework or sorted(p.stem for p in Path(options.masters).glob("*.ipynb"))
    if not names:
        raise FileNotFoundError(f"No masters in {options.masters}. Say where: --masters FOLDER.")
    release = Path(options.folder) / "release"
    made = build(names, options.masters, release, options.visible, options.unsafe_no_sandbox)
    for master in made:
        print(
            f"{master.name}: {len(master.answers)} questions in code, {len(master.written)} in "
            f"words, {master.points} points. Hand out {release / master.name}"
        )


def run_collect(options: argparse.Namespace) -> None:
    """Sort the submissions."""
    from .collecting.arrivals import words_of
    from .collecting.collect import collect

    students, folder, name = _students(options), Path(options.folder), options.homework
    told = collect(name, options.source, students, folder, words_of(options.masters))
    place = folder / "submitted"
    there = [
        student["id"]
        for student in students
        if (place / folder_of(student["id"]) / name / f"{name}.ipynb").is_file()
    ]
    print(
        f"{len(there)} of {len(students)} students have a submission; "
        f"{len(told.new)} came new, {len(told.replaced)} replaced an older one."
    )
    for student in students:
        id = student["id"]
        said = [] if id in there else ["missing"]
        said += ["new"] if id in told.new and len(told.new) < len(there) else []
        for what, found in (
            ("replaced", told.replaced),
            ("older, not taken", told.older),
            ("not taken", told.unread),
            ("BROKEN", told.broken),
        ):
            said += [f"{what}: {found[id]}"] if id in found else []
        said += told.notes.get(id, [])
        if said:
            print("  " + line(f"{student['name']} ({id}): {'; '.join(said)}"))
    for id, path in told.former.items():
        print(f"  {visible(id)} is no longer on the roster; not taken: {path}")
    for path, why in told.left:
        print(f"  {path}: {why}")
    for question in told.open:
        some = f" (perhaps {', '.join(question.candidates)})" if question.candidates else ""
        print(f"  to decide: {question.file}: {question.why}{some}")
    if told.open:
        print(
            f"{len(told.open)} to decide: write an id, or nobody, into the column student of "
            f"{folder / 'decide' / name}.csv, and collect again."
        )


def run_history(options: argparse.Namespace) -> None:
    """List what came."""
    from .collecting.history import History

    past = History(options.folder, options.homework)
    names = {student["id"]: student["name"] for student in _students(options)}
    ids = dict.fromkeys(entry.student for entry in past.entries)
    if options.student is not None:
        ids = {options.student: None}
    for id in ids:
        print(line(f"{names.get(id, 'not on the roster')} ({id})"))
        current, numbers = past.current(id), dict(past.numbered(id))
        number_of = {entry.digest: number for number, entry in numbers.items()}
        for entry in past.of(id):
            mark = "*" if current and entry.digest == current.digest else " "
            came = entry.submitted and f", handed in {entry.submitted}"
            file = entry.file or "no path"
            print(
                f"{mark} {number_of[entry.digest]}  {entry.time}  {entry.what}: {file}{came}  "
                f"{entry.digest[:16]}{entry.note and '  ' + entry.note}"
            )
    print(f"* is the current file. All of them are in {past.folder}")


def run_restore(options: argparse.Namespace) -> None:
    """Make an earlier file current."""
    from .collecting.history import History

    entry = History(options.folder, options.homework).restore(options.student, options.which)
    file = entry.file or entry.digest[:16]
    print(f"The current file of {visible(entry.student)} is {file}, {entry.digest[:16]}.")


def run_grade(options: argparse.Namespace) -> None:
    """Grade what is not graded yet."""
    from .grading.grade_class import grade_class, read_rows
    from .sandbox.channel import Limits

    students = _students(options)
    chosen = _chosen(students, options.student)
    folder = Path(options.folder)
    rows = folder / "rows" / options.homework
    limits = Limits(seconds=options.seconds, total=options.total)
    master = _master(options)
    # Other limits may give other marks; report looks for the rows of these.
    write(rows / LIMITS, json.dumps(vars(limits), indent=1) + "\n")
    start = time.monotonic()
    done = grade_class(
        master,
        chosen,
        folder / "submitted",
        rows,
        limits,
        options.jobs,
        options.scheduler,
        options.unsafe_no_sandbox,
        Progress(start),
        options.again,
    )
    seconds = time.monotonic() - start
    found = read_rows(master, students, folder / "submitted", rows, limits)
    print(f"{done} of {len(students)} rows written now, in {seconds:.1f} s: {rows}")
    statuses = Counter(row.status if row else "not graded yet" for row in found.values())
    for status, count in sorted(statuses.items()):
        print(f"{count:5} {status}")
    if lines := _errors(chosen, found):
        raise RuntimeError("\n".join([*lines, "Give the same command again to grade them."]))


def _chosen(students: list[Student], ids: list[str] | None) -> list[Student]:
    known = {student["id"] for student in students}
    if strangers := [id for id in ids or () if id not in known]:
        raise ValueError(
            f"--student {strangers[0]}: nobody on the roster has this id. Write it as there."
        )
    return [student for student in students if ids is None or student["id"] in ids]


def _errors(students: list[Student], rows: dict[str, Row | None]) -> list[str]:
    """Return a line for each student whose submission could not be graded."""
    lines = []
    for student in students:
        row = rows[student["id"]]
        if row and row.status == "error":
            lines.append(f"  {student['name']} ({student['id']}): {'; '.join(row.notes)}")
    return [f"{len(lines)} could not be graded, which is no mark:", *lines] if lines else []


def run_manual(options: argparse.Namespace) -> None:
    """Prepare the marking by hand."""
    from .marking.manual import write_manual

    master, students, rows, folder = _graded(options)
    marker = options.marker
    more = (options.section, marker, options.anonymous)
    done, wanted, notes = write_manual(options.folder, master, students, rows, *more)
    place = folder / (f"manual-{marker}" if marker else "manual")
    print(f"{wanted} answers, {done} have a mark. Read {place}.html,")
    print(f"fill in points and comment in {place}.csv, then run report.")
    for note in notes:
        print(f"  {note}")


def run_correct(options: argparse.Namespace) -> None:
    """Write a line of corrections.csv, or show them."""
    from datetime import datetime

    from .grading.grade_class import digest_of, read_submission
    from .marking.corrections import add_correction, read_corrections
    from .sandbox.channel import Limits

    master, students = _master(options), [student["id"] for student in _students(options)]
    if options.list:
        if options.student:
            raise ValueError("--list shows all corrections; leave out student, test and points.")
        for one in read_corrections(options.folder, master, students):
            print(f"{one.place}: {one.student} {one.test} {one.given}: {one.reason}")
        return
    if options.points is None:
        raise ValueError("Say whose points, of which test, and how many: 1001 q2_test 2")
    place, name = Path(options.folder) / "submitted", options.homework
    data = None
    if options.student in students:
        data = read_submission(place, options.student, name, Limits().notebook)
    one = add_correction(
        options.folder,
        master,
        students,
        {
            "student": options.student,
            "test": options.test,
            "points": options.points,
            "reason": options.reason.strip(),
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
            "file": digest_of(data)[:16] if options.student in students else "",
        },
    )
    print(f"{one.test} of {one.student}: {one.given} ({one.reason}). Run report to use it.")


def run_report(options: argparse.Namespace) -> None:
    """Write tables and pages."""
    from .collecting.arrivals import words_of
    from .course import read_course
    from .marking.score import remarks, scores_of
    from .reports.report import write_report

    master, students, rows, folder = _graded(options)
    scores = scores_of(options.folder, master, students, rows)
    course, _ = read_course(options.folder, master.name)
    submitted = Path(options.folder) / "submitted"
    names = (course.canvas, course.moodle)
    for text in write_report(
        folder,
        master,
        students,
        rows,
        scores,
        submitted,
        *names,
        options.unfinished,
        words_of(options.masters),
    ):
        print(text)
    for remark in remarks(options.folder, master, students, scores):
        print(f"  {remark}")
    print(f"Marks: {folder / 'marks.csv'}. The class: {folder / 'class.html'}")


def run_gradescope(options: argparse.Namespace) -> None:
    """Write the archive that grades in Gradescope."""
    from .collecting.arrivals import words_of
    from .reports.gradescope import archive
    from .sandbox.channel import Limits

    limits = Limits(seconds=options.seconds, total=options.total)
    unsafe, words = options.unsafe_no_sandbox, words_of(options.masters)
    write(options.out, archive(_master(options), limits, unsafe, words))
    print(f"Upload {options.out} as the autograder of a programming assignment.")
    print("It holds the solutions and the hidden tests: keep it private.")


def _students(options: argparse.Namespace) -> list[Student]:
    return read_roster(options.roster or Path(options.folder) / "roster.csv")


def _master(options: argparse.Namespace) -> Master:
    from .master import load

    return load(options.homework, options.masters)


def _graded(
    options: argparse.Namespace,
) -> tuple[Master, list[Student], dict[str, Row | None], Path]:
    from .grading.grade_class import read_rows
    from .sandbox.channel import Limits

    master, students, folder = _master(options), _students(options), Path(options.folder)
    place = folder / "rows" / options.homework
    if not (place / LIMITS).exists():
        raise FileNotFoundError(f"Nothing is graded in {place}. Run grade first.")
    limits = Limits(**json.loads((place / LIMITS).read_text(encoding="utf-8")))
    rows = read_rows(master, students, folder / "submitted", place, limits)
    if lines := _errors(students, rows):
        print("\n".join([*lines, "Run grade again."]), file=sys.stderr)
    return master, students, rows, folder / "report" / options.homework


class Progress:
    """A bar that says how many are done and how long the rest takes."""

    def __init__(self, start: float, stream: TextIO = sys.stderr) -> None:
        self.start, self.stream, self.shown = start, stream, -1

    def __call__(self, done: int, wanted: int) -> None:
        """Show it anew."""
        if not wanted:
            return
        tenth = 10 * done // wanted
        if self.stream.isatty():
            passed = time.monotonic() - self.start
            left = f", about {passed / done * (wanted - done):.0f} s left" if done else ""
            bar = "#" * (30 * done // wanted)
            end = "\n" if done == wanted else ""
            print(f"\r[{bar:30}] {done}/{wanted}{left}   ", end=end, file=self.stream, flush=True)
        elif tenth != self.shown:
            print(f"{done}/{wanted}", file=self.stream, flush=True)
        self.shown = tenth
