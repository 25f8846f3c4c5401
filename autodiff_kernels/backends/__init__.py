"""One file a backend, imported only when one of its programs is built. Backends never import each other."""
