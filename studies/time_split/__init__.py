"""The share of a night that goes into timed samples and warm-up."""
