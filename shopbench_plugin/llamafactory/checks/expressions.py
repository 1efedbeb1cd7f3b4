"""The values of expressions in LlamaFactory's source, of the few kinds that its checks of settings consist of.

Any other expression, and one that depends on an unknown name, is unknown.
"""

import ast
import operator
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class UnknownError(Exception):
    """The value of an expression is not known."""


class PartlyKnown(dict[str, Any]):
    """An object that has further attributes, whose values are not known."""


def _get_attribute(owner: dict[str, Any], name: str, *default: Any) -> Any:
    if name not in owner and isinstance(owner, PartlyKnown):
        raise UnknownError
    return owner.get(name, *default)


def is_enabled(variable: str) -> bool:
    """Return whether an environment variable is on, as LlamaFactory's `is_env_enabled` does."""
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
    "is_env_enabled": is_enabled,
    "split_arg": lambda value: value,
}
_TYPES: Mapping[str, type] = {"dict": dict, "int": int, "list": list, "str": str}


@dataclass(slots=True)
class Scope:
    """What is known where an expression is evaluated.

    Attributes:
        names: values of names; an object is a dictionary of its attributes.
        calls: what functions without arguments return.
    """

    names: dict[str, Any]
    calls: Mapping[str, Any] = field(default_factory=dict)

    def evaluate(self, node: ast.expr) -> Any:
        """Return an expression's value.

        Raises:
            UnknownError: it is not known.
        """
        try:
            return _EVALUATED[type(node)](self, node)
        except (TypeError, ValueError, ArithmeticError, KeyError, IndexError, AttributeError) as error:
            raise UnknownError from error


def _compare(scope: Scope, node: ast.Compare) -> Any:
    [comparison], [right] = node.ops, node.comparators
    return _COMPARISONS[type(comparison)](scope.evaluate(node.left), scope.evaluate(right))


def _operate(scope: Scope, node: ast.UnaryOp | ast.BinOp) -> Any:
    sides = [node.operand] if isinstance(node, ast.UnaryOp) else [node.left, node.right]
    return _OPERATIONS[type(node.op)](*map(scope.evaluate, sides))


def _evaluate_chain(scope: Scope, node: ast.BoolOp) -> Any:
    """Evaluate `and` and `or`; an unknown part doesn't matter if another one decides."""
    is_or, is_unknown, value = isinstance(node.op, ast.Or), False, None
    for one in node.values:
        try:
            value = scope.evaluate(one)
        except UnknownError:
            is_unknown = True
            continue
        if bool(value) is is_or:
            return value
    if is_unknown:
        raise UnknownError
    return value


def _evaluate_call(scope: Scope, node: ast.Call) -> Any:
    arguments = [scope.evaluate(one) for one in node.args]
    if isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        return scope.evaluate(node.func.value).get(*arguments)
    name = ast.unparse(node.func)
    return _FUNCTIONS[name](*arguments) if arguments else scope.calls[name]


_EVALUATED: Mapping[type[ast.expr], Callable[[Scope, Any], Any]] = {
    ast.Constant: lambda _, node: node.value,
    ast.Name: lambda scope, node: scope.names[node.id] if node.id in scope.names else _TYPES[node.id],
    ast.Attribute: lambda scope, node: scope.evaluate(node.value)[node.attr],
    ast.List: lambda scope, node: [scope.evaluate(one) for one in node.elts],
    ast.Tuple: lambda scope, node: [scope.evaluate(one) for one in node.elts],
    ast.Subscript: lambda scope, node: scope.evaluate(node.value)[scope.evaluate(node.slice)],
    ast.UnaryOp: _operate,
    ast.BinOp: _operate,
    ast.BoolOp: _evaluate_chain,
    ast.Compare: _compare,
    ast.Call: _evaluate_call,
}
