"""Free responses with pictures and formulas: shown, and harmless."""

import base64
import json
import math
import re
import struct
from html.parser import HTMLParser

import pytest
from by_hand import DEMO, STUDENTS, row_of, rows_of
from classroom.hostile_class import needs_sandbox
from classroom.submissions import answered, packed
from hypothesis import example, given
from hypothesis import strategies as st

from dlzero_grader import pictures
from dlzero_grader.grading.select import select_pictures, select_written
from dlzero_grader.grading.trusted import Grader
from dlzero_grader.marking.formulas import LONGEST, readable
from dlzero_grader.marking.manual import write_manual
from dlzero_grader.notebook import read_notebook
from dlzero_grader.pictures import picture, pictures_of
from dlzero_grader.row import Row

SMALL, WIDE = (40, 30), (11_000, 10_000)


def png(width, height):
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"rest"


def gif(width, height):
    return b"GIF89a" + struct.pack("<HH", width, height) + b"rest"


def jpeg(width, height):
    start = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc4\0\x03c"
    return start + b"\xff\xc2\0\x0b\x08" + struct.pack(">HH", height, width) + b"rest"


def webp(width, height):
    sides = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    return b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + sides


def webp_lossy(width, height):
    head = b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a"
    return head + struct.pack("<HH", width, height)


def webp_lossless(width, height):
    bits = (width - 1) | (height - 1) << 14
    return b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", bits)


KINDS = {"png": png, "jpeg": jpeg, "gif": gif, "webp": webp}
BYTES = {kind: made(*SMALL) for kind, made in KINDS.items()}
CODED = {kind: base64.b64encode(data).decode() for kind, data in BYTES.items()}
SHOWN = {kind: f"data:image/{kind};base64,{text}" for kind, text in CODED.items()}
MATHML = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub"),
    *("msup", "msubsup", "munder", "mover", "munderover", "mtable", "mtr", "mtd"),
}


class Tags(HTMLParser):
    """Collect the elements of a page, and see that each is closed."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open, self.attributes, self.text = set(), [], set(), ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.found.add(tag)
        self.attributes |= {name for name, _ in attributes}
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("kind", BYTES)
def test_the_bytes_say_what_a_picture_is(kind):
    assert picture(CODED[kind])[0] == SHOWN[kind]
    assert picture(f" {CODED[kind][:6]}\n{CODED[kind][6:]}\n")[0] == SHOWN[kind]


@pytest.mark.parametrize("made", [*KINDS.values(), webp_lossy, webp_lossless])
def test_a_picture_that_would_fill_the_memory_is_none(made):
    small, wide = (base64.b64encode(made(*size)).decode() for size in (SMALL, WIDE))
    assert picture(small)[1] == SMALL[0] * SMALL[1]
    attachments = {"wide": {"image/any": wide}, "small": {"image/any": small}}
    assert pictures_of([cell("", attachments)])[0] == [picture(small)[0]]
    assert all(picture(base64.b64encode(made(*SMALL)[:n]).decode()) is None for n in range(10))


@given(st.binary(max_size=40).map(lambda rest: b"\xff\xd8\xff" + rest))
def test_any_bytes_are_looked_at_to_an_end(data):
    found = picture(base64.b64encode(data).decode())
    assert (found or [None])[0] in (
        None,
        f"data:image/jpeg;base64,{base64.b64encode(data).decode()}",
    )


@pytest.mark.parametrize(
    "data",
    [
        b"<svg onload=alert(1)></svg>",
        b"<html>",
        b"%PDF-1.4",
        b"",
        b"RIFF\x00\x00\x00\x00WAVEVP8X" + bytes(20),
        b" " + png(*SMALL),
        b"GIF88a" + bytes([1, 0, 1, 0]),
        gif(0, 0),
    ],
)
def test_nothing_else_is_a_picture(data):
    assert picture(base64.b64encode(data).decode()) is None


@pytest.mark.parametrize("text", ["R0lG*ODlh", '"><script>', "R0lGODl", "é"])
def test_what_is_not_base64_is_no_picture(text):
    assert picture(text) is None


def cell(source="", attachments=None):
    return {"source": source, "attachments": attachments}


def test_what_is_attached_is_found():
    attachments = {
        "page.png": {"image/png": CODED["png"]},
        "photo": {"image/svg+xml": [CODED["jpeg"][:4], CODED["jpeg"][4:]]},
        "same.png": {"image/png": CODED["png"]},
    }
    inline = f"![x](data:image/png;base64,{CODED['gif']}) and text"
    found, note = pictures_of([cell(inline, attachments), cell()])
    assert (found, note) == ([SHOWN["gif"], SHOWN["png"], SHOWN["jpeg"]], "")


@pytest.mark.parametrize(
    "attachments",
    [3, [], "x", {"a": 3}, {"a": {"image/png": 3}}, {"a": {"image/png": [3]}}, {"a": []}],
)
def test_strange_attachments_are_left_out(attachments):
    assert pictures_of([cell("", attachments)])[0] == []


def test_many_pictures_together_do_not_fill_the_memory():
    side = math.isqrt(pictures.MOST_PIXELS // 2)
    many = [base64.b64encode(png(side, side - n)).decode() for n in range(4)]
    found, note = pictures_of([cell("", {str(n): {"a": one} for n, one in enumerate(many)})])
    assert found == [picture(one)[0] for one in many[:2]]
    assert note.startswith("2 picture(s) not shown")


def test_there_is_an_end_to_pictures(monkeypatch):
    many = {f"{n}.gif": {"image/gif": base64.b64encode(gif(1, n + 1)).decode()} for n in range(13)}
    found, note = pictures_of([cell("", many)])
    assert len(found) == 10
    assert note.startswith("3 picture(s) not shown; an answer may have 10 PNG, JPEG, GIF or WebP")
    monkeypatch.setattr(pictures, "LARGEST", 45)
    assert len(pictures_of([cell("", many)])[0]) == 1
    assert pictures_of([cell("", {"a": {"image/svg+xml": "PHN2Zz4="}})])[1].startswith("1 picture")


def notebook(*cells):
    made = [
        {"cell_type": "markdown", "metadata": {"nbgrader": {"grade_id": id}}, "source": source}
        | more
        for id, source, more in cells
    ]
    return read_notebook(json.dumps({"nbformat": 4, "metadata": {}, "cells": made}).encode())[1]


@pytest.mark.parametrize("id", ["q4", "lost"])
def test_a_picture_goes_with_its_answer(id):
    source = f"See ![page](attachment:page.png) ![](data:image/gif;base64,{CODED['gif']})."
    more = {"attachments": {"page.png": {"image/png": CODED["png"]}}}
    cells = notebook((id, source, more))
    expected = "See ![page](attachment:page.png) ![](attachment:below)."
    assert select_written(DEMO, cells)[0] == {"q4": expected}
    assert select_pictures(DEMO, cells) == ({"q4": [SHOWN["gif"], SHOWN["png"]]}, [])
    assert select_pictures(DEMO, notebook((id, "See.", {})))[0] == {"q4": []}


def test_a_long_picture_in_the_text_takes_no_words_away():
    long = base64.b64encode(png(*SMALL) + bytes(30_000)).decode()
    source = f"![](data:image/png;base64,{long})\nBecause of this."
    assert select_written(DEMO, notebook(("q4", source, {})))[0]["q4"].endswith("Because of this.")


def test_a_note_says_what_is_not_shown():
    cells = notebook(("q4", "See.", {"attachments": {"a": {"image/svg+xml": "PHN2Zz4="}}}))
    found, notes = select_pictures(DEMO, cells)
    assert found == {"q4": []}
    assert notes[0].startswith("q4: 1 picture(s) not shown; an answer may have 10 PNG")


def test_a_row_carries_the_pictures():
    row = row_of("ada", text="See.", pictures=[SHOWN["png"]])
    assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row
    old = row.to_json()
    del old["written"]["q4"]["pictures"]  # of an earlier grader
    assert Row.from_json(old).written["q4"].pictures == []


@needs_sandbox
def test_a_picture_comes_through_the_grader():
    notebook = answered(q4="See ![page](attachment:page.png)")
    for cell in notebook["cells"]:
        if cell["id"] == "q4":
            cell["attachments"] = {"page.png": {"image/png": CODED["png"]}, "x": {"a": "PHN2Zz4="}}
    with Grader(DEMO) as grader:
        row = grader.grade(packed(notebook))
    assert row.status == "graded"
    assert row.written["q4"].text == "See ![page](attachment:page.png)"
    assert row.written["q4"].pictures == [SHOWN["png"]]
    assert any(note.startswith("q4: 1 picture(s) not shown") for note in row.notes)


def test_the_page_shows_pictures_and_formulas(tmp_path):
    rows = rows_of(ada="With $w_1$ <i>")
    rows["ada"].written["q4"].pictures = [SHOWN["png"], SHOWN["jpeg"]]
    write_manual(tmp_path, DEMO, STUDENTS, rows)
    text = (tmp_path / "report" / "demo" / "manual.html").read_text("utf-8")
    assert text.count(f'<img src="{SHOWN["png"]}" alt="picture 1"') == 1
    assert text.count(f'<img src="{SHOWN["jpeg"]}" alt="picture 2"') == 1
    assert "<msub><mi>w</mi><mn>1</mn></msub>" in text
    assert "&lt;i&gt;" in text
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text)[1]
    allowed = {"default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"}
    assert set(policy.split("; ")) == allowed


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("$x$", "<mi>x</mi>"),
        (r"$\frac{a}{b}$", "<mfrac><mrow><mi>a</mi></mrow><mrow><mi>b</mi></mrow></mfrac>"),
        (r"$w \leftarrow w - \eta \nabla L$", "<mo>←</mo><mi>w</mi><mo>−</mo><mi>η</mi><mo>∇</mo>"),
        ("$$x$$", '<math display="block">'),
        ("$$\nx\n$$", "<mi>x</mi>"),
        (r"\(x\)", '<math display="inline">'),
        (r"\[x\]", '<math display="block">'),
        (r"\begin{align*}a &= b \\ c &= d\end{align*}", "<mtable"),
        (r"$\text{<b>}$", "<mtext>&lt;b&gt;</mtext>"),
        (r"$\text{a&#x0202E;b}$", "<mtext>ab</mtext>"),
        (r"$\text{&lt;b&gt;}$", "<mtext>&amp;lt;b&amp;gt;</mtext>"),
    ],
)
def test_formulas_are_readable(text, inside):
    shown = str(readable(f"<u> {text} & so"))
    assert inside in shown
    assert shown.startswith("&lt;u&gt; <span title=")
    assert shown.endswith("</span> &amp; so")
    assert Tags(shown).found - {"span"} <= MATHML


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $6.",
        r"\$x\$",
        "$ x $",
        "one $",
        "$$",
        "$\nx\n$",
        r"$\left( x$",
        r"$x^$",
        r"$\frac{a$",
        r"$\newcommand{\a}{\a\a}\a$",
        r"$\def\a{\a\a}\a$",
        r"$\newcommand{\a}{x}\a$",  # not even a harmless one: short macros make long formulas
        r"$\def\a{x}\a$",
        "$" + "{" * LONGEST + "}" * LONGEST + "$",
        "$" + "{" * 100 + "}" * 100 + "$",
    ],
    ids=range(15),
)
def test_what_is_no_formula_stays_text(text):
    shown = Tags(str(readable(text)))
    assert shown.found == set()
    assert shown.text == text


HOSTILE = (
    r"\href{javascript:alert(1)}{x}",
    r"\style{background:url(//x)}{x}",
    r"\class{x}{y}",
    r"\color{red}{x}",
    r"\phantom{x}",
    r"\text{</math><script>alert(1)</script>}",
    r"\text{&#x0003C;script&#x0003E;}",
    r"\mathrm{<img src=x onerror=alert(1)>}",
    r'\href{" onclick="alert(1)}{x}',
    r"\begin{array}{c\"onclick=1}x\end{array}",
    r"\bbox[red]{x}",
    r"\boxed{x}",
)
PIECES = st.sampled_from([*HOSTILE, *r"abx12{}^_&<>\"'", "\\frac", "\\sqrt", "\\left(", "\\right)"])


@given(st.lists(PIECES, max_size=12).map("".join))
@example("".join(HOSTILE[:4]))
@example(HOSTILE[4])
@example(HOSTILE[5])
@example(HOSTILE[6])
@example(HOSTILE[7])
@example(HOSTILE[8])
@example(HOSTILE[9])
@example(HOSTILE[10])
@example(HOSTILE[11])
def test_no_formula_is_more_than_a_formula(source):
    shown = Tags(str(readable(f"${source}$")))
    assert shown.found <= {*MATHML, "span"}
    assert shown.attributes <= {
        *("accent", "columnalign", "display", "displaystyle", "fence", "form", "linethickness"),
        *("mathvariant", "stretchy", "width", "title"),
    }
    assert (shown.found == set()) == (shown.text == f"${source}$")


@given(st.text(max_size=60))
def test_every_other_text_is_escaped(text):
    text = text.replace("$", "").replace("\\", "")
    shown = Tags(str(readable(text)))
    assert shown.found == set()


def test_colours_and_hiding_are_not_for_an_answer():
    shown = str(readable(r"$\phantom{x}$ $\color{white}{y}$"))
    assert "<mi>x</mi>" in shown
    assert "<mi>y</mi>" in shown
    assert "phantom" not in Tags(shown).found
    assert "mathcolor" not in Tags(shown).attributes
