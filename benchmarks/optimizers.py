"""Measure one step of an optimizer: dlzero against PyTorch, optax and Keras.

    pip install torch optax keras numba matplotlib
    python benchmarks/optimizers.py --quick
    python benchmarks/optimizers.py

Every case is a rule, a list of arrays, a dtype and a number of threads. All contenders of a case
take turns in one process, and the best turn of each counts. One process is started for each number
of threads, because the libraries fix it at their start. The limit is a loop that reads and writes
the same arrays and does nothing else. The script prints a table and writes optimizers.csv and
optimizers.svg.
"""

import argparse
import csv
import functools
import gc
import importlib.metadata
import itertools
import math
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from queue import SimpleQueue

import numpy as np

RULES = ("SGD", "momentum", "Adam", "AdaDelta", "AdamW")
STATES = {"SGD": 0, "momentum": 1, "Adam": 2, "AdaDelta": 2, "AdamW": 2}
SHAPES = (
    (2, 1),
    (1_000, 1),
    (100_000, 1),
    (1_000_000, 1),
    (10_000_000, 1),
    (1_000, 20),
    (50_000, 20),
)
QUICK_SHAPES = ((2, 1), (100_000, 1), (1_000, 20))
OURS = ("dlzero numba", "dlzero relaxed", "dlzero numpy")
OTHERS = ("torch default", "torch foreach", "torch fused", "optax jit", "keras jit")
FIELDS = ("rule", "elements", "arrays", "dtype", "threads", "contender", "best_us", "median_us")


# Contenders: each returns a function that takes one step.


def dlzero_step(rule, engine, start, grads, threads, strict=True):
    import dlzero

    functions = {
        "SGD": dlzero.gradient_descent,
        "momentum": dlzero.momentum,
        "Adam": dlzero.adam,
        "AdaDelta": dlzero.adadelta,
        "AdamW": dlzero.adamw,
    }
    params = [w.copy() for w in start]
    optimizer = dlzero.Optimizer(functions[rule], engine=engine, threads=threads, strict=strict)
    return lambda: optimizer.step(params, grads)


def torch_step(rule, kind, start, grads, threads):
    import torch

    torch.set_num_threads(threads)
    params = [torch.tensor(w, requires_grad=True) for w in start]
    for p, g in zip(params, grads, strict=True):
        p.grad = torch.tensor(g)
    kinds = {"default": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}
    make = {
        "SGD": lambda **k: torch.optim.SGD(params, lr=0.01, **k),
        "momentum": lambda **k: torch.optim.SGD(params, lr=0.01, momentum=0.9, **k),
        "Adam": lambda **k: torch.optim.Adam(params, **k),
        "AdaDelta": lambda **k: torch.optim.Adadelta(params, **k),
        "AdamW": lambda **k: torch.optim.AdamW(params, **k),
    }[rule]
    if rule == "AdaDelta" and kind == "fused":
        return None  # PyTorch has none
    return make(**kinds[kind]).step


def optax_step(rule, start, grads):
    import jax
    import optax

    optimizer = {
        "SGD": lambda: optax.sgd(0.01),
        "momentum": lambda: optax.sgd(0.01, momentum=0.9),
        "Adam": lambda: optax.adam(0.001),
        "AdaDelta": lambda: optax.adadelta(1.0),
        "AdamW": lambda: optax.adamw(0.001),
    }[rule]()
    params = [jax.numpy.array(w) for w in start]
    grads = [jax.numpy.array(g) for g in grads]
    held = [params, optimizer.init(params)]

    def update(params, state, grads):
        change, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, change), state

    compiled = jax.jit(update, donate_argnums=(0, 1))

    def step():
        held[:] = jax.block_until_ready(compiled(*held, grads))

    return step


def keras_step(rule, start, grads):
    import jax
    import keras

    keras.config.set_floatx(str(start[0].dtype))
    optimizer = {
        "SGD": lambda: keras.optimizers.SGD(0.01),
        "momentum": lambda: keras.optimizers.SGD(0.01, momentum=0.9),
        "Adam": lambda: keras.optimizers.Adam(),
        "AdaDelta": lambda: keras.optimizers.Adadelta(1.0),
        "AdamW": lambda: keras.optimizers.AdamW(),
    }[rule]()
    variables = [keras.Variable(w) for w in start]
    optimizer.build(variables)
    grads = [jax.numpy.array(g) for g in grads]
    held = [[jax.numpy.array(v.value) for v in optimizer.variables]]
    held.append([jax.numpy.array(w) for w in start])
    compiled = jax.jit(optimizer.stateless_apply, donate_argnums=(0, 2))

    def step():
        params, state = jax.block_until_ready(compiled(held[0], grads, held[1]))
        held[:] = [state, params]

    return step


def touch_0(w, g):
    for i in range(w.size):
        w[i] = w[i] + g[i]


def touch_1(w, g, m):
    for i in range(w.size):
        a, b, c = g[i], w[i], m[i]  # all reads before all writes, as in the rules
        w[i], m[i] = b + a, c + a


def touch_2(w, g, m, v):
    for i in range(w.size):
        a, b, c, d = g[i], w[i], m[i], v[i]
        w[i], m[i], v[i] = b + a, c + a, d + a


@functools.cache
def compiled_touch(states):
    import numba

    return numba.njit(nogil=True)((touch_0, touch_1, touch_2)[states])


def limit_step(rule, start, grads, threads):
    """Read and write what the rule reads and writes, with one addition for each array."""
    from dlzero.fast.optimizer import crew

    touch = compiled_touch(STATES[rule])
    if sum(w.size for w in start) < 50_000:
        threads = 1
    pieces = []
    for w, g in zip(start, grads, strict=True):
        arrays = [w.copy(), g, *(np.zeros_like(w) for _ in range(STATES[rule]))]
        cuts = np.linspace(0, w.size, threads + 1).astype(int)
        pieces += [[a[i:j] for a in arrays] for i, j in itertools.pairwise(cuts)]
    ended = SimpleQueue()

    def share(number):
        for arrays in pieces[number::threads]:
            touch(*arrays)

    def help_out(number):
        share(number)
        ended.put(number)

    def step():
        for number in range(1, threads):
            crew().put(functools.partial(help_out, number))
        share(0)
        for _ in range(1, threads):
            ended.get()

    return step


def contenders(rule, start, grads, threads):
    made = {
        "dlzero numba": dlzero_step(rule, "numba", start, grads, threads),
        "dlzero relaxed": dlzero_step(rule, "numba", start, grads, threads, strict=False),
        "dlzero numpy": dlzero_step(rule, "numpy", start, grads, threads),
        "torch default": torch_step(rule, "default", start, grads, threads),
        "torch foreach": torch_step(rule, "foreach", start, grads, threads),
        "torch fused": torch_step(rule, "fused", start, grads, threads),
        "optax jit": optax_step(rule, start, grads),
        "keras jit": keras_step(rule, start, grads),
        "limit": limit_step(rule, start, grads, threads),
    }
    return {name: step for name, step in made.items() if step}


# Measuring.


def measure(steps, rounds, seconds):
    """Let the steps take turns; return for each the seconds of a step in every turn."""
    counts = {}
    for name, step in steps.items():
        for _ in range(3):  # the first call compiles
            begin = time.perf_counter()
            step()
            once = time.perf_counter() - begin
        counts[name] = max(1, math.ceil(seconds / max(once, 1e-7)))
    turns = {name: [] for name in steps}
    gc.disable()
    for _ in range(rounds):
        for name, step in steps.items():
            count = counts[name]
            begin = time.perf_counter()
            for _ in range(count):
                step()
            turns[name].append((time.perf_counter() - begin) / count)
    gc.enable()
    return turns


def run_cases(args, writer):
    """Measure all cases at one number of threads."""
    rng = np.random.default_rng(0)
    for elements, arrays in QUICK_SHAPES if args.quick else SHAPES:
        for dtype in ("float32", "float64"):
            start = [rng.normal(size=elements).astype(dtype) for _ in range(arrays)]
            grads = [rng.normal(size=elements).astype(dtype) for _ in range(arrays)]
            for rule in args.rules:
                steps = contenders(rule, start, grads, args.threads)
                turns = measure(steps, 5 if args.quick else 15, 0.002 if args.quick else 0.02)
                del steps
                gc.collect()
                for name, seconds in turns.items():
                    best, median = min(seconds) * 1e6, float(np.median(seconds)) * 1e6
                    case = (rule, elements, arrays, dtype, args.threads, name)
                    writer.writerow((*case, f"{best:.4g}", f"{median:.4g}"))
                sys.stdout.flush()


# Reporting.


def by_case(rows):
    """Group the rows: case -> contender -> best time."""
    cases = {}
    for row in rows:
        case = (row["rule"], int(row["elements"]), int(row["arrays"]), row["dtype"], row["threads"])
        cases.setdefault(case, {})[row["contender"]] = float(row["best_us"])
    return cases


def report(rows):
    """Print the table, and how the three ways of dlzero stand against the others."""
    cases = by_case(rows)
    names = [*OURS, *OTHERS, "limit"]
    print("Microseconds a step, the best turn of each contender.")
    print("ratio: the fastest of the others over dlzero numba, and over dlzero relaxed")
    print("limit: the limit over dlzero numba, and over dlzero relaxed")
    print(f"{'case':26s}" + "".join(f"{name:>15s}" for name in names) + "   ratio         limit")
    order = sorted(cases, key=lambda c: (c[4], c[3], RULES.index(c[0]), c[2], c[1]))
    for rule, elements, arrays, dtype, threads in order:
        times = cases[rule, elements, arrays, dtype, threads]
        best = min(times[name] for name in OTHERS if name in times)
        strict, relaxed = times["dlzero numba"], times["dlzero relaxed"]
        line = f"{rule} {size_name(elements, arrays)} {dtype} x{threads}"
        cells = "".join(f"{times[n]:15.5g}" if n in times else f"{'-':>15s}" for n in names)
        ratios = f"{best / strict:8.2f}{best / relaxed:6.2f}"
        limits = f"{times['limit'] / strict:8.0%}{times['limit'] / relaxed:6.0%}"
        print(f"{line:26s}{cells}{ratios}{limits}")
    print()
    for ours in OURS[:2]:
        ratios = [
            min(times[name] for name in OTHERS if name in times) / times[ours]
            for times in cases.values()
        ]
        mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        behind = sum(ratio < 1 for ratio in ratios)
        print(f"{ours} against the fastest of the others: geometric mean {mean:.2f}, ", end="")
        print(f"smallest {min(ratios):.2f}, behind in {behind} of {len(ratios)} cases")
    ahead = sum(times["dlzero numpy"] < times["torch default"] for times in cases.values())
    print(f"dlzero numpy against torch default: ahead in {ahead} of {len(cases)} cases")


def size_name(elements, arrays):
    power = {1_000: "1e3", 50_000: "5e4", 100_000: "1e5", 1_000_000: "1e6", 10_000_000: "1e7"}
    return f"{arrays}x" * (arrays > 1) + power.get(elements, str(elements))


def draw(rows, file):
    """Draw every case as a line of points: the time of each contender over that of dlzero."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "dlzero", "svg.fonttype": "none", "font.size": 8})
    styles = {
        "dlzero relaxed": ("#0072B2", "x"),
        "dlzero numpy": ("#56B4E9", "s"),
        "torch default": ("#D55E00", "^"),
        "torch foreach": ("#E69F00", "v"),
        "torch fused": ("#CC79A7", "D"),
        "optax jit": ("#009E73", "P"),
        "keras jit": ("#777777", "X"),
        "limit": ("#000000", "|"),
    }
    cases = by_case(rows)
    panels = sorted({case[3:] for case in cases})
    lines = sorted(
        {case[:3] for case in cases}, key=lambda c: (RULES.index(c[0]), c[2], c[1]), reverse=True
    )
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(3.2 * len(panels), 1 + 0.19 * len(lines)),
        sharey=True,
        squeeze=False,
    )
    for axis, (dtype, threads) in zip(axes[0], panels, strict=True):
        for name, (color, marker) in styles.items():
            points = [
                (times[name] / times["dlzero numba"], y)
                for y, line in enumerate(lines)
                if name in (times := cases.get((*line, dtype, threads), {}))
            ]
            axis.plot(
                *zip(*points, strict=True), color=color, marker=marker, ls="", ms=4.5, label=name
            )
        axis.axvline(1, color="#0072B2", lw=1.5)
        axis.set_xscale("log")
        axis.set_yticks(range(len(lines)), [f"{r} {size_name(n, k)}" for r, n, k in lines])
        axis.set_xlabel(f"t / t(dlzero numba): {dtype}, {threads}")
        axis.grid(alpha=0.3)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=len(labels), loc="lower center", frameon=False)
    figure.tight_layout(rect=(0, 0.035, 1, 1))
    figure.savefig(file, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small arrays and few turns")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="where to write")
    parser.add_argument("--threads", type=int, help="measure this number only, as CSV on stdout")
    args = parser.parse_args()
    if args.threads:
        return run_cases(args, csv.writer(sys.stdout))

    names = ("dlzero", "numpy", "numba", "torch", "jax", "optax", "keras")
    versions = [f"{name} {importlib.metadata.version(name)}" for name in names[1:]]
    print(f"{platform.machine()}, {os.cpu_count()} processors; {', '.join(versions)}\n")
    rows = []
    for threads in sorted({1, min(2, os.cpu_count() or 1)}):
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": str(threads),
            "KERAS_BACKEND": "jax",
            "JAX_PLATFORMS": "cpu",
            "JAX_ENABLE_X64": "1",
        }
        command = [sys.executable, __file__, "--threads", str(threads), "--rules", *args.rules]
        if hasattr(os, "sched_getaffinity"):  # jax takes as many threads as it may use processors
            allowed = ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))
            command = ["taskset", "-c", allowed, *command]
        command += ["--quick"] if args.quick else []
        done = subprocess.run(
            command, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        rows += csv.DictReader(done.stdout.splitlines(), FIELDS)
    report(rows)
    args.out.mkdir(parents=True, exist_ok=True)
    with open(args.out / "optimizers.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(rows)
    draw(rows, args.out / "optimizers.svg")
    print(f"wrote {args.out / 'optimizers.csv'} and {args.out / 'optimizers.svg'}")
    return None


if __name__ == "__main__":
    main()
