"""The Python that runs in the reader's browser: fetch it, check it, make it quick, publish it.

`prepare` brings everything into the folder `live` of the site. Pyodide's core comes with the pinned
front-end files, and with it a lock that holds a hash of each wheel. The wheels come from Pyodide's
release or, where that is not reached, out of another package that carries the same files.
"""

import functools
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import urllib.request
import zipfile

RELEASE = "https://cdn.jsdelivr.net/pyodide/v{}/full/"
CARRIED = "open_webui/frontend/pyodide/"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
WANTED = ("numpy", "matplotlib")
# Matplotlib names them, but imports the one to write PDF only and the other never.
UNUSED = ("fonttools", "pytz")
BUNDLES = {"cells.js": ("live.js", "--format=iife"), "editor.js": ("editor.js", "--format=esm")}
COPIES = ("worker.js", "kernel.py", "needed.py")
AGAIN = "Run the same command again; if it fails again, read the log."


class Unavailable(Exception):
    """Python for the browser cannot be had; the message says why in one sentence."""


def sha256(data):
    """Fingerprint of bytes, as the lock writes it."""
    return hashlib.sha256(data).hexdigest()


def fingerprint(paths, *more):
    """Fingerprint of files with their names, and of strings."""
    lines = [f"{path}:{sha256(path.read_bytes())}" for path in sorted(paths)]
    return sha256("\n".join([*lines, *more]).encode())


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
            raise OSError("pip cannot download the package that carries it")
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
    for package in packages.values():
        name, want, reasons = package["file_name"], package["sha256"], []
        path = folder / name
        if path.exists() and sha256(path.read_bytes()) == want:
            continue
        while sources:
            where, read = sources[0]
            try:
                data = read(name)
            except (OSError, http.client.HTTPException, KeyError, zipfile.BadZipFile) as error:
                reasons.append(f"{where} does not give it ({str(error).strip() or repr(error)})")
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
            raise Unavailable(f"no {name}: {'; '.join(reasons)}.")


def build_wheel(root, work, python, run):
    """Build the wheel of the package again if one of its files has changed; return its path."""
    files = [root / name for name in ("pyproject.toml", "README.md", "LICENSE")]
    files += [p for p in (root / "dlzero").rglob("*") if p.is_file() and p.suffix != ".pyc"]
    stamp, want = work / "own" / "stamp", fingerprint(files)
    if not stamp.exists() or stamp.read_text() != want:
        shutil.rmtree(work / "own", ignore_errors=True)
        (work / "own").mkdir(parents=True)
        code = "import sys, flit_core.buildapi as b; b.build_wheel(sys.argv[1])"
        env = {**os.environ, "SOURCE_DATE_EPOCH": "315532800"}  # the first day that a zip knows
        run([python, "-c", code, work / "own"], "pack dlzero-wheel", AGAIN, cwd=root, env=env)
        stamp.write_text(want)
    return next((work / "own").glob("*.whl"))


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


def cut(archives, core, frontend, node, work, run):
    """Return the smaller, compiled form of each archive; make it where it is not there yet.

    `archives` are pairs of a path and whether the modules keep their sources.
    """
    recipe = [frontend / "cut.py", frontend / "compile.mjs", core / "pyodide.asm.wasm"]
    recipe = fingerprint(recipe)
    (work / "cut").mkdir(parents=True, exist_ok=True)
    made, jobs = {}, []
    for path, keep_source in archives:
        key = sha256(f"{recipe} {sha256(path.read_bytes())} {keep_source}".encode())[:16]
        made[path] = work / "cut" / f"{key}-{path.name}"
        if not made[path].exists():
            folder = "python314.zip" if path.name == STDLIB else "python3.14/site-packages"
            job = {"from": path, "to": f"{made[path]}.part", "place": f"/lib/{folder}/"}
            jobs.append({**job, "from": str(path), "keep_source": keep_source})
    if jobs:
        (work / "jobs.json").write_text(json.dumps(jobs))
        command = [*node, frontend / "compile.mjs", core, work / "jobs.json"]
        run(command, "compile browser-python", AGAIN)
        for job in jobs:
            # Only what is whole gets its name.
            os.replace(job["to"], job["to"][: -len(".part")])
    for old in set((work / "cut").iterdir()) - set(made.values()):
        old.unlink()
    return made


def cut_lock(lock, packages, made):
    """Return the lock of what is published, and its wheels by their names there.

    A wheel has a piece of its hash in its name, so that no cache gives an older one for it.
    """
    entries, files = {}, {}
    for name, package in packages.items():
        path = made[name]
        digest = sha256(path.read_bytes())
        head, rest = package["file_name"].split(f"-{package['version']}-")
        file_name = f"{head}-{package['version']}-0{digest[:8]}-{rest}"
        entries[name] = {**package, "file_name": file_name, "sha256": digest}
        files[file_name] = path
    return {**lock, "packages": entries}, files


def bundle(source, work, modules, node, run):
    """Bundle the scripts of the pages, again only if one has changed; return them by name."""
    made = work / "bundle"
    found = {name: to for name, to in BUNDLES.items() if (source / name).exists()}
    stamp = made / "stamp"
    want = fingerprint(source.glob("*.js"), (modules / ".package-lock.json").read_text())
    if not stamp.exists() or stamp.read_text() != want:
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        for name, (to, form) in found.items():
            command = [*node, modules / "esbuild" / "bin" / "esbuild", source / name, form]
            command += ["--bundle", "--minify", "--target=es2022", f"--outfile={made / to}"]
            env = {**os.environ, "NODE_PATH": str(modules)}
            run(command, "bundle live-scripts", AGAIN, env=env)
        stamp.write_text(want)
    return {to: made / to for to, _ in found.values()}


def licences(packages, wheels, modules, version):
    """Say whose work the files are, with versions and licences."""
    lines = ["What runs in the browser, and its licences", ""]
    lines += [f"Pyodide {version}: MPL-2.0, sources at https://github.com/pyodide/pyodide"]
    lines += ["Python and its standard library: PSF-2.0, https://docs.python.org/3/license.html"]
    for name, package in packages.items():
        with zipfile.ZipFile(wheels[name]) as box:
            (path,) = [n for n in box.namelist() if n.endswith(".dist-info/METADATA")]
            head = box.read(path).decode().split("\n\n")[0]
        # The field License often holds the whole text; then the classifiers have the name.
        found = re.findall(r"^License-Expression: (.+)$", head, re.M)
        found = found or re.findall(r"^Classifier: License :: (?:.* :: )?(.+)$", head, re.M)
        found = found or re.findall(r"^License: (.+)$", head, re.M)
        lines.append(f"{name} {package['version']}: {', '.join(found) or 'see its wheel'}")
    lines += ["", "The wheels hold the full texts. Modules are compiled, some files left out.", ""]
    pinned = json.loads((modules / ".package-lock.json").read_text())["packages"]
    texts = {}
    for path, entry in sorted(pinned.items()):
        if re.search(r"node_modules/(@codemirror|@lezer|@marijn|crelt|style-mod|w3c)", path):
            name = path.split("node_modules/")[-1]
            lines.append(f"{name} {entry['version']}: {entry['license']}")
            text = (modules / name / "LICENSE").read_text(encoding="utf-8").strip()
            texts.setdefault(text, []).append(name)
    for text, names in texts.items():
        lines += ["", "-" * 70, ", ".join(names), "", text]
    return "\n".join(lines) + "\n"


def publish(target, files):
    """Copy the files to the site, given by their names there, if one of them has changed.

    The manifest is written last: where it is, everything is.
    """
    content = {n: f if isinstance(f, bytes) else f.read_bytes() for n, f in sorted(files.items())}
    names = [f"{name}:{sha256(data)}" for name, data in content.items()]
    sizes = {name: len(data) for name, data in content.items() if name.startswith("pyodide/")}
    manifest = json.dumps({"version": sha256("\n".join(names).encode())[:12], "files": sizes})
    there = target / "manifest.json"
    if there.exists() and there.read_text() == manifest:
        return
    shutil.rmtree(target, ignore_errors=True)
    for name, data in content.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(data)
    there.write_text(manifest)


def prepare(root, vendor, python, node, run):
    """Bring all that runs in the browser into the site, or leave it out and say why.

    Parameters
    ----------
    root, vendor : Path
        The repository, and the folder of fetched files: its ``site/node_modules`` is there, its
        ``public/live`` is made.
    python : Path
        An interpreter with pip and flit_core.
    node : list
        The command that runs Node.
    run : callable
        Runs a command, and ends with a sentence if it fails: ``run(command, what, hint, ...)``.

    Raises
    ------
    Unavailable
        If the wheels cannot be had. Then ``public/live`` is not there.
    """
    modules, frontend = vendor / "site" / "node_modules", root / "tools" / "frontend"
    core, work, target = modules / "pyodide", vendor / "live", vendor / "public" / "live"
    version = json.loads((core / "package.json").read_text())["version"]
    lock = json.loads((core / "pyodide-lock.json").read_text())
    packages = needed(lock)
    carrier = carried(python, frontend / "pyodide-wheels.txt", work / "carrier")
    sources = [("Pyodide's release", released(version)), ("another package", carrier)]
    try:
        fetch(packages, work / "wheels", sources)
    except Unavailable:
        shutil.rmtree(target, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work / "carrier", ignore_errors=True)
    wheels = {name: work / "wheels" / p["file_name"] for name, p in packages.items()}
    own = build_wheel(root, work, python, run)
    packages["dlzero"], wheels["dlzero"] = own_package(own), own
    archives = [(core / STDLIB, False), *((path, path == own) for path in wheels.values())]
    made = cut(archives, core, frontend, node, work, run)
    small, files = cut_lock(lock, packages, {name: made[path] for name, path in wheels.items()})
    files = {**files, **{name: core / name for name in CORE}, STDLIB: made[core / STDLIB]}
    files = {f"pyodide/{name}": path for name, path in files.items()}
    files["pyodide/pyodide-lock.json"] = json.dumps(small, sort_keys=True).encode()
    files.update(bundle(root / "live", work, modules, node, run))
    files.update({n: root / "live" / n for n in COPIES if (root / "live" / n).exists()})
    files["LICENSES.txt"] = licences(packages, wheels, modules, version).encode()
    publish(target, files)
