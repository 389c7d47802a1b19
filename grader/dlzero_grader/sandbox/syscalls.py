"""The filter of system calls in the sandbox: what no answer to a homework needs is refused.

A list of what is refused, as Docker and Flatpak keep one, and longer: here no program has to run
but Python and NumPy. The numbers are those of the kernel's own headers; a test compares them.
"""

import errno
import platform
import struct

#: Name, number on x86_64, number on aarch64 (``-`` when there is none).
DENIED = {
    "other processes and their memory": """
        ptrace 101 117, process_vm_readv 310 270, process_vm_writev 311 271, kcmp 312 272,
        pidfd_getfd 438 438, process_madvise 440 440, process_mrelease 448 448""",
    "keys of the instructor": "add_key 248 217, request_key 249 218, keyctl 250 219",
    "namespaces and mounts": """
        unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, pivot_root 155 41,
        chroot 161 51, open_tree 428 428, move_mount 429 429, fsopen 430 430, fsconfig 431 431,
        fsmount 432 432, fspick 433 433, mount_setattr 442 442, name_to_handle_at 303 264,
        open_by_handle_at 304 265""",
    # A pair of sockets stays possible: asyncio makes one.
    "sockets of every kind": """
        socket 41 198, bind 49 200, connect 42 203, listen 50 201, accept 43 202,
        accept4 288 242""",
    "parts of the kernel where holes are found": """
        io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, io_setup 206 0,
        bpf 321 280, perf_event_open 298 241, userfaultfd 323 282, fanotify_init 300 262,
        fanotify_mark 301 263, lookup_dcookie 212 18, remap_file_pages 216 234""",
    # A user may have 128 of them, whoever of his processes took them.
    "what the whole machine has few of": "inotify_init 253 -, inotify_init1 294 26",
    "memory that no limit counts": """
        memfd_create 319 279, memfd_secret 447 447, shmget 29 194, shmat 30 196, shmctl 31 195,
        shmdt 67 197, msgget 68 186, msgsnd 69 189, msgrcv 70 188, msgctl 71 187, semget 64 190,
        semop 65 193, semctl 66 191, semtimedop 220 192, mq_open 240 180, mq_unlink 241 181""",
    "a larger share of the machine": """
        sched_setscheduler 144 119, sched_setparam 142 118, sched_setattr 314 274,
        ioprio_set 251 30, mbind 237 235, set_mempolicy 238 237, get_mempolicy 239 236,
        set_mempolicy_home_node 450 450, migrate_pages 256 238, move_pages 279 239""",
    "the machine itself": """
        init_module 175 105, finit_module 313 273, delete_module 176 106, kexec_load 246 104,
        kexec_file_load 320 294, reboot 169 142, swapon 167 224, swapoff 168 225, acct 163 89,
        syslog 103 116, quotactl 179 60, quotactl_fd 443 443, sethostname 170 161,
        setdomainname 171 162, settimeofday 164 170, clock_settime 227 112, clock_adjtime 305 266,
        adjtimex 159 171, vhangup 153 58, personality 135 92, iopl 172 -, ioperm 173 -,
        modify_ldt 154 -, sysfs 139 -, ustat 136 -, uselib 134 -""",
}
#: What later kernels added is not there; libraries ask first, and do without.
NEWEST = 450
#: Column of the table, number of the architecture (``AUDIT_ARCH_...``), and calls whose arguments
#: are looked at.
MACHINES = {
    "x86_64": (
        0,
        0xC000003E,
        {"clone": 56, "clone3": 435, "fcntl": 72, "ioctl": 16, "socketpair": 53},
    ),
    "aarch64": (
        1,
        0xC00000B7,
        {"clone": 220, "clone3": 435, "fcntl": 25, "ioctl": 29, "socketpair": 199},
    ),
}
NEW_NAMESPACE = 0x7E020000  # the flags CLONE_NEW... together
TIOCSTI, TIOCLINUX = 0x5412, 0x541C  # they type into a terminal
AF_UNIX = 1
SET_PIPE_SIZE = 1031  # the pages of all pipes of a user together have a limit

# Places in the record that the kernel shows to the filter. Both machines are little-endian.
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24
LOAD, EQUAL, ABOVE, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def denied(machine: str) -> dict[str, int]:
    """Return the calls that are refused whatever their arguments, and their numbers."""
    column = MACHINES[machine][0]
    rows = [row.split() for group in DENIED.values() for row in group.split(",")]
    return {row[0]: int(row[1 + column]) for row in rows if row[1 + column] != "-"}


def program(machine: str | None = None) -> bytes:
    """Return the filter for a machine, as bubblewrap's ``--seccomp`` takes it.

    Parameters
    ----------
    machine : str, optional
        As `platform.machine` names it; by default this one.

    Returns
    -------
    bytes
        Instructions of classic BPF, 8 bytes each.

    Raises
    ------
    RuntimeError
        For a machine whose numbers of system calls are not in the table.
    """
    machine = platform.machine() if machine is None else machine
    if machine not in MACHINES:
        raise RuntimeError(
            f"The sandbox knows the system calls of {' and '.join(MACHINES)}, and this machine is "
            f"{machine!r}. Grade on one of those, in a virtual machine for example."
        )
    _, architecture, looked_at = MACHINES[machine]
    refused, missing = FAIL | errno.EPERM, FAIL | errno.ENOSYS
    lines = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL)]
    # Here the calls of x32 fail too: they have numbers from 2**30 on.
    lines += [(LOAD, 0, 0, NUMBER), (ABOVE, 0, 1, NEWEST), (RETURN, 0, 0, missing)]
    # Its flags lie in memory, which a filter cannot read. The C library then takes clone.
    lines += [(EQUAL, 0, 1, looked_at["clone3"]), (RETURN, 0, 0, missing)]
    for number in sorted(denied(machine).values()):
        lines += [(EQUAL, 0, 1, number), (RETURN, 0, 0, refused)]
    lines += [(EQUAL, 0, 4, looked_at["clone"]), (LOAD, 0, 0, FIRST)]
    lines += [(ANY_BIT, 0, 1, NEW_NAMESPACE), (RETURN, 0, 0, refused), (RETURN, 0, 0, ALLOW)]
    lines += [(EQUAL, 0, 4, looked_at["socketpair"]), (LOAD, 0, 0, FIRST)]
    lines += [(EQUAL, 1, 0, AF_UNIX), (RETURN, 0, 0, refused), (RETURN, 0, 0, ALLOW)]
    lines += [(EQUAL, 0, 4, looked_at["fcntl"]), (LOAD, 0, 0, SECOND)]
    lines += [(EQUAL, 0, 1, SET_PIPE_SIZE), (RETURN, 0, 0, refused), (RETURN, 0, 0, ALLOW)]
    lines += [(EQUAL, 0, 4, looked_at["ioctl"]), (LOAD, 0, 0, SECOND)]
    lines += [(EQUAL, 1, 0, TIOCSTI), (EQUAL, 0, 1, TIOCLINUX), (RETURN, 0, 0, refused)]
    lines += [(RETURN, 0, 0, ALLOW)]
    return b"".join(struct.pack("<HBBI", *line) for line in lines)
