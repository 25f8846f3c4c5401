"""Git: the commits of the project, and the files of the results branch."""
