"""What a student has: each graded cell as one line, and the sum. All tables and pages read it."""

from dataclasses import dataclass

from .marks import Marks, answered
from .master import Master
from .row import Row


@dataclass(frozen=True)
class Line:
    """A test cell or a free response of one student.

    Attributes
    ----------
    id : str
    of : float
        The most points for it; 0 when it is excused.
    points : float or None
        None while it waits for a mark by hand.
    hidden : bool
        True when the message belongs to the hidden part, which no student may see.
    message : str
        Why a test did not pass, or the comment on a free response.
    reason : str
        Why an instructor changed the points; the student reads it.
    written : bool
        True for a free response.
    """

    id: str
    of: float
    points: float | None
    hidden: bool = False
    message: str = ""
    reason: str = ""
    written: bool = False

    @property
    def passed(self) -> bool:
        """Whether a test ran to its end."""
        return not self.written and self.points == self.of and not self.message


@dataclass(frozen=True)
class Score:
    """All lines of one student.

    Attributes
    ----------
    status : str
        Of the row.
    lines : tuple of Line
        In the order of the master: tests, then free responses.
    taken : float
        Points taken away for lateness.
    late : str
        What is said about lateness; empty when in time.
    """

    student: str
    status: str
    lines: tuple[Line, ...]
    taken: float = 0.0
    late: str = ""

    @property
    def open(self) -> int:
        """Free responses that wait for a mark."""
        return sum(line.points is None for line in self.lines)

    @property
    def of(self) -> float:
        """The most points."""
        return sum(line.of for line in self.lines)

    @property
    def total(self) -> float:
        """The points so far."""
        return max(0.0, sum(line.points or 0 for line in self.lines) - self.taken)


def score_of(master: Master, row: Row, marks: Marks) -> Score:
    """Return the score of a row and of the marks given by hand."""
    lines = []
    for test in master.tests:
        result = row.tests[test.id]
        lines.append(Line(test.id, result.of, result.points, result.hidden, result.message))
    for written in master.written:
        points, comment = marks.get((row.student, written.id), (None, ""))
        if points is None and not answered(row.written[written.id].text):
            points, comment = 0.0, "not answered"
        lines.append(Line(written.id, written.points, points, message=comment, written=True))
    return Score(row.student, row.status, tuple(lines))
