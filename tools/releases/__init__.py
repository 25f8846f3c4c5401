"""How has each release of JAX, autograd and NumPy changed the gradients? A generated history, one commit a release."""
