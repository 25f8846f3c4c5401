"""ASV's result files: read, joined and made into series."""
