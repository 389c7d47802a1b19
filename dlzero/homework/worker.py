"""The student's side of the pipe: it runs in the sandbox and knows no test.

One JSON object a line comes in, one goes out. Only plain values cross: None, bool, int, float,
str, list, tuple, dict and arrays of numbers. The trusted side imports `encode` and `decode` from
here; the rest is started as ``python worker.py FOLDER ...`` and needs nothing of dlzero.
"""

import base64
import json
import os
import re
import sys
import types

LARGEST_INT = 2**63
DEEPEST = 20
LONGEST_TEXT = 1000
ARRAY_NAMES = ("bool", *(f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)))
ARRAY_NAMES += ("float16", "float32", "float64")


class NotPlain(TypeError):
    """A value that may not cross the pipe."""


def encode(value, depth=0):
    """Return what stands for a plain value in JSON.

    Parameters
    ----------
    value : None, bool, int, float, str, list, tuple, dict, ndarray or NumPy scalar

    Returns
    -------
    None, bool, int, float, str, list or dict

    Raises
    ------
    NotPlain
        For every other value, for text keys that are none, for nesting beyond 20 levels, and for
        a whole number beyond 64 bits.

    Examples
    --------
    >>> encode((1, [2.5, None]))
    {'tuple': [1, [2.5, None]]}
    """
    import numpy as np

    if depth > DEEPEST:
        raise NotPlain(f"values nested more than {DEEPEST} levels deep")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return _encode_array(value)
    if isinstance(value, int):
        if abs(value) >= LARGEST_INT:
            raise NotPlain("a whole number beyond 64 bits")
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [encode(item, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {"tuple": [encode(item, depth + 1) for item in value]}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise NotPlain("a dict with keys that are not str")
        return {"dict": {key: encode(item, depth + 1) for key, item in value.items()}}
    raise NotPlain(type(value).__name__)


def _encode_array(value):
    import numpy as np

    array = np.asarray(value)
    if array.dtype == np.longdouble:
        array = array.astype(float)
    if array.dtype.name not in ARRAY_NAMES:
        raise NotPlain(f"array of dtype {array.dtype}")
    array = array.astype(array.dtype.newbyteorder("<"))
    return {
        "array": base64.b64encode(array.tobytes()).decode(),
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "scalar": isinstance(value, np.generic),
    }


def decode(coded, depth=0):
    """Return the plain value that `encode` wrote; nothing in it is believed.

    Parameters
    ----------
    coded : object
        What ``json.loads`` made of a line.

    Returns
    -------
    None, bool, int, float, str, list, tuple, dict, ndarray or NumPy scalar

    Raises
    ------
    ValueError
        For anything that `encode` does not write.

    Examples
    --------
    >>> decode({"tuple": [1, [2.5, None]]})
    (1, [2.5, None])
    """
    if depth > DEEPEST + 1:
        raise ValueError("nested too deep")
    kind = type(coded)
    if coded is None or kind in (bool, float, str):
        return coded
    if kind is int and abs(coded) < LARGEST_INT:
        return coded
    if kind is list:
        return [decode(item, depth + 1) for item in coded]
    if kind is dict and set(coded) == {"tuple"} and type(coded["tuple"]) is list:
        return tuple(decode(item, depth + 1) for item in coded["tuple"])
    if kind is dict and set(coded) == {"dict"} and type(coded["dict"]) is dict:
        return {key: decode(item, depth + 1) for key, item in coded["dict"].items()}
    if kind is dict and set(coded) == {"array", "dtype", "shape", "scalar"}:
        return _decode_array(**coded)
    raise ValueError("not a plain value")


def _decode_array(array, dtype, shape, scalar):
    import numpy as np

    sizes = type(shape) is list and len(shape) <= 8 and all(type(n) is int for n in shape)
    if not (sizes and type(array) is str and type(dtype) is str and dtype in ARRAY_NAMES):
        raise ValueError("not an array of numbers")
    data = base64.b64decode(array, validate=True)
    kind = np.dtype(dtype).newbyteorder("<")
    expected = kind.itemsize
    for n in shape:
        if not 0 <= n < 2**31:
            raise ValueError("not the shape of an array")
        expected *= n
    if len(data) != expected:
        raise ValueError("shape and bytes of an array differ")
    values = np.frombuffer(data, kind).reshape(shape).astype(dtype)
    return values[()] if scalar is True and not shape else values


class Nothing(types.ModuleType):
    """Stands for a library that draws: takes everything, does nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **kwargs):
        """Do nothing."""
        return self

    def __getitem__(self, key):
        return self

    def __iter__(self):  # fig, ax = plt.subplots()
        return iter((self, self))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class Worker:
    """The student's names, and what may be asked of them."""

    def __init__(self):
        module = types.ModuleType("__main__")
        sys.modules["__main__"] = module
        self.names = vars(module)
        self.names["display"] = Nothing("display")
        for name in ("matplotlib", "matplotlib.pyplot", "IPython", "IPython.display"):
            sys.modules[name] = Nothing(name)

    def run(self, name, source):
        """Run a cell; what it defined before an error stays, as in a notebook."""
        exec(compiled(source, f"<{name}>"), self.names)
        return {}

    def look(self, names):
        """Say for each name whether it is called, is a value, or may not cross."""
        found = {}
        for name in names:
            if name not in self.names:
                continue
            value = self.names[name]
            if callable(value) and not isinstance(value, Nothing):
                found[name] = {"call": True}
                continue
            try:
                found[name] = {"value": encode(value)}
            except NotPlain as error:
                found[name] = {"strange": str(error)}
        return {"names": found}

    def call(self, name, args, kwargs):
        """Call a function; tell as well which of its arguments it changed."""
        args = [decode(value) for value in args]
        kwargs = {key: decode(value) for key, value in kwargs.items()}
        before = [encode(value) for value in args]
        try:
            answer = encode(self.names[name](*args, **kwargs))
        except NotPlain as error:
            return {"strange": str(error)}
        after = [encode(value) for value in args]
        changed = [[i, b] for i, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]
        return {"value": answer, "changed": changed}


def compiled(source, place):
    """Compile a cell, without what only a notebook understands."""
    try:
        try:
            return compile(source, place, "exec")
        except SyntaxError:
            return compile(without_magics(source), place, "exec")
    except (MemoryError, RecursionError):  # which of them depends on the version of Python
        raise SyntaxError("nested too deep") from None


def without_magics(source):
    """Replace lines that only a notebook understands, such as ``%matplotlib inline``."""
    lines = source.split("\n")
    for i, line in enumerate(lines):
        bare = line.lstrip()
        if bare.startswith(("%", "!", "?")) or re.fullmatch(r"[\w.*]+\?{1,2}\s*", bare):
            lines[i] = line[: len(line) - len(bare)] + "pass"
    return "\n".join(lines)


def text_of(error):
    """Return the message of an error, which is the student's and may itself fail."""
    try:
        return str(error)[:LONGEST_TEXT]
    except BaseException:
        return "its message cannot be read"


def drop_rights(limits):
    """Set the limits, and stop being root."""
    import resource

    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(number)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))


def serve(pipe_in, pipe_out):
    """Answer requests until the pipe closes."""
    home, reserve = os.getpid(), bytearray(1 << 23)
    worker = Worker()
    actions = {"run": worker.run, "look": worker.look, "call": worker.call}
    for line in pipe_in:
        request = json.loads(line)
        number, action = request.pop("number"), request.pop("do")
        try:
            reply = actions[action](**request)
        except BaseException as error:  # whatever a student's code may raise
            if type(error) is MemoryError:
                del reserve  # makes room for the reply, after which this process is ended
            reply = {"raised": type(error).__name__, "text": text_of(error)}
        if os.getpid() != home:  # a child that came back from fork()
            os._exit(0)
        pipe_out.write(json.dumps({"number": number, **reply}).encode() + b"\n")
        pipe_out.flush()


def main():
    """Take the pipe out of the way, then limits, then NumPy, then the student's code."""
    settings = json.loads(sys.argv[1])
    pipe_in, pipe_out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    sys.path[:0] = settings["path"]
    drop_rights(settings["limits"])
    if settings["uid"] is not None:
        os.setgroups([])
        os.setgid(settings["uid"])
        os.setuid(settings["uid"])
    sys.argv[1:] = []
    import numpy  # noqa: F401

    os.dup2(nowhere, 2)  # until here, an error says why the sandbox does not start
    pipe_out.write(b'{"number": 0}\n')
    pipe_out.flush()
    serve(pipe_in, pipe_out)


if __name__ == "__main__":
    main()
