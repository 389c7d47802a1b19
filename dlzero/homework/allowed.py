"""The part of ``dlzero`` that a homework allows: what it names, and what that needs."""

import ast
import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CLOSED = """

def __getattr__(name):
    raise AttributeError(f"dlzero.{name} is not part of this homework: write it yourself.")
"""


def write_allowed(names, folder):
    """Write a package ``dlzero`` that has these names only.

    A module in `names` comes whole. Of the other modules only those statements are written that
    an allowed name needs, so that no solution lies beside a helper.

    Parameters
    ----------
    names : sequence of str
        Public names of ``dlzero``: modules such as ``"datasets"``, functions such as ``"batches"``.
    folder : Path
        Where the folder ``dlzero`` is made.

    Returns
    -------
    Path
        The folder of the package.

    Raises
    ------
    ValueError
        For a name that ``dlzero`` does not have.
    """
    homes = public_names()
    unknown = sorted(set(names) - set(homes))
    if unknown:
        known = ", ".join(sorted(homes))
        raise ValueError(f"dlzero has no {', '.join(unknown)}; it has {known}. Correct 'allow'.")
    target = Path(folder) / "dlzero"
    target.mkdir(parents=True)
    lines = []
    wanted = {}
    for name in sorted(names):
        module = homes[name]
        wanted.setdefault(module or name, set()).add(name if module else "*")
        lines.append(f"from .{module} import {name}" if module else f"from . import {name}")
    (target / "__init__.py").write_text("\n".join(lines) + CLOSED, encoding="utf-8")
    for module, text in shaken(wanted).items():
        (target / f"{module}.py").write_text(text + "\n", encoding="utf-8")
        if "__package__" in text:
            shutil.copytree(PACKAGE / "data", target / "data", dirs_exist_ok=True)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)  # the sandbox has another user
    return target


def public_names():
    """Return the module of each public name of dlzero; None for a module itself."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    return {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


def shaken(wanted):
    """Return the text of each module, cut to the wanted names and what they need."""
    kept = {}
    todo = [(module, name) for module, names in wanted.items() for name in sorted(names)]
    bodies = {}
    while todo:
        module, name = todo.pop()
        if module not in bodies:
            text = (PACKAGE / f"{module}.py").read_text(encoding="utf-8")
            bodies[module] = ast.parse(text).body
            kept[module] = {}
        for i, node in enumerate(bodies[module]):
            if name != "*" and name not in defined_by(node):
                continue
            relative = isinstance(node, ast.ImportFrom) and node.level == 1
            if relative:
                aliases = [a for a in node.names if name in ("*", a.asname or a.name)]
                had = kept[module].setdefault(i, [])
                new = [a for a in aliases if a not in had]
                had += new
                todo += [(node.module, a.name) if node.module else (a.name, "*") for a in new]
            elif i not in kept[module]:
                kept[module][i] = None
                todo += [(module, used) for used in sorted(used_by(node))]
    return {module: text_of(bodies[module], parts) for module, parts in kept.items()}


def text_of(body, parts):
    """Return the kept statements of a module; of a relative import, the kept names."""
    lines = []
    for i in sorted(parts):
        node = body[i]
        if parts[i] is not None:
            node = ast.ImportFrom(node.module, parts[i], 1)
        lines.append(ast.unparse(node))
    return "\n".join(lines)


def defined_by(node):
    """Return the names that a statement gives to its module."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def used_by(node):
    """Return the names that a statement reads."""
    return {
        part.id
        for part in ast.walk(node)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
    }
