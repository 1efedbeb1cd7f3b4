"""What LlamaFactory is given: templates, and helpers around its recipes.

Nothing is imported here, because `import_hook` below this package runs at the start of every Python process.
"""
