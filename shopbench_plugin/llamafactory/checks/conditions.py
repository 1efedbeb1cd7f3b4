"""Follows a function of LlamaFactory's source up to the `raise` statements that certain settings reach.

It is an interpreter of the few expressions and statements that such checks consist of. Anything else, and anything
that depends on an unknown name, is unknown: a condition that is unknown is skipped with all that depends on it.
"""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnknownError(Exception):
    """The value of an expression is not known."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `raise` that is reached: its message, and the attributes of the arguments that its conditions look at."""

    message: str
    attributes: tuple[str, ...]


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
    ast.Mod: operator.mod,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "int": int,
    "len": len,
    "getattr": lambda owner, name, *default: owner.get(name, *default),
    "hasattr": lambda owner, name: name in owner,
    "is_env_enabled": lambda *_: False,
}


@dataclass(slots=True)
class Reader:
    """Follows functions whose variables have certain values.

    Attributes:
        names: values of names; an object is a dictionary of its attributes.
        calls: what functions without arguments return.
        fixed: names that keep their value where the function assigns to them.
    """

    names: dict[str, Any]
    calls: Mapping[str, Any] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def find_refusals(self, statements: list[ast.stmt], tests: tuple[ast.expr, ...] = ()) -> Iterator[Refusal]:
        """Yield the refusals among the statements; assignments to names are carried out."""
        for statement in statements:
            if isinstance(statement, ast.If):
                try:
                    chosen = statement.body if self.evaluate(statement.test) else statement.orelse
                except UnknownError:
                    self._forget(statement)
                    continue
                yield from self.find_refusals(chosen, (*tests, statement.test))
            elif isinstance(statement, ast.Raise):
                yield self._refuse(statement.exc, tests)
                return
            elif isinstance(statement, ast.Assert):
                if self._is_false(statement.test):
                    yield self._refuse(statement.msg, (*tests, statement.test))
            else:
                self._assign(statement)

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
        attributes = dict.fromkeys(node.attr for node in nodes if isinstance(node, ast.Attribute))
        text = message.args[0] if isinstance(message, ast.Call) and message.args else message
        return Refusal(" ".join(self._write(text).replace("`", "").split()), tuple(attributes))

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


def _call(reader: Reader, node: ast.Call) -> Any:
    arguments = [reader.evaluate(one) for one in node.args]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return reader.evaluate(node.func.value).get(*arguments)
    name = ast.unparse(node.func)
    return _FUNCTIONS[name](*arguments) if arguments else reader.calls[name]


_EVALUATED: Mapping[type[ast.expr], Callable[[Reader, Any], Any]] = {
    ast.Constant: lambda _, node: node.value,
    ast.Name: lambda reader, node: reader.names[node.id],
    ast.Attribute: lambda reader, node: reader.evaluate(node.value)[node.attr],
    ast.List: lambda reader, node: [reader.evaluate(one) for one in node.elts],
    ast.Tuple: lambda reader, node: [reader.evaluate(one) for one in node.elts],
    ast.Subscript: lambda reader, node: reader.evaluate(node.value)[reader.evaluate(node.slice)],
    ast.UnaryOp: _operate,
    ast.BinOp: _operate,
    ast.BoolOp: _evaluate_chain,
    ast.Compare: _compare,
    ast.Call: _call,
}
