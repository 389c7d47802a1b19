"""Measure one step of an optimizer: dlzero against PyTorch, optax and Keras.

    pip install torch optax keras llvmlite matplotlib
    python benchmarks/optimizers.py --quick
    python benchmarks/optimizers.py

Every case is a rule, a list of arrays, a dtype and a number of threads. All contenders of a case
take turns in one process, and the best turn of each counts. One process is started for each number
of threads, because the libraries fix it at their start. All of it is done several times, so that
one sees by how much two runs differ. The simple loop reads and writes the same arrays as the rule
and adds once for each; it is no limit, since many a case is faster than it in one run or another.
The script prints a table and writes optimizers.csv and optimizers.txt, which the book reads, into
dlzero/fast/data, and optimizers.svg beside itself.
"""

import argparse
import csv
import gc
import importlib.metadata
import math
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import patch

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
OURS = ("dlzero strict", "dlzero relaxed", "dlzero blocks", "dlzero plain")
OTHERS = ("torch default", "torch foreach", "torch fused", "optax jit", "keras jit")
CASE = ("rule", "elements", "arrays", "dtype", "threads")


# Contenders: each returns a function that takes one step.


def dlzero_step(rule, kind, start, grads, threads):
    import dlzero
    from dlzero.fast import Optimizer
    from dlzero.fast.kernels import numpy_kernel

    class Blocks(Optimizer):
        def prepare(self, *args):
            with patch("dlzero.fast.optimizer.kernel", lambda rule, *_: numpy_kernel(rule, True)):
                return super().prepare(*args)

    function = {
        "SGD": dlzero.gradient_descent,
        "momentum": dlzero.momentum,
        "Adam": dlzero.adam,
        "AdaDelta": dlzero.adadelta,
        "AdamW": dlzero.adamw,
    }[rule]
    optimizer = {
        "strict": lambda: Optimizer(function, threads=threads),
        "relaxed": lambda: Optimizer(function, threads=threads, strict=False),
        "blocks": lambda: Blocks(function, threads=threads),
        "plain": lambda: dlzero.Optimizer(function),
    }[kind]()
    params = [w.copy() for w in start]
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
    return (w + g,)


def touch_1(w, g, m):
    return w + g, m + g


def touch_2(w, g, m, v):
    return w + g, m + g, v + g


def simple_step(rule, start, grads, threads):
    """Read and write what the rule reads and writes, with one addition for each array."""
    from dlzero.fast.kernels import kernel
    from dlzero.fast.threads import CompiledPart

    touch = kernel((touch_0, touch_1, touch_2)[STATES[rule]], start[0].dtype)
    states = range(STATES[rule])
    jobs = [(k, [w.copy(), *(np.zeros_like(w) for _ in states)]) for k, w in enumerate(start)]
    part = CompiledPart(touch, jobs, len(grads), threads)
    return lambda: part.run(grads, ())


def contenders(rule, start, grads, threads):
    made = {
        "dlzero strict": dlzero_step(rule, "strict", start, grads, threads),
        "dlzero relaxed": dlzero_step(rule, "relaxed", start, grads, threads),
        "dlzero blocks": dlzero_step(rule, "blocks", start, grads, threads),
        "dlzero plain": dlzero_step(rule, "plain", start, grads, threads),
        "torch default": torch_step(rule, "default", start, grads, threads),
        "torch foreach": torch_step(rule, "foreach", start, grads, threads),
        "torch fused": torch_step(rule, "fused", start, grads, threads),
        "optax jit": optax_step(rule, start, grads),
        "keras jit": keras_step(rule, start, grads),
        "simple loop": simple_step(rule, start, grads, threads),
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
                turns = measure(steps, 5 if args.quick else 7, 0.002 if args.quick else 0.01)
                del steps
                gc.collect()
                for name, seconds in turns.items():
                    case = (rule, elements, arrays, dtype, args.threads, name)
                    writer.writerow((*case, f"{min(seconds) * 1e6:.4g}"))
                sys.stdout.flush()


# Reporting.


def by_case(rows):
    """Group the rows: case -> contender -> the best time of every run."""
    cases = {}
    for row in rows:
        case = (row["rule"], int(row["elements"]), int(row["arrays"]), row["dtype"], row["threads"])
        times = [float(value) for name, value in row.items() if name.startswith("run")]
        cases.setdefault(case, {})[row["contender"]] = times
    return cases


def ratio(times, ours, run=None):
    """Compare the fastest of the others with one of ours, in one run or at the best of all."""
    chosen = {name: min(t) if run is None else t[run] for name, t in times.items()}
    return min(chosen[name] for name in OTHERS if name in chosen) / chosen[ours]


def report(rows):
    """Print the table, and how the ways of dlzero stand against the others."""
    cases = by_case(rows)
    names = [*OURS, *OTHERS, "simple loop"]
    print("Microseconds a step, the best turn of each contender in all runs.")
    print("ratio: the fastest of the others over dlzero strict, and over dlzero relaxed")
    print("spread: the slowest run of dlzero strict over its fastest")
    print(f"{'case':26s}" + "".join(f"{name:>15s}" for name in names) + "   ratio        spread")
    order = sorted(cases, key=lambda c: (c[4], c[3], RULES.index(c[0]), c[2], c[1]))
    for rule, elements, arrays, dtype, threads in order:
        times = cases[rule, elements, arrays, dtype, threads]
        line = f"{rule} {size_name(elements, arrays)} {dtype} x{threads}"
        cells = "".join(f"{min(times[n]):15.5g}" if n in times else f"{'-':>15s}" for n in names)
        ratios = "".join(f"{ratio(times, ours):8.2f}" for ours in OURS[:2])
        strict = times["dlzero strict"]
        print(f"{line:26s}{cells}{ratios}{max(strict) / min(strict):8.2f}")
    print()
    runs = len(next(iter(cases.values()))["dlzero strict"])
    for ours in OURS[:2]:
        for run in (None, *range(runs)):
            ratios = [ratio(times, ours, run) for times in cases.values()]
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            behind = sum(r < 1 for r in ratios)
            name = "best of all runs" if run is None else f"run {run + 1}"
            print(
                f"{ours}, {name}: the others take {mean:.2f} times as long (geometric mean),",
                end="",
            )
            print(f" smallest {min(ratios):.2f}, behind in {behind} of {len(ratios)} cases")
    for ours in OURS[2:]:
        ahead = sum(min(t[ours]) < min(t["torch default"]) for t in cases.values())
        print(f"{ours} against torch default: ahead in {ahead} of {len(cases)} cases")


def size_name(elements, arrays):
    power = {1_000: "1e3", 50_000: "5e4", 100_000: "1e5", 1_000_000: "1e6", 10_000_000: "1e7"}
    return f"{arrays}x" * (arrays > 1) + power.get(elements, str(elements))


def draw(rows, file):
    """Draw every case as a line of points: the time of each contender over dlzero strict."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"svg.hashsalt": "dlzero", "svg.fonttype": "none", "font.size": 8})
    styles = {
        "dlzero relaxed": ("#0072B2", "x"),
        "dlzero blocks": ("#56B4E9", "s"),
        "torch default": ("#D55E00", "^"),
        "torch foreach": ("#E69F00", "v"),
        "torch fused": ("#CC79A7", "D"),
        "optax jit": ("#009E73", "P"),
        "keras jit": ("#777777", "X"),
        "simple loop": ("#000000", "|"),
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
                (min(times[name]) / min(times["dlzero strict"]), y)
                for y, line in enumerate(lines)
                if name in (times := cases.get((*line, dtype, threads), {}))
            ]
            axis.plot(
                *zip(*points, strict=True), color=color, marker=marker, ls="", ms=4.5, label=name
            )
        axis.axvline(1, color="#0072B2", lw=1.5)
        axis.set_xscale("log")
        axis.set_yticks(range(len(lines)), [f"{r} {size_name(n, k)}" for r, n, k in lines])
        axis.set_xlabel(f"t / t(dlzero strict): {dtype}, {threads}")
        axis.grid(alpha=0.3)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, ncols=len(labels), loc="lower center", frameon=False)
    figure.tight_layout(rect=(0, 0.035, 1, 1))
    figure.savefig(file, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small arrays and few turns")
    parser.add_argument("--rules", nargs="+", choices=RULES, default=list(RULES))
    stored = Path(__file__).parent.parent / "dlzero" / "fast" / "data"
    parser.add_argument("--out", type=Path, default=stored, help="where to write")
    parser.add_argument("--runs", type=int, default=3, help="how often to do all of it")
    parser.add_argument("--threads", type=int, help="measure this number only, as CSV on stdout")
    args = parser.parse_args()
    if args.threads:
        return run_cases(args, csv.writer(sys.stdout))

    libraries = ("numpy", "llvmlite", "torch", "jax", "optax", "keras")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in libraries)
    machine = f"{platform.machine()}, {os.cpu_count()} processors; {versions}"
    print(machine + "\n")
    rows = {}
    for run in range(args.runs):
        for threads in sorted({1, min(2, os.cpu_count() or 1)}):
            for *key, best in measure_in_a_process(args, threads):
                rows.setdefault(tuple(key), {})[f"run{run + 1}_us"] = best
    rows = [
        {**dict(zip((*CASE, "contender"), key, strict=True)), **times}
        for key, times in rows.items()
    ]
    report(rows)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "optimizers.txt").write_text(machine + "\n", encoding="utf-8")
    with open(args.out / "optimizers.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    beside = Path(__file__).parent if args.out == stored else args.out
    picture = beside / "optimizers.svg"
    draw(rows, picture)
    print(f"wrote {args.out / 'optimizers.csv'} and {picture}")
    return None


def measure_in_a_process(args, threads):
    """Measure all cases at one number of threads in a process of their own."""
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
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return csv.reader(done.stdout.splitlines())


if __name__ == "__main__":
    main()
