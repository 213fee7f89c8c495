"""The training engine: files in, files out. Importing this package imports nothing else."""
