"""Keys: equal while data and code that matter are equal, and only then."""

import builtins
import contextlib
import dataclasses
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
from comparisons import ROOT, bowl, changed, stored

from dlzero.practice import fingerprint
from dlzero.practice.keys import ONCE, _is_own

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


def test_fingerprints_see_texts_wherever_they_stand():
    for text in (
        'def f(x):\n    """One."""\n    return x',  # it may be read when the function runs
        "f = lambda: 'One.'",
        "def f():\n    return 'One.'",
        "def f():\n    'One.'\n    return 'One.'",
        "f = lambda x: ['One.' + v for v in x]",
    ):
        found = fingerprint(changed(text)), fingerprint(changed(text.replace("One", "Two")))
        assert found[0] != found[1], text


def test_fingerprints_do_not_see_where_a_function_stands():
    # A cell of a notebook has another file in every session.
    def at(place, file):
        names = {"__name__": "__main__"}
        exec(
            compile("\n" * place + "def f(x):\n    return [3.0 * v for v in x]", file, "exec"),
            names,
        )
        return names["f"]

    assert fingerprint(at(0, "here/a.py")) == fingerprint(at(7, "there/b.py"))


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
        "from pkg.mod import Model\nt = lambda x: Model().f(x)",
        "from pkg.mod import Model as t",
        "import pkg.mod\nt = pkg.mod.Model()",
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
        text = f"def f(x):\n    return {factor} * (x @ x)\n"
        text += f"class Model:\n    def f(self, x):\n        return {factor} * x\n"
        (tmp_path / "pkg" / "mod.py").write_text(text)
        found.append(printed(f"{code}\nprint(fingerprint(t))", tmp_path))
    assert found[0] == found[1] != found[2]


def test_a_compiled_file_has_the_fingerprint_of_its_text(tmp_path):
    text = "k = (1, 'a b', 2.5)\ndef f(x, y=(1, 'a b', 2.5), *, z='a b'):\n    return x, 'a b', k\n"
    text += "class Model:\n    name = 'a b'\n    def run(self):\n        return 'a b', (1, 2.5)\n"
    (tmp_path / "mod.py").write_text(text)
    code = "import mod; print(mod.__cached__, fingerprint(mod.f, mod.Model(), mod))"
    first = printed(code, tmp_path)
    subprocess.run([sys.executable, "-m", "compileall", "-q", tmp_path], check=True)
    (compiled,) = (tmp_path / "__pycache__").iterdir()
    assert str(compiled) in first
    assert printed(code, tmp_path) == first


@pytest.mark.parametrize("version", ["__version__ = {!r}", "# without a version\nk = {!r}"])
def test_a_new_version_of_an_installed_package_is_noticed(version, tmp_path):
    site = tmp_path / "site-packages"
    (site / "pkg").mkdir(parents=True)
    code = """if True:
        import pkg, pkg.mod
        own = lambda x: pkg.mod.f(x)
        called = lambda x, f=pkg.mod.f: f(x)
        made = pkg.mod.made(lambda x: x)
        class Child(pkg.mod.Model): pass
        print(*(fingerprint(t) for t in (own, called, made, pkg.mod.Model(), Child())))
    """
    found = []
    for number in ("1.0", "1.0", "2.0"):
        (site / "pkg" / "__init__.py").write_text(version.format(number))
        text = "def f(x): return x\ndef made(g): return lambda x: g(x)\nclass Model: pass\n"
        (site / "pkg" / "mod.py").write_text(text)
        found.append(printed(code, site).split())
    assert found[0] == found[1]
    assert len(found[0]) == 5
    for one, other in zip(found[0], found[2], strict=True):
        assert one != other


def test_a_compiled_module_of_the_reader_counts_with_its_file(tmp_path):
    # Any will do, where it is not installed.
    compiled = Path(pytest.importorskip("markupsafe._speedups").__file__)
    mine = tmp_path / compiled.name
    code = """if True:
        import types, _speedups
        (inner,) = (f for f in vars(_speedups).values() if isinstance(f, types.BuiltinFunctionType))
        own = lambda x: _speedups.anything(x)
        print(fingerprint(inner), fingerprint(own), fingerprint(lambda x: inner(x)))
    """
    found = []
    for end in (b"", b"", b"another"):
        mine.write_bytes(compiled.read_bytes() + end)
        found.append(printed(code, tmp_path).split())
    assert found[0] == found[1]
    assert len(found[0]) == 3
    for one, other in zip(found[0], found[2], strict=True):
        assert one != other


def test_what_the_reader_sends_to_workers_is_not_changed():
    # To read a function of a module, cloudpickle is told for a moment to send it as a whole.
    import cloudpickle

    before = cloudpickle.dumps(bowl)
    fingerprint(bowl, stored)
    assert cloudpickle.dumps(bowl) == before


LOCK = threading.Lock()


def blind(text, **names):
    names |= {"__name__": "__main__"}
    exec(text, names)
    return names["f"]


@pytest.mark.parametrize(
    "thing",
    [
        lambda x: LOCK,
        lambda x, lock=LOCK: lock,
        functools.partial(lambda x, lock: x, lock=LOCK),
        {"a": {"b": LOCK}},
        (x for x in range(3)),
        np.frompyfunc(lambda x: 2 * x, 1, 1),
        # What it reaches is named nowhere, or in a text.
        blind("f = lambda x: eval('2 * x')"),
        blind("f = lambda x: [exec('2 * v') for v in x]"),
        blind("f = lambda x: globals()['helper'](x)"),
        blind("f = lambda x: __import__('helper').f(x)"),
        blind("import importlib\nf = lambda x: importlib.import_module('helper').f(x)"),
        blind("from importlib import import_module\nf = lambda x: import_module('helper').f(x)"),
        blind("def f(x):\n    import importlib\n    return importlib.import_module('helper').f(x)"),
        blind("import sys\nf = lambda x: sys.modules['helper'].f(x)"),
        blind("import sys as s\nf = lambda x: s.modules['helper'].f(x)"),
        blind("from sys import modules\nf = lambda x: modules['helper'].f(x)"),
        blind("def f(x):\n    import sys\n    return sys.modules['helper'].f(x)"),
        blind("import runpy\nf = lambda x: runpy.run_path('helper.py')['f'](x)"),
        blind("from runpy import run_path\nf = lambda x: run_path('helper.py')['f'](x)"),
        blind("def f(x):\n    from pkgutil import resolve_name\n    return resolve_name('a:b')(x)"),
        blind("f = lambda x, run=eval: run('x')"),
        # Another call than the function of that name.
        blind("class Model:\n    def loss(self, x):\n        return eval('x')\nf = Model()"),
    ],
)
def test_what_cannot_be_compared_is_run_again(thing):
    with pytest.warns(UserWarning, match="cannot be compared .* run again each time"):
        found = {fingerprint(thing) for _ in range(2)}
    assert len(found) == 2
    assert {(len(key), key[: len(ONCE)]) for key in found} == {(32, ONCE)}


def test_the_warning_names_what_is_run_again():
    with pytest.warns(
        UserWarning, match=r"^method own cannot be .* \(what is reached by eval cannot"
    ):
        fingerprint(blind("f = lambda x: eval('x')"), what="method own")


@pytest.mark.parametrize(
    ("text", "reached"),
    [
        ("f = lambda x: eval('x')", "eval"),
        ("import importlib\nf = lambda x: importlib.import_module('m').f(x)", "importlib"),
        ("def f(x):\n    import importlib\n    return importlib.import_module('m')", "importlib"),
        ("def f(x):\n    import importlib.util\n    return importlib.util", "importlib"),
        ("def f(x):\n    from runpy import run_path\n    return run_path('m.py')", "runpy"),
        ("def f(x):\n    from pkgutil import resolve_name\n    return resolve_name", "pkgutil"),
        ("from sys import modules\nf = lambda x: modules['m'].f(x)", "sys.modules"),
        ("def f(x):\n    import sys\n    return sys.modules['m'].f(x)", "sys.modules"),
    ],
)
def test_the_warning_names_what_hides_the_rest(text, reached):
    with pytest.warns(UserWarning, match=rf"\(what is reached by {reached} cannot be read\)"):
        fingerprint(blind(text))


def test_what_stands_among_the_built_in_names_counts(monkeypatch):
    found = []
    for rate in (0.5, 0.5, 0.25):
        monkeypatch.setattr(builtins, "RATE", rate, raising=False)
        found.append(fingerprint(blind("f = lambda x: len(x) * RATE")))
    assert found[0] == found[1] != found[2]


def test_a_module_that_was_made_counts_by_what_it_holds(monkeypatch, tmp_path):
    def made(k, comment):
        mine = types.ModuleType("made_here")
        mine.k = k
        monkeypatch.setitem(sys.modules, "made_here", mine)
        if comment:
            (tmp_path / "made_here.py").write_text(comment)
            mine.__file__ = str(tmp_path / "made_here.py")
        return fingerprint(mine), fingerprint(blind("f = lambda x: made.k * x", made=mine))

    assert made(1, "") == made(1, "") == made(1, "# one") == made(1, "# two")
    for one, other in zip(made(1, ""), made(2, ""), strict=True):
        assert one != other


def test_another_cloudpickle_reads_the_same():
    # It takes code apart, and is no part of it.
    code = """if True:
        import cloudpickle
        cloudpickle.__version__ = {!r}
        class Model:
            def __init__(self, k): self.k = k
            def loss(self): return (lambda: self.k)()
            made = classmethod(lambda cls: cls(1))
        print(fingerprint((lambda m: lambda: m.loss())(Model(1)), Model, {{"a": 1}}.keys()))
    """
    assert printed(code.format("1.0")) == printed(code.format("99.0"))


def test_sys_alone_hides_nothing():
    one, two = (
        f"import sys\nf = lambda x: {k} * x * sys.float_info.eps, 'modules'" for k in (1, 2)
    )
    assert fingerprint(changed(one)) == fingerprint(changed(one)) != fingerprint(changed(two))


def test_modules_of_another_than_sys_hide_nothing():
    one, two = (f"f = lambda net: [{k} * np.sum(m.w) for m in net.modules()]" for k in (1, 2))
    assert fingerprint(changed(one)) == fingerprint(changed(one)) != fingerprint(changed(two))


class Unreadable:
    """What cannot be sent to another process, for a reason that is given."""

    def __init__(self, *reason):
        self.reason = reason

    def __repr__(self):
        return "u" * 100

    def __reduce__(self):
        raise RuntimeError(*self.reason)


def test_the_warning_is_short_and_points_to_the_line_that_asks():
    for reason, said in (
        (("r" * 300, 7), "r" * 200),
        (("no", 7), "no"),
        ((7,), "7"),
        (("",), "RuntimeError"),
        ((), "RuntimeError"),
    ):
        with pytest.warns(UserWarning, match="cannot be compared") as caught:
            fingerprint(Unreadable(*reason))
        (warning,) = caught
        assert warning.filename == __file__
        name = f"({Unreadable()!r},)"[:80]
        assert str(warning.message) == (
            f"{name} cannot be compared with what was run before ({said}). It is run again each "
            "time."
        )


def test_another_python_counts_by_its_first_two_numbers(monkeypatch):
    here, (major, minor, *rest) = fingerprint(1), sys.version_info
    for version, same in (
        ((major, minor, 99), True),
        ((major, minor + 1, *rest), False),
        ((major + 1, minor, *rest), False),
    ):
        monkeypatch.setattr(sys, "version_info", version)
        assert (fingerprint(1) == here) == same
        monkeypatch.undo()


def test_a_method_called_eval_hides_nothing():
    def text(number):
        model = f"class Model:\n    def eval(self):\n        return {number}\n"
        return model + "f = lambda: Model().eval()"

    found = [fingerprint(blind(text(number))) for number in (1, 1, 2)]
    assert found[0] == found[1] != found[2]


def test_keys_of_a_dictionary_count():
    def table(k):
        return {blind(f"f = lambda x: {k} * x"): 1, 2: 3, "a": 4, (5, frozenset("ab")): 6}

    found = [fingerprint(table(k)) for k in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1})


def test_equal_things_count_alike_shared_or_not():
    n, pair = np.ones(2), [1, (2,)]
    assert fingerprint({"a": n, "b": n}) == fingerprint({"a": n, "b": n.copy()})
    assert fingerprint(pair, pair) == fingerprint([1, (2,)], [1, (2,)])
    endless = [1]
    endless.append(endless)
    with pytest.warns(UserWarning, match="run again"):
        fingerprint(endless)


WRAPS = {
    "vectorize": "f = np.vectorize(lambda x: 3.0 * x)",
    "vectorize, with types": "f = np.vectorize(lambda x: 3.0 * x, otypes=[float])\nf([1, 2])",
    "partial of partial": """
part = functools.partial
f = part(part(lambda k, x: 3.0 * k * x, 1), x=2)""",
    "partialmethod": """
class Model:
    def scaled(self, x, k): return 3.0 * k * x
    loss = functools.partialmethod(scaled, k=1)
f = Model().loss""",
    "wraps": """
def twice(g):
    @functools.wraps(g)
    def run(x): return g(g(x))
    return run
f = twice(lambda x: 3.0 * x)""",
    "lru_cache": "f = functools.lru_cache(lambda x: 3.0 * x)\nf(1)",
    "cache within": """
g = functools.cache(lambda x: 3.0 * x)
f = lambda x: g(x)""",
    "callable object": """
class Model:
    def __call__(self, x): return 3.0 * x
f = Model()""",
    "class within": """
def f(x):
    class Model:
        k = 3.0
    return Model.k * x""",
    "generator within lambda within": "f = lambda x: (lambda y: sum(3.0 * v for v in y))(x)",
    "slots": """
class Model:
    __slots__ = ("k",)
f = Model()
f.k = 3.0""",
    "instance in a closure": """
class Model:
    def __init__(self, k): self.k = k
f = (lambda m: lambda x: m.k * x)(Model(3.0))""",
    "property": """
class Model:
    k = property(lambda self: 3.0)
f = Model()""",
    "base class": """
class Base:
    def k(self): return 3.0
class Model(Base): pass
f = Model()""",
    "metaclass": """
class Meta(type):
    def k(cls): return 3.0
class Model(metaclass=Meta): pass
f = Model()""",
    "default of a lambda": "f = lambda x, k=3.0: k * x",
    "keyword default": "def f(x, *, k=3.0): return k * x",
    "annotation": "def f(x: 3.0): return x",
    "attribute of a function": "def f(x): return f.k * x\nf.k = 3.0",
    "mutual recursion": """
def g(x): return 3.0 if x < 1 else f(x - 1)
def f(x): return g(x)""",
    "array": "k = np.array([3.0])\nf = lambda x: k * x",
    "array of objects": "k = np.array([3.0, None])\nf = lambda x: k * x",
    "polynomial": "k = np.poly1d([3.0, 1.0])\nf = lambda x: k(x)",
    "method of an array": "f = np.array([3.0]).dot",
    "method of a list": "f = [3.0].count",
    "frozenset": "f = lambda x: x in {3.0, 'a', 'b', 'c'}",
    "enumeration": """
import enum
class Kind(enum.Enum):
    a = 3.0
f = Kind.a""",
    "named tuple": """
import collections
Pair = collections.namedtuple("Pair", "a b")
f = Pair(3.0, 1)""",
    "field with a factory": """
@dataclasses.dataclass
class Model:
    k: list = dataclasses.field(default_factory=lambda: [3.0])
f = Model""",
    "context manager": """
import contextlib
@contextlib.contextmanager
def f(): yield 3.0""",
    "exit stack": """
import operator
f = operator.methodcaller("dot", 3.0)""",
    "bound to a number": "import types\nf = types.MethodType(lambda self, x: 3.0 * x, 1)",
    "match": """
def f(x):
    match x:
        case 3.0: return 1
    return 2""",
    "exception": """
def f(x):
    try: return x
    except ValueError: return 3.0""",
    "asynchronous": "async def f(x): return 3.0",
    "dlzero's own maker": "import dlzero\nf = dlzero.Rule(lambda w, g, lr=3.0: (w - lr * g,))",
    "surface": """
from dlzero import surfaces
f = surfaces.Surface("s", value=lambda x, y: 3.0 * x, gradient=lambda x, y: (x, y),
                     domain=((-1, 1), (-1, 1)), start=(1.0, 1.0))""",
}


def wrapped(text):
    names = {"np": np, "functools": functools, "dataclasses": dataclasses, "__name__": "__main__"}
    exec(text, names)
    return names["f"]


@pytest.mark.parametrize("way", WRAPS)
def test_a_changed_number_is_noticed_however_it_is_wrapped(way):
    text = WRAPS[way]
    assert text.count("3.0") == 1
    found = [fingerprint(wrapped(t)) for t in (text, text, text.replace("3.0", "300.0"))]
    assert found[0] == found[1] != found[2]


COMPILED = {
    "njit": "f = numba.njit(lambda x: 3.0 * x)",
    "options": "f = numba.njit(fastmath=bool(3.0 - 3))(lambda x: x)",
    "vectorize": "f = numba.vectorize(['float64(float64)'])(lambda x: 3.0 * x)",
    "within": "g = numba.njit(lambda x: 3.0 * x)\nf = lambda x: g(x)",
    "calls another": "g = numba.njit(lambda x: 3.0 * x)\nf = numba.njit(lambda x: g(x))\nf(1.0)",
}


@pytest.mark.needs("numba")
@pytest.mark.parametrize("way", COMPILED)
def test_a_changed_number_in_a_compiled_function_is_noticed(way):
    text = "import numba\n" + COMPILED[way]
    found = [fingerprint(wrapped(t)) for t in (text, text, text.replace("3.0", "300.0"))]
    assert found[0] == found[1] != found[2]


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
    for name in ("__main__", "", "no_such_module"):
        assert _is_own(name), name
    for name in ("numpy", "numpy.linalg", "json", "dlzero.chapters.ch08_adam"):
        assert not _is_own(name), name


def test_a_package_is_installed_before_it_is_loaded(tmp_path, monkeypatch):
    for folder in ("site-packages", "dist-packages", "mine"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"not_loaded_{folder[0]}.py").touch()
        monkeypatch.syspath_prepend(tmp_path / folder)
    assert [_is_own(f"not_loaded_{one}") for one in "sdm"] == [False, False, True]
