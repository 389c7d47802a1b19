"""Splits a rule into the numbers of one step and a loop over the elements.

A rule is a plain function ``rule(w, g, *state[, t], lr=..., ...) -> (w, *state)``. Its signature
says what it needs, its source says what it does. If the source is element-wise, it is split in two:
the numbers that are the same for all elements (``1 - beta1**t``) are computed once a step by
Python, the rest becomes one loop. The loop then rounds where the formula rounds, so both agree to
the last bit.
"""

import ast
import builtins
import inspect
from collections.abc import Callable

import numpy as np

from ..running.rule import Rule

__all__ = ["NotElementwise", "loop_source"]

# How a function of arrays looks inside the loop. Only those that IEEE 754 rounds in one way are
# here: in others (exp, log, powers) two libraries may differ in the last bit.
LOOP_FORMS = {
    "abs": "abs(a)",
    "np.abs": "abs(a)",
    "np.sqrt": "np.sqrt(a)",
    "np.sign": "np.sign(a)",
    "np.maximum": "np.maximum(a, b)",
    "np.minimum": "np.minimum(a, b)",
    "np.clip": "np.minimum(np.maximum(a, b), c)",
}


class NotElementwise(ValueError):
    """The rule cannot be one loop over the elements. The message says why."""


def read_body(rule: Callable) -> list[ast.stmt]:
    """Return the statements of a plain function, if they are what runs."""
    try:
        source = "".join(inspect.findsource(rule)[0])
        found = [compile(source, "", "exec", dont_inherit=True)]
    except (OSError, TypeError, SyntaxError) as error:
        raise NotElementwise(f"the source cannot be read: {error}") from None
    for code in found:  # the list grows by the functions within
        found += filter(inspect.iscode, code.co_consts)
    runs = rule.__code__
    same = {(c.co_code, c.co_consts, c.co_names, c.co_freevars) for c in found}
    if (runs.co_code, runs.co_consts, runs.co_names, ()) in same:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.lineno == runs.co_firstlineno:
                return node.body
    raise NotElementwise("not a plain function of its arguments, or its source was changed")


class Splitter:
    """Splits a rule into the numbers of one step and the arithmetic of one element."""

    def __init__(self, rule: Callable) -> None:
        body = read_body(rule)
        self.rule = Rule(rule)
        self.globals = {**vars(builtins), **rule.__globals__}
        if self.globals.get("np", np) is not np or self.globals["abs"] is not abs:
            raise NotElementwise("np or abs is not what it seems")
        self.arrays = {"w", "g", *self.rule.state}
        self.scalars = {"t", *self.rule.hyper}
        self.taken = {n.id for s in body for n in ast.walk(s) if isinstance(n, ast.Name)}
        if self.taken & {"i", *(f"all_{a}" for a in self.arrays)}:
            raise NotElementwise("the loop needs the names i, all_w, all_g, ... for itself")
        self.hoisted: dict[str, str] = {}  # a scalar expression -> its name in the loop
        self.setup: list[str] = []
        self.loop: list[str] = []
        for statement in body:
            self.split(statement)

    def split(self, statement: ast.stmt) -> None:
        """Put one statement into the set-up if it is scalar, else into the loop."""
        match statement:
            case ast.Expr(value=ast.Constant()):  # the docstring
                return
            case ast.Assign(targets=[target], value=value):
                names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                scalar = self.is_scalar(value)
                if names & (self.scalars | self.arrays if scalar else self.scalars):
                    raise NotElementwise(f"a number is changed: {ast.unparse(statement)}")
                if scalar:
                    self.scalars |= names
                    self.setup.append(ast.unparse(statement))
                    return
                self.arrays |= names
                target = without_brackets(target)
            case ast.Return(value=ast.Tuple(elts=elements) as value):
                written = [f"all_{a}[i]" for a in ("w", *self.rule.state)]
                if len(elements) != len(written):
                    raise NotElementwise(f"{len(elements)} values returned, not {len(written)}")
                if self.is_scalar(elements[0]):
                    raise NotElementwise("the new w is one number, whatever the shape of w")
                target = ", ".join(written) + "," * (len(written) == 1)
            case _:
                raise NotElementwise(f"neither = nor return of a tuple: {ast.unparse(statement)}")
        self.loop.append(f"{target} = {without_brackets(self.element(value))}")

    def is_scalar(self, node: ast.expr) -> bool:
        """Tell whether an expression is the same for all elements."""
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        if names & self.arrays:
            return False
        for name in names - self.scalars:
            value = self.globals.get(name)
            if value is np:
                raise NotElementwise(f"use math, not np, for numbers: {ast.unparse(node)}")
            if not (callable(value) or inspect.ismodule(value) or type(value) in (int, float)):
                raise NotElementwise(f"{name} is not a number, a function or an argument")
        return True

    def number(self, node: ast.expr) -> ast.Name:
        """Compute a scalar expression in the set-up; the loop gets it by a name."""
        source = ast.unparse(node)
        if isinstance(node, ast.Constant) and type(node.value) not in (int, float):
            raise NotElementwise(f"not a number: {source}")
        if source not in self.hoisted:
            name = source
            if not source.isidentifier():
                name = next(n for k in range(1, 999) if (n := f"k{k}") not in self.taken)
                self.taken.add(name)
                self.setup.append(f"{name} = {source}")
            self.hoisted[source] = name
        return ast.Name(self.hoisted[source])

    def element(self, node: ast.expr) -> ast.expr:
        """Rewrite an expression on arrays as one on their elements."""
        match node:
            case ast.Tuple(elts=elements):
                return ast.Tuple([self.element(e) for e in elements])
            case _ if self.is_scalar(node):
                return self.number(node)
            case ast.Name():
                return node
            case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
                return ast.BinOp(self.element(node.left), node.op, self.element(node.right))
            case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=2)):
                return ast.BinOp(self.element(node.left), node.op, node.right)
            case ast.UnaryOp(op=ast.USub()):
                return ast.UnaryOp(node.op, self.element(node.operand))
            case ast.IfExp(test=test, body=yes, orelse=no) if self.is_scalar(test):
                return ast.IfExp(self.number(test), self.element(yes), self.element(no))
            case ast.Call(func=f, args=[ast.Compare(ops=[op]) as test, yes, no]):
                if ast.unparse(f) == "np.where":
                    left, right = map(self.element, (test.left, *test.comparators))
                    test = ast.Compare(left, [op], [right])
                    return ast.IfExp(test, self.element(yes), self.element(no))
            case ast.Call(func=f, args=args, keywords=[]) if ast.unparse(f) in LOOP_FORMS:
                return self.fill(LOOP_FORMS[ast.unparse(f)], list(map(self.element, args)))
        raise NotElementwise(f"not an element-wise operation: {ast.unparse(node)}")

    def fill(self, form: str, arguments: list[ast.expr]) -> ast.expr:
        """Put arguments into the places a, b, c of a form."""
        tree = ast.parse(form, mode="eval").body
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & set("abc")
        if len(names) != len(arguments):
            raise NotElementwise(f"{form} got {len(arguments)} arguments")
        return Filler(dict(zip(sorted(names), arguments, strict=True))).visit(tree)

    def source(self) -> str:
        """Write the two functions."""
        name, hyper = self.rule.name, self.rule.hyper
        arrays, numbers = ["w", "g", *self.rule.state], list(self.hoisted.values())
        result = ", ".join(numbers) + "," * (len(numbers) == 1) if numbers else "()"
        left = ", ".join(arrays)
        right = ", ".join(f"all_{a}[i]" for a in arrays)
        return "\n".join(
            [f"def {name}_numbers({', '.join(['t'] * self.rule.uses_t + list(hyper))}):"]
            + [f"    {line}" for line in [*self.setup, f"return {result}"]]
            + ["", ""]
            + [f"def {name}_loop({', '.join([f'all_{a}' for a in arrays] + numbers)}):"]
            + ["    for i in range(all_w.size):"]
            + [f"        {line}" for line in [f"{left} = {right}", *self.loop]]
        )


class Filler(ast.NodeTransformer):
    """Puts expressions into the places of names."""

    def __init__(self, places: dict[str, ast.expr]) -> None:
        self.places = places

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Take what belongs in the place of a name, or else the name itself."""
        return self.places.get(node.id, node)


def without_brackets(node: ast.expr) -> str:
    """Write an expression; a tuple without its outer brackets."""
    source = ast.unparse(node)
    return source[1:-1] if isinstance(node, ast.Tuple) else source


def loop_source(rule: Callable) -> str:
    """Write the loop that is compiled for a rule.

    Parameters
    ----------
    rule : function
        An element-wise rule.

    Returns
    -------
    str
        Python source of two functions. The first computes the numbers of a step from ``t`` and
        the hyper-parameters. The second runs over the elements of 1-d arrays, in place.

    Raises
    ------
    NotElementwise
        If the rule cannot be written so; the message says why. NumPy runs such a rule.

    Examples
    --------
    >>> from dlzero.chapters.ch07_adaptive import adagrad
    >>> print(loop_source(adagrad))
    def adagrad_numbers(lr, eps):
        return lr, eps
    <BLANKLINE>
    <BLANKLINE>
    def adagrad_loop(all_w, all_g, all_G, lr, eps):
        for i in range(all_w.size):
            w, g, G = all_w[i], all_g[i], all_G[i]
            G = G + g ** 2
            all_w[i], all_G[i] = w - lr * g / (np.sqrt(G) + eps), G
    """
    return Splitter(rule).source()
