"""The walls of the sandbox: what is seen, what is refused, what ends; and that attacks are real."""

import contextlib
import json
import os
import platform
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from classroom import hostile_class
from classroom.attacks import CAPABILITIES, CONTROLS, TOOLS
from classroom.hostile_class import needs_sandbox
from elsewhere import marks, needs_root, ordinary_user, own_namespaces, ran

from dlzero_grader import master as masters
from dlzero_grader.allowed import write_allowed
from dlzero_grader.sandbox import channel, syscalls, view
from dlzero_grader.sandbox import launch as sandbox
from dlzero_grader.sandbox.channel import Limits

HERE = Path(__file__).parent / "classroom"
DEMO = masters.load("demo", HERE)
STORED = json.loads((HERE / "outcomes.json").read_text("utf-8"))
LIMITS = Limits(seconds=5.0, total=30.0)
KINDS = ("open", "root", "unfiltered")

pytestmark = needs_sandbox


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    return write_allowed(DEMO.allow, folder)


def seen_inside(package, source):
    """Return what the name ``seen`` holds after a cell ran in the sandbox."""
    with sandbox.start_worker(package, LIMITS) as worker:
        assert worker.ask(10, do="run", name="look", source=source) == {}
        return worker.ask(10, do="look", names=["seen"])["names"]["seen"]["value"]


# What is seen


def test_nothing_is_seen_but_python_numpy_and_the_allowed_part(package):
    source = """
import os
seen = []
for folder, below, files in os.walk("/"):
    seen += [os.path.join(folder, name) for name in files]
"""
    seen = set(seen_inside(package, source))
    options = view.options(sandbox.interpreter(), str(Path(np.__file__).parent))
    shown = [options[i + 2] for i, word in enumerate(options) if word == "--ro-bind"]
    libraries = {name for name in shown if ".so" in name} | {sandbox.interpreter()}
    left = {name for name in seen - libraries if not name.startswith(("/dev/", "/site/"))}
    library = os.path.dirname(os.path.realpath(os.__file__))
    modules = sys.stdlib_module_names - view.UNNEEDED | view.BESIDE
    for name in sorted(left):
        if name.startswith(f"{library}/"):
            top = name.removeprefix(f"{library}/").partition("/")[0].partition(".")[0]
            assert top in modules or top.startswith("_sysconfigdata"), name
            left.discard(name)
    inside = ("cells", "plain", "stand_ins", "worker")
    made = {name for name in left if name.startswith("/grader/__pycache__/")}
    assert left - made == {f"/grader/{name}.py" for name in inside}
    assert {Path(name).name.partition(".")[0] for name in made} <= set(inside)
    for name in ("numpy/__init__.py", "dlzero/datasets.py"):
        assert f"/site/{name}" in seen


def test_nothing_from_outside_is_open(package):
    source = """
import os, stat
seen = []
for number in range(64):
    try:
        kind = os.fstat(number)
    except OSError:
        continue
    if kind.st_rdev != os.stat("/dev/null").st_rdev:
        seen.append("pipe" if stat.S_ISFIFO(kind.st_mode) else str(kind))
"""
    assert seen_inside(package, source) == ["pipe", "pipe"]


@pytest.mark.parametrize("python", ["/usr/bin/python3", "/usr/local/bin/python3"])
def test_another_python_is_shown_as_well(python, tmp_path):
    """The one of the system, which lies among other things."""
    real = os.path.realpath(python)
    if not os.access(real, os.X_OK) or real == sandbox.interpreter():
        pytest.skip(f"no other Python in {python}")
    source = "import os, sys, ssl, sqlite3, ctypes, lzma, threading; print(sys.path); print("
    source += "[os.path.join(a, x) for a, b, c in os.walk('/') for x in c])"
    options = view.options(real, str(tmp_path))
    command = ["bwrap", "--unshare-all", "--clearenv", *options, "--", real, "-I", "-S", "-c"]
    done = subprocess.run([*command, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    files = done.stdout.splitlines()[1]
    assert "/usr/share" not in files
    assert "-packages/" not in files
    assert files.count("/bin/") == 1


def test_the_library_works(package):
    source = """
import array, asyncio, bz2, collections, csv, ctypes, dataclasses, datetime, decimal, fractions
import functools, hashlib, itertools, json, lzma, math, operator, os, pickle, random, re, sqlite3
import ssl, statistics, string, subprocess, sys, tempfile, threading, time, typing, unicodedata
import uuid, xml.etree.ElementTree, zlib, zoneinfo
import concurrent.futures
import numpy as np
import numpy.fft, numpy.linalg, numpy.polynomial, numpy.random, numpy.testing
seen = [np.linalg.svd(np.eye(3))[1].sum(), np.fft.fft(np.ones(4))[0].real]
seen.append(np.random.default_rng(0).normal())


async def later():
    await asyncio.sleep(0)
    return "later"


with concurrent.futures.ThreadPoolExecutor(2) as pool:
    seen.append(sum(pool.map(int, "123")))
seen.append(asyncio.run(later()))
with tempfile.TemporaryDirectory() as folder:
    open(os.path.join(folder, "x"), "w").write("é")
    seen.append(os.listdir(folder))
done = subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True)
seen.append(done.stdout)
seen.append(sys.flags.utf8_mode or sys.stdout.encoding)
"""
    seen = seen_inside(package, source)
    normal = np.random.default_rng(0).normal()
    assert [decoded(value) for value in seen[:3]] == [3.0, 4.0, normal]
    assert seen[3:-1] == [6, "later", ["x"], "42\n"]


def decoded(value):
    from dlzero.homework.plain import decode

    return float(decode(value))


# What is refused


def decide(program, number, arguments=(0, 0), architecture=None):
    """Run the filter as the kernel does; return its answer."""
    lines = [struct.unpack_from("<HBBI", program, at) for at in range(0, len(program), 8)]
    record = struct.pack("<iIQQQ", number, architecture, 0, *arguments)
    at = value = 0
    while True:
        code, if_true, if_false, constant = lines[at]
        if code == syscalls.RETURN:
            return constant
        if code == syscalls.LOAD:
            (value,) = struct.unpack_from("<I", record, constant)
            at += 1
            continue
        known = {
            syscalls.EQUAL: value == constant,
            syscalls.ABOVE: value > constant,
            syscalls.ANY_BIT: bool(value & constant),
        }
        at += 1 + (if_true if known[code] else if_false)


@pytest.mark.parametrize("machine", syscalls.MACHINES)
def test_the_filter_refuses_what_the_table_says_and_nothing_else(machine):
    program = syscalls.program(machine)
    _, architecture, looked_at = syscalls.MACHINES[machine]
    refused = set(syscalls.denied(machine).values())
    assert len(refused) == len(syscalls.denied(machine))
    special = set(looked_at.values())
    for number in range(syscalls.NEWEST + 1):
        if number not in special:
            expected = 0x00050001 if number in refused else syscalls.ALLOW
            assert decide(program, number, architecture=architecture) == expected, number

    def answer(name, *arguments):
        return decide(program, looked_at[name], arguments, architecture)

    assert answer("clone3", 0, 0) == 0x00050000 | 38
    assert answer("clone", 17, 0) == answer("clone", 0x01200011, 0) == syscalls.ALLOW
    for flag in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 1 << 30):
        assert answer("clone", flag | 17, 0) == 0x00050001
    assert answer("socketpair", 1, 1) == syscalls.ALLOW
    assert {answer("socketpair", family, 1) for family in (0, 2, 10, 16, 40)} == {0x00050001}
    assert {answer("ioctl", 0, word) for word in (0x5412, 0x541C, 0x5412 | 1 << 32)} == {0x00050001}
    assert answer("ioctl", 0, 0x5413) == syscalls.ALLOW
    assert answer("fcntl", 0, 1031) == 0x00050001
    assert answer("fcntl", 0, 1030) == answer("fcntl", 1031, 3) == syscalls.ALLOW
    assert "inotify_init1" in syscalls.denied(machine)
    for number in (syscalls.NEWEST + 1, 600, 0x40000000, 0x40000027, -1):
        assert decide(program, number, architecture=architecture) == 0x00050000 | 38
    for other in (0x40000003, 0x40000028, 0xC00000F3):  # i386, 32-bit ARM, RISC-V
        assert decide(program, 0, architecture=other) == syscalls.KILL
    others = {numbers[1] for numbers in syscalls.MACHINES.values()} - {architecture}
    assert decide(program, 0, architecture=others.pop()) == syscalls.KILL


@pytest.mark.parametrize(
    ("machine", "name"),
    [("x86_64", "x86_64-linux-gnu/asm/unistd_64.h"), ("aarch64", "asm-generic/unistd.h")],
)
def test_the_numbers_are_those_of_the_kernel(machine, name):
    places = [Path("/usr/include", name), Path("/usr/include/asm/unistd_64.h")]
    headers = [place for place in places if place.exists() and place.name == Path(name).name]
    if not headers:
        pytest.skip("needs the headers of the kernel (apt install linux-libc-dev)")
    text = headers[0].read_text()
    numbers = {
        name: int(number)
        for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", text)
    }
    ours = syscalls.denied(machine) | syscalls.MACHINES[machine][2]
    assert {name: numbers.get(name) for name in ours} == ours


def test_an_unknown_machine_is_refused_in_words(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(RuntimeError, match=r"knows .* x86_64 and aarch64.*'riscv64'"):
        syscalls.program()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the calls of i386 are those of x86_64")
def test_the_calls_of_an_older_processor_end_the_process(package, monkeypatch):
    source = """
import ctypes, mmap
room = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
room.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # getpid of i386
place = ctypes.addressof(ctypes.c_char.from_buffer(room))
seen = ctypes.CFUNCTYPE(ctypes.c_int)(place)() > 0
"""
    with pytest.raises(channel.Ended):
        seen_inside(package, source)
    without_filter(monkeypatch)
    try:
        assert seen_inside(package, source) is True
    except channel.Ended:
        pytest.skip("this kernel has no calls of i386, so there was nothing to stop")


def without_filter(monkeypatch):
    """Let every system call pass."""
    everything = struct.pack("<HBBI", syscalls.RETURN, 0, 0, syscalls.ALLOW)
    monkeypatch.setattr(syscalls, "program", lambda: everything)


def names_of(*kinds):
    return [name for name, control in CONTROLS.items() if control in kinds]


def test_every_attack_says_where_it_works():
    for name, control in CONTROLS.items():
        assert control in KINDS or len(control.split()) > 8, name
    assert len(names_of(*KINDS)) >= 40


@pytest.fixture(scope="module")
def unfiltered(tmp_path_factory):
    """Return the rows of attacks in a sandbox without the filter."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_filter(monkeypatch)
        names, folder = names_of("unfiltered"), tmp_path_factory.mktemp("unfiltered")
        rows, alive = hostile_class.grade_here(folder, names, hostile_class.few(), False)
    assert alive == []
    return rows


@pytest.mark.parametrize("name", names_of("unfiltered"))
def test_what_the_filter_stops_works_without_it(unfiltered, name):
    if name == "opens_io_uring" and setting("kernel/io_uring_disabled") not in ("", "0"):
        pytest.skip("this machine has io_uring switched off")
    if name == "opens_a_socket_to_the_host" and not has_vsock():
        pytest.skip("this kernel has no vsock")
    assert unfiltered[name].tests["q1_test"].points == 2


def setting(name):
    path = Path("/proc/sys", name)
    return path.read_text().strip() if path.exists() else ""


def has_vsock():
    try:
        socket.socket(40, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def outside():
    """Return the marks of attacks without a sandbox.

    As root they are played in namespaces of their own: some would change this machine.
    """
    root = os.getuid() == 0
    names = names_of("open", "root") if root else names_of("open")
    prefix = own_namespaces() if root else ()
    return marks(["leaves_a_key", *names], unsafe=True, prefix=prefix)[0]


@pytest.mark.parametrize("name", names_of("open", "root"))
def test_an_attack_works_outside(outside, name):
    if name not in outside:
        pytest.skip("only root can play this one")
    capability = CAPABILITIES[name]
    if capability is not None and not rights() >> capability & 1:
        pytest.skip(f"root has no capability {capability} here")
    assert outside[name][1][0] == 2


def rights():
    """Return the effective capabilities of this process, as a number."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"CapEff:\s*(\w+)", status)[1], 16)


@needs_root
def test_what_hides_lives_on_where_there_is_no_sandbox():
    _, alive = marks(["forks_twice_and_hides"], unsafe=True, prefix=own_namespaces())
    assert len(alive) == 1


# As another user


@needs_root
def test_an_ordinary_user_is_protected_as_root_is():
    names = ["honest", "background_processes", "reads_files", "writes_files", "kills_all"]
    names += [*CONTROLS, "fork_bomb", "memory_bomb", "fills_the_disk", "ends_its_parents"]
    with ordinary_user() as prefix:
        played, alive = marks(names, prefix=prefix)
    assert played == {name: STORED[name] for name in names}
    assert alive == []


@needs_root
def test_these_tests_pass_for_an_ordinary_user():
    options = ("-q", "-rs", "-p", "no:cacheprovider", "-n", "0")
    with ordinary_user() as prefix:
        said = ran("pytest", __file__, *options, prefix=prefix)
    passed, skipped = (int(re.search(rf"(\d+) {word}", said)[1]) for word in ("passed", "skipped"))
    assert passed >= 30, said
    roots = len(names_of("root"))
    assert skipped <= 8 + roots, said


# What ends


TRACER = (
    f"import os, time\n{TOOLS}"
    + """
class Registers(ctypes.Structure):
    names = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp"
    names += " ss fs_base gs_base ds es fs gs"
    _fields_ = [(name, ctypes.c_ulonglong) for name in names.split()]


def trace(what, place=None):
    if libc.ptrace(what, 1, None, place) == -1:
        raise OSError(ctypes.get_errno(), "ptrace")


libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
try:
    trace(16)
    os.waitpid(1, 0x40000000)
    registers = Registers()
    trace(12, ctypes.addressof(registers))
    before = Registers.from_buffer_copy(registers)
    registers.rip -= 2  # the call it is in, once more: prctl, do not end with the parent
    registers.rax, registers.rdi, registers.rsi, registers.orig_rax = 157, 1, 0, 2**64 - 1
    trace(13, ctypes.addressof(registers))
    trace(9)
    os.waitpid(1, 0x40000000)
    before.rip, before.rax = before.rip - 2, before.orig_rax
    trace(13, ctypes.addressof(before))
    trace(17)
    seen = "traced"
except OSError as error:
    seen = str(error)
libc.prctl(1, 0, 0, 0, 0)
if os.fork() == 0:
    os.setsid()
    libc.prctl(1, 0, 0, 0, 0)
    time.sleep(60)
    os._exit(0)
"""
)


@contextlib.contextmanager
def starter(folder, source, *, filtered=True):
    """Start a process that has a sandbox, runs a cell in it, and waits."""
    code = f"""
import os, struct, sys, time
sys.path[:0] = {sys.path!r}
from pathlib import Path
from dlzero_grader.sandbox import launch as sandbox
from dlzero_grader.sandbox import syscalls
from dlzero_grader.sandbox.channel import Limits
if not {filtered}:
    syscalls.program = lambda: struct.pack("<HBBI", syscalls.RETURN, 0, 0, syscalls.ALLOW)
worker = sandbox.start_worker(Path({str(folder)!r}), Limits())
worker.ask(10, do="run", name="cell", source={source!r})
seen = worker.ask(10, do="look", names=["seen"])["names"]["seen"]["value"]
print(worker.inside, seen, flush=True)
time.sleep(60)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def family(number):
    """Return a process and all that descend from it."""
    found = [number]
    for above in found:
        for task in Path(f"/proc/{above}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found


def alive(numbers):
    """Return those that have not ended."""
    left = []
    for number in numbers:
        try:
            state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        left += [number] if state not in "ZX" else []
    return left


def ended_soon(numbers, seconds=10):
    """Tell whether all end within this time."""
    deadline = time.monotonic() + seconds
    while alive(numbers) and time.monotonic() < deadline:
        time.sleep(0.02)
    return alive(numbers) == []


SLEEPERS = """
import os, signal, time
seen = "started"
for number in set(range(1, 32)) - {signal.SIGCHLD}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except OSError:
        pass
for _ in range(2):
    child = os.fork()
    if child == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_all_have_ended_when_a_sandbox_is_closed(package):
    with sandbox.start_worker(package, LIMITS) as worker:
        worker.ask(10, do="run", name="cell", source=SLEEPERS)
        inside = family(worker.inside)
        assert len(alive(inside)) >= 4
    assert alive(inside) == []
    assert worker.inside is None


def test_all_end_when_the_grader_is_killed(package):
    """What bubblewrap does by itself: nobody is left to close the sandbox."""
    with starter(package, SLEEPERS) as process:
        inside = family(int(process.stdout.readline().split()[0]))
        assert len(alive(inside)) >= 4
        process.kill()
    assert ended_soon(inside)


tracing = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the attack is written for the registers of x86_64"
)


@tracing
def test_nobody_traces_the_first_process(package):
    assert seen_inside(package, TRACER).endswith("ptrace")


# Root's sandbox has another user than its first process, which nobody inside may trace.
as_user = pytest.mark.skipif(os.getuid() == 0, reason="root runs it as an ordinary user, above")


@tracing
@as_user
def test_what_traced_the_first_process_lives_on_where_there_is_no_filter(package):
    """The control: it no longer ends with the grader, when nobody closes the sandbox."""
    with starter(package, TRACER, filtered=False) as process:
        number, seen = process.stdout.readline().split(maxsplit=1)
        process.kill()
        process.wait()
        inside = family(int(number))
        lives = not ended_soon(inside, 0.5)
        os.kill(int(number), signal.SIGKILL)
    if "traced" not in seen:
        pytest.skip(f"this kernel lets nobody trace the first process: {seen}")
    assert lives
    assert ended_soon(inside)


@tracing
@as_user
def test_closing_ends_what_traced_the_first_process(package, monkeypatch):
    without_filter(monkeypatch)
    with sandbox.start_worker(package, LIMITS) as worker:
        worker.ask(10, do="run", name="cell", source=TRACER)
        inside = family(worker.inside)
        assert len(alive(inside)) >= 3
    assert alive(inside) == []


@needs_root
def test_each_submission_of_root_has_a_user_of_its_own(package):
    users = {seen_inside(package, "import os\nseen = os.getuid()") for _ in range(3)}
    assert len(users) == 3
    assert min(users) >= 20_000
