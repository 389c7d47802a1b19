"""The trusted process: it holds the tests, takes one submission a line and gives back one row.

``python -m dlzero_grader.grading.trusted`` is started by a `Grader`, never by hand.
"""

import base64
import contextlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
import threading
import time
import warnings
from pathlib import Path
from typing import Any, BinaryIO, Self

from .. import master as masters
from ..allowed import PACKAGE, write_allowed
from ..master import Master
from ..notebook import Corrupt, read_notebook
from ..row import Row
from ..sandbox import machine
from ..sandbox.channel import Channel, Ended, Limits
from ..sandbox.clock import Again, TooSlow
from ..sandbox.launch import Workers
from .grade import grade, unread
from .select import select_written
from .version import version_of_folder

PAUSES = (0.0, 0.5, 3.0)  # seconds before each try: what a machine lacks may come back
MEMORY = 1 << 30  # bytes that this process may ask for beyond what it begins with


KILLED = (
    f"a process was killed in each of {len(PAUSES)} tries, and the points differed: these are the "
    "fewest"
)


def points_of(row: Row) -> float:
    """Return the points of all tests."""
    return sum(result.points for result in row.tests.values())


def alike(row: Row, other: Row) -> bool:
    """Say whether two rows are the same mark; a text may be another one each time."""
    points = [{id: result.points for id, result in r.tests.items()} for r in (row, other)]
    return row.status == other.status and points[0] == points[1]


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
    ahead : bool, default True
        Start the next sandbox while one is at work. It saves a third of the time where a
        processor is free, and costs a tenth where none is.
    """

    def __init__(
        self,
        master: Master,
        limits: Limits | None = None,
        unsafe: bool = False,
        version: str | None = None,
        ahead: bool = True,
    ) -> None:
        self.master, self.limits, self.unsafe = master, limits or Limits(), unsafe
        self.version, self.ahead = version, ahead
        self.channel: Channel | None = None
        self.worked = self.stopped = False

    def grade(self, data: bytes | None) -> Row:
        """Return the row of a submission, as the function `grade` does.

        What the machine did is no mark. When the trusted process or the sandbox ends or cannot
        start, the submission is graded again in fresh ones. When that does not help, the row has
        the status ``error`` and a note that says why.

        The kernel does not say who sent SIGKILL: the submission to itself, or someone outside.
        So a row with one counts when a fresh process gives the same points again, and when no
        process is left alone, the row with the fewest points does: nobody gains by it, and no
        submission stays without a mark. A limit that a submission exceeds by itself is another
        matter: its MemoryError and its time come out the same each time, so they are marks at
        once.

        Raises
        ------
        RuntimeError
            When no sandbox can be made, this grader is not of the version that was asked for, or
            it was stopped.
        """
        if data is None:
            return unread(self.master, "missing")
        if len(data) > self.limits.notebook:
            return unread(self.master, "too large")
        request = {"data": base64.b64encode(data).decode()}
        doubtful: list[Row] = []
        reason, began = "", True
        for pause in PAUSES:
            time.sleep(pause)
            reply = self._reply(request)
            if "row" in reply:
                self.worked = True
                row = Row.from_json(reply["row"])
                if not reply["killed"] or any(alike(row, other) for other in doubtful):
                    return row
                doubtful.append(row)
                reply["again"] = "the sandbox was killed from outside"
            self.close()
            reason, began = reply["again"], reply.get("began", True)
            if pause and not (began or self.worked):
                raise RuntimeError(reason)  # nothing ever worked here, so nothing will
        if len(doubtful) == len(PAUSES):
            row = min(doubtful, key=points_of)
            row.notes.insert(0, KILLED)
            return row
        return self._error(request, f"could not be graded: {reason}")

    def _error(self, request: dict[str, Any], note: str) -> Row:
        """Return a row without marks, with the free responses if they can be read."""
        reply = self._reply({**request, "read_only": True})
        row = Row.from_json(reply["row"]) if "row" in reply else unread(self.master, "error")
        row.notes = [note]
        for result in row.tests.values():
            result.message = "could not be graded"  # students read it: nothing of the machine
        return row

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of the process; say in ``again`` why there is none."""
        # Each part has limits of its own; this is for a test that nothing else can end.
        most = 2 * self.limits.total + 30 + len(self.master.tests) * self.limits.test
        began = False
        try:
            channel = self._started()
            began = True
            if self.stopped:
                raise RuntimeError("Stopped.")
            return channel.ask(most, **request)
        except (Ended, TooSlow, Again, OSError) as error:
            self.channel = None
            said = str(error) or "it did not answer in time"
            return {"again": f"the process with the tests: {said}", "began": began}

    def _started(self) -> Channel:
        if self.channel is None:
            command = [sys.executable, "-m", "dlzero_grader.grading.trusted"]
            here = [str(PACKAGE.parent), str(Path(__file__).parents[2])]
            paths = [*here, *filter(None, [os.environ.get("PYTHONPATH")])]
            one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
            environment = {**os.environ, **one, "PYTHONPATH": os.pathsep.join(paths)}
            channel = Channel(command, 64 << 20, env=environment, start_new_session=True)
            reply = channel.ask(
                60,
                name=self.master.name,
                text=self.master.text,
                limits=vars(self.limits),
                unsafe=self.unsafe,
                ahead=self.ahead,
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

    def stop(self) -> None:
        """End the process from another thread than the one that waits for its answer."""
        self.stopped = True
        if self.channel is not None:
            self.channel.process.terminate()

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
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="dlzero-") as folder:
        threading.Thread(
            target=_end_with_the_grader, args=(lines.fileno(), folder), daemon=True
        ).start()
        first = json.loads(lines.readline())
        master = masters.parse(first["text"], first["name"])
        limits = Limits(**first["limits"])
        package = write_allowed(master.allow, folder)
        _answer(out, first["number"], version=version_of_folder(master, limits, package))
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        most = machine.data_size() + max(MEMORY, limits.memory)  # the sandbox inherits it
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
        with Workers(package, limits, first["unsafe"], first["ahead"]) as workers:
            for line in lines:
                request = json.loads(line)
                _answer(out, request["number"], **reply_to(request, master, workers))


def reply_to(request: dict[str, Any], master: Master, workers: Workers) -> dict[str, Any]:
    """Return the row of a submission, or under ``again`` why the machine is to blame."""
    data = base64.b64decode(request["data"])
    lost, killed = machine.killed_for_memory(), Channel.killed
    try:
        read_only = request.get("read_only")
        row = _read_only(master, data) if read_only else grade(master, data, workers)
    except OSError as error:
        return {"again": f"the machine refused a process or a file: {error}"}
    except (RuntimeError, MemoryError, Again) as error:
        began = not isinstance(error, RuntimeError)  # else there was no sandbox
        return {"again": str(error) or type(error).__name__, "began": began}
    if machine.killed_for_memory() > lost:
        # Whoever it was: a process of the submission may have been among them.
        return {"again": "this machine ran out of memory"}
    return {"row": row.to_json(), "killed": Channel.killed > killed}


def _read_only(master: Master, data: bytes) -> Row:
    row = unread(master, "error")
    with contextlib.suppress(Corrupt):
        for id, text in select_written(master, read_notebook(data)[1])[0].items():
            row.written[id].text = text
    return row


def _end_with_the_grader(pipe: int, folder: str) -> None:
    """End all that was started here when nobody is left at the other end of the pipe.

    The kernel could send a signal then (PR_SET_PDEATHSIG), but does so when the thread ends that
    started this process, and that is a thread of many.
    """
    poll = select.poll()
    poll.register(pipe, 0)  # nothing but its end
    poll.poll()
    for pid in machine.family(os.getpid())[1:]:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    # The main thread may still write there, or be about to end the process. A new program in
    # this one ends all threads at once.
    with contextlib.suppress(OSError):  # no memory for it
        os.execvp("rm", ["rm", "-rf", "--", folder])
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(1)


def _answer(out: BinaryIO, number: int, **reply: Any) -> None:
    out.write(json.dumps({"number": number, **reply}).encode() + b"\n")
    out.flush()


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # who asked is gone
        main()
