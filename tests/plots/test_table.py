"""A table: columns in, HTML and text out."""

import math
from fractions import Fraction
from xml.etree import ElementTree

import numpy as np
import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from dlzero import plots


def made(columns, **changes):
    return plots.table(columns, **{"caption": "A caption.", **changes})


def soup_of(table):
    return BeautifulSoup(table._repr_mimebundle_()["text/html"], "html.parser")


def cells(*values, **changes):
    return [row[0] for row in made({"x": values}, **changes).rows]


RATES = {"rate": [0.1, 1.8], "$\\lambda$ of it": ["small", "large"], "steps": [62, 1000]}


def test_html_has_head_rows_caption_and_anchor():
    soup = soup_of(made(RATES, caption="Two rates.", name="two-rates"))
    (figure,) = soup.contents
    assert (figure["class"], figure["id"]) == (["dz-table"], "two-rates")
    assert [child.name for child in figure.children] == ["table", "figcaption"]
    assert figure.figcaption.text == "Two rates."
    heads = figure.thead.find_all("th")
    assert [head.text for head in heads] == list(RATES)
    assert {head["scope"] for head in heads} == {"col"}
    first, second = figure.tbody.find_all("tr")
    assert [cell.name for cell in first] == ["th", "td", "td"]
    assert first.th["scope"] == "row"
    assert [cell.text for cell in second] == ["1.8", "large", "1000"]


def test_text_stands_in_columns():
    assert repr(made(RATES, caption="Two rates.")).split("\n") == [
        "Two rates.",
        "rate  $\\lambda$ of it  steps",
        "0.1             small     62",
        "1.8             large   1000",
    ]
    assert made(RATES)._repr_mimebundle_()["text/plain"] == repr(made(RATES))


def test_words_are_escaped_and_the_page_reads_them_again():
    table = made({"<a>": ['"b" & c', "d\u00a0e"]}, caption="x < y & z", name="n")
    html = table._repr_mimebundle_()["text/html"]
    assert "<a>" not in html
    parts = plots.parse(html)
    assert parts[1:] == ("x < y & z", "table", "n")
    texts = [cell.text for cell in ElementTree.fromstring(parts.body).iter("th")]
    assert texts == ["<a>", '"b" & c', "d\u00a0e"]


@pytest.mark.parametrize(
    ("value", "digits", "cell"),
    [
        (0.1 + 0.2, 4, "0.3"),
        (1 / 3, 4, "0.3333"),
        (1 / 3, 1, "0.3"),
        (2 / 3, 6, "0.666667"),
        (62.0, 4, "62"),
        (62, 1, "62"),
        (1234567, 2, "1234567"),
        (1234.56, 2, "1235"),  # digits before the point stay
        (-98765.4, 4, "-98765"),
        (999999.7, 4, "1e6"),
        (1.234e7, 4, "1.234e7"),
        (1.5e-7, 4, "1.5e-7"),
        (-0.0, 4, "0"),
        (math.inf, 4, "∞"),
        (-math.inf, 4, "-∞"),
        (math.nan, 4, "-"),
        (Fraction(1, 3), 3, "0.333"),
        (np.float32(0.1), 4, "0.1"),
        (np.float64(1 / 3), 4, "0.3333"),
        (np.int64(7), 4, "7"),
        (np.array(2.5), 4, "2.5"),
        (np.array(True), 4, "✓"),
        (True, 4, "✓"),
        (np.bool_(False), 4, "✗"),
        (None, 4, ""),
        ("0.10", 4, "0.10"),
        (np.str_("word"), 4, "word"),
    ],
)
def test_a_cell(value, digits, cell):
    assert cells(value, digits=digits) == [cell]


@given(st.floats(-1e300, 1e300), st.integers(1, 6))
def test_a_number_keeps_its_digits(number, digits):
    (cell,) = cells(number, digits=digits)
    assert float(cell) == pytest.approx(number, rel=0.51 * 10.0 ** (1 - digits), abs=1e-320)
    mantissa = cell.partition("e")[0].lstrip("-").replace(".", "").lstrip("0")
    assert len(mantissa) <= 6 + cell.count(".")


@pytest.mark.parametrize(
    "column", [np.array([1, 2]), range(1, 3), iter([1, 2]), (1, 2), {1: 0, 2: 0}]
)
def test_a_column_is_anything_to_go_through(column):
    assert [row[0] for row in made({"x": column}).rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("columns", "kind", "message"),
    [
        ([[1, 2]], TypeError, "columns is a list; expected a dict of heads and columns"),
        ({}, ValueError, "columns have the lengths {}; expected columns of one length"),
        ({"a": []}, ValueError, "columns have the lengths {'a': 0}"),
        ({"a": [1], "b": [1, 2]}, ValueError, "columns have the lengths {'a': 1, 'b': 2}"),
        ({"a": "abc"}, TypeError, "the column 'a' is 'abc'; expected a list"),
        ({"a": 3}, TypeError, "the column 'a' is 3; expected a list"),
        ({"a": np.eye(2)}, TypeError, "the column 'a' holds array"),
        ({"a": [[1]]}, TypeError, r"the column 'a' holds \[1\]; expected one number or text"),
        ({1: [1]}, TypeError, "the head of a column is 1; expected a text"),
        ({" ": [1]}, ValueError, "the head of a column is ' '; expected a text"),
    ],
)
def test_refuses_columns(columns, kind, message):
    with pytest.raises(kind, match=message):
        made(columns)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        ({"caption": ""}, ValueError, "caption is ''. Write one"),
        ({"caption": None}, TypeError, "caption is None. Write one"),
        ({"name": "Two Rates"}, ValueError, "name is 'Two Rates'; expected lower-case"),
        ({"digits": 7}, ValueError, "digits is 7; expected 1 to 6"),
        ({"digits": 0}, ValueError, "digits is 0"),
        ({"digits": 2.0}, ValueError, r"digits is 2\.0"),
        ({"digits": True}, ValueError, "digits is True"),
    ],
)
def test_refuses_other_arguments(changes, kind, message):
    with pytest.raises(kind, match=message):
        made({"a": [1]}, **changes)


def test_what_is_masked_is_an_empty_cell():
    column = np.ma.array([0.25, 9999.0], mask=[False, True])
    shown = plots.table({"n": [1, 2], "x": column}, caption="Two.")
    assert shown.rows == [["1", "0.25"], ["2", ""]]


def test_a_cell_may_be_a_tensor_of_one_number():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.array(0.125, dtype)

    assert plots.table({"x": [Tensor()]}, caption="One.").rows == [["0.125"]]
