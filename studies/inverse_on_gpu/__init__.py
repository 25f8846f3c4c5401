"""Is the inverse by halves or by triangular solves faster on a GPU? (docs/decisions/inverse-on-a-gpu.md)."""
