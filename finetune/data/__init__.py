"""Clips on their way to tensors: drawn, sealed, cut into windows, read, hashed, encoded once and kept."""
