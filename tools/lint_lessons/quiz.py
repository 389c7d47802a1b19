"""Whether the look of a quiz gives its answers away: the places and the lengths of right options.

A reader who knows nothing may still follow a simple rule, such as "the second" or "the longest".
Over the whole book no such rule may be clearly better than guessing, nor clearly worse: whoever
knows that the longest option is never right guesses among fewer.

The limit is the number of hits that guessing itself reaches, or exceeds, in one book out of ten;
it follows from the numbers of options, exactly. Of 45 questions with three options, a rule may hit
11 to 19, that is 24 to 42 per cent. A limit of one in a hundred would let "the longest" hit half of
them, which every reader would notice. One of one in three could be kept by arranging options for
the test, and by nothing else.
"""

import re
from dataclasses import dataclass

from .page import is_question

#: How often guessing alone reaches a limit.
RARE = 0.1


@dataclass(frozen=True)
class Question:
    """The options of a question: their lengths in characters, and the place of the right one."""

    lengths: tuple
    right: int


def questions_in(page):
    """Return the questions of a quiz."""
    found, options = [], None
    for block in page.section("Misconceptions"):
        if is_question(block):
            options = []
            found.append(options)
        elif options is not None and block.name == "dropdown":
            verdict = re.match(r"\s*(Right|Wrong)\b", block.body)
            options += [(len(block.text), verdict[1] == "Right")] if verdict else []
    return [
        Question(tuple(n for n, _ in options), [right for _, right in options].index(True))
        for options in found
        if any(right for _, right in options)
    ]


def rules_of(questions):
    """Return the simple rules by name: the share of a hit that each one makes in a question."""
    most = max((len(question.lengths) for question in questions), default=0)
    rules = {f"option {place + 1}": _placed(place) for place in range(most)}
    return {**rules, "the last": _placed(-1), "the longest": _by(max), "the shortest": _by(min)}


def _placed(place):
    def share(question):
        n = len(question.lengths)
        return None if place >= n else float(question.right == place % n)

    return share


def _by(choose):
    def share(question):
        chosen = [n == choose(question.lengths) for n in question.lengths]
        return chosen[question.right] / sum(chosen)

    return share


def gives_away(questions):
    """Return one sentence for each simple rule that is clearly better or worse than guessing."""
    problems = []
    for name, share in rules_of(questions).items():
        asked = [(q, hit) for q in questions if (hit := share(q)) is not None]
        hits = sum(hit for _, hit in asked)
        low, high = limits([1 / len(q.lengths) for q, _ in asked])
        if not low <= hits <= high:
            problems.append(
                f"{name} is right in {hits:g} of {len(asked)} questions, expected {low} to {high}"
            )
    return problems


def limits(chances):
    """Return the fewest and the most hits that guessing reaches often enough.

    Parameters
    ----------
    chances : list of float
        Of each question, the chance that guessing hits.
    """
    shares = [1.0]  # of 0 hits, 1 hit, ... after the questions so far
    for chance in chances:
        stay = [share * (1 - chance) for share in [*shares, 0]]
        shares = [a + b * chance for a, b in zip(stay, [0, *shares], strict=True)]
    usual = [
        hits
        for hits in range(len(shares))
        if sum(shares[hits:]) >= RARE and sum(shares[: hits + 1]) >= RARE
    ]
    return usual[0], usual[-1]


def has_one_place(questions):
    """Whether all right options of a chapter stand at one place."""
    return len(questions) > 1 and len({question.right for question in questions}) == 1
