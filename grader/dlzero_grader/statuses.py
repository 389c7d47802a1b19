"""The statuses of a submission, in words for the student."""

WORDS = {
    "graded": "graded",
    "graded with restarts": "graded; some of the code did not end or ended the process",
    "foreign kernel": "graded; the notebook says that it is not in Python",
    "no answers": "none of the code questions was answered",
    "timeout": "the time for all tests together ran out; the rest counts as not passed",
    "corrupt": "the file that came is not a notebook, or was cut off; hand it in again as .ipynb",
    "too large": "the file is too large; clear its outputs and hand it in again",
    "missing": "nothing was handed in",
    "error": "not graded yet: the grader itself failed; nothing is lost",
}
#: Nothing was read, so there is no mark, and no platform gets a 0 that nobody decided.
UNREAD = ("missing", "error", "corrupt", "too large")
#: What an instructor should look at, student by student.
NAMED = (*UNREAD, "no answers", "timeout", "foreign kernel")


def said(status: str) -> str:
    """Return a status in words."""
    return WORDS.get(status, status)
