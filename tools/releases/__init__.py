"""Measure how releases of JAX, autograd and NumPy change the cost of gradients: a Git history has a commit for each."""
