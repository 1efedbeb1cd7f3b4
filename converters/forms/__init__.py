"""The forms of training rows: one module per form, found by `registry`."""
