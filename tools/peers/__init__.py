"""The gradient of one log-density by other libraries, beside ours: measured in turn, after each has agreed."""
