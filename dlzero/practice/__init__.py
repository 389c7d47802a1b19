"""Chapter 11: optimizers in practice. Problems x methods x rates x seeds, run and compared.

>>> from dlzero.practice import compare
>>> results = compare("bowl", ["sgd", "adam"], rates=[0.01, 0.1], seeds=1, budget=20,
...                   jobs=1, store=None, progress=False)
>>> [row.status for row in results]
['ok', 'ok', 'ok', 'ok', 'ok', 'ok']
"""

from .catalogue import PROBLEMS, problem
from .comparison import compare, rate_range
from .keys import fingerprint
from .methods import Method
from .problems import FunctionProblem, ModelProblem
from .results import Results
from .runs import COLUMNS, Outcome, Run
from .store import Store

__all__ = [
    "COLUMNS",
    "PROBLEMS",
    "FunctionProblem",
    "Method",
    "ModelProblem",
    "Outcome",
    "Results",
    "Run",
    "Store",
    "compare",
    "fingerprint",
    "problem",
    "rate_range",
]
