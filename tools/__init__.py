"""Small commands around the suite. They run in ASV's environment, not in the environments that ASV measures."""
