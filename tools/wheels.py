"""Wheels for the browser's Python: which ones, from where, and each of them checked.

Pyodide's core comes with the pinned front-end files, and with it a lock that holds a hash of each
wheel. The wheels come from Pyodide's release or, where that is not reached, out of another package
that carries the same files.
"""

import functools
import hashlib
import http.client
import shutil
import subprocess
import urllib.request
import zipfile

RELEASE = "https://cdn.jsdelivr.net/pyodide/v{}/full/"
CARRIED = "open_webui/frontend/pyodide/"
WANTED = ("numpy", "matplotlib")
# Matplotlib names them, but imports the one to write PDF only and the other never.
UNUSED = ("fonttools", "pytz")


class Unavailable(Exception):
    """Python for the browser cannot be had; the message says why in one sentence."""


def sha256(data):
    """Fingerprint of bytes, as the lock writes it."""
    return hashlib.sha256(data).hexdigest()


def needed(lock):
    """Return the packages that the pages use, of all that the lock knows."""
    packages, todo = {}, list(WANTED)
    while todo:
        name = todo.pop()
        if name not in packages:
            package = dict(lock["packages"][name])
            package["depends"] = [need for need in package["depends"] if need not in UNUSED]
            packages[name] = package
            todo += package["depends"]
    return dict(sorted(packages.items()))


def released(version):
    """Return a source that reads a wheel from Pyodide's own release."""

    def read(name):
        with urllib.request.urlopen(RELEASE.format(version) + name, timeout=5) as answer:
            return answer.read()

    return read


def carried(python, pins, folder):
    """Return a source that reads a wheel out of the package that carries them."""

    @functools.cache
    def box():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [python, "-m", "pip", "download", "--no-deps", "--require-hashes", "--retries=1"]
        # It is unpacked, never installed: which Python it is for does not matter.
        command += ["--no-input", "--ignore-requires-python", "-q", "-d", folder, "-r", pins]
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        wheels = list(folder.glob("*.whl"))
        if done.returncode or not wheels:
            raise OSError("pip cannot download it")
        return wheels[0]

    def read(name):
        with zipfile.ZipFile(box()) as wheel:
            return wheel.read(CARRIED + name)

    return read


def fetch(packages, folder, sources):
    """Bring the wheel of each package into the folder, from the first source that has the true one.

    `sources` are pairs of a name and a function that returns the bytes of a file. A wheel whose
    hash is not that of the lock is never written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    reasons = []
    for package in packages.values():
        name, want = package["file_name"], package["sha256"]
        path = folder / name
        if path.exists() and sha256(path.read_bytes()) == want:
            continue
        while sources:
            where, read = sources[0]
            try:
                data = read(name)
            except (OSError, http.client.HTTPException, KeyError, zipfile.BadZipFile) as error:
                why = " ".join(str(error).split()) or type(error).__name__
                reasons.append(f"{where} does not give it ({why})")
            else:
                if sha256(data) == want:
                    path.write_bytes(data)
                    break
                reasons.append(
                    f"that of {where} has the SHA-256 {sha256(data)[:12]}..., "
                    f"not {want[:12]}... as in Pyodide's lock"
                )
            # What failed once would fail for the other files as well, and each time slowly.
            sources = sources[1:]
        else:
            raise Unavailable(
                f"{name} could not be fetched: {'; '.join(reasons)}. "
                "Run the same command again where there is a network."
            )


def own_package(wheel):
    """Return the lock's entry for our wheel: then plain `import dlzero` loads it, with NumPy."""
    name, version = wheel.name.split("-")[:2]
    return {
        "depends": ["numpy"],
        "file_name": wheel.name,
        "imports": [name],
        "install_dir": "site",
        "name": name,
        "package_type": "package",
        "sha256": sha256(wheel.read_bytes()),
        "unvendored_tests": False,
        "version": version,
    }
