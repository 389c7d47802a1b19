"""Keys: equal while data and code that matter are equal, and only then."""

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import threading
import types
from pathlib import Path

import numpy as np
import pytest
from comparisons import ROOT, changed

from dlzero.practice import fingerprint
from dlzero.practice.keys import _is_own

pytestmark = pytest.mark.needs("joblib")


BASE = """
    STEP = 2.0
    def helper(x):
        return STEP * x
    def f(x, k=1):
        return helper(x) + np.sum(x) + k
"""


def test_fingerprints_see_what_matters():
    first = fingerprint(changed(BASE))
    for old, new in (
        ("STEP * x", "STEP - x"),  # what a helper does
        ("STEP = 2.0", "STEP = 2.5"),  # a value that a helper names
        ("k=1", "k=2"),  # a default
        ("np.sum", "np.mean"),  # a function of a package
        ("+ k", "- k"),  # the function itself
    ):
        assert fingerprint(changed(BASE.replace(old, new))) != first, new


def test_fingerprints_do_not_see_comments():
    commented = BASE.replace("return STEP", "# why\n        return STEP")
    assert commented != BASE
    assert fingerprint(changed(commented)) == fingerprint(changed(BASE))


def test_fingerprints_do_not_see_docstrings():
    first = changed('def f(x):\n    """One."""\n    return x + len("1")')
    second = changed('def f(x):\n    """Two."""\n    return x + len("1")')
    other = changed('def f(x):\n    """One."""\n    return x + len("2")')
    assert first.__doc__ != second.__doc__
    assert fingerprint(first) == fingerprint(second) != fingerprint(other)
    # What stands where a docstring would, and is none.
    for text in (
        "f = lambda: 'One.'",
        "def f():\n    return 'One.'",
        "def f():\n    'One.'\n    return 'One.'",
        "f = lambda x: ['One.' + v for v in x]",
    ):
        found = fingerprint(changed(text)), fingerprint(changed(text.replace("One", "Two")))
        assert found[0] != found[1], text


def test_a_path_counts_with_its_folder():
    # Two files of one name may hold different data.
    here, there, again = (Path(f"{folder}/data.csv") for folder in ("here", "there", "here"))
    assert fingerprint(here) == fingerprint(again) != fingerprint(there)
    assert fingerprint(here) != fingerprint(str(here))


def test_fingerprints_of_data():
    X = np.arange(6.0)
    same = [X, X.copy(), np.arange(12.0)[::2] / 2]
    assert len({fingerprint(x) for x in same}) == 1
    others = [X.reshape(2, 3), X + 1, X.astype(np.float32), X.tolist(), tuple(X.tolist()), 0, 0.0]
    assert len({fingerprint(x) for x in [X, *others, False, "0", None]}) == 11
    assert fingerprint([1, [2]]) != fingerprint([[1], 2])
    assert fingerprint({"a": 1}) != fingerprint({"a": 2})


def test_fingerprints_of_closures_objects_and_partials():
    def make(k):
        return lambda x: k * x

    class Model:
        def __init__(self, k):
            self.k = k

    assert fingerprint(make(1)) == fingerprint(make(1)) != fingerprint(make(2))
    assert fingerprint(Model(1)) == fingerprint(Model(1)) != fingerprint(Model(2))
    assert fingerprint(Model(1).__init__) != fingerprint(Model(2).__init__)
    part = functools.partial
    assert fingerprint(part(make, 1)) != fingerprint(part(make, 2))
    assert fingerprint(part(make, 1)) == fingerprint(part(make, 1))
    recursive = changed("def f(n):\n    return n and f(n - 1)")
    assert fingerprint(recursive) == fingerprint(changed("def f(n):\n    return n and f(n - 1)"))
    rng = np.random.default_rng
    assert fingerprint(rng(0)) == fingerprint(rng(0)) != fingerprint(rng(1))


def test_fingerprints_see_constants_of_inner_functions():
    text = "def f(x):\n    return sum(3.0 * v for v in x) + len([4.0 for v in x])"
    others = [text.replace("3.0", "300.0"), text.replace("4.0", "5.0")]
    assert len({fingerprint(changed(source)) for source in (text, *others)}) == 3


def test_fingerprints_of_classes():
    text = """
        class Base:
            def value(self):
                return 1
        class Model(Base):
            __slots__ = ("k",)
            factor = 2
            @property
            def double(self):
                return 4
            @staticmethod
            def fixed():
                return 5
            @classmethod
            def made(cls):
                return 6
            @functools.cached_property
            def kept(self):
                return 7
        @dataclasses.dataclass
        class f:
            k: int = 8
            model: object = Model
    """
    first = fingerprint(changed(text))
    assert fingerprint(changed(text)) == first
    for number in "1245678":
        assert fingerprint(changed(text.replace(number, "9"))) != first, number


@pytest.mark.needs("numba")
def test_fingerprints_of_what_wraps_a_function():
    import numba

    def wrapped(wrap, k):
        return wrap(changed(f"def f(x):\n    return {k} * x"))

    def method(function):
        return types.MethodType(function, 1)

    for wrap in (functools.lru_cache, functools.partial, staticmethod, method, numba.njit):
        found = [fingerprint(wrapped(wrap, k)) for k in (1, 1, 2)]
        assert found[0] == found[1] != found[2], wrap
    text = "@functools.wraps(adam)\ndef f(w, g, m, v, t):\n    return adam(w, 2 * g, m, v, t)"
    assert fingerprint(changed(text)) != fingerprint(changed(text.replace("2", "3")))


def test_fingerprints_of_what_a_library_made_of_a_function():
    def vectorized(k):
        return contextlib.contextmanager(lambda: (yield k))

    assert not _is_own(contextlib.__name__)
    assert fingerprint(vectorized(1)) == fingerprint(vectorized(1)) != fingerprint(vectorized(2))


@pytest.mark.parametrize(
    "code",
    [
        "import pkg.mod\nt = lambda x: pkg.mod.f(x)",
        "from pkg import mod\nt = lambda x: mod.f(x)",
        "from pkg.mod import f\nt = lambda x: f(x)",
        "def t(x):\n    from pkg.mod import f\n    return f(x)",
        "def t(x):\n    from pkg import mod\n    return mod.f(x)",
        "def t(x):\n    import pkg.mod\n    return pkg.mod.f(x)",
        "import pkg.mod as m\nt = lambda x, m=m: m.f(x)",
        "import pkg.mod\nt = (lambda m: lambda x: m.f(x))(pkg.mod)",
        "from pkg.user import t",
    ],
)
def test_a_changed_helper_is_noticed_however_it_is_reached(code, tmp_path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").touch()
    relative = "def t(x):\n    from .mod import f\n    return f(x)\n"
    (tmp_path / "pkg" / "user.py").write_text(relative)
    found = []
    for factor in (3.0, 3.0, 300.0):
        (tmp_path / "pkg" / "mod.py").write_text(f"def f(x):\n    return {factor} * (x @ x)\n")
        found.append(printed(f"{code}\nprint(fingerprint(t))", tmp_path))
    assert found[0] == found[1] != found[2]


def test_what_cannot_be_compared_is_run_again():
    lock = threading.Lock()
    with pytest.warns(UserWarning, match="cannot be compared .* run again each time"):
        found = {fingerprint(lambda x: lock) for _ in range(2)}
    assert len(found) == 2


def printed(code, *folders, **environment):
    """What a new process prints."""
    path = os.pathsep.join(map(str, [*folders, ROOT]))
    return subprocess.run(
        [sys.executable, "-BPc", f"from dlzero.practice import *\n{code}"],
        env={**os.environ, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.needs("numba")
def test_fingerprints_are_the_same_in_another_process():
    code = """if True:
        import dlzero, numba
        own = lambda x: x in {"a", "b", "c"} or {frozenset("ab"), frozenset("cd")}
        class Model: pass
        p = problem("iris_logistic")
        print(fingerprint(dlzero.adam, type(p), p.identity(), own, Model(), numba.njit(own)))
    """
    found = {printed(code, PYTHONHASHSEED=seed) for seed in ("1", "2", "3")}
    assert len(found) == 1
    assert len(found.pop()) == 33


def test_a_changed_package_is_run_again_and_a_moved_one_is_not(tmp_path):
    code = "import dlzero; print(dlzero.__file__, fingerprint(dlzero.adam))"
    found = []
    for folder, addition in (("here", ""), ("there", ""), ("changed", "\n# a change\n")):
        copy = tmp_path / folder / "dlzero"
        shutil.copytree(ROOT / "dlzero", copy, ignore=shutil.ignore_patterns("__pycache__"))
        with (copy / "chapters" / "ch08_adam.py").open("a", encoding="utf-8") as file:
            file.write(addition)
        path, _, digits = printed(code, copy.parent).rpartition(" ")
        assert Path(path).parent == copy
        found.append(digits)
    assert found[0] == found[1] != found[2]


def test_only_what_is_not_installed_is_looked_into():
    assert _is_own(__name__)
    assert _is_own("__main__")
    for name in ("numpy", "numpy.linalg", "json", "dlzero.chapters.ch08_adam", "no_such_module"):
        assert not _is_own(name), name
