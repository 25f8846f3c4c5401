"""What did each release of JAX, autograd and NumPy do to the gradients? A generated history with a commit a release."""
