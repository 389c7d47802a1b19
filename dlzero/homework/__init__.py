"""Homework: check yourself here; ``python -m dlzero homework --help`` is for the instructor."""

from .learner import check

__all__ = ["check"]
