"""What stands in the sandbox for the libraries that draw, show progress or serve the notebook."""

import importlib.machinery
import opcode
import sys
import types
from typing import Any

#: What a star imports from a library that is not here: a name that is missing stops a cell.
STARRED = (
    "Audio FloatSlider HTML Image IntSlider Latex Markdown Math animation axhline axis axvline bar "
    "clear_output cm colorbar colors contour contourf figure fill_between gca gcf grid hist imshow "
    "interact interactive legend loglog pause plot rcParams savefig scatter semilogx semilogy show "
    "style subplot subplots suptitle text ticker tight_layout title tqdm track trange widgets "
    "xlabel xlim xscale xticks ylabel ylim yscale yticks"
)
#: Libraries that draw, show progress, or serve the notebook. None of them is in the sandbox.
STAND_INS = (
    "IPython PIL alive_progress altair bokeh celluloid colorama cycler dlzero.homework "
    "dlzero.plots dlzero.widgets fastprogress google graphviz halo holoviews hvplot ipykernel "
    "ipympl ipywidgets jupyter_black jupyterthemes lab_black matplotlib matplotlib_inline "
    "mpl_toolkits mplcursors nb_black notebook numba otter plotly plotnine prettytable progressbar "
    "pygal pylab rich seaborn tabulate termcolor tqdm vega watermark"
)


class Nothing(types.ModuleType):
    """Stands for a library that draws, and for all that comes of it: takes all, does nothing."""

    __all__ = tuple(STARRED.split())
    __array_ufunc__ = None  # an array leaves the arithmetic to the methods below

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in LIKE_REAL:
            raise AttributeError(name)
        if self is NOTHING and name == "subplots":  # of a figure, which is there already
            return AXES
        return LIKE_REAL.get(name, self)

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("__"):  # as the import of a module does
            super().__setattr__(name, value)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do nothing; as a decorator, leave the function as it is."""
        alone = len(args) == 1 and not kwargs
        if alone and isinstance(args[0], types.FunctionType | type):
            return args[0]
        number = number_of(args[0]) if args else 0
        return Many(number) if number else NOTHING

    def __iter__(self) -> Any:
        return unpacked(sys._getframe(1))

    def __getitem__(self, key: Any) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        return None

    def __delitem__(self, key: Any) -> None:
        return None

    def __contains__(self, key: Any) -> bool:
        return False

    def __len__(self) -> int:
        return 1  # i % len(colours) works

    def __bool__(self) -> bool:
        return False  # while plt.fignum_exists(1): ...

    def __copy__(self) -> Any:
        return self

    def __deepcopy__(self, known: Any) -> Any:
        return self

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def __mro_entries__(self, bases: Any) -> tuple[type]:
        return (Blank,)

    def __instancecheck__(self, value: Any) -> bool:
        return False

    def __format__(self, form: str) -> str:
        return ""

    def __repr__(self) -> str:
        return "something of a library that is not here"

    def __float__(self) -> float:
        return 0.0

    def __index__(self) -> int:
        return 0

    def __lt__(self, other: Any) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__


def unpacked(frame: Any) -> Any:
    """Go through as many as there are names on the left, as in ``n, bins, bars = plt.hist(x)``."""
    code, at = frame.f_code.co_code, frame.f_lasti
    name, number = opcode.opname[code[at]], code[at + 1]
    if name == "UNPACK_EX":
        before = code[at - 1] if opcode.opname[code[at - 2]] == "EXTENDED_ARG" else 0
        number += before
    return iter([NOTHING] * number if name.startswith("UNPACK") else ())


def number_of(value: Any) -> int:
    """Return how many things come of a call: bars of heights, colours of numbers; 0 if unknown."""
    if isinstance(value, Nothing | str | bytes | dict):
        return 0
    try:
        return len(value)
    except TypeError:
        return 0


class Many(Nothing):
    """What came of a call that was given many values."""

    def __init__(self, number: int) -> None:
        super().__init__("many")
        vars(self)["number"] = number

    def __iter__(self) -> Any:
        code, at = sys._getframe(1).f_code.co_code, sys._getframe(1).f_lasti
        if opcode.opname[code[at]].startswith("UNPACK"):
            return unpacked(sys._getframe(1))
        return iter([NOTHING] * vars(self)["number"])

    def __len__(self) -> int:
        return int(vars(self)["number"])


def _same(self: Nothing, *others: Any) -> Nothing:
    return self


ONE_SIDED = "neg pos abs invert round"
TWO_SIDED = "add sub mul truediv floordiv mod pow matmul and or xor lshift rshift"
for _name in f"{ONE_SIDED} {TWO_SIDED}".split():
    setattr(Nothing, f"__{_name}__", _same)
for _name in TWO_SIDED.split():
    setattr(Nothing, f"__r{_name}__", _same)


class Blank:
    """What a class has below it whose base is `Nothing`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return NOTHING


class Bars(Nothing):
    """Stands for ``tqdm`` and its like: what it is given can be gone through."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the items, with the methods of a bar."""
        bar = Bar("bar")
        named = (kwargs[name] for name in ("iterable", "sequence", "it", "gen") if name in kwargs)
        vars(bar)["items"] = args[0] if args else next(named, ())
        return bar


class Range(Bars):
    """Stands for ``trange``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the numbers, with the methods of a bar."""
        return super().__call__(range(*args))


class Bar(Nothing):
    """A bar of progress."""

    def __iter__(self) -> Any:
        return iter(vars(self)["items"])

    def __len__(self) -> int:
        return len(vars(self)["items"])


class Axes(Nothing):
    """Stands for ``figure.subplots``: the axes come as the table that they are in matplotlib."""

    def __call__(self, rows: int = 1, columns: int = 1, *args: Any, **kwargs: Any) -> Any:
        """Return the axes."""
        import numpy as np

        axes = np.empty((kwargs.get("nrows", rows), kwargs.get("ncols", columns)), object)
        for place in np.ndindex(axes.shape):
            axes[place] = NOTHING
        if kwargs.get("squeeze", True):
            axes = axes.squeeze()
        return axes if axes.ndim else NOTHING


class Figure(Nothing):
    """Stands for ``plt.subplots``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return a figure and its axes."""
        return NOTHING, AXES(*args, **kwargs)


class Fixed(Nothing):
    """Stands for what gives a plain value that code computes with."""

    def __init__(self, value: Any) -> None:
        super().__init__("fixed")
        vars(self)["value"] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the value."""
        return vars(self)["value"]


class Vectorize(Nothing):
    """Stands for ``numba.vectorize``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the function for arrays, or what makes it."""
        import numpy as np

        return np.vectorize(args[0]) if args and callable(args[0]) else np.vectorize


class Pylab(Nothing):
    """Stands for ``pylab``, which has the names of NumPy as well."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        import numpy as np

        given: set[str] = {"np"}
        vars(self)["np"] = np
        for part in (np, np.fft, np.random, np.linalg):
            names = set(part.__all__) - set(BUILTINS.split())
            vars(self).update((name, getattr(part, name)) for name in names)
            given |= names
        vars(self)["__all__"] = (*STARRED.split(), *sorted(given))


#: Names of NumPy that pylab leaves to Python.
BUILTINS = "abs bool bytes max min pow round"
COLORS = [f"C{number}" for number in range(10)]
NOTHING = Nothing("nothing")
BARS = Bars("bars")
AXES = Axes("axes")
#: What of these libraries has an effect on the rest.
LIKE_REAL: dict[str, Any] = {
    "__version__": "0",
    **dict.fromkeys(("tqdm", "tqdm_notebook", "track", "alive_it", "progress_bar"), BARS),
    "by_key": Fixed({"color": COLORS}),
    "prange": range,
    "subplots": Figure("subplots"),
    "tenumerate": enumerate,
    "tmap": map,
    "trange": Range("trange"),
    "tzip": zip,
    "vectorize": Vectorize("vectorize"),
    **dict.fromkeys(
        ["xlim", "ylim", "zlim", "get_xlim", "get_ylim", "get_zlim", "get_xbound", "get_ybound"],
        Fixed((0.0, 1.0)),
    ),
}
#: What a notebook has beside the builtins of Python.
IN_A_NOTEBOOK: dict[str, Any] = {
    "__IPYTHON__": True,
    "display": NOTHING,
    "exit": sys.exit,
    "get_ipython": lambda: NOTHING,
    "help": NOTHING,
    "quit": sys.exit,
}


MOST_THREADS = 3


def with_few_threads(name: str, path: Any) -> Any:
    """Find the module of thread pools; in the sandbox they have fewer threads than asked for."""
    spec = importlib.machinery.PathFinder.find_spec(name, path)
    assert spec is not None
    loader: Any = spec.loader
    execute = loader.exec_module

    def exec_module(module: Any) -> None:
        execute(module)
        start = module.ThreadPoolExecutor.__init__

        def few(self: Any, max_workers: Any = None, *args: Any, **kwargs: Any) -> None:
            start(self, min(max_workers or MOST_THREADS, MOST_THREADS), *args, **kwargs)

        module.ThreadPoolExecutor.__init__ = few

    loader.exec_module = exec_module
    return spec


class StandIns:
    """Finds `Nothing` for these libraries and whatever is imported from them.

    It does not inherit from the classes of ``importlib.abc``, which take long to import.
    """

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Say that it is here."""
        home: Any = sys.path_importer_cache.get(sys.path[0])
        if home is not None:  # a cell may have written a file into it just now
            home.invalidate_caches()
        if name == "concurrent.futures.thread":
            return with_few_threads(name, path)
        parts = name.split(".")
        asked = sys._getframe(2).f_globals.get("__name__") == "importlib.util"
        if name.endswith(" ") or (asked and parts[0] in ("google", "numba")):
            return None  # see `cells.Guards`
        if not {parts[0], ".".join(parts[:2])} & set(STAND_INS.split()):
            return None
        loader: Any = self
        return importlib.machinery.ModuleSpec(name, loader, is_package=True)

    def create_module(self, spec: Any) -> Any:
        """Return what stands for it."""
        return (Pylab if spec.name in ("pylab", "matplotlib.pylab") else Nothing)(spec.name)

    def exec_module(self, module: Any) -> None:
        """Leave it as it is."""
