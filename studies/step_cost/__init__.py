"""What one step of a loop costs: in each backend and mode, and in C."""
