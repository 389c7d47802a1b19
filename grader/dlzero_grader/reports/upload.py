"""Which marks leave for a platform, and on which scale."""

from ..marking.score import Score


def final(score: Score, unfinished: bool = False) -> bool:
    """Tell whether a platform gets this mark.

    Parameters
    ----------
    score : Score
    unfinished : bool, default False
        Also when free responses wait for a mark, or a lateness for a decision.

    Returns
    -------
    bool
    """
    return score.known and (unfinished or not (score.open or score.undecided))


def scaled(score: Score, most: float) -> float:
    """Return the points of a student as if nothing was excused: a platform has one maximum."""
    return score.total * most / score.of if score.of else 0.0
