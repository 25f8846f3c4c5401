"""The index of findings: a row for each figure in a sentence of a document."""

from studies.blocks import Block

BLOCKS = {
    "findings": Block(
        ("docs/findings/README.md",), "", "studies.findings.layout:shape", "studies.findings.layout:layout"
    )
}
