"""What the browser keeps: answers of quizzes, progress, and the file that carries them.

A small book is built with the theme, the extension, the style sheet and the scripts of the course.

The numbers here are not those of chapters.
"""

import json

import pytest
import small
from survey import AXE, AXE_RUN, NARROW

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("keep")]


def question(number, text, *options):
    made = [f"**{number}** {text}"]
    made += [f"```{{dropdown}} {title}\n{verdict}. Because.\n```" for title, verdict in options]
    return "\n\n".join(made)


QUIZ = "\n\n".join(
    [
        "## Misconceptions\n\nOpen one.",
        question(1, "Which way?", ("Up", "Wrong"), ("Down *fast*", "Right"), ("Away", "Wrong")),
        question(2, "How $x$?", ("Slowly", "Right"), ("Never", "Wrong")),
        "```{dropdown} Deeper\nNo verdict here.\n```",
        "**3** A number, and no option.",
    ]
)


def exercise(number):
    """Return an exercise and its solution; the scripts must tell their cells apart."""
    label = f"1-{number}"
    return (
        f"```{{exercise}}\n:label: ex-{label}\nAnswer.\n\n<b class='cell'>in {number}</b>\n```\n\n"
        f"```{{solution}} ex-{label}\n:label: sol-{label}\n\nSo.\n\n<b class='cell'>out</b>\n```"
    )


LESSON = "\n\n".join(
    ["# One", QUIZ, "## Exercises", *map(exercise, (1, 2, 3)), "## The end", "Words. " * 3000]
)
INDEX = [
    "# A book\n\n```{continue}\n```\n\n```{kept}\n```",
    "```{toctree}\n:numbered: 1\n\nlessons/01_one\nlessons/deeper/01_one\nother\n```",
]
PAGES = {
    "lessons/01_one": LESSON,
    "lessons/deeper/01_one": "# Deeper: one\n\nWords.",
    "other": "# Other\n\nNo lesson.",
}
ONE = "lessons/01_one"


@pytest.fixture(scope="module")
def address(tmp_path_factory, serve):
    folder = tmp_path_factory.mktemp("kept") / "source"
    small.write(folder, INDEX, **PAGES)
    return serve(small.build(folder))


@pytest.fixture
def opened(new_window, address):
    """Return the function that opens a page, in a window of its own; nothing may be asked."""
    problems = []

    def watch(page):
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                request.url.startswith((address, "blob:" + address)) or problems.append(request.url)
            ),
        )
        return page

    def start(name="index", before="", window=None, **settings):
        page = watch((window or new_window(**settings)).new_page())
        page.problems = problems
        if before:
            page.add_init_script(before)
        page.goto(f"{address}{name}.html")
        return page

    yield start
    assert problems == []


def go(page, name):
    page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/")[2] + f"/{name}.html")


def kept(page):
    """Return all that is kept, without the prefix."""
    found = page.evaluate("Object.entries(localStorage)")
    return {key[7:]: value for key, value in found if key.startswith("dlzero:")}


def option(page, name):
    return page.locator("summary", has_text=name)


def marks(page):
    """Return the marks of the quiz, by the title of the option."""
    read = "marks => marks.map(m => [m.previousSibling.textContent, m.textContent])"
    return dict(page.locator(".dz-quiz .dz-mark").evaluate_all(read))


def said(page):
    return page.locator(".dz-said").all_inner_texts()


def ran(page, text, where):
    """Do as the page does when a cell has run."""
    page.evaluate(
        """([text, where]) => document.dispatchEvent(new CustomEvent("dlzero:ran", {detail: {
          cell: document.querySelector(where), status: "ok", text}}))""",
        [text, where],
    )


def entry(page, name):
    """Return what the contents say of a page."""
    return page.locator(f'nav.bd-links a.reference[href*="{name}"]').first


# ---- the quiz ------------------------------------------------------------------------------


def test_options_are_marked_and_the_first_counts(opened):
    page = opened(ONE)
    assert page.locator(".dz-quiz").count() == 2
    assert not page.locator(".dz-score").is_visible()
    option(page, "Up").press("Enter")
    assert marks(page) == {"Up": "✗ Wrong"}
    assert said(page) == ["Not right yet: open another option.", ""]
    option(page, "Down").press("Enter")
    assert marks(page) == {"Up": "✗ Wrong", "Down fast": "✓ Right"}
    option(page, "Slowly").press("Space")
    assert said(page) == ["Right, but not at the first try.", "Right at the first try."]
    assert page.locator(".dz-score span").inner_text() == "1 of 2 right at the first try."
    option(page, "Up").click()  # shut
    option(page, "Up").click()
    option(page, "Deeper").click()
    assert sorted(v for k, v in kept(page).items() if k.startswith("quiz")) == ["0", "0,1"]


def test_marks_are_kept_and_can_be_cleared(opened):
    page = opened(ONE)
    option(page, "Never").click()
    page.reload()
    assert marks(page) == {"Never": "✗ Wrong"}
    assert page.locator("details[open]").count() == 0
    assert page.locator(".dz-score span").inner_text() == "0 of 2 right at the first try."
    page.get_by_role("button", name="Clear the quiz").press("Enter")
    assert page.evaluate("document.activeElement.innerText").strip() == "Up"
    assert (marks(page), said(page)) == ({}, ["", ""])
    page.reload()
    assert (marks(page), kept(page).get("quiz")) == ({}, None)


def test_questions_are_groups_with_a_name_and_a_live_region(opened):
    page = opened(ONE)
    group = page.get_by_role("group", name="1 Which way?")
    assert group.locator("details").count() == 3
    assert group.get_by_role("status").count() == 1


def test_what_the_browser_opens_is_no_answer(opened):
    page = opened(ONE)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert marks(page) == {}


def test_names_of_questions_do_not_depend_on_their_place(tmp_path):
    found = []
    for number, text in enumerate((QUIZ, question(1, "New?", ("A", "Right")) + "\n\n" + QUIZ)):
        small.write(tmp_path / str(number), ["# A page\n\n" + text])
        page = (small.build(tmp_path / str(number)) / "index.html").read_text("utf-8")
        found.append(set(part.split('"')[0] for part in page.split('id="quiz-')[1:]))
    assert len(found[0]) == 4  # a group and its question
    assert found[0] < found[1]


# ---- progress ------------------------------------------------------------------------------


def test_a_finished_chapter_shows_in_the_contents(opened):
    page = opened(ONE)
    button = page.get_by_role("button", name="I have finished this chapter")
    assert button.get_attribute("aria-pressed") == "false"
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert kept(page)["done:" + ONE] == "1"
    go(page, "index")
    assert entry(page, "lessons/01_one").text_content() == "1. One✓ (finished)"
    go(page, "lessons/deeper/01_one")
    button = page.get_by_role("button", name="I have finished this page")
    assert button.get_attribute("aria-pressed") == "false"
    go(page, ONE)
    page.locator(".dz-finish").click()
    assert "done:" + ONE not in kept(page)
    assert entry(page, "#").text_content() == "1. One"


def test_only_lessons_can_be_finished(opened):
    assert opened("other").locator(".dz-finish").count() == 0


def test_check_marks_an_exercise_but_not_for_a_solution(opened):
    page = opened(ONE)
    ran(page, "1.1  No answer yet.\n", ".exercise .cell")
    ran(page, "1.2  Right.\n", "#sol-1-2 .cell")
    ran(page, "9.9  Right.\n", ".exercise .cell")
    assert kept(page) == {}
    ran(page, "a line\n1.1  Right.\n1.3  Right.\n", ".exercise .cell")
    ran(page, "1.1  Not yet.\n", ".exercise .cell")  # what was right once, was right
    assert sorted(kept(page)) == [f"right:{ONE}#ex-1-1", f"right:{ONE}#ex-1-3"]
    titles = page.locator(".exercise .admonition-title").all_inner_texts()
    assert ["✓ Right" in title for title in titles] == [True, False, True]
    page.reload()
    assert page.locator(".exercise .dz-mark").count() == 2
    assert entry(page, "#").text_content() == "1. One2/3 (2 of 3 exercises right)"


def test_the_contents_do_not_move(opened):
    page = opened()
    boxes = "links => links.map(link => JSON.stringify(link.getBoundingClientRect()))"
    before = page.locator("nav.bd-links a").evaluate_all(boxes)
    page.evaluate(f"""() => {{
      dlzeroKeep.set("done", "{ONE}", "1");
      dlzeroKeep.set("right", "{ONE}#ex-1-1", "1");
    }}""")
    entry(page, "lessons/01_one").locator(".dz-count").wait_for(state="attached")
    assert page.locator("nav.bd-links a").evaluate_all(boxes) == before


def test_the_first_page_leads_back(opened):
    page = opened()
    assert not page.locator(".dz-continue").is_visible()
    go(page, "other")
    go(page, ONE)
    page.evaluate("document.getElementById('the-end').scrollIntoView()")
    page.wait_for_function("localStorage.getItem('dlzero:last')?.includes('the-end')")
    go(page, "index")
    link = page.get_by_role("link", name="Continue: 1. One, The end")
    link.click()
    assert page.url.endswith(f"{ONE}.html#the-end")


@pytest.mark.parametrize("last", ["{", "null", '{"page": "https://a.example/"}', '{"page": 1}'])
def test_the_way_back_leads_to_lessons_only(opened, last):
    page = opened(before=f"localStorage.setItem('dlzero:last', {last!r})")
    assert page.locator(".dz-kept").is_visible()
    assert not page.locator(".dz-continue").is_visible()


def test_the_store_is_there_before_any_other_script_asks(opened):
    scripts = opened().locator("script[defer]").evaluate_all("all => all.map(s => s.src)")
    assert "/keep.js" in scripts[0]


# ---- the store and its file ----------------------------------------------------------------


def fill(page):
    """Do a little of everything; return what is kept then."""
    go(page, ONE)
    option(page, "Up").click()
    ran(page, "1.1  Right.\n", ".exercise .cell")
    page.locator(".dz-finish").click()
    page.evaluate("dlzeroKeep.set('edit', '#cell-1', 'w = \"ü\" # <b>\\n')")
    go(page, "index")
    return kept(page)


def counts(page):
    return [int(text) for text in page.locator(".dz-kept b").all_inner_texts()]


def test_a_file_carries_all_to_another_browser(opened, tmp_path):
    page = opened()
    before = fill(page)
    assert counts(page) == [1, 1, 1, 0, 1]
    with page.expect_download() as started:
        page.get_by_role("button", name="Export").click()
    path = tmp_path / started.value.suggested_filename
    started.value.save_as(path)
    content = json.loads(path.read_text("utf-8"))
    assert path.name == "dlzero-progress.json"
    assert (content["version"], content["kept"]) == (1, before)
    assert content["date"][:2] == "20"

    page.get_by_role("button", name="Wipe", exact=True).press("Enter")
    assert page.evaluate("document.activeElement.innerText") == "No, keep it"
    page.keyboard.press("Enter")
    assert kept(page) == before
    assert page.evaluate("document.activeElement.innerText") == "Wipe"
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Yes, wipe it").press("Enter")
    assert page.locator(".dz-news").inner_text() == "Nothing is kept any more."
    assert (kept(page), counts(page)) == ({}, [0] * 5)

    other = opened()
    other.evaluate("dlzeroKeep.set('done', 'lessons/deeper/01_one', '1')")
    with other.expect_file_chooser() as chooser:
        other.get_by_role("button", name="Import").press("Enter")
    chooser.value.set_files(path)
    other.get_by_text("Read 4 entries of dlzero-progress.json.").wait_for()
    assert kept(other) == {**before, "done:lessons/deeper/01_one": "1"}
    assert counts(other) == [2, 1, 1, 0, 1]
    assert "✓" in entry(other, "lessons/01_one").text_content()


GOOD = {"format": "dlzero-progress", "version": 1, "kept": {"done:other": "1"}}


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("no json", "mine.txt is no file that Export has saved: choose dlzero-progress.json."),
        ("null", "is no file that Export"),
        (json.dumps({**GOOD, "format": "x"}), "is no file that Export"),
        (json.dumps({**GOOD, "kept": {"done:other": 1}}), "is no file that Export"),
        (json.dumps({**GOOD, "kept": {"../x": "1"}}), "is no file that Export"),
        (json.dumps({**GOOD, "version": 2}), "mine.txt has format 2, this page reads 1"),
    ],
)
def test_another_file_changes_nothing(opened, text, reply):
    page = opened()
    page.evaluate("dlzeroKeep.set('done', 'other', 'old')")
    file = {"name": "mine.txt", "mimeType": "text/plain", "buffer": text.encode()}
    page.locator(".dz-kept input").set_input_files(file)
    page.locator(".dz-news").get_by_text(reply).wait_for()
    assert kept(page) == {"done:other": "old"}


def test_with_nothing_there_is_no_file(opened):
    page = opened()
    page.get_by_role("button", name="Export").click()
    assert page.locator(".dz-news").inner_text() == "There is nothing to save yet."


FORBIDDEN = ["get() { throw new Error('forbidden'); }", "value: null"]
STORE = """(() => {
  const keep = window.dlzeroKeep, told = [];
  document.addEventListener("dlzero:kept", ({ detail }) => told.push(Object.values(detail)));
  keep.set("edit", "#cell", "a:b\\nc");
  keep.set("choice", "start", "1");
  keep.set("last", "", "x");
  const got = [keep.page, keep.get("edit", "PAGE#cell"), keep.get("last"), keep.get("done", "x")];
  const keys = keep.keys();
  keys.forEach(([kind, id]) => keep.remove(kind, id));
  return [got, keys, keep.keys(), told];
})()""".replace("PAGE", ONE)


@pytest.mark.parametrize("how", ["", *FORBIDDEN, "full"])
def test_the_store_works_where_storage_is_forbidden_or_full(opened, how):
    before = f"Object.defineProperty(window, 'localStorage', {{ {how} }})" if how else ""
    if how == "full":
        before = "Storage.prototype.setItem = () => { throw new DOMException('full'); }"
    page = opened(ONE, before)
    page.problems.clear()  # the theme needs storage, and says so
    got, keys, left, told = page.evaluate(STORE)
    assert got == [ONE, "a:b\nc", "x", None]
    assert keys == [["choice", "start"], ["edit", f"{ONE}#cell"], ["last", ""]]
    assert left == []
    assert told[0] == ["edit", f"{ONE}#cell", "a:b\nc"]
    assert [value for _, _, value in told] == ["a:b\nc", "1", "x", None, None, None]
    option(page, "Up").click()
    page.locator(".dz-finish").click()
    assert marks(page) == {"Up": "✗ Wrong"}
    assert page.locator(".dz-finish").get_attribute("aria-pressed") == "true"


def test_a_full_store_does_not_bring_back_what_was(opened):
    page = opened()
    page.evaluate("dlzeroKeep.set('edit', '#a', 'old')")
    page.evaluate(
        "() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }"
    )
    page.evaluate("dlzeroKeep.set('edit', '#a', 'new')")
    assert page.evaluate("dlzeroKeep.get('edit', '#a')") == "new"


def test_another_window_is_told(opened):
    page = opened()
    other = opened(ONE, window=page.context)
    other.locator(".dz-finish").click()
    page.wait_for_function("document.querySelector('.dz-kept b').textContent === '1'")
    assert "✓" in entry(page, "lessons/01_one").text_content()


# ---- for everybody -------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(opened, scheme):
    page = opened(color_scheme=scheme)
    fill(page)
    page.get_by_role("button", name="Wipe", exact=True).click()
    for name in ("index", ONE):
        if name == ONE:
            go(page, name)
            option(page, "Slowly").click()
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate(AXE_RUN, [])
        assert [v for v in found if v["impact"] in ("serious", "critical")] == []


def test_a_phone_has_room_for_it(opened):
    page = opened(viewport=NARROW)
    fill(page)
    page.get_by_role("button", name="Wipe", exact=True).click()
    for name in ("index", ONE):
        if name == ONE:
            go(page, name)
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
        for target in page.locator(".dz-kept button:visible, .dz-finish, .dz-clear").all():
            assert target.bounding_box()["height"] >= 24


def test_without_script_and_on_paper_the_quiz_is_as_it_was(opened):
    page = opened(ONE, java_script_enabled=False)
    for own in (".dz-mark", ".dz-score", ".dz-finish"):
        assert page.locator(f"{own}:visible").count() == 0
    option(page, "Up").click()
    assert page.get_by_text("Wrong. Because.").first.is_visible()
    page = opened(ONE)
    option(page, "Up").click()
    page.emulate_media(media="print")
    for own in (".dz-mark", ".dz-said", ".dz-score", ".dz-finish"):
        assert page.locator(f"{own}:visible").count() == 0
