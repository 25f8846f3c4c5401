"""One module or package for each backend, imported to build its programs. Backends never import each other."""
