"""The speed appendix: the same optimizer, compiled and on several threads."""

from .optimizer import Optimizer

__all__ = ["Optimizer"]
