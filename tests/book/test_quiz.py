"""The look of the quizzes tells nothing, over all chapters that are not still to be cut."""

import functools
import itertools
import math
import random
import re

import pytest
from lint_lessons import TO_BE_CUT
from lint_lessons.page import Page, blocks_of, read
from lint_lessons.quiz import Question, gives_away, has_one_place, limits, questions_in
from lint_lessons.repository import lessons_in

CUT = [path for path in lessons_in() if path.stem not in TO_BE_CUT]


@functools.cache
def asked(path):
    return questions_in(read(path))


def test_no_simple_rule_beats_guessing():
    assert gives_away([question for path in CUT for question in asked(path)]) == []


@pytest.mark.parametrize("path", CUT, ids=lambda path: path.stem)
def test_right_options_stand_at_more_than_one_place(path):
    assert not has_one_place(asked(path))


@pytest.mark.parametrize("path", lessons_in(), ids=lambda path: path.stem)
def test_every_question_of_a_chapter_is_found(path):
    text = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    quiz = text.partition("## Misconceptions")[2].partition("## Exercises")[0]
    assert len(asked(path)) == len(re.findall(r"(?m)^\*\*\d+\.?\*\*", quiz))
    assert sum(len(question.lengths) for question in asked(path)) == len(
        re.findall(r"(?m)^(?:Right|Wrong)\.", quiz)
    )


QUIZ = """
## Misconceptions

**1** Is it?

```{dropdown} Yes, it is.
Wrong. It is not, because of that.
```

```{dropdown} No.
Right. It is not.
```

**2** Was it?

```{dropdown} Now
Right. So it is.
```

```{dropdown} Never
Wrong. It was not.
```

```{dropdown} Deeper
No option.
```
"""


def test_options_are_read_from_the_page():
    assert questions_in(Page(list(blocks_of(QUIZ)))) == [
        Question((11, 3), 1),
        Question((3, 5), 0),
    ]


def guessed(count, seed):
    """Return questions whose places and lengths were drawn."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        options = draw.choice([2, 3, 3, 4])
        lengths = draw.sample(range(10, 90), options)
        made.append(Question(tuple(lengths), draw.randrange(options)))
    return made


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (lambda q: Question(q.lengths, 1), "option 2"),
        (lambda q: Question(q.lengths, 0), "option 1"),
        (lambda q: Question(q.lengths, len(q.lengths) - 1), "the last"),
        (lambda q: Question(q.lengths, q.lengths.index(max(q.lengths))), "the longest"),
        (lambda q: Question(q.lengths, q.lengths.index(min(q.lengths))), "the shortest"),
    ],
)
def test_a_simple_rule_is_named(rule, name):
    """It is named when it holds always, and when it holds in three questions of four."""
    drawn = guessed(24, seed=1)
    for every in (1, 4):
        made = [rule(q) if every == 1 or k % every else q for k, q in enumerate(drawn)]
        assert any(line.startswith(f"{name} is right in") for line in gives_away(made))


def test_a_rule_that_never_holds_is_named_too():
    drawn = guessed(24, seed=1)
    never = [Question(q.lengths, int(q.lengths.index(max(q.lengths)) == 0)) for q in drawn]
    assert any(line.startswith("the longest is right in 0") for line in gives_away(never))


def test_options_of_one_length_share_the_hit():
    same = [Question((5, 5, 5), place) for place in (0, 1, 2)] * 5
    assert gives_away(same) == []


def test_a_quiz_without_a_pattern_passes():
    # All orders of three lengths, each with the right option at each place.
    made = [
        Question(lengths, place)
        for lengths in itertools.permutations((10, 20, 30))
        for place in range(3)
    ]
    assert gives_away(made) == []
    assert gives_away([]) == []


@pytest.mark.parametrize("count", [1, 3, 5, 20, 45])
def test_limits_are_the_tails_of_guessing(count):
    low, high = limits([1 / 3] * count)

    def at_least(hits):
        return sum(
            math.comb(count, k) * (1 / 3) ** k * (2 / 3) ** (count - k)
            for k in range(hits, count + 1)
        )

    assert at_least(high) >= 0.1 > at_least(high + 1)
    assert 1 - at_least(low + 1) >= 0.1 > 1 - at_least(low)


def test_limits_of_mixed_questions():
    # Two of the three hit for certain, and the third never.
    assert limits([1, 1, 0]) == (2, 2)
    assert limits([]) == (0, 0)
    assert limits([1 / 3] * 45) == (11, 19)


def test_one_place_in_a_chapter():
    assert has_one_place([Question((1, 2), 1), Question((1, 2, 3), 1)])
    assert not has_one_place([Question((1, 2), 1), Question((1, 2), 0)])
    assert not has_one_place([Question((1, 2), 1)])
