from ..arrays import Array

def adam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]: ...
def adamax(
    w: Array,
    g: Array,
    m: Array,
    u: Array,
    t: int,
    lr: float = 0.002,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]: ...
def momentum_schedule(beta1: float, t: int, momentum_decay: float) -> tuple[float, float]: ...
def nadam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 0.002,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    momentum_decay: float = 0.0,
) -> tuple[Array, Array, Array]: ...
def amsgrad(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    vmax: Array,
    t: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array, Array]: ...
def adamw(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Array, Array, Array]: ...
def rectification(beta2: float, t: int) -> float: ...
def radam(
    w: Array,
    g: Array,
    m: Array,
    v: Array,
    t: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-8,
) -> tuple[Array, Array, Array]: ...
def lion(
    w: Array,
    g: Array,
    m: Array,
    lr: float = 0.0001,
    beta1: float = 0.9,
    beta2: float = 0.99,
    weight_decay: float = 0.0,
) -> tuple[Array, Array]: ...
def adabelief(
    w: Array,
    g: Array,
    m: Array,
    s: Array,
    t: int,
    lr: float = 0.001,
    beta1: float = 0.9,
    beta2: float = 0.999,
    eps: float = 1e-16,
) -> tuple[Array, Array, Array]: ...
def schedule_free(
    w: Array,
    g: Array,
    d: Array,
    t: int,
    lr: float = 1.0,
    beta1: float = 0.9,
) -> tuple[Array, Array]: ...
