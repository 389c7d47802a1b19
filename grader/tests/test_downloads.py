"""What is read of a download, and what is not."""

import io
import os
import struct
import unicodedata
import zipfile
import zlib

import pytest

from dlzero_grader.collecting.downloads import INNER_FILES, INNER_SIZE, name_of, read_download
from dlzero_grader.files import write
from dlzero_grader.sandbox.channel import Limits


def packed(**files):
    """Return the bytes of a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, data in files.items():
            pack.writestr(name, data)
    return out.getvalue()


def found(source):
    download = read_download(source)
    return {file.path: file.read(100) for file in download.files}, dict(download.left)


def test_links_are_named_and_not_followed(tmp_path):
    write(tmp_path / "in" / "hw01-bob" / "hw01.ipynb", "of Bob")
    write(tmp_path / "secret" / "hw01.ipynb", "private")
    for name, target in (
        ("hw01-eve/hw01.ipynb", "../hw01-bob/hw01.ipynb"),
        ("hw01-max", "hw01-bob"),
        ("hw01-zoe", tmp_path / "secret"),
        ("gone.ipynb", "nowhere"),
    ):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).symlink_to(target)
    os.mkfifo(tmp_path / "in" / "pipe.ipynb")
    files, left = found(tmp_path / "in")
    assert files == {"hw01-bob/hw01.ipynb": b"of Bob"}
    assert set(left) == {"gone.ipynb", "hw01-eve/hw01.ipynb", "hw01-max", "hw01-zoe"}


def test_links_in_a_zip_file_are_named(tmp_path):
    link = zipfile.ZipInfo("1001.ipynb")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as pack:
        pack.writestr(link, "/etc/passwd")
    assert found(tmp_path / "in.zip") == ({}, {"1001.ipynb": "a link; it is not followed"})


def test_a_hostile_zip_is_read_and_nothing_is_written(tmp_path):
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("../../1001/hw01.ipynb", "up")
        pack.writestr("/etc/1001-2.ipynb", "absolute")
        pack.writestr("..\\1003\\hw01.ipynb", bytes(50_000_000))
        pack.writestr("__MACOSX/1002.ipynb", "junk")
        pack.writestr("1002/.ipynb_checkpoints/1002.ipynb", "old")
    files, _ = found(tmp_path / "in.zip")
    assert sorted(files) == ["1001/hw01.ipynb", "1003/hw01.ipynb", "etc/1001-2.ipynb"]
    assert [path.name for path in tmp_path.iterdir()] == ["in.zip"]


def test_a_zip_file_of_a_student_is_opened_one_level_deep(tmp_path):
    write(tmp_path / "in" / "a.zip", packed(**{"x/hw01.ipynb": "a", "deep.zip": packed(y="y")}))
    write(tmp_path / "in" / "b.ZIP", b"PK no zip file")
    write(tmp_path / "in" / "c.zip", packed(**{f"{n}.ipynb": "" for n in range(INNER_FILES + 1)}))
    write(tmp_path / "in" / "d.zip", bytes(INNER_SIZE + 1))
    whole = packed(**{"hw01.ipynb": "cut" * 1000})
    write(tmp_path / "in" / "e.zip", whole[: len(whole) // 2])
    files, left = found(tmp_path / "in")
    assert files == {"a.zip/x/hw01.ipynb": b"a"}
    assert set(left) == {"a.zip/deep.zip", "b.ZIP", "c.zip", "d.zip", "e.zip"}
    assert "unpack it" in left["d.zip"]


def test_a_bomb_is_read_to_the_limit(tmp_path):
    write(tmp_path / "in.zip", packed(**{"a.zip": packed(**{"b.ipynb": bytes(50_000_000)})}))
    (file,) = read_download(tmp_path / "in.zip").files
    assert len(file.read(Limits().notebook + 1)) == Limits().notebook + 1


def test_a_damaged_entry_is_empty(tmp_path):
    data = bytearray(packed(**{"1.ipynb": "some text"}))
    data[40] ^= 0xFF
    write(tmp_path / "in.zip", bytes(data))
    assert found(tmp_path / "in.zip")[0] == {"1.ipynb": b""}


def test_a_source_that_is_nothing_is_refused(tmp_path):
    write(tmp_path / "a.rar", "x")
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        read_download(tmp_path / "a.rar")
    with pytest.raises(FileNotFoundError, match="No folder or zip"):
        read_download(tmp_path / "b")


def bare_zip(path, names, extra=None):
    """Write a zip file as ``zip`` does on Linux and macOS: names in bytes, without any flag."""

    class Bare(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):
            return names[self.filename], 0

    with zipfile.ZipFile(path, "w") as pack:
        for name, raw in names.items():
            entry = Bare(name)
            entry.extra = extra(raw) if extra else b""
            pack.writestr(entry, name)


@pytest.mark.parametrize(
    "name",
    [
        "王小明_1_assignsubmission_file/hw01.ipynb",
        unicodedata.normalize("NFC", "José.ipynb"),
        unicodedata.normalize("NFD", "José.ipynb"),  # as macOS writes it
        "Ærø – 1.ipynb",
    ],
)
def test_a_name_in_utf_8_is_read_without_its_flag(tmp_path, name):
    bare_zip(tmp_path / "in.zip", {name: name.encode()})
    assert found(tmp_path / "in.zip")[0] == {name: name.encode()[:100]}
    bare_zip(tmp_path / "inner.zip", {name: name.encode()})
    write(tmp_path / "in" / "inner.zip", (tmp_path / "inner.zip").read_bytes())
    assert list(found(tmp_path / "in")[0]) == [f"inner.zip/{name}"]


def test_a_name_in_another_code_page_stays_as_the_format_demands(tmp_path):
    names = {"Jose.ipynb": "José.ipynb".encode("cp437"), "kanji.ipynb": "漢字.ipynb".encode("gbk")}
    bare_zip(tmp_path / "in.zip", names)
    read = {raw.decode("cp437") for raw in names.values()}
    assert set(found(tmp_path / "in.zip")[0]) == read
    assert "José.ipynb" in read


@pytest.mark.parametrize(
    ("change", "read"),
    [
        (lambda crc, raw: struct.pack("<BL", 1, crc) + raw, "漢字.ipynb"),
        (lambda crc, raw: struct.pack("<BL", 1, crc ^ 1) + raw, "é.ipynb"),  # was renamed since
        (lambda crc, raw: struct.pack("<BL", 2, crc) + raw, "é.ipynb"),
    ],
)
def test_the_name_in_the_extra_field_counts_when_it_belongs_to_the_entry(tmp_path, change, read):
    def extra(raw):
        data = change(zlib.crc32(raw), "漢字.ipynb".encode())
        before = struct.pack("<HH", 0x5455, 1) + b"\0"
        return before + struct.pack("<HH", 0x7075, len(data)) + data

    bare_zip(tmp_path / "in.zip", {"a": "é.ipynb".encode("cp437")}, extra)
    assert list(found(tmp_path / "in.zip")[0]) == [read]


@pytest.mark.parametrize("data", [b"", b"\1", b"\1\0\0\0\0", None, b"\xff"])
def test_an_extra_field_that_cannot_be_read_says_nothing(data):
    entry = zipfile.ZipInfo("é.ipynb")  # newer versions of Python refuse to open some of them
    if data is None:
        entry.extra = b"\x75\x70\xff"
    else:
        head = struct.pack("<BL", 1, zlib.crc32("é.ipynb".encode("cp437")))
        data = head + data if data == b"\xff" else data
        entry.extra = struct.pack("<HH", 0x7075, len(data)) + data
    assert name_of(entry) == "é.ipynb"


def test_a_damaged_download_is_said(tmp_path):
    data = bytearray(packed(**{"a.ipynb": "a"}))
    data[data.index(b"PK\1\2")] = 0
    write(tmp_path / "in.zip", bytes(data))
    with pytest.raises(ValueError, match=r"is damaged .*download it again"):
        read_download(tmp_path / "in.zip")
