"""A job from its order to its end: where it starts, on which device, over which resident base, and what is made of it."""
