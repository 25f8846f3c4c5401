"""The ASV suite: the cells and the measurement protocol. autodiff_kernels holds the models and checks their results."""

import os

# JAX reads this at import. A program from the disk cache would not be compiled, so there would be no compile time.
os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
# JAX reads this at import too. Preallocated GPU memory would hide how much memory a program needs.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
