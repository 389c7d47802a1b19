"""Whose file is it? Certain, or a question for the instructor; never a guess."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..roster import Student
from .senders import NOTEBOOK, Sender, Submitter, folded, google, joined, sender_of

# Words beside a name that say nothing about a person.
_HARMLESS = (
    *("hw", "homework", "assignment", "exercise", "task", "lab", "notebook", "solution", "solved"),
    *("submission", "submitted", "version", "v", "final", "draft", "done", "late", "new", "latest"),
    *("copy", "of", "my", "the"),
)
_COUNT = re.compile(r"\d{1,3}")  # so short a number in a name may be an id, or count something
_SAME = "more than one student has this name"


@dataclass(frozen=True)
class Owner:
    """One student, or why there is none.

    Attributes
    ----------
    student : str
        The id; empty when it is not certain.
    why : str
    candidates : tuple of str
        Ids of those that it may be.
    by_name : bool
        True when nothing but the name says so.
    """

    student: str = ""
    why: str = ""
    candidates: tuple[str, ...] = ()
    by_name: bool = False


class Matcher:
    """Match files to the students of a roster.

    Parameters
    ----------
    students : list of Student
    homework : str
    known : dict of str to str
        The student of a sender (by its key), where that was certain before.
    slugs : list of str
        What may stand before the account in the name of a clone, besides the homework.
    """

    def __init__(
        self,
        students: Sequence[Student],
        homework: str,
        known: Mapping[str, str],
        slugs: Sequence[str] = (),
    ) -> None:
        self.students, self.homework, self.known = students, homework, known
        self.slugs = [homework, *slugs]
        self.numbers_are_ids, self.copies, self.title = True, False, ""
        self.ids: dict[str, list[Student]] = {}
        self.emails: dict[str, list[Student]] = {}
        self.logins: dict[str, list[Student]] = {}
        self.names: dict[str, list[Student]] = {}
        self.canvas: dict[str, list[Student]] = {}
        for student in students:
            for id in _ids_of(student):
                _add(self.ids, folded(id), student)
            email = folded(student.get("email", ""))
            _add(self.emails, email, student)
            _add(self.logins, email.partition("@")[0], student)
            for form in name_forms(student):
                _add(self.names, form, student)
            _add(self.canvas, student.get("canvas", ""), student)

    def sender(self, parts: Sequence[str], listed: Mapping[str, Submitter]) -> Sender:
        """Return who sent a file; `parts` and `listed` as for `sender_of`."""
        if self.exact(parts[0])[0]:
            return Sender("", own=tuple(parts))
        found = sender_of(parts, self.slugs, listed)
        other = google(parts)
        if not other or found.platform == "brightspace":
            return found
        # The pattern whose own part ends first counts here as well, whoever has that name.
        own = found.own[0] if len(found.own) == len(parts) and found.own[0] != parts[0] else ""
        title = other.name == self.title and not self.copies
        earlier = self.copies if not found.platform else len(other.own[0]) > len(own) and not title
        return other if earlier or self.names.get(joined(other.name)) else found

    def compare(self, paths: Iterable[Sequence[str]]) -> None:
        """Look at all files of a download, as `sender` takes them, for what one does not tell.

        Canvas's numbers are no ids of the roster when one differs from its name's: the ids of a
        university may look like them, and be those of others. What stands before " - " is a name
        when some of the roster stand there, and the title of a homework when it is always the same.
        """
        paths = list(paths)
        names = [other.name if (other := google(parts)) else "" for parts in paths]
        self.copies = any(self.names.get(joined(name)) for name in names if name)
        self.title = names[0] if len(names) > 1 and len(set(names)) == 1 else ""
        for sender in [self.sender(parts, {}) for parts in paths]:
            named = self.names.get(joined(sender.name), [])
            if sender.platform == "canvas" and named:
                ids = {id for student in named for id in _ids_of(student)}
                self.numbers_are_ids &= bool(ids & set(sender.ids))

    def owner(self, sender: Sender) -> Owner:
        """Say whose file it is."""
        if sender.platform == "canvas":
            return self._by_canvas(sender)
        if not sender.platform:
            return self._by_part(sender)
        found = [student for id in sender.ids for student in self._by_id(id)]
        found = found or [s for id in sender.ids for s in self.logins.get(folded(id), [])]
        if found:
            return self._one_of(found, sender, "the id fits more than one student")
        if sender.key in self.known:
            return Owner(self.known[sender.key])
        return self._by_name(sender) or self._nobody(sender)

    def exact(self, part: str) -> tuple[list[Student], bool]:
        """Return the students whom a whole part names, and whether nothing but the name does."""
        bare = NOTEBOOK.sub("", part)
        found = self._by_id(bare)
        named = [*self.logins.get(folded(bare), []), *self.names.get(joined(bare), [])]
        return (found, False) if found else (named, True)

    def is_id(self, part: str) -> bool:
        """Tell whether a part is the id of a student, and no login or name."""
        return bool(self.ids.get(folded(part)))

    def _by_id(self, text: str) -> list[Student]:
        found = self.ids.get(folded(text), [])
        same = [student for student in found if text in _ids_of(student)]  # Ada is not ada
        return same or found or self.emails.get(folded(text), [])

    def _by_name(self, sender: Sender) -> Owner | None:
        named = self.names.get(joined(sender.name), [])
        return self._one_of(named, sender, _SAME, by_name=True) if named else None

    def _by_canvas(self, sender: Sender) -> Owner:
        number = sender.ids[0] if sender.ids else ""
        named = self.names.get(joined(sender.name)) or self.logins.get(folded(sender.name)) or []
        if self.canvas:  # the roster is a gradebook of Canvas, and knows its numbers
            if number in self.canvas:
                return Owner(self.canvas[number][0]["id"])
            return Owner("", f"Canvas user {number or 'without a name'}: {_NOBODY}", _ids(named))
        # The ids of another roster may be Canvas's numbers, or look like one of them.
        numbered = self.ids.get(number, [])
        both = [student for student in numbered if student in named]
        if len(named) > 1 and not self.numbers_are_ids:
            both = []
        nameless = [student for student in numbered if not name_forms(student)]
        if len(both) == 1 or (len(numbered) == len(nameless) == 1 and not named):
            return Owner((both or nameless)[0]["id"])
        if sender.key in self.known:
            return Owner(self.known[sender.key])
        if numbered:
            why = f"{number} is the id of one student, the name is of another or of nobody"
            return Owner("", why, _ids([*numbered, *named]))
        if named:
            return self._one_of(named, sender, _SAME, by_name=True)
        return self._nobody(sender)

    def _by_part(self, sender: Sender) -> Owner:
        """Match a part of a path that no platform has named."""
        part = NOTEBOOK.sub("", sender.own[0])
        exact, by_name = self.exact(part)
        if exact:
            return self._one_of(exact, sender, _SAME, by_name)
        words = [
            word for word in re.split(r"[^\w@.+]+|_", re.sub(r"\(\d{1,3}\)$", "", part)) if word
        ]
        for kind, indexes in (
            ("id", (self.ids,)),
            ("email", (self.emails,)),
            ("name", (self.logins, self.names)),
        ):
            places = [place for index in indexes for place in _places(words, index)]
            # "Ana Maria Lopez" is not Maria Lopez, when both are there.
            places = [
                (student, inner)
                for student, inner in places
                if not any(set(inner) < set(outer) for _, outer in places)
            ]
            if not places:
                continue
            students = [student for student, _ in places]
            longer = [student for student in students if not _COUNT.fullmatch(student["id"])]
            if kind == "id":  # beside an id, a short number counts something
                students = longer or students
            if kind == "id" and not longer:
                return Owner("", "the number may be an id, or count something", _ids(students))
            if kind == "name" and (rest := self._rest(words, places)):
                return Owner("", f"the name goes on: {' '.join(rest)}", _ids(students))
            return self._one_of(students, sender, "it names more than one", kind == "name")
        return self._nobody(sender)

    def _rest(self, words: list[str], places: list[tuple[Student, range]]) -> list[str]:
        """Return the words that are neither the name nor harmless beside one."""
        used = {place for _, inner in places for place in inner}
        harmless = {"", *_HARMLESS, *re.split(r"[\W_]+", folded(self.homework))}
        return [
            word
            for place, word in enumerate(words)
            if place not in used
            and folded(word) not in harmless
            and folded(word).strip("0123456789.") not in harmless
        ]

    def _one_of(
        self, found: Iterable[Student], sender: Sender, why: str, by_name: bool = False
    ) -> Owner:
        ids = _ids(found)
        if len(ids) == 1:
            return Owner(ids[0], by_name=by_name)
        if sender.key in self.known:
            return Owner(self.known[sender.key])
        return Owner("", why, ids)

    def _nobody(self, sender: Sender) -> Owner:
        texts = sender.ids or ((NOTEBOOK.sub("", sender.own[0]),) if not sender.platform else ())
        for text in texts if sender.platform != "canvas" else ():
            other = [s for s in self.students if text.isdigit() and _zeros(s["id"]) == _zeros(text)]
            if other:
                why = f"the roster writes the id as {other[0]['id']}, with other zeros"
                return Owner("", why, _ids(other))
        words = _words(sender.name)
        near = [s for s in self.students if words and (words <= _words(s["name"]))]
        near += [s for s in self.students if words and (words >= _words(s["name"]))]
        return Owner("", _NOBODY, _ids(near))


_NOBODY = "nobody on the roster"


def name_forms(student: Student) -> set[str]:
    """Return the ways in which a platform may write the name of a student as one word.

    Which word is the surname, nobody says, and it may be several.

    Examples
    --------
    >>> sorted(name_forms({"id": "1", "name": "Ana de Sá"}))
    ['anadesá', 'desáana', 'sáanade']
    """
    if student["name"] == student["id"]:
        return set()
    split = [word for word in map(joined, re.split(r"[\s,_]+", student["name"])) if word]
    return {"".join(split[place:] + split[:place]) for place in range(len(split))}


def _places(
    words: list[str], index: Mapping[str, list[Student]]
) -> Iterable[tuple[Student, range]]:
    """Yield students of an index, and the words that name them."""
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + 8) + 1):
            # Ids and logins may hold what splits words; names stand there without anything.
            for key in {folded(sign.join(words[start:end])) for sign in ("_", "-", " ", "")}:
                for student in index.get(key, []):
                    yield student, range(start, end)


def _ids_of(student: Student) -> list[str]:
    return [student["id"], *student.get("others", [])]


def _ids(students: Iterable[Student]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(student["id"] for student in students))


def _zeros(text: str) -> str:
    return text.lstrip("0")


def _words(name: str) -> set[str]:
    return {folded(word) for word in re.split(r"[\W_]+", name) if word}


def _add(index: dict[str, list[Student]], key: str, student: Student) -> None:
    if key and student not in index.setdefault(key, []):
        index[key].append(student)
