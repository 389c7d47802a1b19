"""Run short probes of PyTorch, optax, Keras and TensorFlow that tell their conventions apart.

Run by hand when a version moves, in an environment of its own:

    python -m pip install torch==2.13.0 optax==0.2.8 jax==0.10.2 keras==3.15.1 \
        tensorflow-cpu==2.21.0 numpy==2.4.6
    python tools/make/conventions.py

Writes: tests/golden/conventions.json
Needs: torch==2.13.0 optax==0.2.8 jax==0.10.2 keras==3.15.1 tensorflow==2.21.0 numpy==2.4.6

A probe takes eight steps with one weight in float64, with hyper-parameters so large that another
place of ``eps``, or another start, is another path. The first steps have all the defaults. Five
steps of Adafactor, Muon and Prodigy with a matrix are here as well: they are no rules of dlzero.
"""

import inspect
import json
from itertools import count
from pathlib import Path

from optimizers import RUN, jax, keras, np, optax, tf, torch

GOLDEN = Path(__file__).resolve().parents[2] / "tests" / "golden" / "conventions.json"
START = np.ones(1)
GRADS = np.array([[1.0], [-0.5], [0.2], [0.05], [2.0], [-1.0], [0.5], [0.1]])
DROP = [0.1] * 3 + [0.02] * 5  # the rate falls where that tells two forms apart
NAMES = {
    # our names and those of the libraries, in this order; a dash: there is no such option
    "ours": "lr rho eps mu nesterov wd G0 beta1 beta2",
    "torch": "lr alpha eps momentum nesterov weight_decay initial_accumulator_value - -",
    "optax": "learning_rate decay eps momentum nesterov weight_decay initial_accumulator_value "
    "b1 b2",
    "keras": "learning_rate rho epsilon momentum nesterov weight_decay initial_accumulator_value "
    "beta_1 beta_2",
    "tensorflow": "learning_rate decay epsilon momentum use_nesterov - initial_accumulator_value "
    "beta1 beta2",
}
SGD = {"torch": "SGD", "optax": "sgd", "keras": "SGD", "tensorflow": "MomentumOptimizer"}
ADAGRAD = {
    **{"torch": "Adagrad", "optax": "adagrad", "keras": "Adagrad"},
    "tensorflow": "AdagradOptimizer",
}
RMSPROP = {
    **{"torch": "RMSprop", "optax": "rmsprop", "keras": "RMSprop"},
    "tensorflow": "RMSPropOptimizer",
}
ADADELTA = {
    **{"torch": "Adadelta", "optax": "adadelta", "keras": "Adadelta"},
    "tensorflow": "AdadeltaOptimizer",
}
ADAM = {"torch": "Adam", "optax": "adam", "keras": "Adam", "tensorflow": "AdamOptimizer"}
ADAMAX = {"torch": "Adamax", "optax": "adamax", "keras": "Adamax"}
NADAM = {"torch": "NAdam", "optax": "nadam", "keras": "Nadam"}
ADAMW = {"torch": "AdamW", "optax": "adamw", "keras": "AdamW"}
RADAM = {"torch": "RAdam", "optax": "radam"}
AMSGRAD = {"torch": "Adam", "optax": "amsgrad", "keras": "Adam"}
BETAS = {"beta1": 0.8, "beta2": 0.9}
LIONS = {"optax": "lion", "keras": "Lion"}

# A question: options for all, the optimizers, and options of one library.
PROBES = {
    "momentum: place of the rate": ({"lr": "drop", "mu": 0.9}, SGD, {}),
    "momentum: first step, dampened": ({"mu": 0.9, "dampening": 0.9}, {"torch": "SGD"}, {}),
    "nesterov: stored point": ({"mu": 0.9, "nesterov": True}, SGD, {}),
    "sgd: decay": ({"mu": 0.9, "wd": 0.5}, {"torch": "SGD", "keras": "SGD"}, {}),
    "adagrad: place of eps": ({"eps": 0.1, "G0": 0.0}, ADAGRAD, {"tensorflow": {"G0": 1e-30}}),
    "adagrad: G starts at": ({"eps": 1e-30}, ADAGRAD, {}),
    "rmsprop: place of eps": ({"rho": 0.8, "eps": 0.1}, RMSPROP, {}),
    "rmsprop: v starts at": ({"rho": 0.8, "eps": 1e-30}, RMSPROP, {}),
    "rmsprop: rate, with momentum": (
        {"lr": "drop", "rho": 0.8, "eps": 1e-30, "mu": 0.9},
        RMSPROP,
        {},
    ),
    "rmsprop_centered: place of eps": ({"rho": 0.8, "eps": 0.1, "centered": True}, RMSPROP, {}),
    "adadelta: place of eps": ({"lr": 1.0, "rho": 0.8, "eps": 0.1}, ADADELTA, {}),
    "adam: place of eps": ({**BETAS, "eps": 0.1}, ADAM, {}),
    "adam: decay": (
        {**BETAS, "eps": 1e-30, "wd": 0.5},
        {"torch": "Adam", "keras": "Adam"},
        {},
    ),
    "adamax: place of eps": ({**BETAS, "eps": 0.1}, ADAMAX, {}),
    "nadam: momentum_decay": ({**BETAS, "eps": 1e-30}, NADAM, {}),
    "amsgrad: largest of": (
        {**BETAS, "eps": 1e-30},
        AMSGRAD,
        {"torch": {"amsgrad": True}, "keras": {"amsgrad": True}},
    ),
    "adamw: decay": ({**BETAS, "eps": 1e-30, "wd": 0.5}, ADAMW, {}),
    "radam: place of eps": ({"beta1": 0.8, "beta2": 0.99, "eps": 0.1}, RADAM, {}),
    "radam: adapts above": ({"beta1": 0.8, "beta2": 0.99, "eps": 1e-30}, RADAM, {}),
    "lion: decay": ({**BETAS, "wd": 0.5}, LIONS, {}),
}
#: The first steps: what the signature asks for beside the gradient.
FIRST = {
    "adagrad": ADAGRAD,
    "rmsprop": RMSPROP,
    "adadelta": ADADELTA,
    "adam": ADAM,
    "adamax": ADAMAX,
    "nadam": NADAM,
    "radam": RADAM,
}


def named(library, options):
    """Return options under the names that a library has for them."""
    names = dict(zip(NAMES["ours"].split(), NAMES[library].split(), strict=True))
    if options.get("lr") == 1.0:  # AdaDelta has the paper's name everywhere
        names["rho"] = "rho"
    options, rate = dict(options), names["lr"]
    if library == "torch" and "beta1" in options:
        options["betas"] = (options.pop("beta1"), options.pop("beta2"))
    made = {names.get(name, name): value for name, value in options.items()}
    if made[rate] == "drop":
        steps = count()
        made |= {
            "optax": {rate: lambda k: jax.numpy.asarray(DROP)[k]},
            "tensorflow": {rate: lambda: tf.constant(DROP[next(steps)], "float64")},
        }.get(library, {rate: DROP[0], "lr_at": DROP})
    return made


def probe(library, optimizer, options, grads=GRADS):
    """Return the path of the one weight."""
    return [float(w[0]) for w in RUN[library](optimizer, START, grads, **options)]


def first_step(library, optimizer, gradient):
    """Return the first step with the defaults, in learning rates; positive is downhill."""
    if library == "torch":
        rate, options = getattr(torch.optim, optimizer)([torch.zeros(1)]).defaults["lr"], {}
    elif library == "keras":
        rate, options = float(getattr(keras.optimizers, optimizer)().learning_rate), {}
    elif optimizer in ("adadelta", "AdadeltaOptimizer", "AdamOptimizer"):
        rate, options = (1.0, {}) if library == "optax" else (0.001, {})
    else:
        rate, options = 0.01, {"learning_rate": 0.01}
    path = RUN[library](optimizer, np.zeros(1), [np.array([gradient])], **options)
    return -float(path[0][0]) / rate


def matrix_paths():
    """Return a start, gradients, and steps of the methods that look at whole matrices."""
    rng = np.random.default_rng(20181)
    start, grads = rng.normal(size=(4, 3)), rng.normal(size=(5, 4, 3))
    made = {"start": start.tolist(), "grads": grads.tolist(), "adafactor": [], "muon": []}
    weights = torch.tensor(start, requires_grad=True)
    adafactor = torch.optim.Adafactor([weights], lr=0.1)
    for g in grads:
        weights.grad = torch.tensor(g)
        adafactor.step()
        made["adafactor"].append(weights.detach().numpy().tolist())
    muon = optax.chain(optax.contrib.scale_by_muon(nesterov=False), optax.scale(-0.1))
    made["muon"] = [w.tolist() for w in walk(muon, start, lambda t, w: grads[t])]
    # Prodigy needs many steps, on a bowl, until its estimate of the distance grows.
    path = walk(optax.contrib.prodigy(), start, lambda t, w: w, 40)
    made["prodigy"] = {str(t): path[t - 1].tolist() for t in (10, 20, 30, 40)}
    return made


def walk(optimizer, start, gradient, steps=5):
    """Return the path of an optimizer of optax, with a gradient that may depend on the point."""
    w = jax.numpy.asarray(start)
    state, path = optimizer.init(w), []
    for t in range(steps):
        change, state = optimizer.update(jax.numpy.asarray(gradient(t, w)), state, w)
        w = optax.apply_updates(w, change)
        path.append(np.asarray(w))
    return path


def decay_of_torch():
    """Say for each optimizer whether two steps with a decay are those that shrink w apart."""
    said = {"in g": [], "apart": [], "has decoupled_weight_decay": []}
    for name in sorted(vars(torch.optim)):
        asked = (
            inspect.signature(getattr(torch.optim, name)).parameters if name[0].isupper() else {}
        )
        if "weight_decay" not in asked:
            continue
        paths = []
        for decay in (0.5, 0.0):
            w = torch.full((2, 2), 1.0, requires_grad=True)
            options = {"momentum": 0.9} if name == "SGD" else {}
            optimizer = getattr(torch.optim, name)([w], lr=0.1, weight_decay=decay, **options)
            for g in (1.0, -0.5):
                before = w.detach().clone()
                w.grad = torch.full((2, 2), g)
                optimizer.step()
                if not decay:
                    w.data -= 0.1 * 0.5 * before
            paths.append(w.detach().numpy())
        said["apart" if np.allclose(*paths) else "in g"].append(name)
        if "decoupled_weight_decay" in asked:
            said["has decoupled_weight_decay"].append(name)
    return said


def main():
    """Write the file."""
    paths = {question: {} for question in PROBES}
    for question, (options, optimizers, own) in PROBES.items():
        for library, name in optimizers.items():
            here = named(library, {"lr": 0.1, **options, **own.get(library, {})})
            if library == "tensorflow" and name == "AdagradOptimizer":
                here.pop("epsilon")
            paths[question][library] = probe(library, name, here)
    first = {
        rule: {
            str(g): {library: first_step(library, name, g) for library, name in optimizers.items()}
            for g in (1.0, 1e-6)
        }
        for rule, optimizers in FIRST.items()
    }
    modules = (torch, optax, jax, keras, tf, np)
    both = [name for name in dir(keras.optimizers) if name[0].isupper()]
    stored = {
        "made_by": "tools/make/conventions.py",
        "versions": {m.__name__: m.__version__.partition("+")[0] for m in modules},
        "optimizers of tf.keras that are not those of Keras": [
            n for n in both if getattr(tf.keras.optimizers, n) is not getattr(keras.optimizers, n)
        ],
        "grads": GRADS[:, 0].tolist(),
        "paths": paths,
        "first": first,
        "decay of torch": decay_of_torch(),
        "matrices": matrix_paths(),
    }
    GOLDEN.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    print(len(paths), "questions", stored["versions"])


if __name__ == "__main__":
    main()
