from ..arrays import Array

def momentum(
    w: Array, g: Array, v: Array, lr: float = 0.01, mu: float = 0.9
) -> tuple[Array, Array]: ...
def nesterov(
    w: Array, g: Array, v: Array, lr: float = 0.01, mu: float = 0.9
) -> tuple[Array, Array]: ...
