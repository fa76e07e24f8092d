"""How many ways there are through a function."""

import ast
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src/nodeselect"

LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension)
BRANCHES = (*LOOPS, ast.If, ast.IfExp, ast.ExceptHandler, ast.match_case, ast.BoolOp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def count_branches(node: ast.AST) -> int:
    """Count the branches in a function, without those of functions and classes in it."""
    return sum(
        isinstance(each, BRANCHES) + count_branches(each)
        for each in ast.iter_child_nodes(node)
        if not isinstance(each, (*FUNCTIONS, ast.ClassDef))
    )


def test_no_function_has_many_branches() -> None:
    """A function of the command line has at most 20 branches, others at most 30."""
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        limit = 20 if name.startswith("cli/") else 30
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, FUNCTIONS):
                assert count_branches(node) <= limit, f"{name}:{node.lineno}: {node.name}"
