"""Formulas as MathML: what the pages show, and the font that they are set in."""

import re
import shutil
from xml.etree import ElementTree

import dlzero_formulas as formulas
import pytest
from fontTools.ttLib import TTFont
from lint_lessons.repository import ROOT

FONT = ROOT / "_vendor" / "public" / "vendor" / "stix-two-math.woff2"


@pytest.fixture(scope="module")
def mathml():
    if not formulas.SCRIPT.exists():
        pytest.skip("no formulas.mjs: run make test")
    program = formulas.Formulas()
    yield program.mathml
    program.close()


def parts(text):
    """Return the formulas that a text of MathML holds."""
    return list(ElementTree.fromstring(f"<div>{text}</div>"))


def plain(element):
    return "".join(element.itertext())


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("w", "<math><mi>w</mi></math>"),
        ("w = 0", "<math><mi>w</mi><mo>=</mo><mn>0</mn></math>"),
        (r"\frac{1}{2}", "<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>"),
        ("v_t", "<math><msub><mi>v</mi><mi>t</mi></msub></math>"),
    ],
)
def test_short_formulas_are_written_without_a_row_too_many(mathml, tex, expected):
    assert mathml(tex, False) == expected


def test_a_formula_that_stands_alone_says_so(mathml):
    (formula,) = parts(mathml(r"\sum_i x_i = 1 + 2 + 3 + 4 + 5", True))
    assert formula.get("display") == "block"
    assert formula.find(".//munder") is not None


def test_a_long_formula_breaks_behind_its_signs(mathml):
    long = parts(mathml(r"w_{k+1} = w_k - \eta v_{k+1} + (a - b)", False))
    assert [plain(part) for part in long] == ["wk+1=", "wk−", "ηvk+1+", "(a−b)"]
    # A sign at an end would be spaced as one that stands behind.
    assert [part[-1].get("form") for part in long[:-1]] == ["infix"] * 3
    assert len(parts(mathml("a = b + c", False))) == 1


def test_a_prime_is_not_raised_twice(mathml):
    (formula,) = parts(mathml("f'(z)", False))
    assert plain(formula) == "f′(z)"
    assert formula.find(".//msup") is None
    (squared,) = parts(mathml("f^2", False))
    assert squared.find("msup") is not None


def test_dots_and_aligned_signs_are_spaced_as_in_tex(mathml):
    (formula,) = parts(mathml(r"1 + \dots", False))
    dots = next(sign for sign in formula.iter("mo") if sign.text == "…")
    assert (dots.get("lspace"), dots.get("rspace")) == ("0", "0")
    (aligned,) = parts(mathml(r"\begin{aligned} a &= b \\ &+ c \end{aligned}", True))
    signs = {sign.text: sign.get("form") for sign in aligned.iter("mo")}
    assert signs == {"=": "infix", "+": "infix"}


@pytest.mark.parametrize("tex", [r"\frac{1}", r"\nobody", "a & b", "{", r"\begin{aligned}"])
def test_what_is_wrong_is_said_and_the_program_goes_on(mathml, tex):
    with pytest.raises(ValueError, match=r"\w"):
        mathml(tex, False)
    assert mathml("x", False) == "<math><mi>x</mi></math>"


def test_markup_in_a_formula_stays_text(mathml):
    (formula,) = parts(mathml(r"\text{<b>x</b>} < 1", False))
    assert plain(formula) == "<b>x</b><1"
    assert formula.find(".//b") is None


def test_without_the_script_the_message_says_what_to_do(monkeypatch, tmp_path, capfd):
    monkeypatch.setattr(formulas, "SCRIPT", tmp_path / "none.mjs")
    program = formulas.Formulas()
    with pytest.raises(formulas.ExtensionError, match=r"Run: make book"):
        program.mathml("x", False)
    program.close()


@pytest.fixture(scope="module")
def font():
    if not FONT.exists():
        pytest.skip("no font: run make test")
    return TTFont(FONT)


def test_the_font_has_its_table_for_formulas_and_is_small(font):
    assert FONT.stat().st_size < 80_000
    assert font["MATH"].table.MathConstants.AxisHeight.Value > 0


def test_signs_of_a_root_are_equally_wide(font):
    root, variants = font.getBestCmap()[ord("√")], font["MATH"].table.MathVariants
    taller = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    names = [record.VariantGlyph for record in taller.MathGlyphVariantRecord]
    names += [part.glyph for part in taller.GlyphAssembly.PartRecords]
    assert len(names) > 4
    assert len({font["hmtx"][name][0] for name in [root, *names]}) == 1


def italic(sign):
    """Return the letter that a browser takes for a name of one letter, as Unicode has it."""
    if "a" <= sign <= "z":
        return "ℎ" if sign == "h" else chr(0x1D44E + ord(sign) - ord("a"))
    if "A" <= sign <= "Z":
        return chr(0x1D434 + ord(sign) - ord("A"))
    if "α" <= sign <= "ω":
        return chr(0x1D6FC + ord(sign) - ord("α"))
    if "Α" <= sign <= "Ω":
        return chr(0x1D6E2 + ord(sign) - ord("Α"))
    return sign


def test_the_font_has_every_sign_of_the_lessons(font, mathml):
    found = set()
    for path in [*ROOT.glob("lessons/**/*.ipynb"), *ROOT.glob("book/*.md")]:
        text = (
            path.read_text("utf-8").replace("\\\\", "\\")
            if path.suffix == ".ipynb"
            else (path.read_text("utf-8"))
        )
        for tex in re.findall(r"(?<![\\$`])\$([^$`\n\"]+)\$(?![$`])", text):
            try:
                found |= {
                    italic(leaf.text) if leaf.tag == "mi" and len(leaf.text) == 1 else leaf.text
                    for part in parts(mathml(tex, False))
                    for leaf in part.iter()
                    if leaf.text and not len(leaf)
                }
            except ValueError:
                continue  # no formula: money, or a command line
    signs = set("".join(found))
    assert {"𝜂", "𝑤", "∂"} <= signs
    assert {sign for sign in signs if ord(sign) not in font.getBestCmap()} == set()


def test_node_of_the_wheel_is_used_where_there_is_no_other(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert formulas.node() == formulas.WHEEL
