"""Finds the form of a record: each module of this package that defines FORM adds one."""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import converters.forms
from converters.forms.form import Form, Record
from shopbench_plugin.ecinstruct.rows import RowError

_SHOWN_KEYS = 5
_added: list[Form] = []


def register_form(form: Form) -> None:
    """Add a form that is defined elsewhere; it is tried before the package's own."""
    _added.insert(0, form)


def list_forms() -> tuple[Form, ...]:
    """Return all forms, the most recently added first."""
    return (*_added, *_load_own_forms())


def find_form(record: Record, forms: Sequence[Form]) -> Form:
    """Return the form that a record matches.

    Raises:
        RowError: it matches none of them.
    """
    for form in forms:
        if form.matches(record):
            return form
    keys = ", ".join(map(repr, [*record][:_SHOWN_KEYS]))
    names = ", ".join(sorted(form.name for form in forms))
    raise RowError(f"matches none of the forms {names}; its keys are {keys[:200] or 'none'}")


@cache
def _load_own_forms() -> tuple[Form, ...]:
    names = sorted(module.name for module in iter_modules(converters.forms.__path__))
    modules = [import_module(f"{converters.forms.__name__}.{name}") for name in names]
    return tuple(module.FORM for module in modules if hasattr(module, "FORM"))
