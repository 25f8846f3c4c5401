"""The ASV suite: which cells are measured, by which clock. The models and their checks are in autodiff_kernels."""

import os

# JAX reads this when it is imported. A program that somebody's disk remembers would be no compile time.
os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
# Likewise: a GPU whose memory is taken in advance tells nothing of what a program needs.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
