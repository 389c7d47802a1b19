"""How much two texts have in common that most of the class does not.

A text is cut into runs of neighbouring words. What many have is the way to write it (or the book)
and counts for nothing; what a few share is counted. Only texts that are equal from end to end are
named however many have them. A stranger's code is only looked at word by word: `ast` on it can end
this process.
"""

import keyword
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

RUN = 8  # words in a run
LONGEST = 5_000  # words of one student; an honest homework has some hundreds
MOST_SHARED = 8  # a run that more students have says nothing about any of them
FEWEST_RUNS = 20
LEAST = 0.6

_WORD = re.compile(r"#[^\n]*|([^\W\d]\w*)|(\d[\w.]*)|(\"[^\"\n]*\"|'[^'\n]*')|(\S)")
_KEPT = frozenset([*keyword.kwlist, "len", "range", "sum", "zip", "enumerate", "max", "min", "abs"])


@dataclass(frozen=True)
class Group:
    """Students of whom each has much in common with another.

    Attributes
    ----------
    students : tuple of str
        In the order in which they were given; two at least.
    least, most : float
        The smallest and the largest part that two of them share, of those that share much.
    """

    students: tuple[str, ...]
    least: float
    most: float


def code_words(source: str) -> list[str]:
    """Return the words of code without comments; names, numbers and texts are one word each.

    Examples
    --------
    >>> code_words("total = a.sum() + 2  # so")
    ['x', '=', 'x', '.', 'sum', '(', ')', '+', '0']
    """
    words: list[str] = []
    for found in _WORD.finditer(source):
        name, digits, text, sign = found.groups()
        if name:
            words.append(name if name in _KEPT or words[-1:] == ["."] else "x")
        elif digits or text or sign:
            words.append("0" if digits else "s" if text else sign)
        if len(words) >= LONGEST:
            break
    return words


def runs(words: list[str], length: int = RUN) -> set[int]:
    """Return a number for each run of neighbouring words."""
    words = words[:LONGEST]
    return {hash(tuple(words[i : i + length])) for i in range(len(words) - length + 1)}


def alike(
    texts: Mapping[str, set[int]], known: Iterable[int] = (), fewest: int = FEWEST_RUNS
) -> list[Group]:
    """Return the groups of students whose texts have much in common.

    Parameters
    ----------
    texts : dict of str to set of int
        The runs of each student.
    known : iterable of int
        Runs that everybody was given.
    fewest : int
        Runs that two texts share at least, besides `LEAST` of the shorter one.

    Returns
    -------
    list of Group
        Nobody is in two of them. Those who share the most come first.

    Examples
    --------
    >>> letters = {"a": set(range(30)), "b": set(range(3, 33)), "c": set(range(50, 80))}
    >>> alike(letters)
    [Group(students=('a', 'b'), least=0.9, most=0.9)]
    """
    given = set(known)
    groups: dict[frozenset[int], list[str]] = defaultdict(list)
    for student, own in texts.items():
        if len(own - given) >= fewest:
            groups[frozenset(own - given)].append(student)
    # Of equal texts one speaks for all, however many have it.
    pairs = [(same[0], other, 1.0) for same in groups.values() for other in same[1:]]
    owners: dict[int, list[str]] = defaultdict(list)
    for own, same in groups.items():
        for run in own:
            owners[run].append(same[0])
    rare: Counter[str] = Counter()
    shared: Counter[tuple[str, str]] = Counter()
    for students in owners.values():
        if len(students) <= MOST_SHARED:
            rare.update(students)
            shared.update(combinations(students, 2))
    for (one, other), count in shared.items():
        part = count / min(rare[one], rare[other])
        if count >= fewest and part >= LEAST:
            pairs.append((one, other, part))
    found = [
        Group(tuple(s for s in texts if s in members), *ends) for members, ends in _joined(pairs)
    ]
    return sorted(found, key=lambda group: (-group.most, group.students))


def _joined(
    pairs: list[tuple[str, str, float]],
) -> list[tuple[set[str], tuple[float, float]]]:
    """Return the students that pairs connect, and the smallest and the largest part of each."""
    group: dict[str, set[str]] = {}
    for one, other, _ in pairs:
        mine, theirs = group.setdefault(one, {one}), group.setdefault(other, {other})
        if mine is not theirs:
            both = mine | theirs
            group |= dict.fromkeys(both, both)
    parts: dict[int, list[float]] = defaultdict(list)
    for one, _, part in pairs:
        parts[id(group[one])].append(part)
    members = {id(own): own for own in group.values()}
    return [(members[key], (min(own), max(own))) for key, own in parts.items()]
