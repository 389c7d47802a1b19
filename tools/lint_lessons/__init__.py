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
    tables_have_heads,
)
from .measures import (
    chapter_is_short_and_varied,
    deeper_is_short_and_varied,
    minutes_are_counted,
    minutes_are_said,
)
from .numbers import numbers_in_prose_are_computed
from .prose import (
    markdown_can_be_translated,
    phrases_are_plain,
    references_exist,
    sentences_are_short,
    terms_are_linked,
)
from .repository import is_chapter, is_deeper
from .structure import (
    chapter_has_a_bridge,
    deeper_template_is_complete,
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
NOTEBOOK_RULES = [
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
    minutes_are_counted,
    *PROSE_RULES,
]
CHAPTER_RULES = [template_is_complete, *NOTEBOOK_RULES]
#: For a chapter that is not on the list TO_BE_CUT.
CUT_RULES = [
    chapter_is_short_and_varied,
    chapter_has_a_bridge,
    minutes_are_said,
    tables_have_heads,
    terms_are_linked,
]
DEEPER_RULES = [
    deeper_template_is_complete,
    deeper_is_short_and_varied,
    tables_have_heads,
    *NOTEBOOK_RULES,
]
#: Chapters of the first version that are still as long as they were. Each breaks one of CUT_RULES
#: at least: the one that keeps them all must leave the list, and a test sees to it.
TO_BE_CUT = ()


def rules_for(path, cut=None):
    """Return the rules that a file is held to.

    Parameters
    ----------
    path : Path
        A chapter, a deeper notebook, or a page.
    cut : bool, optional
        Whether a chapter is held to CUT_RULES; by default when it is not on the list TO_BE_CUT.
    """
    if is_deeper(path):
        return DEEPER_RULES
    if not is_chapter(path):
        return PROSE_RULES
    if cut is None:
        cut = path.stem not in TO_BE_CUT
    return [*CHAPTER_RULES, *(CUT_RULES if cut else [])]
