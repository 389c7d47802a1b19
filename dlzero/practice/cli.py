"""``python -m dlzero compare``: a comparison from the command line."""

import argparse
import sys
from pathlib import Path

from .catalogue import PROBLEMS
from .comparison import BACKENDS, RATES, STORE, compare

_EPILOG = f"""\
examples:
  Two methods on Rosenbrock's valley, at 13 rates from 0.0001 to 1, with 5 seeds each:
    python -m dlzero compare --problem rosenbrock --methods sgd,adam --rates 1e-4:1:13 --seeds 5

  The defaults alone, on two problems:
    python -m dlzero compare --problem digits_softmax,digits_network --methods sgd,adam --rates none

  Everything to a file, and a picture of loss against learning rate:
    python -m dlzero compare --problem beale --methods momentum,rmsprop,nadam \\
        --csv runs.csv --picture rates.svg

  Stop with Ctrl-C whenever you like. The same command goes on where it ended, for each run is
  kept in the file {STORE}. A changed method or problem is run again, and so
  is everything when dlzero itself has changed. A run that failed is not kept, and tried again.
  Several commands with one store share the work.

  On the machines of a Dask cluster, each with the same dlzero:
    python -m dlzero compare --problem beale --methods sgd,adam \\
        --backend dask --address tcp://127.0.0.1:8786

what the table says:
  tuned    final loss at the best rate of the grid: the median of the seeds
  band     from the lower to the upper quartile of the seeds
  best lr  that rate; ! if it lies at the edge of the grid
  decades  how wide the region of good rates is: 1 is a factor of 10. A rate is good if it goes
           95 % of the way from the loss at the start to the best loss of all methods
  default  final loss at the rate that the method has by default, which is the next column
  ok       share of the runs that did not diverge

problems:
  {", ".join(PROBLEMS)}

A problem of your own, a function or a model with data, takes Python:
  from dlzero.practice import FunctionProblem, ModelProblem, compare
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    p = argparse.ArgumentParser(
        prog="python -m dlzero compare",
        description="Compare optimizers: every problem, method, learning rate and seed is a run.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("--problem", required=True, metavar="NAMES", help="one or more, with commas")
    p.add_argument("--methods", required=True, metavar="NAMES", help="such as sgd,momentum,adam")
    p.add_argument(
        "--rates",
        default=RATES,
        metavar="LOW:HIGH:COUNT",
        help="learning rates, evenly spaced on a logarithmic scale; or numbers with commas; or "
        "none for the defaults alone (%(default)s)",
    )
    p.add_argument("--seeds", type=int, default=5, help="how many seeds, from 0 (%(default)s)")
    p.add_argument("--budget", type=int, default=300, help="steps of each run (%(default)s)")
    p.add_argument("--store", default=STORE, help="file that keeps finished runs (%(default)s)")
    p.add_argument("--no-store", action="store_true", help="keep nothing")
    p.add_argument("--csv", metavar="FILE", help="write one row for each run")
    p.add_argument("--picture", metavar="FILE", help="draw loss against rate, as svg, png or pdf")
    p.add_argument("--by", choices=("train", "validation"), default="train", help="which loss")
    p.add_argument("--jobs", type=int, default=-1, help="runs at a time; -1: all processors")
    p.add_argument("--backend", default="loky", choices=BACKENDS)
    p.add_argument(
        "--address",
        "--scheduler",
        metavar="TCP",
        help="of a Dask cluster's scheduler, such as tcp://127.0.0.1:8786; with --backend dask",
    )
    shown = p.add_mutually_exclusive_group()
    shown.add_argument("--progress", action="store_true", help="show it in a file or pipe too")
    shown.add_argument(
        "--quiet", action="store_true", help="show no progress, at a terminal either"
    )
    return p


def main(arguments: list[str]) -> int:
    """Run the command and return what the process should exit with."""
    options = parser().parse_args(arguments)
    try:
        _check_targets(options)
        results = compare(
            _names("--problem", options.problem),
            _names("--methods", options.methods),
            rates=_rates(options.rates),
            seeds=options.seeds,
            budget=options.budget,
            store=None if options.no_store else options.store,
            jobs=options.jobs,
            backend=options.backend,
            address=options.address,
            progress=options.progress or (not options.quiet and sys.stderr.isatty()),
        )
        print("\n".join(results.table(options.by)))
        if options.csv is not None:
            results.to_csv(options.csv)
        if options.picture and len(results):
            from .picture import loss_against_rate

            loss_against_rate(results, options.by).savefig(options.picture)
    except (ValueError, TypeError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:  # before the first run or after the last
        return 130
    if results.message:
        print(f"\n{results.message}", file=sys.stderr)
    return 0 if results.complete else 130


def _check_targets(options):
    """Find out before the sweep, and not after, that its results cannot be written."""
    store = [] if options.no_store else [options.store]
    targets = [path for path in (options.csv, options.picture) if path is not None]
    paths = [Path(path).resolve() for path in (*store, *targets)]
    if len(set(paths)) < len(paths):
        raise ValueError("--store, --csv and --picture must be different files")
    for path in targets:
        if not Path(path).resolve().parent.is_dir():
            raise ValueError(f"there is no folder for {path}. Make it first.")
        new = not Path(path).exists()
        with open(path, "ab"):
            pass
        if new:
            Path(path).unlink()
    if options.picture:
        from ..plots import plt

        known = plt.gcf().canvas.get_supported_filetypes()
        plt.close()
        if Path(options.picture).suffix[1:] not in known:
            raise ValueError(f"--picture {options.picture}: expected a name in .svg, .png or .pdf")


def _names(option, text):
    """Split a list at its commas; spaces and a comma at the end do no harm."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise ValueError(f"{option} is empty, got {text!r}; give at least one name")
    return names


def _rates(text):
    if text.strip() == "none":
        return None
    if ":" in text:
        return text
    try:
        return [float(rate) for rate in _names("--rates", text)]
    except ValueError:
        raise ValueError(
            f"--rates takes numbers, got {text!r}. Write 1e-4:1:13 or 0.01,0.1 or none."
        ) from None
