"""The rules of structure: sections, predictions, exercises and quizzes."""

import itertools
import re
from collections import Counter

from .page import (
    MARKDOWN,
    Page,
    calls_in,
    is_question,
    plain,
    roles_of,
    texts_of,
    tree_of,
    words_in,
)

#: What every chapter has: kind, text, least number. The headings must come in this order.
TEMPLATE = [
    ("##", "The question", 1),
    ("box", "What you will be able to do", 1),
    ("class", "predict", 3),
    ("class", "assumption", 1),
    ("code", "show_source(", 1),
    ("real", "a real data set", 1),
    ("output", "dz-explorer", 1),
    ("##", "Misconceptions", 1),
    ("quiz", "Misconceptions", 3),
    ("##", "Exercises", 1),
    ("###", "Grade 1", 1),
    ("exercise", "Grade 1", 1),
    ("###", "Grade 2", 1),
    ("exercise", "Grade 2", 1),
    ("###", "Grade 3", 1),
    ("exercise", "Grade 3", 1),
    ("task", "Find the bug", 1),
    ("##", "Take-away", 1),
    ("items", "Take-away", 5),
    ("##", "Sources", 1),
    ("cite", "Sources", 1),
]
#: What every deeper notebook has; its exercises need no grades, and it needs no quiz.
DEEPER = [
    ("class", "predict", 1),
    ("##", "Exercises", 1),
    ("exercise", "Exercises", 1),
    ("##", "Sources", 1),
    ("cite", "Sources", 1),
]
#: The data sets that somebody measured.
REAL = ("iris", "diabetes", "digits", "docstrings")
BRIDGE = "You now know what the next chapter needs"
WORDS_A_REASON = 8


def template_is_complete(page, known):
    """Everything in TEMPLATE, the headings in its order, one title on top."""
    return _missing(page, TEMPLATE)


def deeper_template_is_complete(page, known):
    """A title "Deeper: ...", a question before the first code, and everything in DEEPER."""
    problems = _missing(page, DEEPER)
    start = list(itertools.takewhile(lambda block: block.kind != "python", page.blocks))
    if not page.blocks or not page.blocks[0].text.startswith("Deeper: "):
        problems.append("the title does not begin with 'Deeper: '")
    if not any("?" in block.text for block in start if block.kind in ("paragraph", "item")):
        problems.append("no question stands before the first code")
    return problems


def _missing(page, template):
    """Return what a page lacks of a template."""
    problems = []
    headings = [b for b in page.blocks if b.kind == "heading" and not b.inside]
    titles = [b.text for b in headings if b.level == 1]
    if len(titles) != 1 or headings[0].level != 1:
        problems.append(f"there must be one title, on top; found {titles}")
    for upper, lower in itertools.pairwise(headings):
        if lower.level > upper.level + 1:
            problems.append(f"heading {lower.text!r} skips a level below {upper.text!r}")
    place = -1
    for kind, text, least in template:
        if kind.startswith("#"):
            at = [
                i
                for i, b in enumerate(headings)
                if b.level == len(kind) and re.match(re.escape(text) + r"\b", b.text)
            ]
            if not at:
                problems.append(f"heading {text!r} (level {kind}) is missing")
            elif at[0] <= place:
                problems.append(f"heading {text!r} comes too early")
            place = max(place, *at, -1) if at else place
        elif (count := _count(page, kind, text)) < least or (kind == "items" and count != least):
            problems.append(f"{kind} {text!r}: {count} found, {least} needed")
    return problems


def chapter_has_a_bridge(page, known):
    """After the core a sign says that the reader has what the next chapter needs.

    It is a heading that begins so, or a box with the class ``bridge``, before the quiz.
    """
    for block in page.blocks:
        if block.kind == "heading" and not block.inside:
            if block.text.startswith(BRIDGE):
                return []
            if block.text.startswith("Misconceptions"):
                break
        if block.name == "admonition" and "bridge" in block.options.get("class", "").split():
            return []
    return [f"before the quiz there is no heading {BRIDGE!r} and no box of the class 'bridge'"]


def _count(page, kind, text):
    directives = [b for b in page.blocks if b.kind == "directive"]
    if kind == "box":
        return sum(b.name == "admonition" and b.text.startswith(text) for b in directives)
    if kind == "class":
        return sum(
            b.name == "admonition" and text in b.options.get("class", "").split()
            for b in directives
        )
    if kind == "code":
        return sum(text in b.text for b in page.code)
    if kind == "real":
        return sum(bool(list(calls_in(tree_of(b.text), *REAL))) for b in page.code)
    if kind == "output":
        return sum(
            text in str(output.get("data", {}).get("text/html", ""))
            for b in page.code
            for output in b.cell.outputs
        )
    if kind == "task":
        starts = [
            after
            for block, after in itertools.pairwise(page.blocks)
            if block.name in ("exercise", "exercise-start")
        ]
        return sum(b.text.startswith(text) for b in starts)
    section = page.section(text)
    if kind == "quiz":
        return sum(is_question(b) for b in section)
    if kind == "exercise":
        return sum(b.name == "exercise-start" for b in section)
    if kind == "items":
        return sum(b.kind == "item" and b.level == 1 and not b.inside for b in section)
    if kind == "cite":
        return sum(name.startswith("cite") for name, _, _ in roles_of(Page(section)))
    raise ValueError(f"TEMPLATE has an unknown kind {kind!r}")


def predictions_come_before_results(page, known):
    """A box that asks for a guess is followed by the cell that answers it."""
    problems = []
    for block in page.blocks:
        if block.kind == "directive" and "predict" in block.options.get("class", "").split():
            after = page.cells[block.where + 1 :][:1]
            if not after or after[0].cell_type != "code":
                problems.append(
                    f"no code cell follows the box {block.text!r} of cell {block.where}"
                )
    return problems


def exercises_are_complete(page, known):
    """Each exercise has a label, no title, a hint, and a solution that a check confirms."""
    problems, exercise, current = [], None, {}
    found = {}
    for block in page.blocks:
        if block.kind == "directive" and block.name in ("exercise", "exercise-start"):
            exercise = block.options.get("label", "")
            if not re.fullmatch(r"ex-\d+-\d+", exercise):
                problems.append(f"exercise label {exercise!r} is not of the form ex-1-1")
            if exercise in found:
                problems.append(f"two exercises have the label {exercise!r}")
            if block.text:
                problems.append(f"exercise {exercise!r} has a title: {block.text!r}")
            current = found.setdefault(exercise, {"hint": 0, "solution": 0, "checks": []})
        elif block.kind == "directive" and block.name in ("solution", "solution-start"):
            if block.text not in found:
                problems.append(f"solution of {block.text!r}, which is no exercise before it")
            current = found.get(block.text, {"hint": 0, "solution": 0, "checks": []})
            current["solution"] += 1
            if "dropdown" not in block.options.get("class", "").split():
                problems.append(f"the solution of {block.text!r} is not a dropdown")
        elif block.kind == "directive" and block.name == "solution-end":
            current = {}
        elif current and block.kind == "directive" and block.name == "dropdown":
            current["hint"] += block.text.startswith("Hint")
        elif current and current["solution"] and block.kind == "python":
            calls = calls_in(tree_of(block.text), "check")
            names = [getattr(call.args[0], "value", None) for call in calls if call.args]
            current["checks"] += names
            output = "".join(texts_of(block.cell))
            problems += [
                f"cell {block.where}: the solution of {name} is not confirmed"
                for name in names
                if f"{name}  Right." not in output
            ]
    for label, has in found.items():
        for part in ("hint", "solution"):
            if has[part] != 1:
                problems.append(f"exercise {label!r} has {has[part]} parts {part!r}, needs one")
        expected = ".".join(label.split("-")[1:])
        if expected not in has["checks"]:
            problems.append(f'the solution of {label!r} never calls check("{expected}", ...)')
        for name in set(has["checks"]) - known.exercises:
            problems.append(f"check({name!r}) is not in dlzero.exercises")
    starts = Counter(b.name for b in page.blocks if b.kind == "directive")
    for gate in ("exercise", "solution"):
        if starts[f"{gate}-start"] != starts[f"{gate}-end"]:
            problems.append(f"a {gate} is opened and not closed, or closed and not opened")
    return problems


def quiz_has_one_right_answer(page, known):
    """Each question has two or more options, one right; a wrong one says why."""
    problems, questions = [], []
    for block in page.blocks:
        if block.kind == "heading" and not block.inside:
            questions.append(None)
        elif is_question(block):
            questions.append((block.text, []))
        elif block.kind == "directive" and block.name == "dropdown":
            body = " ".join(plain(t) for t in MARKDOWN.parse(block.body) if t.type == "inline")
            verdict = re.match(r"(Right|Wrong)\b\.?\s*(.*)", body)
            if questions and questions[-1]:
                questions[-1][1].append(verdict and verdict[1])
                if not verdict or not re.match(r"(Right|Wrong)\.", body):
                    problems.append(
                        f"option {block.text!r} says neither 'Right.' nor 'Wrong.' first"
                    )
                elif verdict[1] == "Wrong" and len(words_in(verdict[2])) < WORDS_A_REASON:
                    problems.append(f"option {block.text!r} does not say why it is wrong")
            elif verdict:
                problems.append(f"option {block.text!r} has no question with a bold number")
    for text, verdicts in filter(None, questions):
        if len(verdicts) < 2 or verdicts.count("Right") != 1:
            problems.append(
                f"question {text[:40]!r} has {len(verdicts)} options, "
                f"{verdicts.count('Right')} of them right"
            )
    return problems
