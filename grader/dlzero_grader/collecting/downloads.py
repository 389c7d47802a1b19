"""Read what a learning platform gives out: a folder or a zip file. Nothing in it is believed."""

import contextlib
import io
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..sandbox.channel import Limits

Read = Callable[[int], bytes]
#: A zip file that a student has handed in: at most so large, with so many files.
INNER_SIZE, INNER_FILES = 4 * Limits().notebook, 200
_UTF_8, _UNICODE_PATH = 0x800, 0x7075  # a flag of an entry, and an extra field of Info-ZIP
_DAMAGE = (RuntimeError, zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError)


@dataclass(frozen=True)
class File:
    """A file of a download.

    Attributes
    ----------
    path : str
        Its place there. What lies in an inner zip file stands below the name of that.
    saved : datetime or None
        The time of the file itself. It may be the time of the download.
    read : callable
        Returns the bytes, at most as many as asked for.
    """

    path: str
    saved: datetime | None
    read: Read


@dataclass
class Download:
    """What was found, and what was not followed or opened, with the reason."""

    files: list[File] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def read_download(source: str | Path) -> Download:
    """List the files of a folder or zip file, and of the zip files in it.

    Links are not followed: they may lead to the work of another student, or out of the folder.

    Parameters
    ----------
    source : str or Path

    Returns
    -------
    Download
        In the order of the paths.

    Raises
    ------
    FileNotFoundError
        When the source does not exist.
    ValueError
        When it is neither a folder nor a zip file, or a damaged one.
    """
    source, found = Path(source), Download()
    if source.is_dir():
        _list_folder(source, found)
    elif zipfile.is_zipfile(source):
        try:
            _list_zip(lambda: source, "", found)
        except _DAMAGE as error:
            raise ValueError(f"{source} is damaged ({error}); download it again.") from None
    elif source.exists():
        raise ValueError(f"{source} is neither a folder nor a zip file; unpack it first.")
    else:
        raise FileNotFoundError(f"No folder or zip file {source}. Give the download of your class.")
    for file in [file for file in found.files if file.path.lower().endswith(".zip")]:
        found.files.remove(file)
        if trouble := _list_inner(file, found):
            found.left.append((file.path, trouble))
    found.files.sort(key=lambda file: file.path)
    found.left.sort()
    return found


def _list_folder(source: Path, found: Download) -> None:
    for folder, below, names in os.walk(source):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in [*below, *sorted(names)]:
            path = Path(folder, name)
            inner = path.relative_to(source).as_posix()
            about = path.lstat()
            if name.startswith("."):
                continue
            if stat.S_ISLNK(about.st_mode):  # os.walk itself does not follow one
                found.left.append((inner, "a link; it is not followed"))
            elif stat.S_ISREG(about.st_mode):
                saved = datetime.fromtimestamp(about.st_mtime, UTC)
                found.files.append(File(inner, saved, _file_reader(path)))


def _list_inner(file: File, found: Download) -> str:
    """List a zip file inside the download; return why it was left, if it was."""
    data = file.read(INNER_SIZE + 1)
    if len(data) > INNER_SIZE:
        return f"a zip file of more than {INNER_SIZE >> 20} MB; unpack it"
    inner = Download()
    try:
        _list_zip(lambda: io.BytesIO(file.read(INNER_SIZE)), f"{file.path}/", inner)
    except _DAMAGE:
        return "a damaged zip file"
    if not inner.files and not inner.left:
        return "a zip file with nothing in it"
    if len(inner.files) > INNER_FILES:
        return f"a zip file with more than {INNER_FILES} files; unpack it"
    for one in inner.files:
        if one.path.lower().endswith(".zip"):
            found.left.append((one.path, "a zip file in a zip file in a download; unpack it"))
        else:
            found.files.append(one)
    found.left += inner.left
    return ""


def _list_zip(open_: Callable[[], Path | io.BytesIO], above: str, found: Download) -> None:
    with zipfile.ZipFile(open_()) as pack:
        for entry in pack.infolist():
            # The name may lead anywhere, but nothing is written there.
            parts = [
                part for part in re.split(r"[/\\]", name_of(entry)) if part not in ("", ".", "..")
            ]
            if entry.is_dir() or any(part.startswith((".", "__MACOSX")) for part in parts):
                continue
            path = above + "/".join(parts)
            if stat.S_ISLNK(entry.external_attr >> 16):
                found.left.append((path, "a link; it is not followed"))
                continue
            try:  # written without a zone, in the one of whoever packed it
                saved = datetime(*entry.date_time).astimezone(UTC)
            except (ValueError, OverflowError, OSError):
                saved = None
            found.files.append(File(path, saved, _zip_reader(open_, entry)))


def name_of(entry: zipfile.ZipInfo) -> str:
    """Return the path of an entry, also when it is in UTF-8 and the flag for that is missing.

    ``zip`` on Linux and "Compress" on macOS leave the flag out, and Python then reads the bytes
    as code page 437, as the format demands. Of what is neither said nor UTF-8 nobody knows the
    code page, and it stays as Python reads it.
    """
    if entry.flag_bits & _UTF_8:
        return entry.filename
    raw = entry.orig_filename.encode("cp437")  # which has a sign for every byte
    for told in (*_unicode_paths(entry.extra, zlib.crc32(raw)), raw):
        with contextlib.suppress(UnicodeDecodeError):
            return told.decode("utf-8").partition("\0")[0] or entry.filename
    return entry.filename


def _unicode_paths(extra: bytes, crc: int) -> Iterator[bytes]:
    """Yield what the extra fields say about the name with this checksum."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        data, extra = extra[4 : 4 + size], extra[4 + size :]
        # With another checksum somebody has renamed the entry since.
        if kind == _UNICODE_PATH and len(data) > 5 and struct.unpack_from("<BL", data) == (1, crc):
            yield data[5:]


def _file_reader(path: Path) -> Read:
    def read(size: int) -> bytes:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
            return file.read(size)

    return read


def _zip_reader(open_: Callable[[], Path | io.BytesIO], entry: zipfile.ZipInfo) -> Read:
    def read(size: int) -> bytes:
        try:
            with zipfile.ZipFile(open_()) as pack, pack.open(entry) as file:
                return file.read(size)
        except _DAMAGE:
            return b""  # encrypted or damaged: it will be called empty

    return read
