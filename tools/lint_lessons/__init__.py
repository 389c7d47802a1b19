"""The rules that lessons and pages follow: no build, no browser.

A rule takes a `Page` and returns what is wrong with it, one sentence each. ``tests/book`` holds
the book to them, and breaks a small lesson on purpose to show that they work.
"""

from .code import (
    cells_are_short,
    cells_ran_in_order,
    drawings_have_text,
    no_star_imports,
    outputs_are_clean,
    outputs_are_stored,
    prose_follows_outputs,
)
from .numbers import numbers_in_prose_are_computed
from .prose import (
    markdown_can_be_translated,
    phrases_are_plain,
    references_exist,
    sentences_are_short,
)
from .structure import (
    exercises_are_complete,
    predictions_come_before_results,
    quiz_has_one_right_answer,
    template_is_complete,
)

PROSE_RULES = [
    sentences_are_short,
    phrases_are_plain,
    markdown_can_be_translated,
    references_exist,
]
LESSON_RULES = [
    template_is_complete,
    predictions_come_before_results,
    exercises_are_complete,
    quiz_has_one_right_answer,
    cells_are_short,
    no_star_imports,
    outputs_are_clean,
    outputs_are_stored,
    cells_ran_in_order,
    drawings_have_text,
    prose_follows_outputs,
    numbers_in_prose_are_computed,
    *PROSE_RULES,
]
