"""Answers that know nothing: `build` tries them on every test cell of a master.

Constants, arrays without elements, answers remembered from the visible tests, and the like. A
test cell that passes with one of them would give its points to students who have done nothing.
Nor may one pass that is right in a part only, or that takes no notice of an argument.
"""

import contextlib
import functools
import inspect
import io
import itertools
import json
import re
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from types import CodeType
from typing import Any

import numpy as np

from dlzero.homework.plain import NotPlain, decode, encode

from ..grading.bounds import TestTooLong, bounds
from ..master import STUB, Master, Test

SECONDS = 30.0  # for all that is tried on one test cell; what is more likely comes first
SIMPLE: tuple[Any, ...] = (
    *(None, True, False, "", 0, 1, -1, 0.5, np.nan, np.inf, -np.inf),
    *([], (), {}, [[]]),
)
#: Shapes without an element, and one that goes with all others.
BARE = {(0,), (0, 1), (1, 0), (0, 0), (0, 1, 1), (0, 2, 1), (1, 0, 1), (0, 0, 1), (1, 1)}
PLAIN = (
    "Plain are None, numbers, text, arrays of numbers, and lists, tuples and dicts of these. "
    "For a random generator give its seed, for a function its name"
)
ALONE = (
    "does not pass with the read-only cells and the answers alone. Other cells students may "
    "delete: put what the answer needs into a read-only one"
)
REMEMBERS = "remembers the visible calls, and else"
ADVICE = (
    "Compare shapes first, and then the whole answer. Let the hidden lines call it with two inputs "
    "or more that no visible line has, with every argument changed, and whose answers differ"
)


class Call:
    """A call of an answer by a test. `args` are the test's own; a cheat may change them."""

    def __init__(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.name, self.args, self.kwargs = name, args, kwargs
        self.coded = encode([list(args), kwargs])
        self.key = json.dumps([name, self.coded], sort_keys=True)

    def inputs(self) -> tuple[list[Any], dict[str, Any]]:
        """Return copies of what the call gave, as it was before anybody changed it."""
        args, kwargs = decode(self.coded)
        return args, kwargs


#: Gives an answer to a call.
Cheat = Callable[[Call], Any]


class Bench:
    """A master whose answers can be exchanged; everything runs in this process.

    Attributes
    ----------
    seen : dict of str to Call
        The calls of all visible tests.
    refused : list of str
        What a test and a solution exchange although it cannot cross.
    """

    def __init__(self, master: Master) -> None:
        self.master = master
        self.setup: dict[str, Any] = {"__name__": "__main__"}
        self.rights: dict[str, Any] = {}
        self.seen: dict[str, Call] = {}
        self.refused: list[str] = []
        self.seconds = SECONDS
        exec(master.setup, self.setup)
        self.solved = dict(self.setup)
        for answer in master.answers:
            # As in the sandbox: what a cell defined before an error stays.
            with contextlib.suppress(Exception, SystemExit, TestTooLong), bounds(SECONDS):
                exec(answer.solution, self.solved)

    def right(self, call: Call) -> Any:
        """Return what the solution answers."""
        if call.key not in self.rights:
            args, kwargs = call.inputs()
            self.rights[call.key] = encode(self.solved[call.name](*args, **kwargs))
        return decode(self.rights[call.key])

    def solve(self, call: Call) -> Any:
        """Answer as the solution does. What it prints is kept from the test, as in the sandbox."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            answer = self.solved[call.name](*call.args, **call.kwargs)
        if out.getvalue():
            self.refused.append(f"{call.name} prints, which no test can see. Let it return")
        try:
            self.rights[call.key] = encode(answer)
        except NotPlain as error:
            self.refused.append(f"{call.name} returns a value that is not plain ({error}). {PLAIN}")
            raise
        return decode(self.rights[call.key])

    def run(self, test: Test, source: str, cheat: Cheat, values: bool = False) -> list[Call] | None:
        """Run a test with a cheat for the functions of the student, and perhaps for the values.

        Returns
        -------
        list of Call or None
            None when the test does not pass.
        """
        calls: list[Call] = []

        def function(name: str) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                try:
                    calls.append(Call(name, args, kwargs))
                except NotPlain as error:
                    self.refused.append(
                        f"gives {name} a value that is not plain ({error}). {PLAIN}"
                    )
                    raise
                return decode(encode(cheat(calls[-1])))

            return call

        names = dict(self.setup)
        try:
            for name in test.names:
                if callable(self.solved[name]):
                    names[name] = function(name)
                else:
                    names[name] = self._value(name, cheat if values else None)
            with bounds(self.seconds):
                exec(_compiled(source, f"<{test.id}>"), names)
        except (Exception, SystemExit, TestTooLong):
            return None
        return calls

    def _value(self, name: str, cheat: Cheat | None) -> Any:
        """Return a value of the student that is no function."""
        try:
            coded = encode(self.solved[name])
        except NotPlain as error:
            self.refused.append(f"{name} is a value that is not plain ({error}). {PLAIN}")
            raise
        if cheat is None:
            return decode(coded)
        call = Call(name, (), {})
        self.rights[call.key] = coded
        made = decode(encode(cheat(call)))
        if _same(made, decode(coded)):
            raise ValueError("that is no cheat: a constant is what was asked for")
        return made


def crossing(master: Master) -> list[str]:
    """Return what the tests of a master and its solutions exchange although it cannot cross."""
    problems = []
    with _quiet():
        try:
            bench = Bench(master)
        except Exception as error:  # whatever it imports
            return [f"the setup stops with {type(error).__name__}: {error}"]
        for test in master.tests:
            if bench.run(test, test.source, bench.solve) is None:
                problems += [f"{test.id}: {text}" for text in dict.fromkeys(bench.refused)]
            bench.refused.clear()
    return problems


def unearned(master: Master) -> list[str]:
    """Return the test cells of a master that an answer passes which knows nothing.

    Parameters
    ----------
    master : Master

    Returns
    -------
    list of str
        A line for each, with the answer that passes and what to do; and one for each that cannot
        be tried.
    """
    problems = []
    with _quiet():
        bench = Bench(master)
        for test in master.tests:
            for call in bench.run(test, test.visible, bench.solve) or ():
                bench.seen[call.key] = call
        for test in master.tests:
            began, bench.seconds = time.monotonic(), SECONDS
            calls = bench.run(test, test.source, bench.solve)
            if not test.points:
                continue
            if calls is None:
                problems.append(f"{test.id} {ALONE}")
                continue
            # With such an answer a test may go on for ever.
            bench.seconds = 1 + 3 * (time.monotonic() - began)
            for what, cheat, values in _cheats(bench, test, calls):
                if bench.run(test, test.source, cheat, values) is not None:
                    problems.append(f"{test.id} passes when the answer {what}. {ADVICE}")
                    break
                if time.monotonic() > began + SECONDS:
                    break
    return problems


@functools.cache
def _compiled(source: str, place: str) -> CodeType:
    return compile(source, place, "exec")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with (
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def _cheats(bench: Bench, test: Test, calls: list[Call]) -> Iterator[tuple[str, Cheat, bool]]:
    """Give what each cheat does, the cheat, and whether values are exchanged as well."""
    # Where the solution raises an error there is none.
    known = [*calls, *(call for call in bench.seen.values() if call.name in test.names)]
    rights = [bench.right(call) for call in known if call.key in bench.rights]
    groups = sorted({len(right) for right in rights if _is_group(right)})
    fixed = list(_fixed(bench, rights, groups))
    kinds = {type(arg) for call in calls for arg in call.inputs()[0]}
    numbers = [0, np.nan] if kinds & {list, np.ndarray} else []
    spoiling = (
        (f"fills its arguments with {number} and {what}", _spoiling(number, cheat))
        for number in numbers + [None] * (list in kinds)
        for what, cheat in fixed
    )
    for what, cheat in itertools.chain(
        fixed, _pairs(rights, groups), _from_inputs(bench, calls, groups), spoiling
    ):
        yield what, cheat, True
        if calls:
            yield f"{REMEMBERS} {what}", _remembering(bench, cheat), False
    for what, cheat in _partly(bench, calls):
        yield f"{REMEMBERS} {what}", _remembering(bench, cheat), False
    for what, cheat in _ignoring(bench, test, calls):
        yield what, cheat, False
    for what, cheat in _borrowed(bench, calls):
        # It may be right, when two questions ask for the same. But then it is right everywhere.
        if bench.run(test, test.source, cheat) is None:
            yield f"{REMEMBERS} {what}", _remembering(bench, cheat), False


def _fixed(bench: Bench, rights: list[Any], groups: list[int]) -> Iterator[tuple[str, Cheat]]:
    """Give constants, numbers in the right shape, and the right answer to each single call."""
    values: list[Any] = [*SIMPLE, *_empty(rights)]
    values += [(value,) * length for length in groups for value in values]
    values += {json.dumps(encode(right)): right for right in rights}.values()
    for value in values:
        yield f"returns {_shown(value)}", _constant(value)
    yield "raises ValueError", _raising
    for number in (0, 1, -1, np.nan, np.inf, -np.inf):
        yield f"returns {number} in the right shape", _shaped(bench, number)
    for shape in ((0,), (0, 1), (0, 1, 1)):
        yield f"returns the right length of empty arrays of shape {shape}", _hollow(bench, shape)


def _pairs(rights: list[Any], groups: list[int]) -> Iterator[tuple[str, Cheat]]:
    """Give two things of which at least one is empty."""
    if 2 in groups:
        found = (part for right in rights if _is_group(right) for part in right)
        shapes = BARE | {(0, *_shape(part), 1) for part in found}
        parts = [*map(np.zeros, sorted(shapes)), np.nan, None]
        for pair in itertools.permutations(parts, 2):
            yield f"returns {_shown(pair)}", _constant(pair)


def _from_inputs(bench: Bench, calls: list[Call], groups: list[int]) -> Iterator[tuple[str, Cheat]]:
    """Give what is made of the inputs, and code that every student has."""
    most = max((len(call.args) + len(call.kwargs) for call in calls), default=0)
    for length in (1, *groups):
        for places in itertools.permutations(range(most), length):
            yield f"returns its arguments {places}", _given(places)
    yield "returns the answer to the call before", _late(bench)
    yield "returns the answer to the nearest visible call", _nearest(bench)
    yield from _shown_code(bench, {call.name for call in calls})


def _empty(rights: Sequence[Any]) -> list[np.ndarray]:
    """Return arrays of many shapes, nearly all without an element."""
    shapes = set(BARE)
    for right in rights:
        for part in right if _is_group(right) else [right]:
            shape = _shape(part)
            shapes |= {(0, *shape), (0, 1, *shape), (*shape, 0), (*shape[:-1], 0)}
    return [np.zeros(shape) for shape in sorted(shapes)]


def _constant(value: Any) -> Cheat:
    return lambda call: value


def _raising(call: Call) -> Any:
    raise ValueError


def _shaped(bench: Bench, number: float) -> Cheat:
    return lambda call: _filled(bench.right(call), number)


def _hollow(bench: Bench, shape: tuple[int, ...]) -> Cheat:
    def hollow(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: hollow(part) for key, part in value.items()}
        if isinstance(value, tuple | list) or np.ndim(value):
            return [hollow(part) for part in value]
        return np.zeros(shape)

    return lambda call: hollow(bench.right(call))


def _given(places: Sequence[int]) -> Cheat:
    def answer(call: Call) -> Any:
        args, kwargs = call.inputs()
        given = [*args, *kwargs.values()]
        return given[places[0]] if len(places) == 1 else tuple(given[i] for i in places)

    return answer


def _spoiling(number: float | None, cheat: Cheat) -> Cheat:
    """Return a cheat that changes what the test compares with; None makes lists empty."""

    def answer(call: Call) -> Any:
        for arg in call.args:
            if isinstance(arg, list):
                arg[:] = [] if number is None else [number] * len(arg)
            elif isinstance(arg, np.ndarray) and number is not None:
                with contextlib.suppress(ValueError):  # no nan in whole numbers
                    arg[...] = number
        return cheat(call)

    return answer


def _remembering(bench: Bench, cheat: Cheat) -> Cheat:
    return lambda call: bench.right(call) if call.key in bench.seen else cheat(call)


def _late(bench: Bench) -> Cheat:
    before: dict[str, Any] = {}

    def answer(call: Call) -> Any:
        late = before.get(call.name)
        before[call.name] = bench.right(call)
        return late

    return answer


def _nearest(bench: Bench) -> Cheat:
    def answer(call: Call) -> Any:
        def distance(seen: Call) -> float:
            one, other = _numbers(call.inputs()), _numbers(seen.inputs())
            return float(np.abs(one - other).sum()) if one.size == other.size else np.inf

        return bench.right(
            min((seen for seen in bench.seen.values() if seen.name == call.name), key=distance)
        )

    return answer


def _shown_code(bench: Bench, asked: set[str]) -> Iterator[tuple[str, Cheat]]:
    """Give what students may copy: answers as handed out, and functions in the text."""
    cells = json.loads(bench.master.text)["cells"]
    prose = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    found = {
        f"is the code in the text, {code.split('(')[0]}(...)": code
        for code in re.findall(r"(?ms)^```python\n(.*?)^```", prose)
    }
    for part in bench.master.answers:
        found[f"is what {part.id} hands out, unfinished"] = part.stub.replace(STUB[1], "pass")
    for what, code in found.items():
        names = dict(bench.solved)
        with contextlib.suppress(Exception):
            exec(code, names)
        changed = {name for name in names if names[name] is not bench.solved.get(name)}
        if changed & asked:
            yield what, _called(bench, names, changed)


def _called(bench: Bench, names: dict[str, Any], changed: set[str]) -> Cheat:
    def answer(call: Call) -> Any:
        if call.name not in changed:
            return bench.right(call)
        args, kwargs = call.inputs()
        return names[call.name](*args, **kwargs)

    return answer


#: Where an answer is right, and else wrong; None stands for nowhere.
PARTS: dict[str, Any] = {
    "nowhere": None,
    "in the first item only": np.s_[:1],
    "in the last item only": np.s_[-1:],
    "in the last two items only": np.s_[-2:],
    "at both ends only": [0, -1],
    "everywhere but in the last item": np.s_[:-1],
    "in the first column only": np.s_[..., :1],
    "in the last column only": np.s_[..., -1:],
}


def _partly(bench: Bench, calls: list[Call]) -> Iterator[tuple[str, Cheat]]:
    """Give answers of which a part is right, and the rest is hidden or is anything."""
    unseen = [call for call in calls if call.key in bench.rights and call.key not in bench.seen]
    rights = [bench.right(call) for call in unseen]
    for where, part in PARTS.items():
        for number in (0.0, np.nan, None):
            if part is None and number is not None:
                continue  # numbers in the right shape have been tried
            rest = "masked" if number is None else f"{number:g}"
            made = functools.partial(_right_in, part=part, number=number)
            # Where there is no more than this part, it is the whole answer.
            if not all(_same(_ordinary(made(right)), right) for right in rights):
                yield f"is right {where}, and else {rest}", _changed(bench, made)
    for length in sorted({len(right) for right in rights if _is_group(right)}):
        for place in range(length):
            made = functools.partial(_one_right, place=place)
            if not all(_same(made(right), right) for right in rights):
                yield f"is right in its part {place} only, and else 0", _changed(bench, made)


def _changed(bench: Bench, made: Callable[[Any], Any]) -> Cheat:
    return lambda call: made(bench.right(call))


def _right_in(value: Any, part: Any, number: float | None) -> Any:
    """Return an answer that is right in this part; elsewhere stands the number or a mask."""
    if _is_group(value):
        return type(value)(_right_in(one, part, number) for one in value)
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        kept = set() if part is None else set(np.arange(len(value))[part].tolist())
        other = np.nan if number is None else number
        return [one if i in kept else _filled(one, other) for i, one in enumerate(value)]
    if array.dtype.kind not in "biufc" or (part is not None and not array.ndim):
        return value
    wrong = np.ones(array.shape, bool)
    if part is not None and array.size:
        wrong[part] = False
    if number is None:
        return np.ma.array(array, mask=wrong)
    whole = array.dtype.kind in "biu" and np.isfinite(number)
    return np.where(wrong, int(number) if whole else number, array)


def _one_right(value: Any, place: int) -> Any:
    if not _is_group(value) or place >= len(value):
        return value
    return type(value)(one if i == place else _filled(one, 0) for i, one in enumerate(value))


def _ordinary(value: Any) -> Any:
    return decode(encode(value))


def _ignoring(bench: Bench, test: Test, calls: list[Call]) -> Iterator[tuple[str, Cheat]]:
    """Give the solution with one argument as in the first visible call, whatever comes."""
    for name in dict.fromkeys(call.name for call in calls):
        seen = (_arguments(bench, call) for call in bench.seen.values() if call.name == name)
        first = next(filter(None, seen), {})
        for argument, value in first.items():
            cheat = _fixing(bench, name, argument, value)
            if bench.run(test, test.source, cheat) is None:
                continue
            others = _with_another(bench, calls, name, argument, value)
            # It may be the subject of another test. And from zero, a rate may only scale.
            if (
                _matters(bench, others, argument)
                if others
                else not _tested_elsewhere(bench, test, name, argument, value)
            ):
                yield f"takes {argument} as it is in the first visible call of {name}", cheat


def _bound(bench: Bench, call: Call) -> inspect.BoundArguments:
    args, kwargs = call.inputs()
    bound = inspect.signature(bench.solved[call.name]).bind(*args, **kwargs)
    bound.apply_defaults()
    return bound


def _arguments(bench: Bench, call: Call) -> dict[str, Any]:
    """Return the arguments by name; none when they do not fit, or nobody knows the names."""
    try:
        return dict(_bound(bench, call).arguments)
    except (TypeError, ValueError):
        return {}


def _fixing(bench: Bench, name: str, argument: str, value: Any) -> Cheat:
    def answer(call: Call) -> Any:
        if call.name != name:
            return bench.right(call)
        bound = _bound(bench, call)
        bound.arguments[argument] = _ordinary(value)
        return bench.solved[name](*bound.args, **bound.kwargs)

    return answer


def _with_another(
    bench: Bench, calls: list[Call], name: str, argument: str, value: Any
) -> list[Call]:
    """Return the calls in which the argument has another value."""
    return [
        call
        for call in calls
        if call.name == name and not _same(_arguments(bench, call).get(argument, value), value)
    ]


def _tested_elsewhere(bench: Bench, test: Test, name: str, argument: str, value: Any) -> bool:
    return any(
        _with_another(
            bench, bench.run(other, other.source, bench.solve) or [], name, argument, value
        )
        for other in bench.master.tests
        if other is not test and other.points and name in other.names
    )


def _matters(bench: Bench, calls: list[Call], argument: str) -> bool:
    """Tell whether the answers change at all when the argument is scaled."""
    for call, factor in itertools.product(calls, (1 / 1024, 1 / 8, 8, 1024)):
        value = _arguments(bench, call)[argument]
        if isinstance(value, bool) or not isinstance(value, int | float | np.number):
            return True
        scaled = value * factor
        if isinstance(value, int):
            scaled = max(1, int(scaled))
        try:
            with bounds(bench.seconds):
                changed = _ordinary(_fixing(bench, call.name, argument, scaled)(call))
        except (Exception, SystemExit, TestTooLong):
            return True
        if not _same(changed, bench.right(call)):
            return True
    return False


def _borrowed(bench: Bench, calls: list[Call]) -> Iterator[tuple[str, Cheat]]:
    """Give the functions of other questions."""
    asked = {call.name for call in calls}
    for part in bench.master.answers:
        for other in part.names:
            if callable(bench.solved.get(other)) and asked - {other}:
                yield f"is {other} of {part.id}", _instead(bench, other)


def _instead(bench: Bench, other: str) -> Cheat:
    """Return a cheat that calls another function, with the arguments that it has names for."""
    function = bench.solved[other]

    def answer(call: Call) -> Any:
        args, kwargs = call.inputs()
        given = inspect.signature(bench.solved[call.name]).bind(*args, **kwargs).arguments
        wanted = inspect.signature(function).parameters
        if set(wanted) <= set(given):
            return function(**{name: given[name] for name in wanted})
        return function(*args, **kwargs)

    return answer


def _is_group(right: Any) -> bool:
    """Tell whether an answer is two, three or four things at once."""
    kinds = isinstance(right, tuple) or (
        isinstance(right, list) and any(isinstance(part, np.ndarray) for part in right)
    )
    return kinds and 2 <= len(right) <= 4


def _shape(value: Any) -> tuple[int, ...]:
    try:
        return np.shape(value)
    except ValueError:  # rows of different lengths
        return (len(value),)


def _filled(value: Any, number: float) -> Any:
    """Return a value of the same form in which every number is this one."""
    if isinstance(value, list | tuple):
        return type(value)(_filled(part, number) for part in value)
    if isinstance(value, dict):
        return {key: _filled(part, number) for key, part in value.items()}
    if value is None or isinstance(value, str):
        return value
    whole = isinstance(number, int) and np.asarray(value).dtype.kind == "i"
    return np.full(np.shape(value), number, dtype=int if whole else float)[()]


def _numbers(value: Any) -> np.ndarray:
    """Return all numbers in a value, in one row."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return np.concatenate([np.zeros(0), *map(_numbers, value)])
    try:
        return np.asarray(value, dtype=float).ravel()
    except (TypeError, ValueError):  # text
        return np.zeros(0)


def _same(one: Any, other: Any) -> bool:
    return encode(one) == encode(other) or (
        _numbers(one).size > 0 and np.array_equal(_numbers(one), _numbers(other))
    )


def _shown(value: Any) -> str:
    """Return a value on one line."""
    if isinstance(value, tuple) and value:
        return "(" + ", ".join(map(_shown, value)) + ")"
    if isinstance(value, np.ndarray) and value.size == 0:
        return f"an empty array of shape {value.shape}"
    value = value.item() if isinstance(value, np.generic) else value
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:60] + " ..."
