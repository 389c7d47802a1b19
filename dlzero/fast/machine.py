"""Compiles the loop of a rule to machine code, by way of LLVM's assembly language.

The loop that `loop_source` prints is Python of very few forms. Each of them is one line or two of
LLVM's language, so the translator is short. LLVM then makes use of the vector units of this
machine. All of it takes a tenth of a second, so nothing has to be kept on disk.
"""

import ast
import ctypes
import string
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["assembly", "compile_loop"]

# Where the address of the data stands in an array object: behind the head of all objects.
DATA = object.__basicsize__

TYPES = {"float32": ("float", "f32"), "float64": ("double", "f64")}
OPERATIONS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
COMPARISONS = {
    **{ast.Lt: "olt", ast.LtE: "ole", ast.Gt: "ogt", ast.GtE: "oge"},
    **{ast.Eq: "oeq", ast.NotEq: "une"},
}

# A processor that waits in a loop should say so.
PAUSES = {
    "x86_64": "call void @llvm.x86.sse2.pause()",
    "aarch64": "call void @llvm.aarch64.hint(i32 1)",
    "arm64": "call void @llvm.aarch64.hint(i32 1)",
}


class LoopWriter:
    """Translates the loop of a rule, statement by statement.

    Parameters
    ----------
    source : str
        What `loop_source` returns.
    dtype : numpy.dtype
        float32 or float64.
    strict : bool
        Whether a division stays one, and a product is rounded before it is added.
    """

    def __init__(self, source: str, dtype: np.dtype, strict: bool) -> None:
        function: Any = ast.parse(source).body[-1]
        names = [a.arg for a in function.args.args]
        self.type, self.bits = TYPES[np.dtype(dtype).name]
        self.flags = "" if strict else "arcp contract "
        statements = function.body[0].body
        count = len(statements[0].targets[0].elts)  # the first line reads every array
        self.arrays = {name: f"%a{k}" for k, name in enumerate(names[:count])}
        self.values = {name: f"%k{k}" for k, name in enumerate(names[count:])}
        self.counts = count, len(names) - count
        self.lines: list[str] = []
        for statement in statements:
            self.assign(statement.targets[0], statement.value)

    def line(self, text: str) -> str:
        """Write a line that computes a value, and return the name of the value."""
        name = f"%x{len(self.lines)}"
        self.lines.append(f"{name} = {text}")
        return name

    def assign(self, target: Any, value: Any) -> None:
        """Compute all values, then give them to the names or elements on the left."""
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        computed = [self.value(v) for _, v in pairs]
        for (place, _), result in zip(pairs, computed, strict=True):
            if isinstance(place, ast.Name):
                self.values[place.id] = result
            else:
                self.lines.append(f"store {self.type} {result}, ptr {self.address(place)}")

    def address(self, node: Any) -> str:
        """Compute where element i of an array lies."""
        return self.line(f"getelementptr {self.type}, ptr {self.arrays[node.value.id]}, i64 %i")

    def value(self, node: ast.expr) -> str:
        """Compute an expression, and return the name of its value."""
        kind, flags = self.type, self.flags
        match node:
            case ast.Name(id=name):
                return self.values[name]
            case ast.Subscript():
                return self.line(f"load {kind}, ptr {self.address(node)}")
            case ast.BinOp(op=ast.Pow(), left=left):
                a = self.value(left)
                return self.line(f"fmul {flags}{kind} {a}, {a}")
            case ast.BinOp(op=op, left=left, right=right):
                a, b = self.value(left), self.value(right)
                return self.line(f"{OPERATIONS[type(op)]} {flags}{kind} {a}, {b}")
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self.line(f"fneg {kind} {self.value(operand)}")
            case ast.IfExp(test=test, body=yes, orelse=no):
                match test:
                    case ast.Compare(left=left, ops=[how], comparators=[right]):
                        a, b = self.value(left), self.value(right)
                        condition = self.compare(COMPARISONS[type(how)], a, b)
                    case _:  # a number of the step
                        condition = self.compare("une", self.value(test), "0.0")
                return self.choose(condition, self.value(yes), self.value(no))
            case ast.Call(func=function, args=args):
                return self.call(ast.unparse(function), [self.value(a) for a in args])
        raise NotImplementedError(ast.unparse(node))

    def compare(self, how: str, a: str, b: str) -> str:
        """Compare two values."""
        return self.line(f"fcmp {how} {self.type} {a}, {b}")

    def choose(self, condition: str, yes: str, no: str) -> str:
        """Take one of two values."""
        return self.line(f"select i1 {condition}, {self.type} {yes}, {self.type} {no}")

    def call(self, name: str, args: list[str]) -> str:
        """Compute a function that a loop may call, with the results of NumPy."""
        match name, args:
            case ("np.sqrt", [a]):
                return self.line(f"call {self.type} @llvm.sqrt.{self.bits}({self.type} {a})")
            case ("abs", [a]):
                return self.line(f"call {self.type} @llvm.fabs.{self.bits}({self.type} {a})")
            case ("np.sign", [a]):  # a itself where it is NaN
                zero = self.choose(self.compare("oeq", a, "0.0"), "0.0", a)
                below = self.choose(self.compare("olt", a, "0.0"), "-1.0", zero)
                return self.choose(self.compare("ogt", a, "0.0"), "1.0", below)
            case (("np.maximum" | "np.minimum"), [a, b]):  # NaN where either is NaN
                how = "ogt" if name == "np.maximum" else "olt"
                best = self.choose(self.compare(how, a, b), a, b)
                return self.choose(self.compare("uno", a, a), a, best)
        raise NotImplementedError(name)


# A row of the table describes a piece: the number of its elements, which gradient, from which
# element on, and the addresses of w and of the states. Row 0 is what all threads share:
#   0 the next piece to take   8 the pieces done   16 the number of pieces
#   17 the table   18 the gradients   19 the numbers
#
# The thread that steps calls with OPEN, and as long as the answer is 0 with FINISH. Helpers call
# with their patience: how often to look for a next step before they leave.
OPEN, FINISH = 0, -1
MODULE = string.Template("""
declare $type @llvm.sqrt.$bits($type)
declare $type @llvm.fabs.$bits($type)
declare void @llvm.x86.sse2.pause()
declare void @llvm.aarch64.hint(i32)

define internal void @loop(i64 %size, $parameters) noinline {
start:
  br label %element
element:
  %i = phi i64 [ 0, %start ], [ %next, %element ]
  $loop
  %next = add nuw nsw i64 %i, 1
  %more = icmp ult i64 %next, %size
  br i1 %more, label %element, label %end
end:
  ret void
}

define i64 @run(ptr %shared, i64 %patience) {
  %done = getelementptr i64, ptr %shared, i64 8
  %shared16 = getelementptr i64, ptr %shared, i64 16
  %shared17 = getelementptr i64, ptr %shared, i64 17
  %shared18 = getelementptr i64, ptr %shared, i64 18
  %shared19 = getelementptr i64, ptr %shared, i64 19
  %count = load i64, ptr %shared16
  %table = load ptr, ptr %shared17
  %grads = load ptr, ptr %shared18
  %numbers = load ptr, ptr %shared19
  %opens = icmp eq i64 %patience, $open
  %steps = icmp sle i64 %patience, 0            ; this is the thread that steps, no helper
  br i1 %opens, label %open, label %take
open:
  store atomic i64 0, ptr %done monotonic, align 8
  store atomic i64 0, ptr %shared release, align 8
  br label %take
take:
  %k = atomicrmw add ptr %shared, i64 1 acq_rel
  %some = icmp slt i64 %k, %count
  br i1 %some, label %work, label %wait
work:
  %place = mul i64 %k, $width
  %row0 = getelementptr i64, ptr %table, i64 %place
  %row1 = getelementptr i64, ptr %row0, i64 1
  %row2 = getelementptr i64, ptr %row0, i64 2
  %size = load i64, ptr %row0
  %which = load i64, ptr %row1
  %from = load i64, ptr %row2
  %holder = getelementptr ptr, ptr %grads, i64 %which
  %array = load ptr, ptr %holder
  %field = getelementptr i8, ptr %array, i64 $data
  %whole = load ptr, ptr %field
  %g = getelementptr $type, ptr %whole, i64 %from
  $read
  call void @loop(i64 %size, $arguments)
  %earlier = atomicrmw add ptr %done, i64 1 acq_rel
  br label %take
wait:
  %looks = phi i64 [ 0, %take ], [ %looked, %still ]
  %looked = add i64 %looks, 1
  $pause
  br i1 %steps, label %finish, label %hope
finish:                                       ; until the helpers have done their pieces
  %now = load atomic i64, ptr %done acquire, align 8
  %all = icmp sge i64 %now, %count
  br i1 %all, label %end, label %still
hope:                                         ; for a next step
  %open_now = load atomic i64, ptr %shared monotonic, align 8
  %again = icmp slt i64 %open_now, %count
  br i1 %again, label %take, label %still
still:
  %limit = select i1 %steps, i64 10000, i64 %patience
  %tired = icmp sge i64 %looked, %limit
  br i1 %tired, label %leave, label %wait
leave:
  ret i64 0
end:
  ret i64 1
}
""")


def assembly(source: str, dtype: np.dtype, strict: bool, triple: str) -> str:
    """Write the loop of a rule in LLVM's language, and the function that runs it on all pieces.

    Parameters
    ----------
    source : str
        What `loop_source` returns.
    dtype : numpy.dtype
        float32 or float64.
    strict : bool
        Whether a division stays one, and a product is rounded before it is added.
    triple : str
        LLVM's name for the machine, such as ``"x86_64-unknown-linux-gnu"``.

    Returns
    -------
    str
        A module with the function ``run(shared, patience)``. Each thread calls it, and takes
        piece after piece until none is left.
    """
    writer = LoopWriter(source, dtype, strict)
    kind, (arrays, numbers) = writer.type, writer.counts
    read, arguments = [], [f"ptr %p{k}" for k in range(arrays)]
    arguments[1] = "ptr %g"
    for k in range(arrays):
        if k != 1:
            read.append(f"%column{k} = getelementptr i64, ptr %row0, i64 {2 + k + (k == 0)}")
            read.append(f"%p{k} = load ptr, ptr %column{k}")
    for k in range(numbers):
        read.append(f"%place{k} = getelementptr double, ptr %numbers, i64 {k}")
        read.append(f"%double{k} = load double, ptr %place{k}")
        if kind == "float":
            read.append(f"%float{k} = fptrunc double %double{k} to float")
        arguments.append(f"{kind} %{kind}{k}")
    parameters = [f"ptr noalias %a{k}" for k in range(arrays)]
    parameters += [f"{kind} %k{k}" for k in range(numbers)]
    return MODULE.substitute(
        type=kind,
        bits=writer.bits,
        open=OPEN,
        data=DATA,
        width=arrays + 2,
        parameters=", ".join(parameters),
        arguments=", ".join(arguments),
        loop="\n  ".join(writer.lines),
        read="\n  ".join(read),
        pause=next((call for name, call in PAUSES.items() if triple.startswith(name)), ""),
    )


def compile_loop(source: str, dtype: np.dtype, strict: bool) -> Callable[[int, int], int]:
    """Compile the loop of a rule for the processor at hand.

    Returns
    -------
    function
        The function ``run`` that `assembly` describes. It does not hold the interpreter's lock.

    Raises
    ------
    Exception
        Whatever llvmlite raises, when it is missing or does not work here.
    """
    import llvmlite.binding as llvm

    # The code reads the address of the data out of the array object, from where NumPy's header
    # for C says it is. Another interpreter of Python may keep it elsewhere.
    probe = np.empty(1)
    found = ctypes.c_void_p.from_address(id(probe) + DATA).value
    if found != probe.ctypes.data or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise RuntimeError("this Python keeps arrays in another form")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    triple = llvm.get_process_triple()
    machine = llvm.Target.from_triple(triple).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        codemodel="jitdefault",
        jit=True,
    )
    module = llvm.parse_assembly(assembly(source, dtype, strict, triple))
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    prototype = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
    run: Any = prototype(engine.get_function_address("run"))
    run.engine = engine  # the code lives as long as the engine does
    return run
