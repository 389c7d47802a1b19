"""The rules of code cells, their outputs and their pictures."""

import ast
import re

from .page import Block, blocks_of, calls_in, gates, texts_of, tree_of
from .reading import aligns

LINES_A_CELL = 12


def cells_are_short(page, known):
    """At most 12 lines of code a cell, blank lines not counted."""
    problems = []
    for block in page.code:
        lines = sum(bool(line.strip()) for line in block.text.split("\n"))
        if not 0 < lines <= LINES_A_CELL:
            problems.append(f"cell {block.where} has {lines} lines of code")
    return problems


def no_star_imports(page, known):
    """Names say where they come from."""
    return [
        f"cell {block.where} imports * from {node.module}"
        for block in page.code
        for node in ast.walk(tree_of(block.text))
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
    ]


def outputs_are_clean(page, known):
    """No warnings; errors only where the cell says that it raises one."""
    problems = []
    for block in page.code:
        kinds = [output.output_type for output in block.cell.outputs]
        streams = [output.get("name") for output in block.cell.outputs]
        raises = "raises-exception" in block.cell.metadata.get("tags", [])
        if "stderr" in streams:
            problems.append(f"cell {block.where} writes to stderr")
        if "error" in kinds and not raises:
            problems.append(f"cell {block.where} raises an error")
        if raises and "error" not in kinds:
            problems.append(f"cell {block.where} should raise an error and does not")
        if re.search(r"\b\w*Warning: ", "\n".join(texts_of(block.cell))):
            problems.append(f"cell {block.where} shows a warning")
    return problems


def outputs_are_stored(page, known):
    """A cell that prints or ends with a value has an output."""
    problems = []
    for block in page.code:
        body = tree_of(block.text).body
        speaks = any(_prints(node) for node in body)
        last = body[-1] if body else None
        if isinstance(last, ast.Expr) and not block.text.rstrip().endswith(";"):
            shows = list(calls_in(last, "show_source", "figure", "table", "Explorer", "check"))
            speaks |= bool(shows) or not isinstance(last.value, ast.Call | ast.Constant)
        if speaks and not block.cell.outputs:
            problems.append(f"cell {block.where} shows something but has no stored output")
    return problems


def _prints(node):
    """Whether a statement prints when it runs; a definition does not."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Lambda):
        return False
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
        return True
    return any(_prints(child) for child in ast.iter_child_nodes(node))


def cells_ran_in_order(page, known):
    """Execution counts are 1, 2, 3 ..."""
    counts = [block.cell.execution_count for block in page.code]
    return [] if counts == list(range(1, len(counts) + 1)) else [f"execution counts are {counts}"]


def drawings_have_text(page, known):
    """Each picture or table comes from dlzero, with its caption; a picture has words for it."""
    problems = []
    for block in page.code:
        for output in block.cell.outputs:
            data = output.get("data", {})
            problems += [
                f"cell {block.where} shows a bare {mime}; use dlzero.plots.figure"
                for mime in data
                if mime.startswith("image/")
            ]
            page_html = data.get("text/html", "")
            figures = re.findall(r'(?s)<figure class="dz-[^"]*".*?</figure>', page_html)
            rest = re.sub(r'(?s)<figure class="dz-[^"]*".*?</figure>', "", page_html)
            if re.search(r"<(svg|img|canvas|table)\b", rest):
                problems.append(f"cell {block.where} shows a picture or table outside a figure")
            for figure in figures:
                caption = re.search(r"(?s)<figcaption[^>]*>(.*?)</figcaption>", figure)
                if not caption or not caption[1].strip():
                    problems.append(f"a figure of cell {block.where} has no caption")
                drawings = re.findall(r"<svg\b[^>]*>", figure)
                if not drawings and '<th scope="col">' not in figure:
                    problems.append(f"a figure of cell {block.where} has no drawing")
                for drawing in drawings:
                    hidden = 'aria-hidden="true"' in drawing
                    label = re.search(r'aria-label="\s*([^"]*\S)\s*"', drawing)
                    if not hidden and not (label and 'role="img"' in drawing):
                        problems.append(f"a drawing of cell {block.where} has no text alternative")
    return problems


def prose_follows_outputs(page, known):
    """What a cell shows is talked about; two cells in a row may share one idea."""
    problems, gated = [], gates(page)
    shown = 0
    for where, cell in enumerate(page.cells):
        if where in gated:
            shown = 0
        elif cell.cell_type == "code":
            shown += bool(shown or cell.outputs)
            if shown > 2:
                problems.append(f"cell {where}: no prose between three cells in a row")
            after = page.cells[where + 1] if where + 1 < len(page.cells) else None
            if shown and (after is None or (where + 1 in gated)):
                problems.append(f"no prose follows the output of cell {where}")
        else:
            first = next(blocks_of(cell.source), Block("nothing"))
            if first.kind == "nothing" or (shown and first.kind == "heading"):
                kind = "nothing" if first.kind == "nothing" else "a heading, not prose,"
                problems.append(f"{kind} follows cell {where - 1}")
            shown = 0
    return problems


def tables_have_heads(page, known):
    """What a loop would print in columns is a table: `plots.table`."""
    return [
        f"cell {block.where} prints columns in a loop"
        for block in page.code
        if any(
            aligns(node)
            for loop in ast.walk(tree_of(block.text))
            if isinstance(loop, ast.For | ast.While)
            for node in ast.walk(loop)
        )
    ]
