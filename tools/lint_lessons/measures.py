"""The limits of a lesson: how long it may be, and how it should read.

``python tools/lint_lessons --measures`` prints them all. The numbers are compared as the table
shows them, in whole minutes, words and per cent.
"""

from dataclasses import dataclass

from .reading import SENTENCE, measure

#: The box on top of a chapter, by its title.
BOX = "What you will be able to do"


@dataclass(frozen=True)
class Limit:
    """What one number of `Reading` may be."""

    name: str
    head: str
    least: float = 0
    most: float = float("inf")
    is_share: bool = False

    def shown(self, reading):
        """Return the number as the table shows it."""
        value = getattr(reading, self.name)
        return round(100 * value if self.is_share else value)


PROSE = (
    Limit("mean", "words a sentence", 14, 17),
    Limit("spread", "their spread", least=7),
    Limit("joints", "% with a joint", least=33, is_share=True),
    Limit("runs", "runs of short ones", most=5),
)
CHAPTER = (
    Limit("minutes", "minutes of reading", most=70),
    Limit("words", "words", most=7500),
    Limit("drawing_share", "% of code draws", most=8, is_share=True),
    Limit("exercises", "exercises", 5, 6),
    *PROSE,
)
DEEPER = (
    Limit("minutes", "minutes of reading", most=75),
    Limit("words", "words", most=7500),
    Limit("drawing_share", "% of code draws", most=15, is_share=True),
    Limit("exercises", "exercises", 2, 4),
    *PROSE,
)
#: Shown, and not limited by themselves. About 5,900 words stand before the exercises of a chapter,
#: and 1,400 in them.
SHOWN = (
    Limit("minutes_of_exercises", "minutes of exercises"),
    Limit("words_of_body", "words before them"),
    Limit("words_of_exercises", "words in them"),
)


def beyond(reading, limits):
    """Return one sentence for each number that is out of its limits."""
    problems = []
    for limit in limits:
        value = limit.shown(reading)
        if not limit.least <= value <= limit.most:
            way = f"{limit.least} at least" if value < limit.least else f"{limit.most} at most"
            problems.append(f"{limit.head}: {value}, {way}")
    return problems


def chapter_is_short_and_varied(page, known):
    """A chapter keeps the limits of CHAPTER: minutes, words, drawing, sentences."""
    return beyond(measure(page), CHAPTER)


def deeper_is_short_and_varied(page, known):
    """A deeper notebook keeps the limits of DEEPER: minutes, words, drawing, sentences."""
    return beyond(measure(page), DEEPER)


def minutes_are_said(page, known):
    """The box on top ends with the minutes of reading and of the exercises."""
    box = [b for b in page.blocks if b.inside and b.inside[-1].text.startswith(BOX)]
    if box and SENTENCE.fullmatch(box[-1].text):
        return []
    return [f"the box {BOX!r} does not end with 'Reading takes N minutes, the exercises take M.'"]


def minutes_are_counted(page, known):
    """Where a lesson says its minutes, they are counted: run_notebooks.py writes them."""
    promised = tuple(map(str, measure(page).promised))
    return [
        f"cell {block.where} says {found[0]!r}, and {' and '.join(promised)} are counted"
        for block in page.blocks
        if block.kind == "paragraph"
        for found in SENTENCE.finditer(block.text)
        if found.groups() != promised
    ]


def table(names, readings, limits):
    """Return the measures of some lessons as lines; a mark stands at what is out of its limits.

    Parameters
    ----------
    names : list of str
        What the rows are called.
    readings : list of Reading
    limits : list of tuple of Limit
        Those that hold for each of the lessons.
    """
    heads = [limit.head for limit in (*CHAPTER, *SHOWN)]
    rows = []
    for reading, own in zip(readings, limits, strict=True):
        bad = {limit.name for limit in own if beyond(reading, [limit])}
        shown = [(limit, limit.shown(reading)) for limit in (*own, *SHOWN)]
        rows.append([f"{value}{'!' if limit.name in bad else ' '}" for limit, value in shown])
    # A head stands in lines of one word each, above its column.
    stack = [head.split() for head in heads]
    depth = max(map(len, stack))
    lines = [[""] * (depth - len(words)) + words for words in stack]
    width = max(map(len, ["", *names]))
    widths = [
        max(len(cell) for cell in [*(f"{word} " for word in column), *(row[i] for row in rows)])
        for i, column in enumerate(lines)
    ]
    made = [
        "  ".join(f"{column[k]} ".rjust(size) for column, size in zip(lines, widths, strict=True))
        for k in range(depth)
    ]
    made = [f"{'':{width}}  {line}" for line in made]
    for name, row in zip(names, rows, strict=True):
        cells = "  ".join(cell.rjust(size) for cell, size in zip(row, widths, strict=True))
        made.append(f"{name:{width}}  {cells}")
    return [line.rstrip() for line in made]
