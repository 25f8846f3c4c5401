"""Measure how releases of JAX, autograd and NumPy change the cost of gradients, with one Git commit per release."""
