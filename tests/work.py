"""How much work a call is, on every machine the same: the lines of Python that it runs."""

import sys


def lines_run(call, file=None):
    """Call a function; return how many lines of Python it ran, or how many of one file."""
    lines = 0

    def count(frame, event, argument):
        nonlocal lines
        lines += event == "line" and file in (None, frame.f_code.co_filename)
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        call()
    finally:
        sys.settrace(before)
    return lines
