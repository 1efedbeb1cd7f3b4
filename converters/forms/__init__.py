"""The forms that training rows come in: one module a form, found by `registry`."""
