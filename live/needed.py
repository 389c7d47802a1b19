"""Which cells of a page must have run before another can run, told by the names in them.

An exercise has a namespace of its own and should not wait for the whole chapter. A cell is needed
when it binds a name that is read later, or when it may have changed what that name stands for.
Where names cannot tell, the cell counts as needed: one too many costs time, one too few an error.
"""

import ast
import builtins
import copy
import dis
import functools
import types

READ = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
BIND = {"STORE_NAME", "STORE_GLOBAL", "DELETE_NAME", "DELETE_GLOBAL"}
AT_ONCE = {"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"}
#: What stands in them may be skipped, so that a name may keep its older value.
DOUBTFUL = ast.If, ast.While, ast.Try, ast.Match
#: Calls that reach names which are not written down.
ANYTHING = {"exec", "eval", "globals", "locals", "vars", "get_ipython"}
#: Beginnings of functions that set something for the whole of Python: ``np.set_printoptions``.
SETTINGS = "set", "seed", "filter", "simplefilter"
#: They look at their arguments and leave them alone.
LOOKING = {"print", "display", "check", "show_source", "plots", "plt", "ax", "axes", "fig"}
#: Methods that leave alone what they belong to.
STILL = {*dir(str), *dir(tuple), "argmax", "argmin", "argsort", "astype", "copy", "cumsum", "dot"}
STILL |= {"all", "any", "get", "items", "keys", "max", "mean", "min", "predict", "ravel", "reshape"}
STILL |= {"round", "score", "std", "sum", "tolist", "transpose", "values", "var"}
BUILTINS = set(dir(builtins))


def needed(cells, target):
    """Return which cells must run before the target, as ascending numbers.

    Parameters
    ----------
    cells : list of str
        The page's code before the target, in its order.
    target : list of str
        The code that is to run, one or several cells.

    Returns
    -------
    list of int
        Places in `cells`.

    Examples
    --------
    >>> needed(["a = 1", "b = 2", "a += 3"], ["print(a)"])
    [0, 2]
    """
    all_names = [copy.copy(_names_of(source)) for source in [*cells, *target]]
    if any(names.anything for names in all_names):
        return list(range(len(cells)))
    _follow(all_names)
    found = set()
    todo = [i for i, names in enumerate(all_names) if names.always or i >= len(cells)]
    while todo:
        i = todo.pop()
        if i in found:
            continue
        found.add(i)
        for name in all_names[i].reads:
            for j in range(i - 1, -1, -1):
                if name in all_names[j].touches:
                    todo.append(j)
                if name in all_names[j].binds:
                    break
        # A function reads its names when it is called, and that may be anywhere below.
        below = range(i + 1, len(all_names))
        todo += [j for j in below if all_names[i].later & all_names[j].touches]
    return sorted(i for i in found if i < len(cells))


def _follow(all_names):
    """Let a cell change what stands behind other names too: those of functions, parts and users."""
    modules = set().union(*(names.imports for names in all_names))
    things = set().union(*(names.things for names in all_names))
    parts, hidden = {}, []
    for names in all_names:
        # What is kept of a cell for the next time stays as it is.
        changes, reads = names.changes | names.given & things, set(names.reads)
        for functions, changed in hidden:
            if reads & functions:
                changes |= changed
                reads |= changed
        parts = {name: parts[name] for name in parts.keys() - names.binds} | names.parts
        parts |= {name: given & things for name, given in names.users.items()}
        todo = list(changes)
        while todo:
            new = parts.get(todo.pop(), set()) - changes
            changes |= new
            reads |= new - names.binds
            todo += new
        names.changes, names.reads = changes - modules - BUILTINS - {""}, reads
        names.always = names.always or bool(names.settings & modules - LOOKING)
        names.touches = names.binds | names.maybe | names.changes
        hidden.append((names.binds, names.changes & names.later))


class _Names:
    """The names of one cell: read from outside, read later by functions, bound, and changed."""

    def __init__(self, source):
        self.reads, self.later, self.binds, self.maybe = set(), set(), set(), set()
        self.changes, self.given, self.imports, self.things = set(), set(), set(), set()
        self.parts, self.users, self.settings = {}, {}, set()
        self.anything = self.always = False
        try:
            tree = ast.parse(source)
            code = compile(tree, "cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        except SyntaxError:
            # It runs, so that the reader sees its error; a magic line may do anything.
            self.always = True
            self.anything = source.lstrip().startswith(("%", "!"))
            return
        self.doubtful = {
            line
            for node in ast.walk(tree)
            if isinstance(node, DOUBTFUL)
            for line in range(node.lineno, node.end_lineno + 1)
        }
        self._read(code)
        self._change(tree)

    def _read(self, code, at_once=True):
        """Go through the compiled code: it knows what is a local name of a function."""
        for step in dis.get_instructions(code):
            name = step.argval
            if step.opname in READ:
                if name not in self.binds:
                    self.reads.add(name)
                if not at_once:
                    self.later.add(name)
            elif step.opname in BIND and (code.co_name == "<module>" or "GLOBAL" in step.opname):
                sure = at_once and step.positions.lineno not in self.doubtful
                (self.binds if sure else self.maybe).add(name)
            elif isinstance(name, types.CodeType):
                self._read(name, at_once and name.co_name in AT_ONCE)
        self.anything = self.anything or bool(self.reads & ANYTHING)

    def _change(self, tree):
        """Collect what the cell changes in place, or may change."""
        inner = []
        for node in _outside_functions(tree, inner):
            match node:
                case ast.Import(names=names) | ast.ImportFrom(names=names):
                    self.anything |= names[0].name == "*"
                    self.imports |= {(a.asname or a.name).partition(".")[0] for a in names}
                case ast.Attribute(ctx=ast.Store() | ast.Del()):
                    self.changes.add(_root(node))
                case ast.Subscript(ctx=ast.Store() | ast.Del()):
                    self.changes.add(_root(node))
                case ast.AugAssign(target=target):
                    self.changes.add(_root(target))
                case ast.Assign(targets=targets, value=value):
                    for name in set().union(*map(_stored, targets)):
                        if _makes(value):
                            self.things.add(name)
                            self.users[name] = _names(value)
                        elif not isinstance(value, ast.Call):
                            self.parts[name] = _names(value)
                case ast.For(target=target, iter=source):
                    self.parts |= dict.fromkeys(_names(target), _names(source))
                case ast.Call(func=func):
                    if isinstance(func, ast.Attribute) and func.attr not in STILL:
                        self.changes.add(_root(func))
                    if _root(func) not in LOOKING:
                        self.given |= _names(node)
                    for keyword in node.keywords:
                        if keyword.arg == "out":
                            self.changes |= _names(keyword)
                case ast.Expr(value=ast.Call(func=func) as call):
                    root = _root(func)
                    if root not in LOOKING and not root[:1].isupper():
                        self.changes |= _names(call)
                    if isinstance(func, ast.Attribute) and func.attr.startswith(SETTINGS):
                        self.settings.add(root)
        for function in inner:
            of_function = _Names("")
            for part in function.body if isinstance(function.body, list) else [function.body]:
                of_function._change(part)
            self.changes |= of_function.changes & self.later - _locals(function)


def _outside_functions(tree, functions):
    """Go through a tree, and put the functions in it aside."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            functions.append(node)
        else:
            yield node
            todo += ast.iter_child_nodes(node)


def _locals(function):
    parts = [*ast.walk(function)]
    declared = {name for part in parts if isinstance(part, ast.Global) for name in part.names}
    return {p.arg for p in parts if isinstance(p, ast.arg)} | _stored(function) - declared


def _stored(node):
    names = [part for part in ast.walk(node) if isinstance(part, ast.Name)]
    return {name.id for name in names if isinstance(name.ctx, ast.Store)}


@functools.lru_cache(1000)
def _names_of(source):
    return _Names(source)


def _root(node):
    """Return the first name of ``model.layers[0].fit``."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(node):
    """Return the names in an expression, without those of the functions that it calls."""
    parts = [*ast.walk(node)]
    called = {id(part.func) for part in parts if isinstance(part, ast.Call)}
    return {p.id for p in parts if isinstance(p, ast.Name) and id(p) not in called}


def _makes(value):
    """Tell whether a call makes a thing with a state: of a class, or a source of random numbers."""
    called = [part.func for part in ast.walk(value) if isinstance(part, ast.Call)]
    names = [getattr(func, "attr", getattr(func, "id", "")) for func in called]
    return any(name[:1].isupper() or name.endswith("rng") for name in names)
