"""How has each release of JAX, autograd and NumPy changed the gradients? The history has a commit for each."""
