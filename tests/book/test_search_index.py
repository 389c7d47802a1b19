"""What the index of the search holds, from pages made by hand."""

import pytest
from dlzero_search import index_of, synonyms_of, units_of

PAGE = """
<section id="momentum"><h1>6. Momentum<a class="headerlink" href="#momentum">#</a></h1>
<section id="the-rule"><h2>The rule</h2>
<div class="predict admonition"><p class="admonition-title">Predict</p><p>How far?</p></div>
<table class="table"><tr><td>a</td><td>b</td></tr></table>
<p>A memory of <math><mi>μ</mi><mo>=</mo><mn>0.9</mn></math> fades.</p>
<div class="math"><math display="block"><mi>v</mi></math></div>
<div class="cell"><div class="cell_input"><pre>draw(alt="A line")</pre></div>
<figure class="align-default" id="fig-walk"><dz-later>Axes</dz-later>
<noscript><svg><text>0.5</text></svg></noscript>
<figcaption><p><span class="caption-number">Fig. 6.1 </span>A walk .</p></figcaption></figure></div>
<table class="dz-table" id="tab-a"><caption><span class="caption-number">Table 6.1 </span>Steps.
</caption><tr><th>rate</th></tr><tr><td>0.123</td></tr></table>
<details class="sd-dropdown"><summary>Yes</summary><p>Wrong.</p></details>
<div class="exercise admonition" id="ex-6-1">
<p class="admonition-title"><span class="caption-number">Exercise 6.1 </span></p>
<section id="exercise-content"><p>Start at zero.</p></section></div>
<div class="solution admonition" id="sol-6-1"><p>It is one.</p></div>
<p>Last words.</p></section></section>
"""
TERMS = """
<section id="glossary"><h1>Glossary</h1><dl class="simple glossary">
<dt id="term-a">batch</dt><dd><p>Some rows.</p></dd>
<dt id="term-b">noise</dt><dt id="term-c">jitter</dt><dd><p>What is random.</p></dd></dl></section>
"""
NAMES = """
<section id="api"><h1>API</h1><dl class="py class">
<dt class="sig sig-object py" id="dlzero.Unit">class dlzero.Unit(lr=0.1)</dt><dd><p>A unit.</p>
<dl class="field-list"><dt>Parameters</dt><dd>lr</dd></dl>
<dl class="py attribute"><dt class="sig py" id="dlzero.Unit.coef_">coef_</dt>
<dd><p>Weights.</p></dd>
</dl></dd></dl></section>
"""
WORKS = """
<section id="works"><h1>Works</h1><div class="citation" id="id3"><span class="label">KB15</span>
<p>Diederik P. Kingma and Jimmy Ba. Adam. 2015.</p></div></section>
"""


def formula(inner):
    page = f'<section id="a"><h1>A</h1><p>x <math>{inner}</math> y</p></section>'
    return units_of(page)[0][2]


def test_a_page_is_cut_at_its_headings_figures_tables_and_exercises():
    assert units_of(PAGE) == [
        ["momentum", "6. Momentum", "", 1],
        [
            "the-rule",
            "The rule",
            "Predict: How far? a · b · A memory of μ=0.9 fades. Last words.",
            1,
        ],
        ["fig-walk", "Fig. 6.1", "A walk.", 0.8],
        ["tab-a", "Table 6.1", "Steps. rate", 0.8],
        ["ex-6-1", "Exercise 6.1", "Start at zero.", 1],
    ]


def test_terms_have_what_they_mean():
    assert units_of(TERMS) == [
        ["glossary", "Glossary", "", 1],
        ["term-a", "batch", "Some rows.", 1],
        ["term-b", "noise", "What is random.", 1],
        ["term-c", "jitter", "What is random.", 1],
    ]


def test_names_have_their_first_words_and_members_count_less():
    assert units_of(NAMES) == [
        ["api", "API", "", 1],
        ["dlzero.Unit", "Unit", "A unit.", 1],
        ["dlzero.Unit.coef_", "Unit.coef_", "Weights.", 0.5],
    ]


def test_a_work_is_called_by_its_authors():
    assert units_of(WORKS)[1] == [
        "id3",
        "Diederik P. Kingma and Jimmy Ba",
        "KB15 Diederik P. Kingma and Jimmy Ba. Adam. 2015.",
        1,
    ]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("<mfrac><mn>2</mn><mi>λ</mi></mfrac>", "x 2/λ y"),
        ("<msup><mi>w</mi><mn>2</mn></msup>", "x w² y"),
        ("<msup><mi>μ</mi><mi>t</mi></msup>", "x μ^t y"),
        ("<msup><mi>e</mi><mrow><mi>a</mi><mi>b</mi></mrow></msup>", "x e^(ab) y"),
        ("<mover><mi>y</mi><mo>ˆ</mo></mover>", "x ŷ y"),
        ("<msub><mi>w</mi><mn>1</mn></msub>", "x w1 y"),
        ("<msubsup><mi>w</mi><mn>1</mn><mn>2</mn></msubsup>", "x w1² y"),
        ("<mfrac><msup><mi>a</mi><mn>2</mn></msup><mi>b</mi></mfrac>", "x a²/b y"),
    ],
)
def test_formulas_are_one_line(inner, text):
    assert formula(inner) == text


def test_the_index_names_each_page_once_and_knows_its_chapter():
    pages = {"lessons/06_momentum": units_of(PAGE), "book/glossary": units_of(TERMS), "empty": []}
    index = index_of(pages, "{}.html".format)
    assert index["pages"] == [
        ["lessons/06_momentum.html", "6. Momentum"],
        ["book/glossary.html", "Glossary"],
    ]
    assert index["units"][0] == [0, "", "6. Momentum", "", 1.2, "Chapter 6"]
    assert index["units"][2] == [0, "fig-walk", "Fig. 6.1", "A walk.", 0.96]
    assert index["units"][5:7] == [
        [1, "", "Glossary", "", 1.6],
        [1, "term-a", "batch", "Some rows.", 1.6],
    ]


def test_synonyms_go_in_one_direction_or_in_all():
    assert synonyms_of("# Notes\na, b c > d\n\ne, f\n") == [[["a", "b c"], ["d"]], [["e", "f"]] * 2]
