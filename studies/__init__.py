"""Studies: a folder for each published figure or decision, with the command that measures it and its blocks.

`python -m studies.NAME` measures. If the study has a block, `--write` stores its data and updates the pages.
`python -m studies.documents` renders the pages from the stored data.
"""
