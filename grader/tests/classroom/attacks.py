"""Attacks on the sandbox and on the pipe, for the table in ``submissions``.

An attack on a wall of the sandbox says where it works, so that its outcome is not due to a mistake
in the attack (``CONTROLS``):

- ``open``: without a sandbox, whoever runs it. It starts no process: the limit on them counts all
  processes of a user, but for root;
- ``root``: without a sandbox, as root in namespaces of its own, so that nothing here changes. Some
  need a capability, which root may lack in a container; its number stands in ``CAPABILITIES``;
- ``unfiltered``: in the sandbox, when the filter of system calls is left out;
- anything else: why there is no place here where it works.
"""

from classroom.submissions import RIGHT, answered, attack, packed, submission

CONTROLS = {}
CAPABILITIES = {}
#: What the attacks below have in common.
TOOLS = """
import ctypes, errno, platform, resource, tempfile
libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"


def call(x86, arm, *arguments):
    wide = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.syscall(ctypes.c_long(arm if ARM else x86), *wide)


def in_a_child(action):
    child = os.fork()
    if child == 0:
        try:
            os._exit(bool(action()))
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
"""


def breakout(control, capability=None):
    """Register a function of the world that returns the source of ``attack()``."""

    def put(function):
        CONTROLS[function.__name__] = control
        CAPABILITIES[function.__name__] = capability

        def made(world):
            return attack(TOOLS + function(world))

        made.__name__ = function.__name__
        submission(made)
        return function

    return put


# Other processes


@breakout("root", 19)
def traces_the_first_process(world):
    return """
def attack():
    others = (1, os.getppid())
    return in_a_child(lambda: 0 in [libc.ptrace(0x4206, pid, None, None) for pid in others])
"""


@breakout("root", 19)
def reads_the_memory_of_others(world):
    return """
class Part(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def attack():
    room = ctypes.create_string_buffer(8)
    mine, theirs = Part(ctypes.addressof(room), 8), Part(id(os), 8)
    for pid in {1, os.getppid()}:
        done = call(310, 270, pid, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)
        if done > 0 or ctypes.get_errno() == errno.EFAULT:  # let in, and nothing lies there
            return True
"""


@breakout("root", 19)
def takes_the_pipe_of_others(world):
    return """
def attack():
    handle = call(434, 434, os.getppid(), 0)
    return call(438, 438, handle, 0, 0) >= 0  # pidfd_getfd
"""


@breakout("open")
def finds_other_processes(world):
    return """
def attack():
    return [name for name in os.listdir("/proc") if name.isdecimal()]
"""


@breakout("The mark is the same with and without; that no process is left is tested.")
def forks_twice_and_hides(world):
    return f"""
def attack():
    import signal
    libc.prctl(36, 1, 0, 0, 0)  # children of children come to this process
    heard, said = os.pipe()  # both close when a program takes the place of this one
    if os.fork() == 0:
        os.setsid()
        libc.prctl(1, 0, 0, 0, 0)  # does not end with its parent
        for number in range(1, 65):
            if number not in (9, 19, 32, 33):
                signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            sleep = "import time; time.sleep(1000)  # {world["token"]}"
            os.execv(sys.executable, [sys.executable, "-S", "-c", sleep])
        os._exit(0)
    os.close(said)
    os.read(heard, 1)  # nothing comes, once it is on its own
"""


# Keys


@breakout("unfiltered")
def takes_the_keys_of_the_instructor(world):
    return f"""
def attack():
    key = call(250, 219, 10, -3, b"user", {world["token"].encode()!r}, 0)  # search the session
    text = ctypes.create_string_buffer(100)
    return call(250, 219, 11, key, text, 100) > 0 and text.value
"""


@breakout("unfiltered")
def leaves_a_key(world):
    return """
def attack():
    key = call(248, 217, b"user", b"dlzero left", b"an answer", 9, -4)
    call(250, 219, 15, key, 60)  # it goes away by itself
    return key >= 0
"""


@breakout("open")
def takes_a_key_that_was_left(world):
    return """
def attack():
    return call(250, 219, 10, -4, b"user", b"dlzero left", 0) >= 0
"""


# Namespaces, mounts, files


@breakout("root")
def makes_namespaces(world):
    return """
def attack():
    return in_a_child(lambda: libc.unshare(0x10000000 | 0x00020000) == 0)
"""


@breakout("root")
def clones_into_namespaces(world):
    return """
def cloned(flags):
    child = call(56, 220, flags | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    if child > 0:
        os.waitpid(child, 0)
    return child > 0


def attack():
    if not cloned(0):
        return "cannot even fork"
    return cloned(0x10000000)
"""


@breakout("root")
def clones_by_the_newer_call(world):
    return """
def attack():
    settings = (ctypes.c_uint64 * 8)(0x10000000, 0, 0, 0, 17)
    child = call(435, 435, settings, 64)
    if child == 0:
        os._exit(0)
    return child > 0 and os.waitpid(child, 0)
"""


@breakout("root")
def enters_a_namespace(world):
    return """
def attack():
    handle = call(434, 434, os.getppid(), 0)
    return in_a_child(lambda: libc.setns(handle, 0x04000000) == 0)
"""


@breakout("root")
def mounts_more_memory(world):
    return """
def attack():
    return libc.mount(b"none", tempfile.mkdtemp().encode(), b"tmpfs", 0, b"size=2g") == 0
"""


@breakout("root")
def mounts_for_writing(world):
    return """
def attack():
    return libc.mount(None, b"/", None, 32 | 4096, None) == 0  # remount this bind
"""


@breakout("root")
def mounts_the_list_of_processes(world):
    return """
def attack():
    return libc.mount(b"proc", tempfile.mkdtemp().encode(), b"proc", 0, None) == 0
"""


@breakout("root")
def mounts_by_the_newer_calls(world):
    return """
def attack():
    return call(430, 430, b"tmpfs", 0) >= 0 or call(428, 428, -100, b"/", 1) >= 0
"""


@breakout("root", 18)
def changes_its_root(world):
    return """
def attack():
    return in_a_child(lambda: libc.chroot(tempfile.mkdtemp().encode()) == 0)
"""


@breakout("root", 27)
def makes_a_disk(world):
    return """
def attack():
    os.mknod(tempfile.mkdtemp() + "/disk", 0o60600, os.makedev(8, 0))
    return True
"""


@breakout("open")
def walks_the_machine(world):
    return """
def attack():
    known = {"passwd", "shadow", "outcomes.json", "secret.txt", "submissions.py", "roster.csv"}
    for place in ("/etc", "/"):  # the first only saves time, and so does what is left out below
        for _, below, files in os.walk(place):
            below[:] = [name for name in below if not name.startswith(("numpy", "python3."))]
            if known & set(files):
                return True
"""


@breakout("open")
def takes_what_lies_under_usr(world):
    return """
def attack():
    places = ["/usr/share", "/usr/local/share", "/usr/include", "/usr/libexec", "/usr/src"]
    programs = set(os.listdir("/usr/bin")) if os.path.isdir("/usr/bin") else set()
    programs.discard(os.path.basename(os.path.realpath(sys.executable)))
    return programs or any(os.path.isdir(place) and os.listdir(place) for place in places)
"""


@breakout("open")
def takes_what_lies_elsewhere(world):
    return """
def attack():
    places = set("etc var opt srv mnt media run sys tmp boot bin sbin".split())
    places -= {place.split("/")[1] for place in (sys.executable, *sys.path)}
    return any(os.path.isdir(f"/{place}") and os.listdir(f"/{place}") for place in places)
"""


@breakout("root")
def runs_a_shell(world):
    return """
def attack():
    return subprocess.run(["/bin/sh", "-c", "exit 7"]).returncode == 7
"""


@breakout("open")
def asks_for_the_name_of_the_machine(world):
    return f"""
def attack():
    return os.uname().nodename == {world["machine"]!r}
"""


# Sockets


@breakout("root", 13)
def opens_raw_sockets(world):
    return """
def attack():
    for family, kind in ((2, 3), (10, 3), (17, 3), (17, 2)):  # also packets below IP
        try:
            return socket.socket(family, kind)
        except OSError:
            pass
"""


@breakout("unfiltered")
def opens_a_socket_to_the_host(world):
    return """
def attack():
    return socket.socket(40, 1)  # vsock: leads out of a virtual machine
"""


@breakout("unfiltered")
def talks_to_the_kernel(world):
    return """
def attack():
    return socket.socket(16, 3, 0)  # netlink
"""


@breakout("open")
def calls_an_abstract_socket(world):
    return f"""
def attack():
    talk = socket.socket(socket.AF_UNIX)
    talk.connect("\\0{world["token"]}")
    return True
"""


@breakout("unfiltered")
def listens(world):
    return """
def attack():
    return socket.create_server(("127.0.0.1", 0))
"""


# Terminals


@breakout("A worker has no terminal, with the sandbox and without: its session is its own.")
def opens_the_terminal(world):
    return """
def attack():
    return os.open("/dev/tty", os.O_RDWR)
"""


@breakout("root")
def types_into_a_terminal(world):
    return """
def typed():
    import fcntl
    _, terminal = os.openpty()
    os.setsid()
    fcntl.ioctl(terminal, 0x540E, 0)  # it is the terminal of this process
    fcntl.ioctl(terminal, 0x5412, b"x")
    return True


def attack():
    return in_a_child(typed)
"""


# Parts of the kernel


@breakout("unfiltered")
def opens_io_uring(world):
    return """
def attack():
    return call(425, 425, 8, ctypes.create_string_buffer(120)) >= 0
"""


@breakout("root")
def loads_code_into_the_kernel(world):
    return """
def attack():
    table = (ctypes.c_uint32 * 18)(2, 4, 4, 1)  # an array of one number
    return call(321, 280, 0, table, 72) >= 0
"""


@breakout("root")
def watches_the_processor(world):
    return """
def attack():
    clock = (ctypes.c_uint32 * 32)(1, 128)
    return call(298, 241, clock, 0, -1, -1, 0) >= 0
"""


@breakout("unfiltered")
def stops_the_kernel_at_a_page(world):
    return """
def attack():
    return call(323, 282, 1) >= 0  # userfaultfd
"""


@breakout("unfiltered")
def changes_what_programs_are(world):
    return """
def attack():
    return in_a_child(lambda: libc.personality(0x0040000) != -1)  # memory at known places
"""


@breakout("root", 2)
def opens_files_by_number(world):
    return """
def attack():
    number, mount = (ctypes.c_uint32 * 34)(128), ctypes.c_int()
    for place in ("/", "/dev/shm"):  # not every kind of disk has numbers
        call(303, 264, -100, place.encode(), number, ctypes.byref(mount), 0)
        if call(304, 265, os.open(place, os.O_RDONLY), number, 0) >= 0:
            return True
"""


@breakout("The other numbers of x32 are compiled into few kernels; aarch64 has none.")
def calls_by_other_numbers(world):
    return """
def attack():
    return libc.syscall(ctypes.c_long(0x40000000 + 39)) > 0  # getpid of x32
"""


# More than its share


@breakout("unfiltered")
def keeps_files_in_memory(world):
    return """
def attack():
    handles = [os.memfd_create("x") for _ in range(40)]
    return len(handles)
"""


@breakout("unfiltered")
def shares_memory(world):
    return """
def attack():
    part = libc.shmget(0, 1_500_000_000, 0o1600)
    libc.shmctl(part, 0, None)
    return part >= 0
"""


@breakout("unfiltered")
def fills_queues(world):
    return """
def attack():
    line, flags = libc.msgget(0, 0o1600), libc.semget(0, 4, 0o1600)
    libc.msgctl(line, 0, None)
    libc.semctl(flags, 0, 0)
    return line >= 0 or flags >= 0 or libc.mq_open(b"/x", 0o102, 0o600, None) >= 0
"""


@breakout("root", 23)
def runs_before_all_others(world):
    return """
def attack():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True
"""


@breakout("root", 23)
def is_more_important(world):
    return """
def attack():
    os.setpriority(os.PRIO_PROCESS, 0, -10)
    return True
"""


@breakout("root", 24)
def raises_its_limits(world):
    return """
def attack():
    raised = []
    for name in ("AS", "NPROC", "CPU", "FSIZE", "NOFILE", "CORE", "RTPRIO", "NICE"):
        number = getattr(resource, f"RLIMIT_{name}")
        try:
            resource.setrlimit(number, [limit + 1 for limit in resource.getrlimit(number)])
            raised.append(name)
        except (OSError, ValueError):
            pass
    return raised
"""


@breakout("root")
def takes_back_its_rights(world):
    return """
def attack():
    head, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[7] * 6)
    libc.capget(head, data)
    return any(data[i] for i in (0, 1, 3, 4))  # effective and permitted
"""


@breakout("root")
def names_the_machine(world):
    return """
def attack():
    return libc.sethostname(b"mine", 4) == 0
"""


# The pipe: a function that answers as no worker would


def forged(change):
    """Return a submission whose worker sends each answer after ``change``, an expression."""
    source = f"""
import json
honest = json.dumps


def array(shape, data="AAAAAAAAAAA="):
    return {{"array": data, "dtype": "float64", "shape": shape, "scalar": False}}


def lying(reply, *more, **named):
    if type(reply) is dict and "value" in reply and "names" not in reply:
        return {change}
    return honest(reply, *more, **named)


json.dumps = lying


def mean_square(x):
    return 1
"""
    return packed(answered(q1=source))


def forgery(name, change):
    """Register a forged answer."""

    def made(world):
        return forged(change)

    made.__name__ = name
    submission(made)


forgery("forges_an_error_of_no_name", 'honest({**reply, "raised": None, "text": 5})')
forgery("forges_an_error_of_lists", 'honest({**reply, "raised": [[]], "text": {}})')
forgery("forges_an_interrupt", 'honest({**reply, "raised": "KeyboardInterrupt"})')
forgery("forges_an_exit", 'honest({**reply, "raised": "SystemExit", "text": "0"})')
forgery("forges_a_group", 'honest({**reply, "raised": "ExceptionGroup", "text": "\\ud800"})')
forgery("forges_an_assertion", 'honest({**reply, "raised": "AssertionError", "text": ""})')
forgery("forges_the_end_of_a_loop", 'honest({**reply, "raised": "StopIteration", "text": ""})')
forgery("forges_a_kind", 'honest({"number": reply["number"], "strange": {"a": ["b"] * 600}})')
forgery("forges_a_number", 'honest({**reply, "number": reply["number"] + 1})')
forgery("forges_keys_twice", 'honest(reply)[:-1] + \', "value": 12.5, "number": 0}\'')
forgery("forges_a_shape", 'honest({**reply, "value": array([0, 2**31 - 1, 2**31 - 1], "")})')
forgery("forges_nine_dimensions", 'honest({**reply, "value": array([1] * 9)})')
forgery("forges_bytes", 'honest({**reply, "value": array([1], "!")})')
forgery("forges_a_change", 'honest({**reply, "changed": [[99, 1], "x", {}, [0]]})')
forgery("forges_a_list", "honest([reply])")
forgery("forges_deep_lists", "'{\"number\": 1, \"value\": ' + '[' * 100_000")
forgery(
    "forges_many_lists",
    "honest({**reply, 'value': 'x'}).replace('\"x\"', '[' + '[],' * 10**5 + '0]')",
)


# The process: a function that does not come back


def stops_with(name, source):
    """Register a function that does this instead of an answer."""

    def made(world):
        lines = f"import os, signal, sys, threading, time\ndef mean_square(x):\n    {source}"
        return packed(answered(q1=lines))

    made.__name__ = name
    submission(made)


stops_with("stops_itself", "return os.kill(os.getpid(), signal.SIGSTOP) if type(x) is list else 1")
stops_with("ends_its_group", "os.kill(0, signal.SIGKILL)")
stops_with(
    "ends_its_parents",
    """for number in (os.getppid(), 1, 2, 3, os.getpid()):
        try:
            os.kill(number, signal.SIGKILL)
        except OSError:
            pass""",
)
stops_with("closes_all", "os.closerange(0, 100)")
stops_with(
    "writes_without_end",
    """while True:
        for number in range(3, 10):
            try:
                os.write(number, b"x" * 60_000)
            except OSError:
                pass""",
)
stops_with(
    "drips",
    """for number in [3, 4, 5, 6] * 10 if type(x) is list else ():
        try:
            os.write(number, b" ")
            time.sleep(0.3)
        except OSError:
            pass""",
)
stops_with(
    "answers_everywhere",
    """for number in range(65):
        try:
            os.write(number, b'{"number": 1, "value": 12.5}' + bytes([10]))
        except OSError:
            pass""",
)
stops_with("aborts", "os.abort()")
stops_with("limits_its_own_time", "signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(1)")


# Values that are not what they seem


@submission
def list_that_lies(world):
    source = """
class Lying(list):
    def __iter__(self):
        return iter([self] * 3)
    def __eq__(self, other):
        return True
    def __len__(self):
        return 3


def mean_square(x):
    return Lying()
"""
    return packed(answered(q1=source, q3="class All(tuple):\n    __len__ = int\ncounts = All()"))


@submission
def array_that_lies(world):
    source = """
class Lying(np.ndarray):
    def tobytes(self, *a):
        return b"x" * 99
    def astype(self, *a, **k):
        return self
    def __float__(self):
        return 12.5


def mean_square(x):
    return np.zeros(1).view(Lying)
"""
    return packed(answered(q1=source))


@submission
def value_with_a_price(world):
    source = "class Number(float):\n    def __float__(self):\n        os._exit(0)\n"
    return packed(answered(q1=f"import os\n{source}def mean_square(x):\n    return Number(12.5)"))


# The file


def file(name, change):
    """Register a right submission whose bytes were changed."""

    def made(world):
        return change(packed(answered()))

    made.__name__ = name
    submission(made)


file("file_with_a_mark_in_front", lambda data: b"\xef\xbb\xbf" + data)
file("file_in_utf_16", lambda data: data.decode().encode("utf-16"))
file("file_with_a_zero", lambda data: data.replace(b"mean_square", b"mean\0square", 1))
file("file_of_bad_bytes", lambda data: data.replace(b"mean_square", b"mean\xff\xfesquare", 1))
file("file_of_html", lambda data: b"<!DOCTYPE html><title>Sign in</title>")
file("file_of_two_versions", lambda data: data.replace(b'"cells"', b'<<<<<<< HEAD\n"cells"', 1))
file("file_with_a_long_number", lambda data: data[:-1] + b', "x": ' + b"1" * 5000 + b"}")
file("file_with_double_keys", lambda data: data[:-1] + b', "nbformat": 4, "x": NaN, "x": 1}')
file("file_of_a_program", lambda data: RIGHT["q1"].encode())
