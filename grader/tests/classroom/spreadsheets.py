"""Hostile text, and what spreadsheets and terminals would make of it."""

import csv
import io
import re
import unicodedata

from hypothesis import strategies as st

#: Pieces of which hostile text is made.
PIECES = ["=cmd|' /C calc'!A0", "+", "-1", "@a", ";", ",", "\t", "\r", "\n", '"', "'", " ", "a"]
PIECES += ["\x1b[31m", "\x9b2J", "\u202e", "\u2066", "\u200f", "\x00", "\ufeff", "\ud800"]
PIECES += ["王", "\uff1d"]
BEGINS = re.compile('[\\s"]*[=+\\-@\uff1d]')
hostile = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
BIDI = {"RLO", "LRO", "RLE", "LRE", "PDF", "LRI", "RLI", "FSI", "PDI"}


def cells_of(text, separator):
    """Return the cells as spreadsheets see them: those that know quotes, and those that do not."""
    text = text.removeprefix("\ufeff")
    knowing = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    cells = [part for row in knowing for part in row]
    if separator != ",":  # who reads commas reads the quotes that were written
        cells += [part for row in re.split(r"[\r\n]+", text) for part in row.split(separator)]
    return cells


def is_safe(text):
    """Tell whether text moves no cursor and turns no direction."""
    return not any(
        unicodedata.bidirectional(sign) in BIDI
        or (unicodedata.category(sign) == "Cc" and sign not in "\n\t")
        or "\ud800" <= sign <= "\udfff"
        for sign in text
    )


def formulas(text):
    """Return the cells of a table that some spreadsheet takes for a formula; a hyphen is none."""
    parts = (part for sign in ",;\t" for part in cells_of(text, sign) if part != "-")
    return [part for part in parts if BEGINS.match(part)]
