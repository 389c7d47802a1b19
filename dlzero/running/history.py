"""What happened during training, and why it ended."""

import bisect
import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

__all__ = ["History"]


@dataclass(repr=False)
class History:
    """What happened during training.

    Attributes
    ----------
    epoch_size : int
        Examples in one epoch.
    loss : list of float
        The loss of each step, on its batch, before the step was taken.
    examples : list of int
        Examples seen up to each step, that step included.
    epoch_loss : list of float
        For each finished epoch the mean of these losses over its examples. The parameters
        move meanwhile, so this is not the loss at the end of the epoch.
    status : str
        Why the training ended, in one of these words: ``"done"``, ``"diverged"``,
        ``"callback"``, ``"interrupted"``. Empty while it goes on.
    message : str
        The same in a sentence, with numbers.
    """

    epoch_size: int = 1
    loss: list[float] = field(default_factory=list)
    examples: list[int] = field(default_factory=list)
    epoch_loss: list[float] = field(default_factory=list)
    status: str = ""
    message: str = ""

    @property
    def success(self) -> bool:
        """True if all epochs were done and the parameters are finite (bool)."""
        return self.status == "done"

    @property
    def steps(self) -> int:
        """Number of steps taken (int)."""
        return len(self.loss)

    def add_step(self, loss: float, size: int) -> None:
        """Note the loss of a step on a batch of `size` examples; sum up an epoch at its end."""
        seen = self.examples[-1] if self.examples else 0
        self.loss.append(loss)
        self.examples.append(seen + size)
        if self.examples[-1] % self.epoch_size == 0:
            before = self.examples[-1] - self.epoch_size
            first = bisect.bisect_right(self.examples, before)
            sizes = np.diff(self.examples[first:], prepend=before)
            self.epoch_loss.append(float(np.average(self.loss[first:], weights=sizes)))

    def place(self, ahead: int = 0) -> str:
        """Tell where the training stands, or where it will stand a step ahead."""
        seen = self.examples[-1] if self.examples else 0
        epoch = max(1, math.ceil((seen + ahead) / self.epoch_size))
        return f"step {self.steps + ahead}, epoch {epoch}"

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Tell overflow in words, not as a warning; on Ctrl-C keep what was learned."""
        with np.errstate(all="ignore"):
            try:
                yield
            except KeyboardInterrupt:
                message = f"interrupted at {self.place()}; what was learned is kept"
                self.end("interrupted", message)

    def end(self, status: str, message: str) -> Self:
        """Note why the training ends."""
        self.status, self.message = status, message
        return self

    def end_done(self, epochs: int) -> Self:
        """Note that all epochs are done."""
        seen = f"{self.steps} steps, {self.examples[-1]} examples seen"
        return self.end("done", f"{epochs} epochs done, {seen}")

    def end_diverged(self, reason: str, optimizer: Any, ahead: int = 0) -> Self:
        """Note a divergence, here or so many steps ahead, and say which rate to try."""
        lr = getattr(optimizer, "hyper", {}).get("lr")
        advice = "Try a smaller rate"
        if ahead and not self.steps:  # no rate has done that
            advice = "No step was taken: look at the data, the loss and the first parameters"
        elif lr and not callable(lr):
            advice = f"{advice}, for example lr={lr / 10:g} instead of {lr:g}"
        return self.end("diverged", f"diverged at {self.place(ahead)}: {reason}. {advice}.")

    def __repr__(self) -> str:
        if not self.loss:
            return f"History: no step yet{self.message and '; '}{self.message}"
        return f"History: {self.message}; loss {self.loss[0]:.6g} to {self.loss[-1]:.6g}"
