"""Hyper-parameters by name: what scikit-learn's tools ask of a model, without scikit-learn."""

import inspect
from typing import Any, Self


class Estimator:
    """A model whose arguments are its attributes, each under its own name.

    So another tool can read the hyper-parameters, change them, and make the model again.

    Examples
    --------
    >>> class Line(Estimator):
    ...     def __init__(self, slope=1.0, offset=0.0):
    ...         self.slope, self.offset = slope, offset
    >>> Line(slope=2.0)
    Line(slope=2.0, offset=0.0)
    >>> Line().set_params(offset=3.0).get_params()
    {'slope': 1.0, 'offset': 3.0}
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the hyper-parameters by name."""
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters}

    def set_params(self, **params: Any) -> Self:
        """Change hyper-parameters by name, all or none; return self."""
        present = self.get_params()
        for name in params:
            if name not in present:
                known = ", ".join(present)
                raise ValueError(f"Unknown hyper-parameter {name!r}; the known ones are {known}.")
        # A new model refuses bad values before this one takes any.
        vars(self).update(vars(type(self)(**{**present, **params})))
        return self

    def __repr__(self) -> str:
        """Show how to make this model again."""
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"
