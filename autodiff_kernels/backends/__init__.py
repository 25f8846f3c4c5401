"""One module or folder for each backend, imported when one of its programs is built; they never import each other."""
