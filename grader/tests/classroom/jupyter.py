"""What a notebook does cell by cell, in plain Python: the judge of an honest paper."""

import contextlib
import functools
import io
import sys
import types
import warnings
from unittest.mock import MagicMock

LIBRARIES = (
    "IPython IPython.display ipywidgets matplotlib matplotlib.colors matplotlib.pyplot "
    "mpl_toolkits mpl_toolkits.mplot3d plotly plotly.express rich rich.progress seaborn "
    "tqdm tqdm.auto tqdm.notebook dlzero.homework dlzero.plots"
)


@functools.cache
def libraries():
    """Return what stands for the libraries that Jupyter would have."""
    made = {name: MagicMock() for name in LIBRARIES.split()}
    for name, module in made.items():
        module.tqdm = module.track = lambda items, *args, **kwargs: items
        parent, _, child = name.rpartition(".")
        if parent in made:
            setattr(made[parent], child, module)
    made["ipywidgets"].interact = lambda **sliders: lambda function: function
    made["matplotlib.pyplot"].subplots.return_value = (MagicMock(), MagicMock())
    made["matplotlib.pyplot"].ylim.return_value = (0.0, 1.0)
    made["matplotlib.pyplot"].hist.return_value = (1, 2, 3)
    return made


@contextlib.contextmanager
def in_place_of_real_ones(modules):
    """Put modules into the table of Python; what is imported meanwhile stays in it."""
    before = {name: sys.modules[name] for name in modules if name in sys.modules}
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]
        sys.modules.update(before)


def as_python(source):
    """Return a cell without what only a notebook understands."""
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].startswith(("%%html", "%%bash")):
        return ""
    return "\n".join("" if line.startswith(("%", "!")) else line for line in lines)


def in_jupyter(master, cells):
    """Return the tests that pass when the cells run one by one.

    Parameters
    ----------
    master : Master
    cells : list of (str, str)
        The source of each cell of code, and the test that has its place there, if any. There the
        test runs as the master has it. One that has no place runs at the end.
    """
    sources = {test.id: test.source for test in master.tests}
    placed = {test for _, test in cells}
    rest = [("", id) for id in sources if id not in placed]
    module = types.ModuleType("__main__")
    module.display = module.get_ipython = MagicMock()
    passed = set()
    with (
        in_place_of_real_ones({**libraries(), "__main__": module}),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        for source, test in [*cells, *rest]:
            source = sources[test] if test else as_python(source)
            try:
                exec(compile(source, "<cell>", "exec"), vars(module))
            except Exception:  # the student goes on with the next cell
                continue
            passed.add(test)
    return passed - {""}
