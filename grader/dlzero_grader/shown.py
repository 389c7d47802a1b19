"""Text of strangers, such as names of files: shown so that it can do no harm."""

import re
import unicodedata

# What may begin a formula, where a spreadsheet may begin a cell: it may split at any of these.
_FORMULA = re.compile(r"""(^|[,;\t\r\n"'|])(\s*)(?=[=+\-@])""")
_GUARDED = re.compile(r"""(^|[,;\t\r\n"'|])(\s*)'(?=[=+\-@])""")


def visible(text: str) -> str:
    r"""Return text in which no character moves the cursor, turns the line or hides.

    Examples
    --------
    >>> visible("a\x1b[2J\u202eb")
    'a\\x1b[2J\\u202eb'
    """
    return "".join(
        character
        if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else character.encode("ascii", "backslashreplace").decode()
        if ord(character) > 127
        else f"\\x{ord(character):02x}"
        for character in text
    )


def cell(text: str) -> str:
    """Return text for a table: visible, and no formula wherever a spreadsheet splits it.

    Examples
    --------
    >>> cell("=1+1;=2")
    "'=1+1;'=2"
    """
    return _FORMULA.sub(r"\1\2'", visible(text))


def uncell(text: str) -> str:
    """Return the text of a cell without the guards of `cell`."""
    return _GUARDED.sub(r"\1\2", text)
