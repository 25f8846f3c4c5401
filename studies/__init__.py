"""Studies: a folder for each published figure or decision, with the command that measures it and its blocks.

`python -m studies.NAME` measures; `--write` stores the data and updates the pages. `python -m studies.documents`
renders the pages from the stored data.
"""
