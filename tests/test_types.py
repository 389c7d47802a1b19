"""Every public function says the types of what it takes and of what it returns."""

import ast
import subprocess
import sys

import pytest
from modules import PACKAGE, module_name

STUBS = sorted(PACKAGE.rglob("*.pyi"))
# A stub beside a module speaks for it: the rules read like the paper, and lessons show them so.
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if p.with_suffix(".pyi") not in STUBS) + STUBS

# The two rules that stand beside longer functions: a stub would keep mypy from checking those.
BARE = {"chapters/ch03_gradient_descent": ["gradient_descent"], "chapters/ch04_sgd": ["sgd"]}


def public_functions(body, prefix=""):
    """Yield the name and the node of each public function, also those of public classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if not node.name.startswith("_") or (prefix and node.name in ("__init__", "__call__")):
                yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body, f"{node.name}.")


def untyped(source):
    """Return the public functions in which a parameter or the result has no type."""
    found = []
    for name, node in public_functions(ast.parse(source).body):
        arguments = node.args.posonlyargs + node.args.args
        decorators = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
        if "." in name and "staticmethod" not in decorators:
            arguments = arguments[1:]  # self or cls
        arguments += [*node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        bare = any(a is not None and a.annotation is None for a in arguments)
        if bare or (node.returns is None and not name.endswith(".__init__")):
            found.append(name)
    return found


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_public_functions_are_typed(path):
    assert untyped(path.read_text(encoding="utf-8")) == BARE.get(module_name(path), [])


def test_the_bare_rules_stand_in_modules_that_exist():
    assert {module_name(path) for path in MODULES} >= set(BARE)


@pytest.mark.parametrize(
    "source",
    [
        "def f(x) -> int: ...",
        "def f(x: int): ...",
        "def f(*x) -> int: ...",
        "def f(**x) -> int: ...",
        "def f(*, x) -> int: ...",
        "async def f(x) -> int: ...",
        "class A:\n    def f(self, x) -> int: ...",
        "class A:\n    def f(self): ...",
        "class A:\n    def __init__(self, x): ...",
        "class A:\n    @staticmethod\n    def f(x) -> int: ...",
    ],
)
def test_a_missing_type_is_noticed(source):
    assert untyped(source) in (["f"], ["A.f"], ["A.__init__"])


@pytest.mark.parametrize(
    "source",
    [
        "def f() -> int: ...",
        "def _f(x): ...",
        "class _A:\n    def f(self, x): ...",
        "class A:\n    def f(self, x: int, /, *y: int, **z: int) -> int: ...",
        "class A:\n    def __init__(self, x: int): ...",
        "class A:\n    def __repr__(self): ...",
    ],
)
def test_what_is_typed_or_private_is_left_alone(source):
    assert untyped(source) == []


@pytest.mark.needs("mypy")
def test_stubs_say_what_the_code_does():
    assert STUBS
    modules = ["dlzero." + module_name(path).replace("/", ".") for path in STUBS]
    done = subprocess.run(
        [sys.executable, "-m", "mypy.stubtest", *modules],
        cwd=PACKAGE.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
