"""What `python -m licensing` does in the world outside: the only part of the package that reads files, and the clock."""
