"""Pictures in a submission: only what is one by its first bytes, and only so much of it."""

import base64
import binascii
import re
import struct
from collections.abc import Iterator
from typing import Any

MOST = 10
LARGEST = 6 << 20  # of all pictures of an answer, in base64
MOST_PIXELS = 100_000_000  # of all pictures of an answer; unpacked, a small file can fill a memory
# Colab writes a picture into the text itself.
INLINE = re.compile(r"data:image/[\w.+-]{1,20};base64,([A-Za-z0-9+/=\s]+)")
#: What stands in the text where a picture of Colab stood.
MOVED = "attachment:below"


def picture(coded: str) -> tuple[str, int] | None:
    """Return a picture as a data URI, and its pixels; None for what is no PNG, JPEG, GIF or WebP.

    The bytes decide, not the name that the submission gives them. SVG is not among them: it can
    hold scripts and links.

    Examples
    --------
    >>> picture("R0lGODlhAQABAA==")
    ('data:image/gif;base64,R0lGODlhAQABAA==', 1)
    >>> picture("PHN2Zz48L3N2Zz4=") is None
    True
    """
    try:
        data = base64.b64decode("".join(coded.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        kind, width, height = _measured(data)
    except (struct.error, ValueError):
        return None
    if not width * height > 0:
        return None
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}", width * height


def _measured(data: bytes) -> tuple[str, int, int]:
    """Return kind, width and height; raise ValueError or struct.error for what is no picture."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
        return "png", *struct.unpack_from(">II", data, 16)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif", *struct.unpack_from("<HH", data, 6)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        kind = data[12:16]
        if kind == b"VP8X":
            width, height = (int.from_bytes(data[i : i + 3], "little") for i in (24, 27))
            return "webp", 1 + width, 1 + height
        if kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return "webp", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return "webp", width & 0x3FFF, height & 0x3FFF
    if data.startswith(b"\xff\xd8\xff"):
        place = 2
        while True:
            mark, code, size = struct.unpack_from(">BBH", data, place)
            if mark != 0xFF or size < 2:
                break
            if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
                height, width = struct.unpack_from(">HH", data, place + 5)
                return "jpeg", width, height
            place += 2 + size
    raise ValueError("not a picture")


def pictures_of(cells: list[dict[str, Any]]) -> tuple[list[str], str]:
    """Return the pictures of an answer as data URIs, and what was left out.

    Parameters
    ----------
    cells : list of dict
        As `read_notebook` returns them.

    Returns
    -------
    pictures : list of str
    note : str
        Empty when all are there.
    """
    found: list[str] = []
    size = pixels = left = 0
    for coded in (coded for cell in cells for coded in _coded(cell)):
        one = picture(coded) if len(found) < MOST and size + len(coded) <= LARGEST else None
        if one is None or pixels + one[1] > MOST_PIXELS:
            left += 1
        elif one[0] not in found:
            found.append(one[0])
            size, pixels = size + len(one[0]), pixels + one[1]
    most = f"{MOST} PNG, JPEG, GIF or WebP pictures of together {LARGEST * 3 // 4 >> 20} MB"
    return found, f"{left} picture(s) not shown; an answer may have {most}" if left else ""


def without_pictures(source: str) -> str:
    """Return the text of a cell, without pictures that stand in it as letters."""
    return INLINE.sub(MOVED, source)


def _coded(cell: dict[str, Any]) -> Iterator[str]:
    for match in INLINE.finditer(cell["source"]):
        yield match[1]
    attachments = cell["attachments"]
    for forms in attachments.values() if type(attachments) is dict else ():
        for coded in forms.values() if type(forms) is dict else ():
            if type(coded) is list and all(type(part) is str for part in coded):
                coded = "".join(coded)
            yield coded if type(coded) is str else ""
