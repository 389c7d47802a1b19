"""Shows that the rules of the API pages work: a small package that keeps them, and breaks them."""

import importlib
import sys

import pytest
from lint_lessons import api

PACKAGE = {
    "__init__": 'from . import shapes\nfrom .doors import open_door\n__all__ = ["open_door"]',
    "doors": "def open_door(): ...\ndef _own(): ...",
    "plots": "from .doors import open_door\nSIZE = 3\ndef path(): ...\ndef _own(): ...",
    "shapes": '__all__ = ["LIMIT", "Round"]\nLIMIT = (1, 2)\nclass Round: ...\ndef helper(): ...',
}
NAMES = (
    ".. currentmodule:: toyhouse\n\n.. autofunction:: open_door\n\n"
    ".. autodata:: toyhouse.shapes.LIMIT\n\n.. autoclass:: toyhouse.shapes.Round\n   :members:\n"
)
MODULE = ".. automodule:: toyhouse.plots\n   :members:\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Return the function that writes the package, with some modules changed, and imports it."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(**changed):
        for path, text in (PACKAGE | changed).items():
            file = tmp_path / "toyhouse" / f"{path.replace('__in__', '/')}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        return importlib.import_module("toyhouse")

    yield made
    for name in [name for name in sys.modules if name.partition(".")[0] == "toyhouse"]:
        del sys.modules[name]


def test_rules_are_silent_on_good_pages(build):
    package, pages = build(), [NAMES, MODULE]
    assert api.undocumented(api.modules_of(package), pages) == []
    assert api.unreachable(pages) == []
    assert api.private(pages) == []
    assert api.doubled(pages) == []
    assert api.hidden_modules(package) == []


def test_paths_that_a_page_prints(build):
    build()
    printed = ["toyhouse.open_door", "toyhouse.shapes.LIMIT", "toyhouse.shapes.Round"]
    assert api.printed_in(NAMES) == printed
    assert api.printed_in(MODULE) == ["toyhouse.plots", "toyhouse.plots.path"]
    assert api.printed_in(MODULE.replace(":members:", "")) == ["toyhouse.plots"]
    assert api.printed_in(MODULE.replace("members:", "members: a, b"))[1:] == [
        "toyhouse.plots.a",
        "toyhouse.plots.b",
    ]


def test_names_that_no_page_shows_are_found(build):
    modules = api.modules_of(build())
    assert api.undocumented(modules, [MODULE]) == [
        "toyhouse.open_door",
        "toyhouse.doors.open_door",
        "toyhouse.shapes.LIMIT",
        "toyhouse.shapes.Round",
    ]
    assert api.undocumented(modules, [NAMES]) == ["toyhouse.plots.path"]
    without_members = MODULE.replace(":members:", "")
    assert api.undocumented(modules, [NAMES, without_members]) == ["toyhouse.plots.path"]


def test_a_name_that_does_not_exist_is_found(build):
    modules = api.modules_of(build(shapes='__all__ = ["gone"]'))
    page = ".. autofunction:: toyhouse.shapes.gone\n"
    assert "toyhouse.shapes.gone" in api.undocumented(modules, [page])
    assert "toyhouse.shapes.gone cannot be imported" in api.unreachable([page])[0]


def test_a_word_in_a_sentence_or_a_namesake_does_not_show_a_name(build):
    modules = api.modules_of(build(lamps="def open_door(): ..."))
    assert api.undocumented(modules, [NAMES, "The path.\n", ".. autofunction:: os.path\n"]) == [
        "toyhouse.lamps.open_door",
        "toyhouse.plots.path",
    ]


@pytest.mark.parametrize(
    "page",
    [
        ".. autofunction:: toyhouse.doors.close_door\n",
        ".. automodule:: toyhouse.engine\n   :members:\n",
        ".. automodule:: nohouse.plots\n",
        ".. currentmodule:: toyhouse.plots\n\n.. autofunction:: door\n",
        ".. currentmodule:: toyhouse\n\n.. autofunction:: doors.open_door\n",
    ],
)
def test_paths_that_lead_nowhere_are_found(build, page):
    build()
    assert "cannot be imported" in api.unreachable([NAMES, page])[0]


def test_a_path_through_a_hidden_module_is_found(build):
    build(__init__="from .doors import doors", doors="def doors(): ...\ndef open_door(): ...")
    found = api.unreachable([".. autofunction:: toyhouse.doors.open_door\n"])
    assert "'function' object has no attribute 'open_door'" in found[0]


def test_a_module_whose_own_import_fails_is_no_missing_path(build):
    build(doors="import nobody_has_this", __init__="")
    with pytest.raises(ModuleNotFoundError, match="nobody_has_this"):
        api.unreachable([".. autofunction:: toyhouse.doors.open_door\n"])


def test_paths_printed_twice_are_found(build):
    build()
    page = ".. autofunction:: toyhouse.plots.path\n"
    assert api.doubled([NAMES, MODULE, page]) == ["toyhouse.plots.path is printed 2 times"]


def test_private_names_on_a_page_are_found(build):
    build()
    page = ".. autofunction:: toyhouse.shapes.helper\n\n.. autofunction:: toyhouse.doors._own\n"
    assert api.private([NAMES, page]) == [
        "toyhouse.shapes.helper is not in __all__ of its module",
        "toyhouse.doors._own is private",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "from .doors import open_door as doors",
        "def doors(): ...",
        "if True:\n    doors = 3",
        # This one gives the name back when the module is imported.
        "class doors: ...",
    ],
)
def test_hidden_modules_are_found(build, source):
    found = api.hidden_modules(build(__init__=source))
    assert found == ["toyhouse.doors is hidden by another thing of this name"]


def test_hidden_modules_of_inner_packages_are_found(build):
    package = build(inner__in____init__="from .a import a", inner__in__a="def a(): ...")
    assert api.hidden_modules(package) == [
        "toyhouse.inner.a is hidden by another thing of this name"
    ]
