"""Follows a function of LlamaFactory's source up to the `raise` statements that certain settings reach.

It is an interpreter of the few statements that such checks consist of (`expressions` has their values). A condition
whose value is unknown is skipped with all that depends on it.
"""

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from shopbench_plugin.llamafactory.checks.expressions import Scope, UnknownError, is_enabled


class _ReturnedError(Exception):
    """The function returns here, or may."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `raise` that is reached, or a call of `check_version`.

    Attributes:
        message: of the exception.
        names: the attributes and functions that its conditions look at.
        requirement: of the call, such as "gptqmodel>=2.0.0", which raises if it is not met.
    """

    message: str
    names: tuple[str, ...]
    requirement: str = ""


@dataclass(slots=True)
class Reader(Scope):
    """Follows a function, and those of the same file that it calls, with certain values of its variables.

    Attributes:
        functions: the functions of the file.
        heeds_warnings: whether a warning that is logged counts as a refusal.
        fixed: names that keep their value where the function assigns to them.
    """

    functions: Mapping[str, ast.FunctionDef] = field(default_factory=dict)
    heeds_warnings: bool = False
    fixed: frozenset[str] = frozenset()

    def find_refusals(self, function: str, tests: tuple[ast.expr, ...] = ()) -> Iterator[Refusal]:
        """Yield the refusals in a function; its assignments are carried out."""
        try:
            if function in self.functions:
                yield from self._walk(self.functions[function].body, tests)
        except _ReturnedError:
            pass

    def _walk(self, statements: list[ast.stmt], tests: tuple[ast.expr, ...]) -> Iterator[Refusal]:
        for statement in statements:
            if isinstance(statement, ast.If):
                yield from self._choose(statement, tests)
                if _returns(statement):  # only under some condition, on which what follows depends too
                    tests = (*tests, statement.test)
            elif isinstance(statement, ast.Raise):
                yield self._refuse(statement.exc, tests)
                return
            elif isinstance(statement, ast.Return):
                raise _ReturnedError
            elif isinstance(statement, ast.Assert):
                if self._is_false(statement.test):
                    yield self._refuse(statement.msg, (*tests, statement.test))
            else:
                if isinstance(statement, ast.Expr | ast.Assign) and isinstance(statement.value, ast.Call):
                    yield from self._call(statement.value, tests)
                self._assign(statement)

    def _choose(self, statement: ast.If, tests: tuple[ast.expr, ...]) -> Iterator[Refusal]:
        try:
            chosen = statement.body if self.evaluate(statement.test) else statement.orelse
        except UnknownError as error:
            self._forget(statement)
            if _returns(statement):
                raise _ReturnedError from error
            return
        yield from self._walk(chosen, (*tests, statement.test))

    def _call(self, call: ast.Call, tests: tuple[ast.expr, ...]) -> Iterator[Refusal]:
        name = ast.unparse(call.func)
        if name == "check_version" and (call.keywords or not is_enabled("DISABLE_VERSION_CHECK")):  # mandatory=True
            yield replace(self._refuse(None, tests), requirement=self._write(call.args[0]))
        elif name == "logger.warning_rank0" and self.heeds_warnings:
            yield self._refuse(call, tests)
        elif name in self.functions:
            inner = replace(self, names=self._bind(self.functions[name].args, call))
            yield from inner.find_refusals(name, tests)

    def _bind(self, parameters: ast.arguments, call: ast.Call) -> dict[str, Any]:
        """Return the names that are known in a function that is called: the fixed ones and its parameters."""
        names = [one.arg for one in parameters.args]
        defaults = dict(zip(reversed(names), reversed(parameters.defaults), strict=False))
        given = defaults | dict(zip(names, call.args, strict=False))
        own = {name: self.names[name] for name in self.fixed.difference(names) & self.names.keys()}
        for name, node in given.items():
            with suppress(UnknownError):
                own[name] = self.evaluate(node)
        return own

    def _is_false(self, test: ast.expr) -> bool:
        try:
            return not self.evaluate(test)
        except UnknownError:
            return False

    def _assign(self, statement: ast.stmt) -> None:
        """Carry out an assignment; what it assigns is unknown if its value is, and after any other statement."""
        try:
            target, value = self._read_assignment(statement)
        except UnknownError:
            self._forget(statement)
            return
        self._forget(statement)
        if isinstance(target, ast.Name) and target.id not in self.fixed:
            self.names[target.id] = value
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            owner = self.names.get(target.value.id)
            if isinstance(owner, dict):
                owner[target.attr] = value

    def _read_assignment(self, statement: ast.stmt) -> tuple[ast.expr, Any]:
        if isinstance(statement, ast.Assign):
            return statement.targets[0], self.evaluate(statement.value)
        if isinstance(statement, ast.AnnAssign) and statement.value is not None:
            return statement.target, self.evaluate(statement.value)
        if isinstance(statement, ast.AugAssign):
            return statement.target, self.evaluate(ast.BinOp(statement.target, statement.op, statement.value))
        raise UnknownError

    def _forget(self, statement: ast.stmt) -> None:
        """Make everything unknown that a statement that isn't carried out may assign."""
        for target in _list_targets(statement):
            if isinstance(target, ast.Name) and target.id not in self.fixed:
                self.names.pop(target.id, None)
            elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
                owner = self.names.get(target.value.id)
                if isinstance(owner, dict):
                    owner.pop(target.attr, None)

    def _refuse(self, message: ast.expr | None, tests: tuple[ast.expr, ...]) -> Refusal:
        nodes = [node for test in tests for node in ast.walk(test)]
        names = [getattr(node, "attr", None) or getattr(node, "id", "") for node in nodes]
        text = message.args[0] if isinstance(message, ast.Call) and message.args else message
        return Refusal(" ".join(self._write(text).replace("`", "").split()), tuple(dict.fromkeys(filter(None, names))))

    def _write(self, node: ast.expr | None) -> str:
        """Return a message's text, with values that are known."""
        match node:
            case ast.JoinedStr():
                return "".join(map(self._write, node.values))
            case ast.FormattedValue():
                return self._write(node.value)
            case ast.BinOp(op=ast.Add()):
                return self._write(node.left) + self._write(node.right)
            case None:
                return "it can't be used"
        try:
            return str(self.evaluate(node))
        except UnknownError:
            return "..."


@cache
def _returns(statement: ast.stmt) -> bool:
    return any(isinstance(node, ast.Return) for node in ast.walk(statement))


@cache
def _list_targets(statement: ast.stmt) -> list[ast.expr]:
    nodes = (node for node in ast.walk(statement) if isinstance(node, ast.Name | ast.Attribute))
    return [node for node in nodes if isinstance(node.ctx, ast.Store)]
