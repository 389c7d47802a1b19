"""The search: what a reader finds, and how the dialog and the page of the search behave."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from survey import AXE, AXE_RUN, FILES, NARROW, SITE, TOO_WIDE, open_page

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("search")]

GLOSSARY = "book/glossary.html#term-"
FIRST = {
    # words of the field, as the glossary explains them
    "overfitting": GLOSSARY + "overfitting",
    "xor": GLOSSARY + "XOR",
    "momentum": GLOSSARY + "momentum",
    "bias correction": GLOSSARY + "bias-correction",
    "weight decay": GLOSSARY + "weight-decay",
    "softmax": GLOSSARY + "softmax",
    "epochs": GLOSSARY + "epoch",
    "saddle points": GLOSSARY + "saddle-point",
    "local minima": GLOSSARY + "local-minimum",
    "what is a learning rate": GLOSSARY + "learning-rate",
    "vanishing gradients": GLOSSARY + "vanishing-gradient",
    "gradient descent": GLOSSARY + "gradient-descent",
    # British and American spelling
    "regularization": GLOSSARY + "regularisation",
    "regularisation": GLOSSARY + "regularisation",
    "standardize": GLOSSARY + "standardisation",
    "standardised": GLOSSARY + "standardisation",
    "generalization": GLOSSARY + "generalisation",
    # other names, and words that are written in two ways
    "cross entropy": GLOSSARY + "cross-entropy",
    "crossentropy": GLOSSARY + "cross-entropy",
    "minibatch": GLOSSARY + "mini-batch",
    "drop out": GLOSSARY + "dropout",
    "backprop": GLOSSARY + "backpropagation",
    "warmup": GLOSSARY + "warm-up",
    "hyperparameters": GLOSSARY + "hyper-parameter",
    "normalize": GLOSSARY + "feature-scaling",
    "sgd": GLOSSARY + "stochastic-gradient-descent",
    "data leakage": GLOSSARY + "leak",
    "imbalanced classes": GLOSSARY + "class-weights",
    "train test split": GLOSSARY + "validation-set",
    "step size": GLOSSARY + "learning-rate",
    # slips of the finger
    "overfiting": GLOSSARY + "overfitting",
    "logistic regresion": GLOSSARY + "logistic-regression",
    "perceptrn": GLOSSARY + "perceptron",
    "momentun": GLOSSARY + "momentum",
    # optimizers, and names of the package
    "adamw": GLOSSARY + "AdamW",
    "AdamW": GLOSSARY + "AdamW",
    "rmsprop": GLOSSARY + "RMSProp",
    "nesterov": GLOSSARY + "Nesterov-s-method",
    "show_source": "book/api.html#dlzero.show_source",
    "plots.table": "book/api.html#dlzero.plots.table",
    "check_gradient": "book/api-optimizers.html#dlzero.check_gradient",
    # troubles
    "nan loss": GLOSSARY + "divergence",
    "my loss is nan": GLOSSARY + "divergence",
    "learning rate too large": GLOSSARY + "divergence",
    "why is my loss going up": "lessons/03_gradient_descent.html#my-loss-rose-once-is-that-a-bug",
    "which optimizer should I use": "lessons/11_practice.html#where-to-start",
    "does not learn": "lessons/11_practice.html#the-working-day-is-it-broken",
    # chapters, and what has a number
    "optimiser": "lessons/11_practice.html",
    "chapter 7": "lessons/07_adaptive.html",
    "optimizers in practice": "lessons/11_practice.html",
    "exercise 5.3": "lessons/05_probabilities.html#ex-5-3",
    "rmse": GLOSSARY + "root-mean-square-error",
    "install": "book/how-to-use.html#run-it-on-your-machine",
    "5.3": "lessons/05_probabilities.html#ex-5-3",
    "figure 6.3": "lessons/06_momentum.html#fig-three-regimes",
    "homework 3": "book/homework/hw03.html",
}
#: What stands among the first three: the glossary explains the word first, or a figure shows it.
AMONG_THREE = {
    "learning rate too large": "lessons/03_gradient_descent.html#",
    "overfitting": "lessons/10_overfitting.html",
    "early stopping": "lessons/10_overfitting.html#stop-early",
    "my loss explodes": "lessons/02_linear_unit.html#why-all-rows-at-once-explode",
    "nan loss": "lessons/05_probabilities.html#compute-it-from-z-and-it-cannot-overflow",
    "beta1": "lessons/08_adam.html#",
    "predict_proba": "book/api-practice.html#dlzero.Network.predict_proba",
    "dying relu": "lessons/deeper/09_network.html#how-many-relus-are-dead",
    "xavier": "lessons/09_network.html#what-a-good-start-must-do",
    "β₁": "lessons/08_adam.html#",
    "l2 penalty": GLOSSARY + "weight-decay",
    "dead relu": "lessons/deeper/09_network.html#how-many-relus-are-dead",
    "how to choose the learning rate": "lessons/11_practice.html#the-figure-most-worth-having",
    "AdamW": "book/api-optimizers.html#dlzero.adamw",
    "kingma adam": "book/bibliography.html#id",
}
NOWHERE = ("梯度下降", "过拟合", "qqqzzz")


def place(address, origin):
    """Return where a result leads, without what the page is told to mark."""
    found = urlsplit(address.removeprefix(origin))
    return found.path + ("#" + found.fragment if found.fragment else "")


def ask(page, query):
    """Type a question and wait for the answer; return where the results lead, and what they say."""
    page.locator("input[name=q]:visible").fill(query)
    box = page.locator(".dz-search:visible")
    box.locator("ol[aria-busy=false]").wait_for(state="attached")
    links = box.locator("li > a").evaluate_all(
        "links => links.map(a => [a.href, a.textContent, a.nextElementSibling.textContent])"
    )
    return [tuple(link) for link in links]


@pytest.fixture(scope="module")
def page(context, origin):
    """The page of the search, opened once."""
    own = context.browser.new_context()
    page = open_page(own, origin, "search.html")[0]
    yield page
    own.close()


@pytest.fixture
def find(page, origin):
    """Return the function that asks and returns the places of the results, in their order."""
    return lambda query: [place(href, origin) for href, *_ in ask(page, query)]


@pytest.fixture(scope="module")
def index():
    text = (SITE / "searchindex.js").read_text("utf-8")
    return json.loads(text.removeprefix("dlzeroIndex="))


@pytest.mark.parametrize("query", FIRST)
def test_the_first_result(find, query):
    assert find(query)[:1] == [FIRST[query]]


@pytest.mark.parametrize("query", AMONG_THREE)
def test_among_the_first_three(find, query):
    found = find(query)[:3]
    assert any(AMONG_THREE[query] in one for one in found), found


@pytest.mark.parametrize("query", NOWHERE)
def test_where_nothing_is_found_the_page_says_where_else_to_look(page, origin, query):
    assert ask(page, query) == []
    box = page.locator(".dz-search:visible")
    assert query in box.get_by_role("status").inner_text()
    links = box.locator(".dz-else a").evaluate_all("links => links.map(a => a.href)")
    assert [place(link, origin) for link in links] == [
        "book/glossary.html",
        "book/index.html",
        "genindex.html",
    ]


def test_a_result_says_where_it_is_and_shows_the_words(page):
    _, name, shown = ask(page, "when should I stop early")[0]
    assert name == "10. Overfitting › Stop early"
    assert len(shown) < 260
    marks = page.locator(".dz-search:visible li").first.locator("mark").all_inner_texts()
    assert {"Stop", "early"} <= set(marks)


def test_no_result_comes_twice(page):
    for query in ("momentum", "gradient descent", "sources", "adam"):
        names = [name for _, name, _ in ask(page, query)]
        assert len(names) == len(set(names)) > 1, query


def test_a_question_in_the_address_is_answered(own_context, origin):
    page = open_page(own_context, origin, "search.html?q=exercise+5.3")[0]
    page.locator(".dz-search:visible li").first.wait_for()
    assert page.locator("input[name=q]:visible").input_value() == "exercise 5.3"
    ask(page, "xor & more")
    assert parse_qs(urlsplit(page.url).query) == {"q": ["xor & more"]}


def test_each_result_leads_to_a_place_that_is_there(index):
    assert len(index["units"]) > 1000
    missing = []
    for number, anchor, title, *_ in index["units"]:
        page = index["pages"][number][0]
        if anchor and f'id="{anchor}"' not in FILES[page]:
            missing.append((page, title))
    assert missing == []


def test_texts_are_those_of_a_reader(index):
    """No TeX and no Markdown, no arguments of a picture, nothing of the page around the text."""
    raw = re.compile(
        r"\$|\\(frac|sum|cdot|alpha|beta|eta|begin|left|mathbf)|\b(alt|caption)=|```|\{(cite|ref)"
        r"|Toggle|Skip to|Link to this|^#|</?(math|m[a-z]|span|div|p|a)\b"
    )
    texts = [
        (title, found[0])
        for _, _, title, text, *_ in index["units"]
        for found in [raw.search(f"{title} {text}")]
        if found
    ]
    assert texts == []


def test_formulas_are_read_in_one_line(index):
    texts = " ".join(text for _, _, _, text, *_ in index["units"])
    assert "2/λ" in texts
    assert "w⋅x" in texts


def test_solutions_and_answers_are_not_in_the_index(index):
    texts = " ".join(f"{title} {text}" for _, _, title, text, *_ in index["units"])
    assert "Solution to" not in texts
    assert "The velocities are 1, then 1.5" in FILES["lessons/06_momentum.html"]
    assert "The velocities are 1, then 1.5" not in texts
    assert "It averages them." in FILES["lessons/06_momentum.html"]
    assert "It averages them." not in texts


def test_the_index_is_small_and_nothing_else_is_left():
    assert len((SITE / "searchindex.js").read_bytes()) < 900_000
    assert not (SITE / "_static" / "searchtools.js").exists()
    assert not (SITE / "_static" / "language_data.js").exists()


def test_a_page_loads_the_index_only_when_a_reader_searches(own_context, origin):
    page, visit = open_page(own_context, origin, "book/how-to-use.html")
    assert not any("searchindex" in url for url in visit.sizes)
    page.keyboard.press("/")
    ask(page, "exercise")
    assert sum("searchindex" in url for url in visit.sizes) == 1
    assert visit.foreign == visit.missing == visit.console == []


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_the_keyboard_is_enough(own_context, origin, key):
    page = open_page(own_context, origin, "book/how-to-use.html")[0]
    page.keyboard.press(key)
    dialog = page.locator("dialog[open]")
    assert dialog.locator("input").evaluate("field => field === document.activeElement")
    found = ask(page, "momentum")
    assert len(found) == 8
    focused = "() => document.activeElement.href ?? document.activeElement.name"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert page.evaluate(focused) == found[1][0]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "q"
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    # A moment after it closes, it is as new.
    page.wait_for_function("!document.querySelector('#pst-search-dialog input').value")
    page.keyboard.press(key)
    assert ask(page, "momentum") == found
    page.keyboard.press("ArrowDown")
    page.wait_for_function("document.activeElement.href")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert place(page.url, origin) == GLOSSARY + "momentum"
    page.locator("#term-momentum .highlighted").first.wait_for()


def test_enter_in_the_dialog_leads_to_all_results(own_context, origin):
    page = open_page(own_context, origin, "lessons/01_perceptron.html")[0]
    page.locator(".search-button__button:visible").first.click()
    ask(page, "perceptron")
    more = page.locator("dialog .dz-more a")
    assert more.get_attribute("href") == origin + "search.html?q=perceptron"
    with page.expect_navigation():
        page.locator("dialog input").press("Enter")
    assert page.url == origin + "search.html?q=perceptron"
    assert len(ask(page, "perceptron")) > 8


def test_the_key_writes_where_a_reader_writes(page):
    page.locator("input[name=q]:visible").fill("0")
    page.keyboard.type("/1 loss")
    assert page.locator("input[name=q]:visible").input_value() == "0/1 loss"
    assert page.locator("dialog[open]").count() == 0


def test_a_late_index_does_not_answer_an_old_question(own_context, origin):
    page = open_page(own_context, origin, "book/how-to-use.html")[0]
    waiting = []
    page.route("**/searchindex.js", lambda route: waiting.append(route))
    page.keyboard.press("/")
    field, box = page.locator("dialog input"), page.locator("dialog .dz-search")
    field.fill("momentum")
    box.get_by_text("Loading the search").wait_for()
    field.fill("softmax")
    waiting[0].continue_()
    assert place(ask(page, "softmax")[0][0], origin) == GLOSSARY + "softmax"


def test_without_an_index_a_sentence_says_so_and_the_next_try_works(own_context, origin):
    page = open_page(own_context, origin, "book/how-to-use.html")[0]
    page.route("**/searchindex.js", lambda route: route.abort())
    page.keyboard.press("/")
    assert ask(page, "momentum") == []
    box = page.locator("dialog .dz-search")
    assert "could not be loaded" in box.get_by_role("status").inner_text()
    assert box.locator(".dz-else a").count() == 3
    page.unroute("**/searchindex.js")
    assert len(ask(page, "softmax")) > 1


def test_the_search_works_in_a_file(own_context):
    page = open_page(own_context, SITE.as_uri() + "/", "lessons/deeper/01_perceptron.html")[0]
    page.keyboard.press("/")
    href, name, shown = ask(page, "regularization")[0]
    assert href.startswith(SITE.as_uri() + "/book/glossary.html?highlight=")
    assert name == "Glossary › regularisation"
    assert shown
    page = open_page(own_context, SITE.as_uri() + "/", "search.html?q=exercise+5.3")[0]
    page.locator(".dz-search:visible li").first.wait_for()
    assert ask(page, "5.3")[0][0].endswith("05_probabilities.html#ex-5-3")


def test_without_script_the_page_leads_elsewhere(new_window, origin):
    page = new_window(java_script_enabled=False).new_page()
    page.goto(origin + "search.html?q=momentum")
    sentence = page.locator("noscript p", has_text="The search needs JavaScript.")
    assert sentence.is_visible()
    links = sentence.locator("a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert links == ["book/glossary.html", "book/index.html", "genindex.html"]


@pytest.mark.parametrize("query", ["momentum", "qqqzzz"])
@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_dialog_is_accessible_and_fits_a_phone(own_context, origin, colours, query):
    page = open_page(own_context, origin, "book/how-to-use.html")[0]
    page.emulate_media(color_scheme=colours)
    page.wait_for_function(f"document.documentElement.dataset.theme === '{colours}'")
    page.set_viewport_size(NARROW)
    page.keyboard.press("/")
    ask(page, query)
    page.evaluate(AXE.read_text("utf-8"))
    assert page.evaluate(AXE_RUN, []) == []
    assert page.evaluate(TOO_WIDE) == []
    box = page.locator("dialog[open]").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= NARROW["height"]
