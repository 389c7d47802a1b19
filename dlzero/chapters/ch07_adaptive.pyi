from ..arrays import Array

def adagrad(
    w: Array, g: Array, G: Array, lr: float = 0.01, eps: float = 1e-10
) -> tuple[Array, Array]: ...
def rmsprop(
    w: Array, g: Array, v: Array, lr: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> tuple[Array, Array]: ...
def rmsprop_centered(
    w: Array, g: Array, v: Array, a: Array, lr: float = 0.01, rho: float = 0.99, eps: float = 1e-8
) -> tuple[Array, Array, Array]: ...
def adadelta(
    w: Array, g: Array, E: Array, D: Array, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6
) -> tuple[Array, Array, Array]: ...
