"""The trusted process: it holds the tests, takes one submission a line and gives back one row.

``python -m dlzero_grader.trusted`` is started by a `Grader`, never by hand.
"""

import base64
import contextlib
import json
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Self

from . import master as masters
from .allowed import PACKAGE, write_allowed
from .channel import Channel, Ended, Limits, TooSlow
from .grade import grade, unread
from .master import Master
from .row import Row
from .version import version_of_folder


class Grader:
    """A trusted process that grades one submission after the other.

    Parameters
    ----------
    master : Master
    limits : Limits, optional
    unsafe : bool, default False
        Run the students' code without a sandbox.
    version : str, optional
        What the rows are to depend on, as `version_of` says. When files have changed since,
        nothing is graded. By default any version will do.
    """

    def __init__(
        self,
        master: Master,
        limits: Limits | None = None,
        unsafe: bool = False,
        version: str | None = None,
    ) -> None:
        self.master, self.limits, self.unsafe = master, limits or Limits(), unsafe
        self.version = version
        self.channel: Channel | None = None

    def grade(self, data: bytes | None) -> Row:
        """Return the row of a submission, as the function `grade` does.

        Raises
        ------
        RuntimeError
            When no sandbox can be made, or this grader is not of the version that was asked for.
        """
        if data is None:
            return unread(self.master, "missing")
        if len(data) > self.limits.notebook:
            return unread(self.master, "too large")
        coded = base64.b64encode(data).decode()
        try:
            reply = self._started().ask(self.limits.total * 2 + 30, data=coded)
        except (Ended, TooSlow):
            self.channel = None
            return unread(
                self.master, "timeout", "the tests themselves did not end with these answers"
            )
        if "error" in reply:
            raise RuntimeError(reply["error"])
        return Row.from_json(reply["row"])

    def _started(self) -> Channel:
        if self.channel is None:
            command = [sys.executable, "-m", "dlzero_grader.trusted"]
            here = [str(PACKAGE.parent), str(Path(__file__).parents[1])]
            paths = [*here, *filter(None, [os.environ.get("PYTHONPATH")])]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
            channel = Channel(command, 64 << 20, env=environment, start_new_session=True)
            reply = channel.ask(
                60,
                name=self.master.name,
                text=self.master.text,
                limits=vars(self.limits),
                unsafe=self.unsafe,
            )
            if self.version not in (None, reply["version"]):
                channel.close(patience=5)
                raise RuntimeError(
                    "The grader, or a file of dlzero that this homework allows, is not the one "
                    "that this run began with. Install the same version everywhere, and give the "
                    "command again."
                )
            self.channel = channel
        return self.channel

    def close(self) -> None:
        """End the process, which removes its temporary files."""
        if self.channel is not None:
            self.channel.close(patience=5)
            self.channel = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def main() -> None:
    """Serve until the pipe closes."""
    lines, out = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)  # what a test prints
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="dlzero-") as folder:
        first = json.loads(lines.readline())
        master = masters.parse(first["text"], first["name"])
        limits = Limits(**first["limits"])
        package = write_allowed(master.allow, folder)
        _answer(out, first["number"], version=version_of_folder(master, limits, package))
        for line in lines:
            request = json.loads(line)
            try:
                data = base64.b64decode(request["data"])
                row = grade(master, data, package, limits, first["unsafe"])
                _answer(out, request["number"], row=row.to_json())
            except RuntimeError as error:
                _answer(out, request["number"], error=str(error))


def _answer(out: BinaryIO, number: int, **reply: Any) -> None:
    out.write(json.dumps({"number": number, **reply}).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # who asked is gone
        main()
