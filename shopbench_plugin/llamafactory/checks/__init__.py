"""What `shopbench check` looks for: pure checks over one record of what a recipe means, a module per subject."""
