"""The checks of `shopbench check`: pure functions over one record of what a recipe refers to, one module per topic."""
