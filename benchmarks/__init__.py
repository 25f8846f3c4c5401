"""The ASV suite: which cells are measured, by which clock. The models and their checks are in autodiff_kernels."""
