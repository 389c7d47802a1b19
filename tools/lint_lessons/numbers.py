"""The rule of numbers: what prose says, code has computed."""

import io
import re
import tokenize

from .page import captions_in, is_question, plain, texts_of

NUMBER = re.compile(r"(?<![\w.])[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?![\d])")
#: "Figure 1.2" and "Python 3.11" name something; they measure nothing.
NAMED = re.compile(
    r"\b(?:sections?|chapters?|lessons?|figures?|tables?|equations?|exercises?|questions?|"
    r"theorems?|python|numpy|version|§)\s*\d+(?:\.\d+)*(?:(?:,| and| to|–)\s*\d+(?:\.\d+)+)*",
    re.IGNORECASE,
)


def numbers_in_prose_are_computed(page, known):
    """Every decimal, and every number of three or more digits, stands in an output or in code.

    It may be rounded. A cell's metadata can allow numbers that nothing computes, such as the
    page of a book: ``"dlzero": {"numbers": ["386"]}``. Years (1700 to 2100), links, citations,
    code spans and displayed formulas are not looked at.
    """
    computed = []
    for block in page.code:
        computed += _numbers_of_code(block.text)
        typed = [part for _, parts in captions_in(block.text) for part in parts if part.strip()]
        for text in texts_of(block.cell):
            for part in typed:  # a caption that somebody typed is prose, not a result
                text = text.replace(part, " ")
            computed += [(n, float(n)) for n in _numbers_of(text)]
    problems = []
    for where, number, around in _claims(page):
        allowed = page.cells[where].metadata.get("dlzero", {}).get("numbers", [])
        if number not in allowed and not any(_rounds_to(value, number) for _, value in computed):
            problems.append(f"cell {where}: nothing computes {number} ({around[:60]!r})")
    return problems


def _numbers_of(text):
    """Return the numbers of a text, as Python would write them."""
    text = re.sub(r"\\[a-zA-Z]+|\{,\}", lambda m: "" if m[0] == "{,}" else " ", text)
    return [found.replace(",", "").replace("−", "-") for found in NUMBER.findall(text)]


def _numbers_of_code(source):
    """Return the numbers that a code cell types, outside its strings and comments."""
    source = "\n".join(
        line if not re.match(r"\s*[%!]", line) else "" for line in source.split("\n")
    )
    found = [
        token.string.replace("_", "")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.NUMBER
    ]
    return [(text, float(text)) for text in found if re.fullmatch(r"[\d.]+(e[-+]?\d+)?", text)]


def _claims(page):
    """Yield cell, number and text for each number in prose that should have been computed."""
    words = {"code": " ", "cite": " "}
    for block in page.blocks:
        texts = []
        if block.kind in ("paragraph", "item", "heading", "table cell", "directive", "term"):
            tokens = block.tokens
            if is_question(block):
                tokens = tokens[[t.type for t in tokens].index("strong_close") :]
            texts = [plain(tokens, words, roles=False)]
        elif block.kind == "python":
            texts = [part for _, parts in captions_in(block.text) for part in parts]
        for text in texts:
            for number in _numbers_of(NAMED.sub(" ", text)):
                digits = re.sub(r"e.*|\D", "", number)
                is_year = re.fullmatch(r"1[7-9]\d\d|20\d\d|2100", number)
                if ("." in number or len(digits) > 2) and not is_year:
                    yield block.where, number, text


def _rounds_to(value, number):
    """Whether `number`, as written, is `value` or a rounding of it."""
    if not number.startswith("-"):
        value = abs(value)
    mantissa, _, exponent = number.partition("e")
    digits = len(mantissa.partition(".")[2]) - int(exponent or 0)
    if "." not in number and not exponent:
        zeros = len(number) - len(number.rstrip("0"))
        # "17000" may be a rounding of 16946; "1000" must be 1000.
        digits = -zeros if len(number.strip("-").rstrip("0")) > 1 else 0
    half = 0.5 * 10.0**-digits
    return abs(value - float(number)) <= half * (1 + 1e-9) or value == float(number)
