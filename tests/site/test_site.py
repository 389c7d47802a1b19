"""The built site in a real browser: what a reader gets on every page.

The site is served on this machine; whatever a page asks of another host is blocked and counted.
Each page is visited once (`survey`) and each checker then reads what was seen there. The second
half shows that the checkers work: they speak on a page with planted defects, and are silent on
the same page without them.

    python tools/tasks.py test                  builds the site and runs this
    DLZERO_SITE=_build/html pytest -m site      looks at another build
"""

import functools
import http.server
import os
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import browser as browsers
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from PIL.Image import Resampling
from playwright.sync_api import sync_playwright

from dlzero_grader import master as masters
from dlzero_grader.leaks import published_leaks

pytestmark = pytest.mark.site

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "_build" / "test" / "_build" / "html"
SITE = Path(os.environ.get("DLZERO_SITE", DEFAULT)).resolve()
SCREENSHOTS = ROOT / "_build" / "screenshots"
AXE = ROOT / "_vendor" / "test" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: A page without its figures: the bytes of its HTML, not compressed, after cutting every figure
#: and every drawing. Style sheets, scripts and fonts are shared by all pages and not counted.
PAGE_LIMIT = 300_000
OWN = (".css", ".js")
LESSON = "lessons/01_perceptron.html"


def pages_of(site):
    """Return the text of each page of a site, without the raw templates that the theme ships."""
    found = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in found}


FILES = pages_of(SITE)
PAGES = [page for page, html in FILES.items() if 'http-equiv="Refresh"' not in html]
EXPLORERS = [page for page in PAGES if 'class="dz-explorer"' in FILES[page]]
LESSONS = [page for page in PAGES if page.startswith("lessons/")]

# ---- looking at a page ---------------------------------------------------------------------

# Everything that the checkers want to know, collected in the page at once.
FACTS = r"""() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const name = e => e.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const hidden = e => e.closest("[aria-hidden=true]") !== null;
  const unread = "code, pre, script, style, noscript, template, textarea, mjx-container, .sig";
  const raw = [
    /\$/, /\\[(\[]/, /\\(frac|sum|cdot|lVert|alpha|beta|eta|gamma|leftarrow|text|begin)\b/,
    /(^|[\s(])\*\*[^*\s][^*]*\*\*/, /```/, /\{(cite|ref|numref|term|doc|eq)[:}]/,
  ];
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());)
    if (!node.parentElement.closest(unread) && raw.some(r => r.test(node.data)))
      texts.push(node.data.trim().slice(0, 80));
  return {
    formulas: all(".math").length,
    unrendered: all(".math").filter(e => !e.querySelector("mjx-container")).map(name),
    wrong: all("mjx-merror, merror, [data-mjx-error]").map(name),
    raw: texts,
    images: all("img").filter(e => !e.alt.trim() && !hidden(e)).map(name),
    drawings: all("figure svg").filter(e => !hidden(e) &&
      !(e.getAttribute("role") === "img" && (e.getAttribute("aria-label") || "").trim())).map(name),
    figures: all("figure").filter(e =>
      !(e.querySelector("figcaption")?.textContent.trim())).map(name),
  };
}"""
# The elements that stick out of the page, unless something around them scrolls.
TOO_WIDE = r"""() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return [];
  const scrolls = e => e && e !== document.body &&
    (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
  const out = [...document.body.querySelectorAll("*")].filter(e =>
    e.getBoundingClientRect().right > page.clientWidth + 1 && !scrolls(e.parentElement));
  return [`${page.scrollWidth} px wide`, ...out.slice(-3).map(e => e.outerHTML.slice(0, 80))];
}"""
# The marks that stand behind a formula and begin a line all the same.
ALONE = r"""() => [...document.querySelectorAll("span.math")].flatMap(formula => {
  const text = formula.nextSibling;
  if (text?.nodeType !== Node.TEXT_NODE || !/^[.,;:?!)]/.test(text.data)) return [];
  const mark = document.createRange();
  mark.setStart(text, 0);
  mark.setEnd(text, 1);
  const box = formula.getBoundingClientRect();
  if (mark.getBoundingClientRect().left > box.right - 1) return [];
  return [formula.closest("p, li, dd, td, div").textContent.trim().slice(0, 80)];
})"""
READY = """() => Promise.all([
  document.fonts.ready,
  window.MathJax && MathJax.startup ? MathJax.startup.promise : 0,
]).then(() => document.fonts.ready).then(() => true)"""
AXE_RUN = """(rules) => axe.run(document, {
  resultTypes: ["violations"], ...(rules.length ? {runOnly: rules} : {}),
}).then(result => result.violations.map(v => ({
  id: v.id, impact: v.impact, where: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)),
})))"""
# Nothing fades in: how long that takes depends on the machine.
STILL = "*, ::before, ::after { transition: none !important; animation: none !important }"
ONLY_COLOURS = ["color-contrast", "link-in-text-block"]
ONLY_NARROW = ["scrollable-region-focusable"]


@dataclass
class Visit:
    """What was seen on one page."""

    foreign: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    console: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    axe: dict = field(default_factory=dict)
    too_wide: list = field(default_factory=list)
    alone: list = field(default_factory=list)
    pictures: dict = field(default_factory=dict)


def open_page(context, origin, address):
    """Open a page that may ask nobody but `origin`; return it with the record of what it did."""
    page, visit = context.new_page(), Visit()

    def is_foreign(url):
        return not url.startswith((origin, "data:", "blob:", "about:"))

    def failed(request):
        if not is_foreign(request.url):
            visit.missing.append(f"{request.url} ({request.failure})")

    page.route(is_foreign, lambda route: route.abort())
    page.on("request", lambda r: visit.foreign.append(r.url) if is_foreign(r.url) else None)
    page.on("requestfailed", failed)
    page.on(
        "response",
        lambda r: visit.missing.append(f"{r.url} ({r.status})") if r.status >= 400 else None,
    )
    page.on("console", lambda m: visit.console.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: visit.console.append(str(error)))
    page.goto(origin + address, wait_until="load")
    page.wait_for_function(READY, polling=100)
    page.add_style_tag(content=STILL)
    return page, visit


def eventually(page, look, seconds=5):
    """Look until nothing is wrong; return what still is in the end.

    Some scripts of the theme answer after a while, which is long on a busy machine.
    """
    for _ in range(4 * seconds):
        if not (problems := look()):
            break
        page.wait_for_timeout(250)
    return problems


def survey(context, origin, address, pictures=None):
    """Visit a page: light and dark, wide and narrow; take screenshots into `pictures`."""
    page, visit = open_page(context, origin, address)
    visit.facts = page.evaluate(FACTS)

    def shoot(name):
        if pictures:
            stem = address.removesuffix(".html").replace("/", "-")
            visit.pictures[name] = pictures / f"{stem}-{name}.png"
            page.screenshot(path=visit.pictures[name], full_page=True)

    def unfold(is_open):
        page.evaluate(
            "open => document.querySelectorAll('details').forEach(d => d.open = open)", is_open
        )

    shoot("light")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    unfold(True)
    visit.axe["light"] = page.evaluate(AXE_RUN, [])
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("['dark', undefined].includes(document.documentElement.dataset.theme)")
    visit.axe["dark"] = page.evaluate(AXE_RUN, ONLY_COLOURS)
    unfold(False)
    shoot("dark")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(NARROW)
    shoot("narrow")
    unfold(True)
    visit.axe["narrow"] = eventually(page, lambda: page.evaluate(AXE_RUN, ONLY_NARROW))
    visit.too_wide = page.evaluate(TOO_WIDE)
    visit.alone = page.evaluate(ALONE)
    page.close()
    return visit


# ---- the checkers of a visit ---------------------------------------------------------------


def asks_nobody(visit):
    """No request to another host."""
    return visit.foreign


def misses_nothing(visit):
    """No file that is not there."""
    return visit.missing


def console_is_quiet(visit):
    """No message of level error, and no script that throws."""
    return visit.console


def formulas_are_rendered(visit):
    """Each formula is typeset, none is wrong, and no TeX or Markdown is left in the text."""
    return visit.facts["unrendered"] + visit.facts["wrong"] + visit.facts["raw"]


def pictures_have_text(visit):
    """Images and drawings have a text alternative, figures a caption."""
    return visit.facts["images"] + visit.facts["drawings"] + visit.facts["figures"]


def is_accessible(visit):
    """Nothing serious or critical for axe, in light and in dark, wide and narrow."""
    return [
        f"{mode}: {found['id']} ({found['impact']}): {found['where']}"
        for mode, violations in visit.axe.items()
        for found in violations
        if found["impact"] in ("serious", "critical")
    ]


def fits_a_phone(visit):
    """The page does not scroll sideways at 390 px."""
    return visit.too_wide


def marks_stay_with_formulas(visit):
    """On a phone no line begins with the full stop of a formula in the line above."""
    return visit.alone


def pictures_were_taken(visit):
    """There are three screenshots, and none is blank, not even in part."""
    problems = [f"no {n} picture" for n in ("light", "dark", "narrow") if n not in visit.pictures]
    for path in visit.pictures.values():
        if not path.exists():
            problems.append(f"{path.name} was not written")
            continue
        Image.MAX_IMAGE_PIXELS = None  # a chapter is a long page
        with Image.open(path) as image:
            # Every fourth pixel will do.
            small = image.convert("RGB").resize(
                (image.width // 4, image.height // 4), Resampling.NEAREST
            )
        for top in range(0, small.height, 750):
            part = small.crop((0, top, small.width, min(top + 750, small.height)))
            colours = len(part.getcolors(1 << 20))
            if colours < 8 and (top == 0 or part.height > 400):
                problems.append(f"{path.name} has {colours} colours below {4 * top} px")
    return problems


LOADING = [asks_nobody, misses_nothing, console_is_quiet, formulas_are_rendered]
CHECKERS = [*LOADING, pictures_have_text, is_accessible, fits_a_phone, marks_stay_with_formulas]
CHECKERS += [pictures_were_taken]

# ---- the checkers of what moves ------------------------------------------------------------

STATE = """root => ({
  shown: [...root.querySelectorAll("[data-frame]")].flatMap((f, i) => f.offsetHeight ? [i] : []),
  text: root.querySelector("output[aria-live]").textContent.trim(),
  values: [...root.querySelectorAll("input[type=range]")].map(i => +i.value),
})"""


def slider_problems(page, root):
    """Move the sliders of a figure with the keyboard through all frames; say what is wrong."""
    problems, seen, texts = [], Counter(), set()
    sliders = root.locator("input[type=range]").all()
    frames = root.locator("[data-frame]").count()
    element = root.element_handle()

    def state():
        return element.evaluate(STATE)

    def press(slider, key):
        slider.press(key)
        now = state()
        if len(now["shown"]) != 1:
            problems.append(f"{len(now['shown'])} frames are visible after {key}")
        if not now["text"]:
            problems.append(f"the text is empty after {key}")
        return now

    def walk(remaining):
        slider, rest = remaining[0], remaining[1:]
        now = press(slider, "Home")
        for step in range(int(slider.get_attribute("max")) + 1):
            before = state()
            if step and (now := press(slider, "ArrowRight"))["shown"] == before["shown"]:
                problems.append("ArrowRight does not change the frame")
            if rest:
                walk(rest)
            else:
                seen.update(now["shown"])
                texts.add(now["text"])

    walk(sliders)
    if sorted(seen) != list(range(frames)) or set(seen.values()) != {1}:
        problems.append(f"the sliders show the frames {dict(seen)}, there are {frames}")
    if len(texts) != frames:
        problems.append(f"{frames} frames have {len(texts)} different texts")
    for slider in sliders:
        start, end = press(slider, "Home"), press(slider, "End")
        if start["shown"] == end["shown"]:
            problems.append("Home and End show the same frame")
        press(slider, "Home")
    return problems


def play_problems(page, root):
    """Play must move the picture by itself, and pause must stop it; the test moves the clock."""
    element, button = root.element_handle(), root.get_by_role("button")
    last = int(root.locator("input[type=range]").first.get_attribute("max"))

    def state():
        return element.evaluate(STATE)

    if button.count() != 1:
        return [f"{button.count()} buttons instead of one"]
    browsers.stop_the_clock(page)
    button.focus()
    before = state()
    page.keyboard.press("Enter")
    if last > 1:  # else this was the end
        before = state()
    page.clock.run_for(1000)
    if state()["shown"] == before["shown"]:
        return ["play does not move the picture"]
    if last > 2:
        page.keyboard.press("Enter")
        before = state()
        page.clock.run_for(1000)
        if state() != before:
            return ["pause does not stop the picture"]
    return []


QUIZ_STATE = """d => [d.open, d.lastElementChild.offsetHeight, d.firstElementChild.innerText.trim(),
  d.lastElementChild.innerText.trim(), d.closest("#misconceptions") !== null]"""


def quiz_problems(page):
    """Open each dropdown of the page with the keyboard; say which does not answer."""
    problems, options = [], 0
    for details in page.locator("details.sd-dropdown").all():
        summary = details.locator("summary")
        summary.press("Enter")
        is_open, height, title, text, in_quiz = details.evaluate(QUIZ_STATE)
        if not (is_open and height and text):
            problems.append(f"{title!r} does not open with Enter")
        options += in_quiz
        if in_quiz and not re.match(r"(Right|Wrong)\.", text) and not title.startswith("Deeper"):
            problems.append(f"{title!r} gives no verdict")
        summary.press("Enter")
        if details.evaluate("d => d.open"):
            problems.append(f"{title!r} does not close with Enter")
    return problems if options > 1 else [*problems, f"the quiz has {options} options"]


def solution_problems(page):
    """Show each folded solution with the keyboard; say which stays hidden."""
    problems = []
    for button in page.locator("button.toggle-button").all():
        folded = button.locator("xpath=ancestor::*[contains(@class, 'toggle')][last()]")
        before = folded.evaluate("e => e.offsetHeight")
        button.focus()
        page.keyboard.press("Enter")
        if folded.evaluate("e => e.offsetHeight") <= before:
            problems.append(f"{folded.inner_text()[:40]!r} does not open with Enter")
    return problems


def search_problems(page, word, target, timeout=60_000):
    """Type a word into the search page; the results must name a page in `timeout` ms."""
    field = page.locator("input[name=q]:visible").first
    field.fill(word)
    field.press("Enter")
    try:
        page.wait_for_selector(f'#search-results a[href*="{target}"]', timeout=timeout)
    except Exception:  # Playwright's TimeoutError
        return [f"searching {word!r} does not find {target}"]
    return []


def switch_problems(page):
    """Press the light and dark switch; both must appear, with different colours."""
    seen = {}
    button = page.locator("button.theme-switch-button:visible").first
    for _ in range(3):
        button.press("Enter")
        theme, colour = page.evaluate(
            "[document.documentElement.dataset.theme, "
            "getComputedStyle(document.body).backgroundColor]"
        )
        seen[theme] = colour
    colours = {seen.get("light"), seen.get("dark")}
    return [] if None not in colours and len(colours) == 2 else [f"the switch shows only {seen}"]


# ---- the checkers of the files -------------------------------------------------------------

DRAWN = re.compile(r"(?s)<svg\b.*?</svg>")
LINKS = {"a": "href", "link": "href", "script": "src", "img": "src", "iframe": "src"}


def weight(html):
    """Return the bytes of a page without its figures."""
    return len(DRAWN.sub("", re.sub(r"(?s)<figure\b.*?</figure>", "", html)).encode())


@functools.cache
def anchors(path):
    """Return how often each anchor occurs in a page."""
    html = path.read_text(encoding="utf-8")
    return Counter(re.findall(r'<[^>]*?\sid="([^"]+)"', html))


def file_problems(site, address):
    """Return the links of a page that lead nowhere or to two places, and its foreign files."""
    html = (site / address).read_text(encoding="utf-8")
    problems = []
    for reference in set(re.findall(r'<use [^>]*href="#([^"]+)"', html)):
        if reference not in anchors(site / address):
            problems.append(f"drawing uses {reference!r}, which is not on the page")
    soup = BeautifulSoup(DRAWN.sub("", html), "html.parser")
    links = [(tag.name, tag.get(LINKS[tag.name])) for tag in soup.find_all(list(LINKS))]
    for tag in soup.find_all("meta", attrs={"http-equiv": "Refresh"}):
        links.append(("a", tag["content"].partition("url=")[2]))
    for kind, link in links:
        if not link or link.startswith(("mailto:", "data:", "javascript:")):
            continue
        if re.match(r"(?:https?:)?//", link):
            if kind != "a":
                problems.append(f"<{kind}> names another host: {link}")
            continue
        url, anchor = urldefrag(urljoin("http://site/" + address, link))
        target = site / unquote(urlsplit(url).path).lstrip("/")
        if not target.is_file():
            problems.append(f"{link} leads nowhere")
        elif anchor and target.suffix == ".html" and anchors(target)[unquote(anchor)] != 1:
            problems.append(f"{link}: {anchors(target)[unquote(anchor)]} such anchors")
    return problems


# ---- fixtures ------------------------------------------------------------------------------


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def serve():
    """Serve folders on this machine; return the address of each."""
    servers = []

    def start(folder):
        handler = functools.partial(Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def give_up(reason):
    """Fail on a continuous integration server, skip elsewhere."""
    (pytest.fail if browsers.is_required() else pytest.skip)(reason)


def new_context(browser):
    """Return a window of the browser, without cookies or storage of others."""
    context = browser.new_context(viewport=WIDE, color_scheme="light")
    context.set_default_timeout(120_000)  # a busy machine is no failure
    return context


@pytest.fixture(scope="session")
def context():
    if not AXE.exists():
        give_up(f"no {AXE.relative_to(ROOT)}: run make test")
    with sync_playwright() as playwright:
        found = browsers.launch(playwright)
        if found is None:
            give_up(browsers.MISSING)
        yield new_context(found)
        found.close()


@pytest.fixture(scope="session")
def origin(serve):
    if not PAGES:
        give_up(f"no site in {SITE}: run make test")
    return serve(SITE)


@pytest.fixture(scope="session")
def visited(context, origin):
    """Return the function that surveys a page, once."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return functools.cache(lambda address: survey(context, origin, address, SCREENSHOTS))


@pytest.fixture
def own_context(context):
    """A context for one test: all pages of a context share its clock."""
    own = new_context(context.browser)
    yield own
    own.close()


@pytest.fixture
def opened(own_context, origin):
    """Return the function that opens a page for a test."""
    return lambda address: open_page(own_context, origin, address)[0]


# ---- the tests -----------------------------------------------------------------------------


def test_no_homework_is_published():
    """Neither a page nor a file beside it holds a passage of a solution or of a hidden test."""
    folder = ROOT / "grader" / "masters"
    course = [masters.load(path.stem, folder) for path in sorted(folder.glob("*.ipynb"))]
    kinds = (".html", ".txt", ".md", ".ipynb", ".json", ".js")
    files = [
        path for path in SITE.rglob("*") if path.suffix in kinds and "vendor" not in path.parts
    ]
    assert any("01_perceptron" in path.name for path in files)
    for path in files:
        text = path.read_text("utf-8")
        for master in course:
            assert published_leaks(master, text) == [], path


def test_site_is_built():
    if not PAGES:
        give_up(f"no site in {SITE}: run make test")
    assert LESSON in PAGES
    assert EXPLORERS, "no page has a figure that moves"


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
@pytest.mark.parametrize("address", PAGES)
def test_page(visited, address, checker):
    assert checker(visited(address)) == []


@pytest.mark.parametrize("address", PAGES)
def test_page_opens_as_a_file(context, address):
    page, visit = open_page(context, SITE.as_uri() + "/", address)
    visit.facts = page.evaluate(FACTS)
    page.close()
    assert [problem for checker in LOADING for problem in checker(visit)] == []


@pytest.mark.parametrize("address", EXPLORERS)
def test_figures_move(opened, address):
    page = opened(address)
    problems = {
        f"{check.__name__} {index}": check(page, root)
        for index, root in enumerate(page.locator(".dz-explorer").all())
        for check in (slider_problems, play_problems)
    }
    assert {where: found for where, found in problems.items() if found} == {}


@pytest.mark.parametrize("address", LESSONS)
def test_quiz_answers(opened, address):
    assert quiz_problems(opened(address)) == []


@pytest.mark.parametrize("address", LESSONS)
def test_solutions_open(opened, address):
    page = opened(address)
    assert page.locator("button.toggle-button").count() > 0
    assert solution_problems(page) == []


def test_search_finds_the_perceptron(opened):
    assert search_problems(opened("search.html"), "perceptron", "01_perceptron") == []


def test_light_and_dark_can_be_switched(opened):
    assert switch_problems(opened(LESSON)) == []


@pytest.mark.parametrize("address", PAGES)
def test_page_is_light(address):
    assert weight(FILES[address]) < PAGE_LIMIT


@pytest.mark.parametrize("address", PAGES)
def test_page_uses_the_styles_of_the_book(address):
    own = [path.name for path in (ROOT / "book" / "_static").glob("*") if path.suffix in OWN]
    assert own
    assert [name for name in own if f"_static/{name}" not in FILES[address]] == []


@pytest.mark.parametrize("address", FILES)
def test_links_lead_somewhere(address):
    assert file_problems(SITE, address) == []


# ---- the tests of the checkers -------------------------------------------------------------

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
QUIZ = """
<section id="misconceptions">
<details class="sd-dropdown"><summary>Yes</summary><div>Wrong. It does not.</div></details>
<details class="sd-dropdown"><summary>No</summary><div>Right. It does not.</div></details>
</section>"""
GOOD = f"""<!doctype html>
<html lang="en" data-theme="light"><head><title>Control</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="icon.svg"><style>
[hidden] {{ display: none !important }}
html[data-theme=dark] body {{ background: #111; color: #eee }}
html[data-theme=dark] a {{ color: #8cf }}
</style></head><body><main><h1>Control</h1>
<p id="text">A formula <span class="math"><mjx-container>x</mjx-container></span> and
<a href="#text">a link</a>, <a href="other.html#there">another</a>. <code>$x$ \\frac</code></p>
<p style="height:60px;background:linear-gradient(90deg,red,lime,blue)"></p>
<figure><svg role="img" aria-label="A line." width="40" height="9"><path d="M0 5H40" stroke="red"/>
</svg><figcaption>A line.</figcaption></figure>
<img src="icon.svg" alt="An icon" width="9">
<button class="theme-switch-button">Switch</button>
{MOVING}{QUIZ}
<div class="toggle"><button class="toggle-button">Show</button><p hidden>The solution.</p></div>
<input name="q" aria-label="Search"><ul id="search-results"></ul>
</main><script>(() => {{
  const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)");
  dark.onchange = () => {{ root.dataset.theme = dark.matches ? "dark" : "light"; }};
  const on = (selector, event, action) =>
    document.querySelector(selector).addEventListener(event, action);
  on(".theme-switch-button", "click", () => {{
    root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; }});
  on(".toggle-button", "click", e => {{ e.target.nextElementSibling.hidden = false; }});
  on("[name=q]", "change", () => {{
    document.querySelector("#search-results").innerHTML = "<a href='other.html'>It</a>"; }});
}})();</script></body></html>"""


#: What is added to the control page, the checker that must report it, and a word of the report.
DEFECTS = [
    ('<img alt="x" src="http://192.0.2.1/x.png">', asks_nobody, "192.0.2.1/x.png"),
    ('<script src="//example.org/x.js"></script>', asks_nobody, "example.org/x.js"),
    ("<script>fetch('https://a.example/y').catch(() => 0)</script>", asks_nobody, "a.example/y"),
    ('<img alt="x" src="missing.png">', misses_nothing, "missing.png (404)"),
    ('<script src="missing.js"></script>', misses_nothing, "missing.js (404)"),
    ("<script>console.error('planted')</script>", console_is_quiet, "planted"),
    ("<script>nobody()</script>", console_is_quiet, "nobody is not defined"),
    ('<p class="math">x = 1</p>', formulas_are_rendered, "x = 1"),
    ("<mjx-merror>Extra brace</mjx-merror>", formulas_are_rendered, "Extra brace"),
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
        '<p style="width:99px">So <span class="math"><mjx-container style="display:inline-block;'
        'width:98px">x</mjx-container></span>. Then</p>',
        marks_stay_with_formulas,
        "So x. Then",
    ),
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
    ("play", "% 4; show()", "% 4", "play does not move"),
    ("play", "clearInterval(timer);", "", "pause does not stop"),
    ("play", "<button>Play</button>", "", "0 buttons"),
    (
        "quiz",
        '<details class="sd-dropdown"><summary>Y',
        '<details inert class="sd-dropdown"><summary>Y',
        "open",
    ),
    ("quiz", "Wrong. It", "It", "no verdict"),
    ("quiz", 'id="misconceptions"', 'id="quiz"', "0 options"),
    ("solutions", "nextElementSibling.hidden = false", "hidden = false", "does not open"),
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
    visit = survey(context, address, "index.html", folder)
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
    visit = survey(context, address, "index.html")
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
