"""Shows that the checkers of the site work.

They speak on a page with planted defects, and are silent on the same page without them.
"""

import random

import browser as browsers
import pytest
from interaction import (
    play_problems,
    predict_problems,
    quiz_problems,
    search_problems,
    slider_problems,
    solution_problems,
    switch_problems,
)
from links import PAGE_LIMIT, anchors, file_problems, weight
from PIL import Image
from survey import (
    CHECKERS,
    Visit,
    asks_nobody,
    console_is_quiet,
    figures_suit_a_phone,
    fits_a_phone,
    formulas_are_rendered,
    is_accessible,
    is_light,
    marks_stay_with_formulas,
    misses_nothing,
    open_page,
    pictures_have_text,
    pictures_were_taken,
    survey_page,
)

pytestmark = pytest.mark.site

MOVING = """
<div class="dz-explorer"><label>a <input type="range" min="0" max="3" value="0"></label>
<label>b <input type="range" min="0" max="1" value="0"></label><button>Play</button>
{frames}<output aria-live="polite">.</output></div>
<script>(() => {{
  const root = document.currentScript.previousElementSibling;
  const all = selector => [...root.querySelectorAll(selector)];
  const [a, b] = all("input"), frames = all("[data-frame]");
  let timer = 0;
  const show = () => {{
    const at = 2 * a.value + +b.value;
    frames.forEach((frame, i) => {{ frame.hidden = i !== at; }});
    all("output")[0].textContent = "frame " + at;
  }};
  a.oninput = show; b.oninput = show;
  all("button")[0].onclick = () => {{
    if (timer) {{ clearInterval(timer); timer = 0; }}
    else timer = setInterval(() => {{ a.value = (+a.value + 1) % 4; show(); }}, 300);
  }};
  show();
}})();</script>""".format(frames="".join(f"<div data-frame>{i}</div>" for i in range(8)))
STEPS = """
<div id="steps"><button>Back</button><button>Next</button><input type="range" aria-label="row">
<div data-frame>1</div><div data-frame hidden>2</div><output aria-live="polite">.</output><dl></dl>
<script>(() => {
  const root = document.currentScript.parentElement;
  const frames = [...root.querySelectorAll("[data-frame]")];
  const show = at => frames.forEach((frame, i) => { frame.hidden = i !== at; });
  root.children[0].onclick = () => show(0);
  root.children[1].onclick = () => show(1);
})();</script></div>"""
PREDICT = """
<div class="dz-answer"><button class="dz-show" aria-controls="one two">Show me</button></div>
<div id="one" tabindex="-1" hidden>1</div><div id="two" hidden>2</div>
<div id="three" hidden>3</div>
<script>document.querySelector(".dz-show").onclick = () => {
  for (const part of [one, two]) { part.hidden = false; part.classList.add("dz-open"); }
  one.focus();
};</script>"""
QUIZ = """
<section id="misconceptions">
<details class="sd-dropdown">
<summary>Yes <b class="dz-mark">Wrong</b></summary><div>Wrong. It does not.</div></details>
<details class="sd-dropdown">
<summary>No <b class="dz-mark">Right</b></summary><div>Right. It does not.</div></details>
</section>"""
GOOD = f"""<!doctype html>
<html lang="en" data-theme="light"><head><title>Control</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="icon.svg"><style>
[hidden] {{ display: none !important }}
html[data-theme=dark] body {{ background: #111; color: #eee }}
html[data-theme=dark] a {{ color: #8cf }}
</style></head><body><main><h1>Control</h1>
<p id="text">A formula <span class="math"><math><mi>x</mi></math></span> and
<a href="#text">a link</a>, <a href="other.html#there">another</a>. <code>$x$ \\frac</code></p>
<p style="height:60px;background:linear-gradient(90deg,red,lime,blue)"></p>
<figure><svg role="img" aria-label="A line." width="40" height="9"><path d="M0 5H40" stroke="red"/>
</svg><figcaption>A line.</figcaption></figure>
<img src="icon.svg" alt="An icon" width="9">
<button class="theme-switch-button">Switch</button>
{MOVING}{STEPS}{PREDICT}{QUIZ}
<details class="solution"><summary>Solution</summary><p>It is this.</p></details>
<input name="q" aria-label="Search"><ul class="dz-search"></ul>
</main><script>(() => {{
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  dark.onchange = () => {{ root.dataset.theme = dark.matches ? "dark" : "light"; }};
  const on = (selector, event, action) =>
    document.querySelector(selector).addEventListener(event, action);
  on(".theme-switch-button", "click", () => {{
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; }});
  on("[name=q]", "change", () => {{
    document.querySelector(".dz-search").innerHTML = "<a href='other.html'>It</a>"; }});
}})();</script></body></html>"""

DRAWING = """
<figure id="{name}" style="margin:0">
<svg role="img" aria-label="A." viewBox="0 0 360 99" style="width:358px">
<g transform="translate(9 9) scale({scale} -{scale})"></g><path d="M0 {top}V99H9"/>
</svg><figcaption>A.</figcaption></figure>"""
#: What is added to the control page, the checker that must report it, and a word of the report.
DEFECTS = [
    ('<img alt="x" src="http://192.0.2.1/x.png">', asks_nobody, "192.0.2.1/x.png"),
    ('<script src="//example.org/x.js"></script>', asks_nobody, "example.org/x.js"),
    ("<script>fetch('https://a.example/y').catch(() => 0)</script>", asks_nobody, "a.example/y"),
    ('<img alt="x" src="missing.png">', misses_nothing, "missing.png (404)"),
    ('<script src="missing.js"></script>', misses_nothing, "missing.js (404)"),
    ("<script>console.error('planted')</script>", console_is_quiet, "planted"),
    ("<script>nobody()</script>", console_is_quiet, "nobody is not defined"),
    ("<b></b>" * 8_001, is_light, "elements, at most 8000"),
    ('<script src="missing.js"></script>', is_light, "missing.js holds up the page"),
    ("".join(f'<img alt="x" src="{n}.png">' for n in range(13)), is_light, "requests, at most 12"),
    (f"<!-- {random.Random(0).randbytes(400_000).hex()} -->", is_light, "bytes, at most"),
    ('<p class="math">x = 1</p>', formulas_are_rendered, "x = 1"),
    ("<span class=math><math></math><code>1 & 2</code></span>", formulas_are_rendered, "1 &amp; 2"),
    ("<p>So $raw$.</p>", formulas_are_rendered, "$raw$"),
    (r"<p>So \(raw\).</p>", formulas_are_rendered, r"\(raw\)"),
    (r"<p>So \frac{1}{2}.</p>", formulas_are_rendered, r"\frac"),
    ("<p>So **it** is.</p>", formulas_are_rendered, "**it**"),
    ("<p>So {cite}`key`.</p>", formulas_are_rendered, "{cite}`key`"),
    ('<img src="icon.svg" id="no-alt">', pictures_have_text, "no-alt"),
    ('<img src="icon.svg" id="empty-alt" alt=" ">', pictures_have_text, "empty-alt"),
    ('<figure><svg role="img" id="no-label"></svg></figure>', pictures_have_text, "no-label"),
    ('<figure><svg aria-label="A" id="no-role"></svg></figure>', pictures_have_text, "no-role"),
    ('<figure id="no-caption"></figure>', pictures_have_text, "no-caption"),
    ("<figure id='hollow'><figcaption> </figcaption></figure>", pictures_have_text, "hollow"),
    ('<input type="range" id="no-name">', is_accessible, 'id="no-name"'),
    ('<button id="no-text"></button>', is_accessible, "button-name (critical)"),
    ('<p style="color:#ccc">Pale</p>', is_accessible, "light: color-contrast (serious)"),
    ('<p style="color:#333">Dim in dark</p>', is_accessible, "Dim in dark"),
    ('<details><p style="color:#ccc">Pale inside</p></details>', is_accessible, "Pale inside"),
    ('<pre style="overflow:auto">' + "x" * 99 + "</pre>", is_accessible, "narrow: scrollable"),
    ('<p style="width:700px">Wide</p>', fits_a_phone, "700px"),
    ('<details><p style="width:690px">Wide inside</p></details>', fits_a_phone, "690px"),
    (
        '<p style="width:min-content">So <math><mtext>a_wide_formula</mtext></math>. Then</p>',
        marks_stay_with_formulas,
        "So a_wide_formula. Then",
    ),
    (
        DRAWING.format(name="tiny", scale=0.1, top=2),
        figures_suit_a_phone,
        "tiny has text of 9.9 px",
    ),
    (DRAWING.format(name="hole", scale=0.12, top=40), figures_suit_a_phone, "hole has an empty"),
]


def plant(folder, old="", new="", added=""):
    """Write the control page, with a defect: `old` replaced by `new`, or something added."""
    assert old in GOOD
    icon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'
    (folder / "icon.svg").write_text(icon)
    (folder / "other.html").write_text('<title>Other</title><p id="there">There</p>')
    page = GOOD.replace(old, new) if old else GOOD
    (folder / "index.html").write_text(page.replace("</main>", added + "</main>"))


INTERACTIONS = {
    "sliders": lambda page: slider_problems(page, page.locator(".dz-explorer")),
    "play": lambda page: play_problems(page, page.locator(".dz-explorer")),
    "steps": lambda page: play_problems(page, page.locator("#steps")),
    "predict": predict_problems,
    "quiz": quiz_problems,
    "solutions": solution_problems,
    "search": lambda page: search_problems(page, "perceptron", "other.html", 3000),
    "switch": switch_problems,
}
BROKEN = [
    ("sliders", "a.oninput = show", "", "does not change the frame"),
    ("sliders", "2 * a.value + +b.value", "2 * a.value", "the sliders show the frames"),
    ("sliders", 'textContent = "frame " + at', 'textContent = "frame"', "different texts"),
    ("sliders", 'textContent = "frame " + at', 'textContent = ""', "text is empty"),
    ("sliders", "frame.hidden = i !== at", "frame.hidden = i > at", "frames are visible"),
    (
        "sliders",
        'textContent = "frame " + at',
        'textContent = "frame ".repeat(1 + at * 9)',
        "height",
    ),
    ("play", "% 4; show()", "% 4", "play does not move"),
    ("play", "clearInterval(timer);", "", "pause does not stop"),
    ("play", "<button>Play</button>", "", "0 buttons"),
    ("steps", "onclick = () => show(1)", "onclick = () => show(0)", "next does not move"),
    ("steps", "onclick = () => show(0)", "onclick = () => show(1)", "back does not return"),
    (
        "steps",
        "onclick = () => show(1)",
        "onclick = () => setTimeout(show, 99, 1)",
        "it moves by itself",
    ),
    ("predict", 'id="two" hidden', 'id="two"', "is open before"),
    ("predict", "of [one, two]", "of [one]", "does not open"),
    ("predict", "of [one, two]", "of [one, two, three]", "opens other parts"),
    ("predict", "  one.focus();", "", "does not get the focus"),
    (
        "quiz",
        '<details class="sd-dropdown">\n<summary>Y',
        '<details inert class="sd-dropdown">\n<summary>Y',
        "open",
    ),
    ("quiz", "Wrong. It", "It", "no verdict"),
    ("quiz", ">Wrong</b>", ">Right</b>", "not marked as wrong"),
    ("quiz", 'id="misconceptions"', 'id="quiz"', "0 options"),
    ("solutions", '<details class="solution"', '<details inert class="solution"', "does not open"),
    (
        "solutions",
        "<summary>Solution",
        "<summary><a href='#'>Solution</a>",
        "has a link in its head",
    ),
    ("search", "<a href='other.html'>It</a>", "Nothing", "does not find"),
    ("switch", 'root.dataset.theme === "dark" ? "light" : "dark"; }', '"dark"; }', "only"),
    ("switch", "body { background: #111;", "main { background: #111;", "only"),
]


@pytest.fixture(scope="session")
def control(serve, tmp_path_factory):
    """Return the folder of the control page and its address."""
    folder = tmp_path_factory.mktemp("control")
    return folder, serve(folder)


def test_checkers_are_silent_on_a_good_page(context, own_context, control):
    folder, address = control
    plant(folder)
    visit = survey_page(context, address, "index.html", folder)
    assert {checker.__name__: checker(visit) for checker in CHECKERS} == {
        checker.__name__: [] for checker in CHECKERS
    }
    page, _ = open_page(own_context, address, "index.html")
    found = {name: check(page) for name, check in INTERACTIONS.items()}
    assert found == {name: [] for name in INTERACTIONS}
    assert file_problems(folder, "index.html") == []


def test_checkers_find_planted_defects(context, control):
    folder, address = control
    plant(folder, added="\n".join(defect for defect, _, _ in DEFECTS))
    visit = survey_page(context, address, "index.html")
    missed = [
        (checker.__name__, defect)
        for defect, checker, report in DEFECTS
        if not any(report in problem for problem in checker(visit))
    ]
    assert missed == []
    assert {checker for _, checker, _ in DEFECTS} | {pictures_were_taken} == set(CHECKERS)


def test_blank_pictures_are_found(tmp_path):
    names = ("light", "dark", "narrow")
    visit = Visit(pictures={name: tmp_path / f"{name}.png" for name in names})
    Image.new("RGB", (390, 900), "white").save(visit.pictures["light"])
    half = Image.effect_noise((390, 3000), 99).convert("RGB")
    tall = Image.new("RGB", (390, 6000), "white")
    tall.paste(half.resize((390, 3000)))
    tall.save(visit.pictures["dark"])
    found = pictures_were_taken(visit)
    assert found[0].startswith("light.png has 1 colours")
    assert found[1].startswith("dark.png has 1 colours below 3000 px")
    assert found[2] == "narrow.png was not written"
    assert len(pictures_were_taken(Visit())) == 3


@pytest.mark.parametrize(("name", "old", "new", "report"), BROKEN)
def test_interaction_finds_planted(own_context, control, name, old, new, report):
    folder, address = control
    plant(folder, old, new)
    page, _ = open_page(own_context, address, "index.html")
    problems = INTERACTIONS[name](page)
    assert any(report in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "report"),
    [
        ("other.html#there", "nowhere.html", "leads nowhere"),
        ("other.html#there", "other.html#here", "0 such anchors"),
        ("#text", "#nothing", "0 such anchors"),
        ('class="theme-switch-button"', 'id="text"', "2 such anchors"),
        ('<path d="M0 5H40" stroke="red"/>', '<use href="#nothing"/>', "drawing uses 'nothing'"),
        ('src="icon.svg"', 'src="https://example.org/icon.svg"', "names another host"),
        ('rel="icon"', 'rel="preconnect" href="//example.org"><link', "names another host"),
        ("<head>", '<head><meta http-equiv="Refresh" content="0; url=gone.html">', "gone.html"),
    ],
)
def test_file_checker_finds_planted(tmp_path, old, new, report):
    plant(tmp_path, old, new)
    anchors.cache_clear()
    problems = file_problems(tmp_path, "index.html")
    anchors.cache_clear()
    assert any(report in problem for problem in problems), problems


def test_weight_counts_text_and_not_figures():
    figure = "<figure><svg>" + "x" * 999 + "</svg><figcaption>y</figcaption></figure>"
    assert weight("<p>word</p>" + figure + "<svg>z</svg>") == len("<p>word</p>")
    assert weight("<p>" + "é" * PAGE_LIMIT) > 2 * PAGE_LIMIT


def test_missing_browser_fails_only_where_required(monkeypatch):
    monkeypatch.setattr(browsers, "find", lambda playwright: None)
    assert browsers.launch(None) is None
    for value, required in (("true", True), ("1", True), ("", False), ("false", False)):
        monkeypatch.setenv("CI", value)
        assert browsers.is_required() is required
