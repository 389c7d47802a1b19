"""Change the code a little, one change at a time, and see whether a test notices.

``python tools/mutants.py`` tries every module of TESTS, which takes hours; with names of files or
folders only these. ``--sample 25`` tries so many changes a module, drawn by ``--seed``;
``--survivors`` those that no test noticed the last time. It needs Linux or macOS.

The changes are made by cosmic-ray (tools/mutants.txt), in a copy of the repository. Survivors are
printed as they are found and stand, with the scores, in _build/mutants/report.md.
A change that makes an equal program is named in tools/mutants_equal.toml, with the reason.

First run the tests that come by the changed statement, and if they notice nothing all that TESTS
names. They run in a process that has NumPy and pytest loaded already: most changes are noticed
within a second, and starting Python takes several.
"""

import argparse
import ast
import contextlib
import gc
import importlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
import traceback
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "_build" / "mutants"
EQUAL = ROOT / "tools" / "mutants_equal.toml"
FLOOR = 95
MEMORY = 8 << 30
LEAST_SECONDS = 20
# Once, for the tests of every change.
LOADED = (
    "hypothesis",
    "matplotlib.pyplot",
    "nbformat",
    "numpy.testing",
    "pytest",
    "pytest_cov.plugin",
)
LEFT_OUT = (".*", "_build", "_vendor", "node_modules", "__pycache__")

CHAPTERS, RUNNING, PRACTICE = "tests/chapters/", "tests/running/", "tests/practice/"
GRADER, MARKING = "grader/tests/", "grader/dlzero_grader/marking/"
ODD = RUNNING + "test_odd_inputs.py"
MODELS, CONTAINERS = "tests/test_models.py", "tests/test_containers.py"
SCIKIT_LEARN = "tests/test_scikit_learn.py"
FAMILIES = "tests/book/test_families.py"  # the defaults that the page of families prints
# The examples in a module's docstrings always run first, then its tests, the quick ones in front.
TESTS = {
    "dlzero/chapters/ch01_perceptron.py": [
        CHAPTERS + "test_ch01_perceptron.py",
        CHAPTERS + "test_ch02_linear_unit.py",
        CONTAINERS,
        SCIKIT_LEARN,
    ],
    "dlzero/chapters/ch02_linear_unit.py": [
        CHAPTERS + "test_ch02_linear_unit.py",
        MODELS,
        CONTAINERS,
        SCIKIT_LEARN,
    ],
    "dlzero/chapters/ch03_gradient_descent.py": [
        CHAPTERS + "test_ch03_gradient_descent.py",
        ODD,
        FAMILIES,
    ],
    "dlzero/chapters/ch04_sgd.py": [
        CHAPTERS + "test_ch04_sgd.py",
        ODD,
        MODELS,
        FAMILIES,
        CONTAINERS,
    ],
    "dlzero/chapters/ch05_probabilities.py": [
        CHAPTERS + "test_ch05_probabilities.py",
        MODELS,
        CONTAINERS,
    ],
    "dlzero/chapters/ch06_momentum.py": [CHAPTERS + "test_ch06_momentum.py", FAMILIES],
    "dlzero/chapters/ch07_adaptive.py": [CHAPTERS + "test_ch07_adaptive.py", FAMILIES],
    "dlzero/chapters/ch08_adam.py": [CHAPTERS + "test_ch08_adam.py", FAMILIES],
    "dlzero/chapters/ch09_network.py": [
        CHAPTERS + "test_ch09_network.py",
        CONTAINERS,
        SCIKIT_LEARN,
    ],
    "dlzero/chapters/ch10_overfitting.py": [CHAPTERS + "test_ch10_overfitting.py", CONTAINERS],
    "dlzero/running/history.py": [
        CHAPTERS + "test_ch04_sgd.py",
        CHAPTERS + "test_ch09_network.py",
        ODD,
    ],
    "dlzero/running/objective.py": [CHAPTERS + "test_ch03_gradient_descent.py", ODD],
    "dlzero/running/optimizer.py": [ODD, RUNNING + "test_optimizer.py"],
    "dlzero/running/rule.py": [RUNNING + "test_rule.py", ODD],
    "dlzero/running/transforms.py": [ODD, RUNNING + "test_optimizer.py"],
    "dlzero/running/walk.py": [CHAPTERS + "test_ch03_gradient_descent.py", ODD],
    "dlzero/arrays.py": [MODELS, CONTAINERS],
    "dlzero/checks.py": ["tests/test_checks.py", "tests/test_doors.py", ODD, CONTAINERS],
    "dlzero/datasets.py": ["tests/test_datasets.py", CONTAINERS],
    "dlzero/estimator.py": ["tests/test_checks.py", MODELS, SCIKIT_LEARN],
    "dlzero/models.py": [MODELS],
    "dlzero/schedules.py": ["tests/test_schedules.py", FAMILIES],
    "dlzero/surfaces.py": ["tests/test_surfaces.py", CONTAINERS],
    "dlzero/practice/keys.py": [PRACTICE + "test_keys.py"],
    "dlzero/practice/results.py": [PRACTICE + "test_results.py", PRACTICE + "test_comparison.py"],
    MARKING + "corrections.py": [GRADER + "test_corrections.py", GRADER + "test_marks.py"],
    MARKING + "late.py": [
        GRADER + "test_due.py",
        GRADER + "test_times.py",
        GRADER + "test_corrections.py",
        GRADER + "test_marks.py",
    ],
    MARKING + "marks.py": [GRADER + "test_sheets.py", GRADER + "test_marks.py"],
    MARKING + "score.py": [
        GRADER + "test_due.py",
        GRADER + "test_corrections.py",
        GRADER + "test_report.py",
        GRADER + "test_marks.py",
    ],
    "grader/dlzero_grader/collecting/collect.py": [
        GRADER + "test_times.py",
        GRADER + "test_history.py",
        GRADER + "test_collect.py",
        GRADER + "test_own_names.py",
    ],
}

# Of the changes that cosmic-ray knows, those that are not of one kind with another of the list.
OPERATORS = [
    f"core/{name}"
    for name in (
        "AddNot",
        "ReplaceTrueWithFalse",
        "ReplaceFalseWithTrue",
        "ReplaceAndWithOr",
        "ReplaceOrWithAnd",
        "ReplaceBreakWithContinue",
        "ReplaceContinueWithBreak",
        "ExceptionReplacer",
        "NumberReplacer",
        "RemoveDecorator",
        "ZeroIterationForLoop",
        "ReplaceUnaryOperator_Delete_Not",
        "ReplaceUnaryOperator_Delete_USub",
        "ReplaceUnaryOperator_Delete_Invert",
        "ReplaceBinaryOperator_Add_Sub",
        "ReplaceBinaryOperator_Sub_Add",
        "ReplaceBinaryOperator_Mul_Div",
        "ReplaceBinaryOperator_Div_Mul",
        "ReplaceBinaryOperator_FloorDiv_Mul",
        "ReplaceBinaryOperator_Mod_FloorDiv",
        "ReplaceBinaryOperator_Pow_Mul",
        "ReplaceBinaryOperator_BitOr_BitAnd",
        "ReplaceBinaryOperator_BitAnd_BitOr",
        "ReplaceBinaryOperator_LShift_RShift",
        "ReplaceComparisonOperator_Eq_NotEq",
        "ReplaceComparisonOperator_NotEq_Eq",
        "ReplaceComparisonOperator_Lt_LtE",
        "ReplaceComparisonOperator_Lt_GtE",
        "ReplaceComparisonOperator_LtE_Lt",
        "ReplaceComparisonOperator_LtE_Gt",
        "ReplaceComparisonOperator_Gt_GtE",
        "ReplaceComparisonOperator_Gt_LtE",
        "ReplaceComparisonOperator_GtE_Gt",
        "ReplaceComparisonOperator_GtE_Lt",
        "ReplaceComparisonOperator_Is_IsNot",
        "ReplaceComparisonOperator_IsNot_Is",
    )
]


class Mutant(NamedTuple):
    """One change: the line, what it was and became, its statement, the file as it became."""

    line: int
    before: str
    after: str
    statement: range
    source: str


def annotations_of(source):
    """Return where types stand in a file, as pairs of places: a changed type changes no result."""
    for node in ast.walk(ast.parse(source)):
        for name in ("annotation", "returns"):
            if (note := getattr(node, name, None)) is not None:
                yield (note.lineno, note.col_offset), (note.end_lineno, note.end_col_offset)


def places_of(source):
    """Return every change that can be made to a file: an operator and the how-manieth place."""
    from cosmic_ray.ast import ast_nodes, get_ast
    from cosmic_ray.plugins import get_operator

    types = list(annotations_of(source))
    nodes = list(ast_nodes(get_ast(source)))
    for name in OPERATORS:
        operator = get_operator(name)()
        places = [place for node in nodes for place in operator.mutation_positions(node)]
        for number, (begin, end) in enumerate(places):
            if not any(first <= begin and end <= last for first, last in types):
                yield operator, number, begin[0]


def mutant_at(source, operator, number, line):
    """Make one change; None if what comes of it is no Python, or the same Python."""
    from cosmic_ray.mutating import mutate_code

    try:
        changed = mutate_code(source, operator, number)
    except AttributeError:  # cosmic-ray replaces no exception that is named with a dot
        return None
    try:
        if ast.dump(ast.parse(changed)) == ast.dump(ast.parse(source)):
            return None
        compile(changed, "mutant", "exec")
    except SyntaxError:
        return None
    pairs = zip(filled_lines(source), filled_lines(changed), strict=False)
    lines = ((n, a, b) for (n, a), (_, b) in pairs if a != b)
    line, before, after = next(lines, (line, "", ""))
    return Mutant(line, before, after, statement_at(source, line), changed)


def filled_lines(source):
    """Return the lines that are not empty, with their numbers, without the space around them."""
    return [(n, line.strip()) for n, line in enumerate(source.splitlines(), 1) if line.strip()]


def run_tests(tree, arguments, seconds):
    """Run tests of a copy in a process of their own; return whether all pass, or None for never."""
    child = os.fork()
    if child == 0:
        _run_here(tree, arguments)
    end = time.monotonic() + seconds
    ended = False
    try:
        while time.monotonic() < end:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status == 0
            time.sleep(0.01)
        return None
    finally:
        # With all that the tests started, also when Ctrl-C came.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
        if not ended:
            os.waitpid(child, 0)


def _run_here(tree, arguments):
    """Be the process that runs the tests, and end."""
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        log = os.open(tree.parent / "log", os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.chdir(tree)
        # Before the package that is installed from the repository itself.
        places = [str(tree), str(tree / "grader")]
        sys.path[:] = places + [p for p in sys.path if Path(p or ".").resolve() != ROOT / "tools"]
        (tree.parent / "scratch").mkdir(exist_ok=True)
        os.environ["TMPDIR"] = tempfile.tempdir = str(tree.parent / "scratch")
        kept = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        os.environ["PYTHONPATH"] = os.pathsep.join(places + [p for p in kept if p])
        import pytest

        # Hypothesis is loaded before pytest can look into it, and needs not be.
        quiet = [
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:nbval",
            "-W",
            "ignore:Module already imported",
        ]
        code = pytest.main(["-x", *quiet, *arguments])
        sys.stdout.flush()
        os._exit(int(code))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(99)


def tests_by_line(tree, module):
    """Run the tests of a module once; return those that come by each of its lines, or None.

    What runs when the module is imported is no test's own, and has the empty name.
    """
    data, settings = tree.parent / "coverage", tree.parent / "coveragerc"
    data.unlink(missing_ok=True)
    settings.write_text(f"[run]\ndata_file = {data}\ninclude = {tree / module}\n")
    measure = ["--cov", f"--cov-config={settings}", "--cov-context=test", "--cov-report="]
    if not run_tests(tree, [*measure, module, *TESTS[module]], 3600):
        return None
    from coverage import CoverageData

    read = CoverageData(data)
    read.read()
    lines = read.contexts_by_lineno(str(tree / module))
    return {line: {name.rpartition("|")[0] for name in names} for line, names in lines.items()}


def statement_at(source, line):
    """Return the lines of the statement that a line belongs to; of a block those of its head."""
    spans = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            inner = getattr(node, "body", None)
            last = inner[0].lineno - 1 if inner else node.end_lineno
            spans.append(range(node.lineno, max(last, node.lineno) + 1))
    around = [span for span in spans if line in span]
    return max(around, key=lambda span: span[0], default=range(line, line + 1))


def trial(tree, module, mutant, by_line, seconds):
    """Run the tests that come by the changed statement, and all if these notice nothing."""
    everything = [module, *TESTS[module]]
    # The places are those of the file as it was.
    names = {name for line in mutant.statement for name in by_line.get(line, ())}
    if names and "" not in names:
        files = [name.partition("::")[0] for name in names]
        order = {file: everything.index(file) for file in files}
        chosen = sorted(names, key=lambda name: order[name.partition("::")[0]])
        noticed = run_tests(tree, chosen, seconds)
        if not noticed:
            return noticed
    return run_tests(tree, everything, seconds)


def try_module(tree, module, options, known):
    """Try the changes of one module; return a list of what became of each."""
    source = (tree / module).read_text(encoding="utf-8")
    begin = time.monotonic()
    by_line = tests_by_line(tree, module)
    if by_line is None:
        print((tree.parent / "log").read_text(errors="replace")[-3000:])
        sys.exit(f"{module}: its tests must pass before anything is changed.")
    seconds = LEAST_SECONDS + 4 * (time.monotonic() - begin)
    last = {(one["before"], one["after"]) for one in known if one["outcome"] == "survived"}
    places = list(places_of(source))
    random.Random(f"{options.seed} {module}").shuffle(places)
    equal = [one for one in equal_ones() if one["module"] == module]
    found, tried, target = [], 0, tree / module
    for place in places:
        if options.sample and tried == options.sample:
            break
        mutant = mutant_at(source, *place)
        change = mutant and (mutant.before, mutant.after)
        if mutant is None or (options.survivors and change not in last):
            continue
        outcome = "equal"
        if not any(is_same(one, mutant, source) for one in equal):
            target.write_text(mutant.source, encoding="utf-8")
            # A time of its own, so that no stored bytecode of another change fits.
            tried += 1
            os.utime(target, (tried, tried))
            noticed = trial(tree, module, mutant, by_line, seconds)
            outcome = {True: "survived", False: "killed", None: "endless"}[noticed]
            shutil.rmtree(tree.parent / "scratch", ignore_errors=True)
        found.append({"line": mutant.line, "before": change[0], "after": change[1]})
        found[-1]["outcome"] = outcome
        if outcome == "survived":
            print(f"{module}:{mutant.line}\n    {change[0]}\n    {change[1]}", flush=True)
    target.write_text(source, encoding="utf-8")
    return sorted(found, key=lambda one: one["line"])


def equal_ones():
    """Return the changes that make an equal program: module, (above,) before, after and why."""
    return (
        tomllib.loads(EQUAL.read_text(encoding="utf-8")).get("equal", []) if EQUAL.exists() else []
    )


def is_same(one, mutant, source):
    """Tell whether an entry of the list means a change. The line above it may be told, too."""
    above = source.splitlines()[mutant.line - 2].strip()
    named = one["before"], one["after"], one.get("above", above)
    return named == (mutant.before, mutant.after, above)


def score_of(found):
    """Return how many percent of the changes that are no equal programs were noticed."""
    counted = [one["outcome"] for one in found if one["outcome"] != "equal"]
    return 100 * (1 - counted.count("survived") / len(counted)) if counted else 100.0


def report(results):
    """Return the scores and the survivors as Markdown."""
    lines = ["# Changes that a test noticed", ""]
    lines += [
        "| module | tried | noticed | equal | survived | score |",
        "|---|---|---|---|---|---|",
    ]
    for module, found in results.items():
        outcomes = [one["outcome"] for one in found]
        equal, survived = outcomes.count("equal"), outcomes.count("survived")
        noticed = len(outcomes) - equal - survived
        counts = f"{len(outcomes)} | {noticed} | {equal} | {survived}"
        lines.append(f"| {module} | {counts} | {score_of(found):.1f} % |")
    for module, found in results.items():
        for one in found:
            if one["outcome"] == "survived":
                lines += ["", f"{module}:{one['line']}", ""]
                lines += [f"    - {one['before']}", f"    + {one['after']}"]
    return "\n".join(lines) + "\n"


def main():
    """Try the modules that the command line names; end with 1 if one is below the floor."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="a file or a folder of TESTS")
    parser.add_argument("--sample", type=int, help="try so many changes a module")
    parser.add_argument("--seed", default="0", help="another seed draws other changes")
    parser.add_argument("--survivors", action="store_true", help="only those of the last time")
    options = parser.parse_args()
    named = []
    for name in options.modules or [""]:
        found = [module for module in TESTS if f"{module}/".startswith(f"{name.rstrip('/')}/")]
        named += found if name else TESTS
        if name and not found:
            parser.error(f"{name} is not in the table of {Path(__file__).name}")
    try:
        import cosmic_ray.mutating  # noqa: F401
    except ImportError:
        sys.exit(f"Run first: {sys.executable} -m pip install --no-deps -r tools/mutants.txt")
    for package in LOADED:
        importlib.import_module(package)
    gc.freeze()

    # The copy is removed whoever ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    RESULTS.mkdir(parents=True, exist_ok=True)
    stored = RESULTS / "results.json"
    results = json.loads(stored.read_text()) if stored.exists() else {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder).resolve() / "tree"
        shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for module in named:
            before = results.get(module, [])
            found = try_module(tree, module, options, before)
            if options.survivors:
                again = {(one["before"], one["after"]) for one in found}
                found += [one for one in before if (one["before"], one["after"]) not in again]
            results[module] = sorted(found, key=lambda one: one["line"])
            stored.write_text(json.dumps(results, indent=1))
            (RESULTS / "report.md").write_text(report(results), encoding="utf-8")
            print(f"{module}: {len(found)} tried, {score_of(found):.1f} % noticed", flush=True)
    sys.exit(any(score_of(results[module]) < FLOOR for module in named))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(f"Stopped. What was found before stands in {RESULTS.relative_to(ROOT)}.")
