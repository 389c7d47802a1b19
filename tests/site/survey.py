"""A survey of the built site: each page is visited once, and checkers read what was seen there.

Whatever a page asks of another host is blocked and counted.
"""

import os
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "_build" / "test" / "_build" / "html"
SITE = Path(os.environ.get("DLZERO_SITE", DEFAULT)).resolve()
AXE = ROOT / "_vendor" / "test" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SMALLEST = {"width": 320, "height": 640}  # a wide window at four times the size, too


def pages_of(site):
    """Return the text of each page of a site, without the raw templates that the theme ships."""
    found = [path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in found}


FILES = pages_of(SITE)
PAGES = [page for page, html in FILES.items() if 'http-equiv="Refresh"' not in html]

#: How much a page may ask of a phone when it opens: requests and their bytes, as they are sent,
#: elements, scripts that hold it up. A chapter has fewer elements than the lists of the reference.
MOST_REQUESTS, MOST_BYTES = 12, 350_000
MOST_ELEMENTS = {"lessons/": 4_000, "": 8_000}
BURDEN = """() => ({
  elements: document.querySelectorAll("*").length,
  blocking: [...document.querySelectorAll("script[src]:not([defer], [async], [type=module])")]
    .map(script => script.src),
})"""
# Figures and the colours of folded code wait for a reader.
FILL = "() => document.querySelectorAll('dz-later, dz-code').forEach(one => one.fill?.())"
# Everything that the checkers want to know, collected in the page at once.
FACTS = r"""() => {
  const all = selector => [...document.querySelectorAll(selector)];
  const name = e => e.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const hidden = e => e.closest("[aria-hidden=true]") !== null;
  const unread = "code, pre, script, style, noscript, template, textarea, math, .sig";
  const raw = [
    /\$/, /\\[(\[]/, /\\(frac|sum|cdot|lVert|alpha|beta|eta|gamma|leftarrow|text|begin)\b/,
    /(^|[\s(])\*\*[^*\s][^*]*\*\*/, /```/, /\{(cite|ref|numref|term|doc|eq)[:}]/,
  ];
  const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());)
    if (!node.parentElement.closest(unread) && raw.some(r => r.test(node.data)))
      texts.push(node.data.trim().slice(0, 80));
  return {
    formulas: all("math").length,
    unrendered: all(".math").filter(e => !e.querySelector("math")).map(name),
    wrong: all("merror, .math > code, code.math").map(name),
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
ALONE = r"""() => [...document.querySelectorAll("math:not([display])")].flatMap(formula => {
  const text = formula.nextSibling;
  if (text?.nodeType !== Node.TEXT_NODE || !/^[.,;:?!)]/.test(text.data)) return [];
  const mark = document.createRange();
  mark.setStart(text, 0);
  mark.setEnd(text, 1);
  const box = formula.getBoundingClientRect();
  if (mark.getBoundingClientRect().left > box.right - 1) return [];
  return [formula.closest("p, li, dd, td, div").textContent.trim().slice(0, 80)];
})"""
# How large a figure is drawn: its smallest text and the empty bands above and below it, in pixels.
# A line of text is a group with the scale of its font; frames share pieces.
FIGURES = r"""() => [...document.querySelectorAll("figure svg[role=img]")].flatMap(svg => {
  const { width } = svg.getBoundingClientRect();
  if (!width || !svg.viewBox.baseVal?.width) return [];
  const used = [...svg.querySelectorAll("use")].map(
    use => document.querySelector(use.getAttribute("href"))?.outerHTML ?? "");
  const scales = [svg.outerHTML, ...used].join("").matchAll(/ scale\(([\d.]+) -/g);
  const room = svg.viewBox.baseVal, drawn = svg.getBBox(), pixel = width / room.width;
  return [{
    name: svg.closest("figure").id || svg.getAttribute("aria-label"),
    text: Math.min(...[...scales].map(([, scale]) => 100 * scale * pixel), 99),
    blank: Math.max(drawn.y - room.y, room.y + room.height - drawn.y - drawn.height) * pixel,
  }];
})"""
# Opens or shuts all that a reader can: the folds, and the answers of predict boxes.
UNFOLD = """open => {
  document.querySelectorAll("details").forEach(d => { d.open = open; });
  for (const button of document.querySelectorAll(open ? ".dz-show" : ".dz-again"))
    if (button.checkVisibility()) button.click();
}"""
READY = "() => document.fonts.ready.then(() => true)"
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

    address: str = ""
    sizes: dict = field(default_factory=dict)
    burden: dict = field(default_factory=dict)
    foreign: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    console: list = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    axe: dict = field(default_factory=dict)
    too_wide: list = field(default_factory=list)
    alone: list = field(default_factory=list)
    figures: list = field(default_factory=list)
    pictures: dict = field(default_factory=dict)


def open_page(context, origin, address):
    """Open a page that may ask nobody but `origin`; return it with the record of what it did."""
    page, visit = context.new_page(), Visit(address)

    def is_foreign(url):
        return not url.startswith((origin, "data:", "blob:", "about:"))

    def failed(request):
        if not is_foreign(request.url):
            visit.missing.append(f"{request.url} ({request.failure})")

    page.route(is_foreign, lambda route: route.abort())
    page.on("request", lambda r: visit.foreign.append(r.url) if is_foreign(r.url) else None)

    def answered(response):
        if response.status >= 400:
            visit.missing.append(f"{response.url} ({response.status})")
        visit.sizes[response.url] = int(response.headers.get("content-length", 0))

    page.on("requestfailed", failed)
    page.on("response", answered)
    page.on("console", lambda m: visit.console.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: visit.console.append(str(error)))
    page.goto(origin + address, wait_until="load")
    page.wait_for_function(READY, polling=100)
    visit.burden = page.evaluate(BURDEN)
    page.evaluate(FILL)
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


def survey_page(context, origin, address, pictures=None):
    """Visit a page: light and dark, wide and narrow; take screenshots into `pictures`."""
    page, visit = open_page(context, origin, address)
    visit.facts = page.evaluate(FACTS)

    def shoot(name):
        if not pictures:
            return
        # JPEG is written in less time, and has an end.
        height = page.evaluate("document.documentElement.scrollHeight")
        ending, more = ("jpg", {"quality": 80}) if height < 65_000 else ("png", {})
        stem = address.removesuffix(".html").replace("/", "-")
        visit.pictures[name] = pictures / f"{stem}-{name}.{ending}"
        page.screenshot(path=visit.pictures[name], full_page=True, **more)

    def unfold(is_open):
        page.evaluate(UNFOLD, is_open)

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
    visit.figures = page.evaluate(FIGURES)
    page.set_viewport_size(SMALLEST)
    visit.too_wide += page.evaluate(TOO_WIDE)
    page.close()
    return visit


def asks_nobody(visit):
    """No request to another host."""
    return visit.foreign


def misses_nothing(visit):
    """No file that is not there."""
    return visit.missing


def console_is_quiet(visit):
    """No message of level error, and no script that throws."""
    return visit.console


def is_light(visit):
    """Few requests, bytes and elements, and no script that holds up the page."""
    limit = next(most for place, most in MOST_ELEMENTS.items() if visit.address.startswith(place))
    elements, size = visit.burden["elements"], sum(visit.sizes.values())
    problems = [f"{url} holds up the page" for url in visit.burden["blocking"]]
    if elements > limit:
        problems.append(f"{elements} elements, at most {limit}")
    if len(visit.sizes) > MOST_REQUESTS:
        problems.append(f"{len(visit.sizes)} requests, at most {MOST_REQUESTS}: {[*visit.sizes]}")
    if size > MOST_BYTES:
        problems.append(f"{size} bytes, at most {MOST_BYTES}: {visit.sizes}")
    return problems


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
    """The page does not scroll sideways at 390 px, nor at 320."""
    return visit.too_wide


def marks_stay_with_formulas(visit):
    """On a phone no line begins with the full stop of a formula in the line above."""
    return visit.alone


def figures_suit_a_phone(visit):
    """On a phone no text in a figure is smaller than 11 px, and no band of it is empty."""
    small = [f"{f['name']} has text of {f['text']:.1f} px" for f in visit.figures if f["text"] < 11]
    return small + [
        f"{f['name']} has an empty band of {f['blank']:.0f} px"
        for f in visit.figures
        if f["blank"] > 20
    ]


def pictures_were_taken(visit):
    """There are three screenshots, and none is blank, not even in part."""
    from PIL import Image

    problems = [f"no {n} picture" for n in ("light", "dark", "narrow") if n not in visit.pictures]
    for path in visit.pictures.values():
        if not path.exists():
            problems.append(f"{path.name} was not written")
            continue
        Image.MAX_IMAGE_PIXELS = None  # a chapter is a long page
        with Image.open(path) as image:
            # Every fourth pixel will do.
            small = image.convert("RGB").resize(
                (image.width // 4, image.height // 4), Image.Resampling.NEAREST
            )
        for top in range(0, small.height, 750):
            part = small.crop((0, top, small.width, min(top + 750, small.height)))
            colours = len(part.getcolors(1 << 20))
            if colours < 8 and (top == 0 or part.height > 400):
                problems.append(f"{path.name} has {colours} colours below {4 * top} px")
    return problems


LOADING = [asks_nobody, misses_nothing, console_is_quiet, formulas_are_rendered]
CHECKERS = [*LOADING, is_light, pictures_have_text, is_accessible, fits_a_phone]
CHECKERS += [marks_stay_with_formulas, figures_suit_a_phone, pictures_were_taken]
