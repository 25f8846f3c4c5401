"""Studies: a folder for each published figure or decision, with the command that measures it and its blocks.

`python -m studies.NAME` measures. Where a study has `--write`, that stores the data and updates the pages; the tables
of the others were stored by hand. `python -m studies.documents` renders the pages from the stored data.
"""
