"""The tracks: each a file here and a name in MODULES."""

from __future__ import annotations

from sandbox.testbench.script import Track
from sandbox.testbench.tracks import (
    fhir_basics,
    ips_content,
    ips_server,
    mhd_consumer,
    mhd_generate,
    mhd_peers,
    mhd_recipient,
    mhd_responder,
    mhd_simplified,
    mhd_source,
    pdqm_supplier,
    svcm_repository,
    terminology_readiness,
)

MODULES = (
    fhir_basics, ips_content, ips_server, mhd_source, mhd_recipient, mhd_simplified, mhd_generate, mhd_responder,
    mhd_consumer, mhd_peers, pdqm_supplier, svcm_repository, terminology_readiness,
)  # fmt: skip
TRACKS: dict[str, Track] = {module.TRACK.id: module.TRACK for module in MODULES}
