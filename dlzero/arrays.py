"""The types of numbers in signatures: what a rule steps, what a model computes with."""

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

#: An array of real numbers.
Floats = NDArray[np.floating]

#: "float or ndarray": the same of the two throughout a call.
Array = TypeVar("Array", bound=float | Floats)
