"""Follows a function of LlamaFactory's source up to the `raise` statements that certain settings reach.

It is an interpreter of the few expressions and statements that such checks consist of. Anything else, and anything
that depends on an unknown name, is unknown: a condition that is unknown is skipped with all that depends on it.
"""

import ast
import operator
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any


class UnknownError(Exception):
    """The value of an expression is not known."""


class _ReturnedError(Exception):
    """The function returns here, or may."""


class PartlyKnown(dict[str, Any]):
    """An object that has further attributes, whose values are not known."""


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


def _get_attribute(owner: dict[str, Any], name: str, *default: Any) -> Any:
    if name not in owner and isinstance(owner, PartlyKnown):
        raise UnknownError
    return owner.get(name, *default)


def _is_enabled(variable: str) -> bool:
    return os.environ.get(variable, "").lower() in ("true", "y", "1")


_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
}
_OPERATIONS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Not: operator.not_,
    ast.USub: operator.neg,
    ast.Add: operator.add,
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "len": len,
    "getattr": _get_attribute,
    "hasattr": lambda owner, name: name in owner,
    "isinstance": isinstance,
    "is_env_enabled": _is_enabled,
    "split_arg": lambda value: value,
}
_TYPES: Mapping[str, type] = {"dict": dict, "int": int, "list": list, "str": str}


@dataclass(slots=True)
class Reader:
    """Follows a function, and those of the same file that it calls, with certain values of its variables.

    Attributes:
        names: values of names; an object is a dictionary of its attributes.
        calls: what functions without arguments return.
        functions: the functions of the file.
        heeds_warnings: whether a warning that is logged counts as a refusal.
        fixed: names that keep their value where the function assigns to them.
    """

    names: dict[str, Any]
    calls: Mapping[str, Any] = field(default_factory=dict)
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
        if name == "check_version" and (call.keywords or not _is_enabled("DISABLE_VERSION_CHECK")):  # mandatory=True
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
        own = {name: value for name, value in self.names.items() if name in self.fixed - set(names)}
        for name, node in given.items():
            with suppress(UnknownError):
                own[name] = self.evaluate(node)
        return own

    def evaluate(self, node: ast.expr) -> Any:
        """Return an expression's value.

        Raises:
            UnknownError: it is not known.
        """
        try:
            return self._evaluate(node)
        except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError) as error:
            raise UnknownError from error

    def _evaluate(self, node: ast.expr) -> Any:
        for kind, evaluate in _EVALUATED.items():
            if isinstance(node, kind):
                return evaluate(self, node)
        raise UnknownError

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
        """Make unknown whatever a statement that isn't carried out may assign."""
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in self.fixed:
                self.names.pop(node.id, None)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                owner = self.names.get(node.value.id) if isinstance(node.value, ast.Name) else None
                if isinstance(owner, dict):
                    owner.pop(node.attr, None)

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


def _compare(reader: Reader, node: ast.Compare) -> Any:
    [comparison], [right] = node.ops, node.comparators
    return _COMPARISONS[type(comparison)](reader.evaluate(node.left), reader.evaluate(right))


def _operate(reader: Reader, node: ast.UnaryOp | ast.BinOp) -> Any:
    sides = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    return _OPERATIONS[type(node.op)](*map(reader.evaluate, sides))


def _evaluate_chain(reader: Reader, node: ast.BoolOp) -> Any:
    """Evaluate `and` and `or`; an unknown part doesn't matter if another one decides."""
    is_or, is_unknown, value = isinstance(node.op, ast.Or), False, None
    for one in node.values:
        try:
            value = reader.evaluate(one)
        except UnknownError:
            is_unknown = True
            continue
        if bool(value) is is_or:
            return value
    if is_unknown:
        raise UnknownError
    return value


def _evaluate_call(reader: Reader, node: ast.Call) -> Any:
    arguments = [reader.evaluate(one) for one in node.args]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return reader.evaluate(node.func.value).get(*arguments)
    name = ast.unparse(node.func)
    return _FUNCTIONS[name](*arguments) if arguments else reader.calls[name]


_EVALUATED: Mapping[type[ast.expr], Callable[[Reader, Any], Any]] = {
    ast.Constant: lambda _, node: node.value,
    ast.Name: lambda reader, node: reader.names[node.id] if node.id in reader.names else _TYPES[node.id],
    ast.Attribute: lambda reader, node: reader.evaluate(node.value)[node.attr],
    ast.List: lambda reader, node: [reader.evaluate(one) for one in node.elts],
    ast.Tuple: lambda reader, node: [reader.evaluate(one) for one in node.elts],
    ast.Subscript: lambda reader, node: reader.evaluate(node.value)[reader.evaluate(node.slice)],
    ast.UnaryOp: _operate,
    ast.BinOp: _operate,
    ast.BoolOp: _evaluate_chain,
    ast.Compare: _compare,
    ast.Call: _evaluate_call,
}
