"""Say what a Python needs to run: ``python -I -S probe.py FOLDER_OF_NUMPY``.

It loads all the compiled parts of the standard library and of NumPy, and asks the system which
shared libraries came with them. `view` starts it, with the Python that the sandbox will use.
"""

import contextlib
import ctypes
import json
import os
import sys
from typing import Any

#: Stands for windows, tests and terminals, which the sandbox does not have.
UNNEEDED = ("_tkinter", "_test", "_ctypes_test", "_xxtestfuzz", "xx", "_curses", "readline", "nis")


def load(folder: str) -> None:
    """Load the compiled modules below a folder; those that do not load are of no use inside."""
    for place, _, names in os.walk(folder):
        for name in names:
            if ".so" in name and not name.startswith(UNNEEDED):
                with contextlib.suppress(OSError):
                    ctypes.CDLL(os.path.join(place, name))


def loaded() -> list[str]:
    """Return the shared libraries of this process, under the names by which they were found."""

    class Info(ctypes.Structure):
        _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]

    found = []

    @ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
    def see(info: Any, size: int, data: object) -> int:
        name = info.contents.name
        if name and b"/" in name:
            found.append(os.fsdecode(name))
        return 0

    ctypes.CDLL(None).dl_iterate_phdr(see, None)
    return found


def main() -> None:
    """Print the answer as JSON."""
    path = [place for place in sys.path if os.path.exists(place)]
    for place in path:
        if os.path.basename(place) == "lib-dynload":
            load(place)
    load(sys.argv[1])
    with contextlib.suppress(OSError):
        ctypes.CDLL("libgcc_s.so.1")  # the C library loads it when a thread ends
    modules = sorted(sys.stdlib_module_names)
    print(json.dumps({"path": path, "libraries": loaded(), "modules": modules}))


if __name__ == "__main__":
    main()
