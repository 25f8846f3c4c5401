"""An ASV plugin that stores the provenance of every result: `"plugins": [".asv_verdict.measure.provenance_plugin"]`."""

from asv_verdict.measure.provenance import Provenance

Provenance().start()
