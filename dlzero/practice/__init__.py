"""Chapter 8: optimizers in practice. Problems x methods x rates x seeds, run and compared.

>>> from dlzero.practice import compare
>>> results = compare("bowl", ["sgd", "adam"], rates=[0.01, 0.1], seeds=1, budget=20,
...                   jobs=1, store=None, progress=False)
>>> [row["status"] for row in results.rows]
['ok', 'ok', 'ok', 'ok', 'ok', 'ok']
"""

from .fingerprint import fingerprint
from .problems import PROBLEMS, FunctionProblem, ModelProblem, problem
from .results import COLUMNS, Results
from .store import Store
from .sweep import Method, compare, rate_range

__all__ = [
    "COLUMNS",
    "PROBLEMS",
    "FunctionProblem",
    "Method",
    "ModelProblem",
    "Results",
    "Store",
    "compare",
    "fingerprint",
    "problem",
    "rate_range",
]
