"""What moves on a page, tried with the keyboard: figures, quizzes, solutions, search, theme."""

import re
from collections import Counter

import browser as browsers

STATE = """root => ({
  shown: [...root.querySelectorAll("[data-frame]")].flatMap((f, i) => f.offsetHeight ? [i] : []),
  text: root.querySelector("output[aria-live]").textContent.trim(),
  values: [...root.querySelectorAll("input[type=range]")].map(i => +i.value),
  height: root.offsetHeight,
})"""


def slider_problems(page, root):
    """Move the sliders of a figure with the keyboard through all frames; say what is wrong."""
    problems, seen, texts, heights = [], Counter(), set(), set()
    sliders = root.locator("input[type=range]").all()
    frames = root.locator("[data-frame]").count()
    element = root.element_handle()

    def state():
        return element.evaluate(STATE)

    def press(slider, key):
        slider.press(key)
        now = state()
        heights.add(now["height"])
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
    if len(heights) > 1:
        problems.append(f"the height changes: {sorted(heights)}")
    if len(texts) != frames:
        problems.append(f"{frames} frames have {len(texts)} different texts")
    for slider in sliders:
        start, end = press(slider, "Home"), press(slider, "End")
        if start["shown"] == end["shown"]:
            problems.append("Home and End show the same frame")
        press(slider, "Home")
    return problems


def step_problems(page, root):
    """Next must go to the next step and back return; nothing moves by itself."""
    element = root.element_handle()
    back, step = root.get_by_role("button").all()
    browsers.stop_the_clock(page)
    first = element.evaluate(STATE)
    step.press("Enter")
    second = element.evaluate(STATE)
    page.clock.run_for(3000)
    if element.evaluate(STATE) != second:
        return ["it moves by itself"]
    back.press("Enter")
    if second["shown"] == first["shown"]:
        return ["next does not move the picture"]
    return [] if element.evaluate(STATE) == first else ["back does not return"]


def play_problems(page, root):
    """Play must move the picture by itself, and pause must stop it; the test moves the clock."""
    if root.locator("dl").count():
        return step_problems(page, root)
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


def predict_problems(page):
    """Answer each predict box with the keyboard; each must open its own answer, and no other."""
    problems = []
    for box in page.locator(".dz-answer").all():
        names = box.locator(".dz-show").get_attribute("aria-controls").split(" ")
        parts = page.locator(", ".join(f"#{name}" for name in names))
        heights = "parts => parts.map(part => part.offsetHeight)"
        opened = page.locator(".dz-open").count()
        if any(parts.evaluate_all(heights)):
            problems.append(f"{names[0]} is open before the answer")
        box.locator(".dz-show").press("Enter")
        if not all(parts.evaluate_all(heights)):
            problems.append(f"{names[0]} does not open with Enter")
        if page.locator(".dz-open").count() != opened + len(names):
            problems.append(f"{names[0]} opens other parts")
        if not parts.first.evaluate("part => part === document.activeElement"):
            problems.append(f"{names[0]} does not get the focus")
    return problems


QUIZ_STATE = """d => [d.open, d.lastElementChild.offsetHeight, d.firstElementChild.innerText.trim(),
  d.lastElementChild.innerText.trim(), d.closest("#misconceptions") !== null,
  d.querySelector("summary .dz-mark")?.innerText ?? ""]"""


def quiz_problems(page, least=2):
    """Open each dropdown with the keyboard; say which does not answer, or is not marked."""
    problems, options = [], 0
    for details in page.locator("details.sd-dropdown").all():
        summary = details.locator("summary")
        summary.press("Enter")
        is_open, height, title, text, in_quiz, mark = details.evaluate(QUIZ_STATE)
        if not (is_open and height and text):
            problems.append(f"{title!r} does not open with Enter")
        options += in_quiz
        verdict = re.match(r"(Right|Wrong)\.", text)
        if in_quiz and not verdict and not title.startswith("Deeper"):
            problems.append(f"{title!r} gives no verdict")
        if in_quiz and verdict and not mark.endswith(verdict[1]):
            problems.append(f"{title!r} is not marked as {verdict[1].lower()}")
        summary.press("Enter")
        if details.evaluate("d => d.open"):
            problems.append(f"{title!r} does not close with Enter")
    return problems if options >= least else [*problems, f"the quiz has {options} options"]


def solution_problems(page):
    """Open each folded solution with the keyboard; say which stays hidden, or leads away."""
    problems = []
    for solution in page.locator(".solution").all():
        before = solution.evaluate("e => e.offsetHeight")
        solution.locator("summary").first.press("Enter")
        if solution.evaluate("e => e.offsetHeight") <= before:
            problems.append(f"{solution.inner_text()[:40]!r} does not open with Enter")
        if solution.locator("summary a").count():
            problems.append(f"{solution.inner_text()[:40]!r} has a link in its head")
        solution.locator("summary").first.press("Enter")
    return problems


def search_problems(page, word, target, timeout=60_000):
    """Type a word into the search page; the results must name a page in `timeout` ms."""
    field = page.locator("input[name=q]:visible").first
    field.fill(word)
    field.press("Enter")
    try:
        page.wait_for_selector(f'.dz-search:not(dialog *) a[href*="{target}"]', timeout=timeout)
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
