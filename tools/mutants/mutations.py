# SPDX-FileCopyrightText: 2026 photoyard.immich contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which single changes can be made to a Python file: each a wrong line that a test should notice."""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections.abc import Iterator
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
_OPERATORS: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "//", ast.FloorDiv: "*"}


class Mutation(NamedTuple):
    """One change: the bytes from `start` to `end` of a file become `replacement`."""

    line: int
    start: int
    end: int
    replacement: str
    kind: str

    def apply(self, source: bytes) -> bytes:
        return source[: self.start] + self.replacement.encode() + source[self.end :]

    def diff(self, path: str, source: bytes) -> str:
        """A unified diff with one line of context."""
        before, after = (text.decode().splitlines(keepends=True) for text in (source, self.apply(source)))
        return "".join(difflib.unified_diff(before, after, path, f"{path} ({self.kind})", n=1))

    def identify(self, path: str, source: bytes) -> str:
        """A name that stays the same for as long as the file does."""
        digest = hashlib.sha256(source + repr(self).encode()).hexdigest()[:8]
        return f"{path}:{self.line}:{digest}"


def find_mutations(source: bytes) -> list[Mutation]:
    """All changes that this module knows for a file, in the order of their lines. Each of them still compiles."""
    found = set(_Finder(source).find())
    return [one for one in sorted(found) if _compiles(one.apply(source))]


def lines_in_functions(source: bytes) -> set[int]:
    """The lines that run when a function is called. All others run when the file is imported."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {line for node in functions for line in range(node.body[0].lineno, (node.end_lineno or 0) + 1)}


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class _Finder:
    """Walks the statements that run: no docstrings, no annotations, no imports, nothing under TYPE_CHECKING."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._line_starts = [0]
        for line in source.splitlines(keepends=True):
            self._line_starts.append(self._line_starts[-1] + len(line))

    def find(self) -> Iterator[Mutation]:
        yield from self._visit(ast.parse(self._source))

    def _visit(self, node: ast.AST) -> Iterator[Mutation]:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_docstring(node) or _is_for_types(node):
            return
        yield from self._of(node)
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self._visit(child)

    def _of(self, node: ast.AST) -> Iterator[Mutation]:
        if isinstance(node, (ast.If, ast.While, ast.IfExp)):
            yield self._replace(node.test, f"(not ({self._text(node.test)}))", "negated condition")
        elif isinstance(node, ast.comprehension):
            for condition in node.ifs:
                yield self._replace(condition, f"(not ({self._text(condition)}))", "negated condition")
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            yield self._replace(node, f"({self._text(node.operand)})", "dropped not")
        elif isinstance(node, ast.Compare):
            operands = [node.left, *node.comparators]
            for left, operator, right in zip(operands, node.ops, operands[1:], strict=False):
                yield self._between(left, right, f" {_COMPARISONS[type(operator)]} ", "comparison")
        elif isinstance(node, ast.BoolOp):
            other = " or " if isinstance(node.op, ast.And) else " and "
            for left, right in zip(node.values, node.values[1:], strict=False):
                yield self._between(left, right, other, "swapped and/or")
        elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            yield self._between(node.left, node.right, f" {_OPERATORS[type(node.op)]} ", "arithmetic")
        elif isinstance(node, ast.Constant):
            yield from self._of_constant(node)
        elif isinstance(node, ast.Call):
            yield from self._of_arguments(node)
        elif isinstance(node, ast.stmt):
            yield from self._of_statement(node)

    def _of_constant(self, node: ast.Constant) -> Iterator[Mutation]:
        if isinstance(node.value, bool):
            yield self._replace(node, str(not node.value), "boolean")
        elif isinstance(node.value, int):
            yield self._replace(node, str(node.value + 1), "constant")
            yield self._replace(node, f"({node.value - 1})", "constant")
        elif isinstance(node.value, str) and node.value.isidentifier() and self._text(node)[:1] in "\"'":
            yield self._replace(node, repr("XX" + node.value), "constant")

    def _of_arguments(self, node: ast.Call) -> Iterator[Mutation]:
        arguments: list[ast.expr | ast.keyword] = [*node.args, *node.keywords]
        for number, argument in enumerate(arguments):
            if len(arguments) > 1 and not isinstance(argument, ast.Starred):
                others = [self._text(one) for one in arguments[:number] + arguments[number + 1 :]]
                start, end = self._offset(arguments[0]), self._offset_after(arguments[-1])
                yield Mutation(argument.lineno, start, end, ", ".join(others), "dropped argument")

    def _of_statement(self, node: ast.stmt) -> Iterator[Mutation]:
        if isinstance(node, ast.Expr) and isinstance(node.value, (ast.Call, ast.Await)):
            yield self._replace(node, "pass", "removed call")
        elif isinstance(node, ast.Raise):
            yield self._replace(node, "pass", "removed raise")
        elif isinstance(node, ast.Return) and node.value is not None and self._text(node.value) != "None":
            yield self._replace(node, "return None", "removed return value")
        elif isinstance(node, ast.AugAssign):
            yield self._replace(node, f"{self._text(node.target)} = {self._text(node.value)}", "assignment")
        elif isinstance(node, (ast.Break, ast.Continue)):
            yield self._replace(node, "continue" if isinstance(node, ast.Break) else "break", "loop")

    def _replace(self, node: ast.expr | ast.stmt, text: str, kind: str) -> Mutation:
        return Mutation(node.lineno, self._offset(node), self._offset_after(node), text, kind)

    def _between(self, left: ast.expr, right: ast.expr, operator: str, kind: str) -> Mutation:
        """Replaces the operator between two operands, and keeps the brackets around them."""
        start, end = self._offset_after(left), self._offset(right)
        gap = self._source[start:end].decode()
        closing, opening = gap[: gap.rfind(")") + 1], gap[gap.find("(") :] if "(" in gap else ""
        return Mutation(right.lineno, start, end, closing + operator + opening, kind)

    def _offset(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        return self._line_starts[node.lineno - 1] + node.col_offset

    def _offset_after(self, node: ast.expr | ast.stmt | ast.keyword) -> int:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._line_starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr | ast.keyword) -> str:
        return self._source[self._offset(node) : self._offset_after(node)].decode()


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
