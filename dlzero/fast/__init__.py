"""The speed appendix: the same optimizer, compiled and on several threads."""

from .optimizer import Optimizer
from .split import loop_source

__all__ = ["Optimizer", "loop_source"]
