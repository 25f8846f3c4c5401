"""Running ASV on several commits, interleaved."""
