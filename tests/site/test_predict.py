"""What answers a box "Predict" stays shut until the reader has answered.

A small book is built with the theme, the extension, the style sheet and the script of the course.
"""

import ast
import re

import pytest
import small
from survey import NARROW

from dlzero import plots

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("predict")]


def picture(name):
    body = '<svg role="img" aria-label="A line." viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>'

    class Picture:
        def _repr_mimebundle_(self):
            return {"text/html": plots.render(body, "A line.", name=name), "text/plain": "A line."}

    return Picture()


def box(question, *options):
    return "\n".join([question, "", *[f"- {option}" for option in options]]).strip()


BOXES = {
    "choice": box("Which wins?", "the *first*", "$x$ and more", "none"),
    "field": box("How many steps?"),
    "idle": box("Nothing follows."),
}
PREDICT = "```{{admonition}} Predict\n:class: predict\n\n{}\n```"
CELLS = [
    "# A page\n\nHow many? See {numref}`fig-shut`.",
    PREDICT.format(BOXES["choice"]),
    small.code("print(1)", "the first result\n"),
    "The explanation comes first.\n\nThis stays open, whatever happens.",
    PREDICT.format(BOXES["field"]),
    small.code("print(2)", "the second result\n"),
    small.code("show()", picture("fig-shut")),
    "Sixty-two, it says.\n\nThe end of the second.",
    PREDICT.format(BOXES["idle"]),
    "## A section\n\n" + "Words. " * 900,
    small.code("print(3)", "the third result\n"),
]
SHUT = ("the first result", "The explanation comes", "the second result", "Sixty-two", "A line.")
OPEN = ("This stays open", "The end of the second", "the third result", "print(1)", "show()")


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book") / "source"
    small.write(folder, CELLS)
    return folder


@pytest.fixture(scope="module")
def built(source):
    return small.build(source)


@pytest.fixture(scope="module")
def address(built, serve):
    return serve(built)


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens the page in a window of its own."""
    problems = []

    def start(end="", before="", **settings):
        page = new_window(**settings).new_page()
        page.problems = problems
        page.on("pageerror", lambda error: problems.append(str(error)))
        if before:
            page.add_init_script(before)
        page.goto(f"{address}index.html{end}")
        return page

    yield start
    assert problems == []


def is_read(page, words):
    """Tell whether a reader sees these words."""
    return page.get_by_text(words, exact=False).first.evaluate(
        "e => e.checkVisibility() && e.getBoundingClientRect().height > 5"
    )


def read(page):
    """Return which of the shut words a reader sees; the others must be seen always."""
    assert [words for words in OPEN if not is_read(page, words)] == []
    return [words for words in SHUT if is_read(page, words)]


def answers(page):
    return page.locator(".dz-answer").all()


def focused(page):
    return page.evaluate("document.activeElement.className")


FIRST, SECOND = list(SHUT[:2]), list(SHUT[2:])


def test_answers_are_shut_and_take_no_room(opened):
    page = opened()
    assert read(page) == []
    parts = page.locator(".dz-shut").all()
    assert len(parts) == 5
    assert [part.bounding_box()["height"] for part in parts] == [0] * 5
    # The code of the answer and the paragraph that stays are neighbours.
    gap = """() => {
      const [cell] = document.querySelectorAll("div.cell");
      const next = document.querySelectorAll("p.dz-shut")[0].nextElementSibling;
      return next.getBoundingClientRect().top - cell.getBoundingClientRect().bottom;
    }"""
    assert page.evaluate(gap) < 40


def test_nothing_jumps_while_the_page_loads(opened):
    """The class that shuts is there before the first paragraph is."""
    before = """new MutationObserver((_, self) => {
      if (!document.querySelector(".dz-shut")) return;
      window.early = document.documentElement.classList.contains("dz-predict");
      self.disconnect();
    }).observe(document, {childList: true, subtree: true})"""
    assert opened(before=before).evaluate("window.early") is True


def test_a_choice_opens_its_answer(opened):
    page = opened()
    choices = page.locator(".dz-choices button")
    assert choices.all_text_contents() == ["the first", "x and more", "none"]
    assert answers(page)[0].locator("input").count() == 0
    choices.nth(0).press("Enter")
    assert read(page) == FIRST
    assert "dz-shut" in focused(page)
    assert "cell_output" in focused(page)
    assert not answers(page)[0].locator(".dz-guess").is_visible()  # the choice is marked
    assert page.locator(".dz-beside:visible").all_inner_texts() == ["Your guess: the first"]
    assert [choice.is_disabled() for choice in choices.all()] == [True] * 3
    pressed = [choice.get_attribute("aria-pressed") for choice in choices.all()]
    assert pressed == ["true", "false", "false"]


def test_a_number_or_words_open_the_answer(opened):
    page = opened()
    form = answers(page)[1]
    field = form.get_by_label("Your guess:")
    field.press("Enter")  # nothing in it
    assert read(page) == []
    field.fill(" 62 < 63 ")
    field.press("Enter")
    assert read(page) == SECOND
    assert form.locator(".dz-guess").inner_text() == "Your guess: 62 < 63"
    assert not field.is_visible()
    assert "cell_output" in focused(page)


def test_show_me_opens_without_a_guess(opened):
    page = opened()
    for form, parts in zip(answers(page), (FIRST, FIRST + SECOND), strict=True):
        form.get_by_role("button", name="Show me").press("Space")
        assert read(page) == parts
        assert not form.locator(".dz-guess").is_visible()
    assert page.locator(".dz-beside:visible").count() == 0


def test_a_box_without_answer_stays_as_it_is(opened):
    page = opened()
    assert page.locator(".admonition.predict").count() == 3
    assert len(answers(page)) == 2


def test_keyboard_reaches_all_in_order(opened):
    page = opened()
    page.locator(".dz-choices button").first.focus()
    names = []
    for _ in range(6):
        names.append(
            page.evaluate("document.activeElement.textContent || document.activeElement.type")
        )
        page.keyboard.press("Tab")
        while page.evaluate("!document.activeElement.closest('.predict')"):
            page.keyboard.press("Tab")
    assert names == ["the first", "x and more", "none", "Show me", "text", "Compare"]


def test_screen_readers_learn_what_a_button_opens(opened):
    page = opened()
    form = answers(page)[0]
    names = form.locator(".dz-show").get_attribute("aria-controls").split(" ")
    assert [page.locator(f"#{name}").count() for name in names] == [1, 1]
    triggers = [*page.locator(".dz-choices button").all(), form.locator(".dz-show")]
    for trigger in triggers:
        assert trigger.get_attribute("aria-controls").split(" ") == names
        assert trigger.get_attribute("aria-expanded") == "false"
    part = page.locator(f"#{names[0]}")
    assert (part.get_attribute("role"), part.get_attribute("aria-label")) == ("group", "The answer")
    form.locator(".dz-show").click()
    assert form.locator(".dz-show").get_attribute("aria-expanded") == "true"
    assert form.locator(".dz-again").get_attribute("aria-expanded") == "true"


def test_an_answer_is_kept_and_can_be_tried_again(opened):
    page = opened()
    page.locator(".dz-choices button").nth(2).click()
    answers(page)[1].get_by_label("Your guess:").fill("7")
    answers(page)[1].get_by_role("button", name="Compare").click()
    page.reload()
    assert read(page) == FIRST + SECOND
    assert page.locator(".dz-beside").all_inner_texts() == ["Your guess: none", "Your guess: 7"]
    keys = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('dlzero:'))")
    assert len(keys) == 2
    assert all(re.fullmatch(r"dlzero:predict:index#predict-[0-9a-f]{8}", key) for key in keys)
    for form, focus in zip(answers(page), ("the first", ""), strict=True):
        form.get_by_role("button", name="Try again").press("Enter")
        assert page.evaluate("document.activeElement.innerText") == focus
    assert read(page) == []
    assert answers(page)[1].get_by_label("Your guess:").input_value() == ""
    page.reload()
    assert read(page) == []


@pytest.mark.parametrize("how", ["get() { throw new Error('forbidden'); }", "value: null"])
def test_it_works_where_storage_is_forbidden(opened, how):
    before = f"Object.defineProperty(window, 'localStorage', {{ {how} }})"
    page = opened(before=before)
    # The theme needs storage, and says so; only our errors count.
    page.problems.clear()
    page.locator(".dz-choices button").nth(2).click()
    assert read(page) == FIRST
    answers(page)[0].get_by_role("button", name="Try again").click()
    assert read(page) == []
    page.problems.clear()


def test_without_script_all_is_open(opened):
    page = opened(java_script_enabled=False)
    # No script runs, so look from outside.
    for words in (*SHUT, *OPEN):
        found = page.get_by_text(words, exact=False).first
        assert found.is_visible()
        assert found.bounding_box()["height"] > 5
    assert page.locator(".dz-answer:visible, .dz-choices button").count() == 0
    assert page.locator(".dz-choices li").count() == 3


def test_on_paper_all_is_open(opened):
    page = opened()
    page.emulate_media(media="print")
    assert read(page) == list(SHUT)
    assert page.locator(".dz-answer:visible").count() == 0


def test_a_link_opens_what_it_leads_to(opened):
    page = opened()
    page.get_by_role("link", name="Fig. 1").first.click()
    page.wait_for_function("document.querySelector('.dz-open')")
    assert read(page) == SECOND
    page = opened("#fig-shut")
    assert read(page) == SECOND
    top = page.locator("#fig-shut").bounding_box()["y"]
    assert 0 <= top < 900
    page.reload()
    assert len(answers(page)) == 2


def test_a_link_is_no_answer(opened):
    page = opened("#fig-shut")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('dlzero:'))") == []


def test_a_hit_of_the_search_is_open(opened):
    page = opened("?highlight=sixty-two")
    page.wait_for_function("document.querySelector('.dz-open')")
    assert read(page) == SECOND


def test_the_search_of_the_browser_opens_what_it_finds(opened):
    page = opened()
    part = page.locator("p.dz-shut").first
    assert part.get_attribute("hidden") == "until-found"
    assert part.evaluate("e => getComputedStyle(e).display") == "block"  # or it cannot be found
    part.dispatch_event("beforematch")  # what a browser says before it shows a hit
    assert read(page) == FIRST


def test_all_opens_when_the_script_fails(opened):
    before = "Element.prototype.setAttribute = () => { throw new Error('planted'); }"
    page = opened(before=before)
    assert read(page) == list(SHUT)
    assert "planted" in page.problems.pop()
    page.problems.clear()


def test_a_phone_has_room_for_it(opened):
    page = opened(viewport=NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    for target in page.locator(".dz-answer button:visible, .dz-choices button").all():
        assert target.bounding_box()["height"] >= 24


def names(folder):
    page = (folder / "index.html").read_text("utf-8")
    return re.findall(r'id="(predict-[0-9a-f]+)-1"', page)


def test_names_do_not_depend_on_the_place_of_a_box(built, tmp_path):
    """What a reader has answered stays with its box when a new one comes before it."""
    new = [CELLS[0], PREDICT.format("New?"), small.code("0", "0\n"), "Text."]
    small.write(tmp_path / "more", [*new, *CELLS[1:]])
    assert names(small.build(tmp_path / "more"))[1:] == names(built)
    assert len(names(built)) == 2


def test_the_same_question_twice(tmp_path):
    small.write(
        tmp_path / "twice", ["# A page", *CELLS[1:4], CELLS[1], small.code("0", "0\n"), "Text."]
    )
    page = (small.build(tmp_path / "twice") / "index.html").read_text("utf-8")
    found = re.findall(r'id="(predict-[^"]+)-1"', page)
    assert found == [found[0], f"{found[0]}-again"]


def test_words_are_translated(source, built):
    folder = source.parent / "translated"
    small.write(folder, CELLS)
    words = {"Show me": "Zeig <es>", "Your guess:": "Geraten:", "The answer": "Antwort"}
    words |= {"The explanation comes first.": "Zuerst kommt die Erklärung."}
    lines = ['msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n']
    lines += [f'msgid "{one}"\nmsgstr "{two}"\n' for one, two in words.items()]
    place = folder / "locale" / "de" / "LC_MESSAGES"
    place.mkdir(parents=True)
    for name in ("dlzero", "index"):
        (place / f"{name}.po").write_text("\n".join(lines), "utf-8")
    translated = small.build(folder, language="de")
    page = (translated / "index.html").read_text("utf-8")
    assert page.count(">Zeig &lt;es&gt;</button>") == 1
    assert 'data-label="Antwort"' in page
    assert page.count("Geraten:") == 2
    assert '<p class="dz-shut" id=' in page
    assert "Zuerst kommt die Erklärung." in page
    assert names(translated) == names(built) != []


def test_the_list_of_words_is_complete():
    used = set()
    for path in (small.ROOT / "_ext").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_":
                used.add(ast.literal_eval(node.args[0]))
    listed = re.findall(r'^msgid "(.+)"$', (small.ROOT / "_ext" / "dlzero.pot").read_text(), re.M)
    assert listed == sorted(used)
