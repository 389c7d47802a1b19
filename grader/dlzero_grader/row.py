"""What is known about one submission: the row that is stored, and read by the report."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self


@dataclass
class Result:
    """How one test cell ended.

    Attributes
    ----------
    points, of : int
        Points given, and the most that there are.
    message : str
        Why it did not pass; empty when it did.
    hidden : bool
        True when the message belongs to the hidden part, which no student may see.
    """

    points: int
    of: int
    message: str = ""
    hidden: bool = False

    @property
    def passed(self) -> bool:
        """Whether the test ran to its end."""
        return self.points == self.of and not self.message


@dataclass
class Response:
    """A free response as it was handed in: the most points for it, its text, its pictures.

    A picture is a data URI, as `pictures.picture` makes it.
    """

    of: int
    text: str = ""
    pictures: list[str] = field(default_factory=list)


@dataclass
class Row:
    """One submission of one student.

    Attributes
    ----------
    status : str
        One of the keys of `report.WORDS`.
    tests : dict of str to Result
    written : dict of str to Response
    notes : list of str
        For the instructor.
    restarts : int
        How often the sandboxed process had to be started again.
    student, assignment : str
    file, grader : str
        Fingerprints of the submission and of all else that the row depends on.
    """

    status: str
    tests: dict[str, Result]
    written: dict[str, Response]
    notes: list[str] = field(default_factory=list)
    restarts: int = 0
    student: str = ""
    assignment: str = ""
    file: str = ""
    grader: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the row in plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Return the row that `to_json` wrote; keys that a newer grader added are left out."""
        known = {part.name for part in fields(cls)}
        kept = {key: value for key, value in data.items() if key in known}
        kept["tests"] = {id: Result(**test) for id, test in data["tests"].items()}
        kept["written"] = {id: Response(**text) for id, text in data["written"].items()}
        return cls(**kept)
