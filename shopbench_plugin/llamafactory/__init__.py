"""LlamaFactory integration: templates, and helpers for its recipes.

Nothing is imported here, because `import_hook` in this package runs at the start of every Python process.
"""
