"""The tracks: each a file here and a name in MODULES."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.errors import NotFound
from sandbox.testbench.script import Test, Track
from sandbox.testbench.tracks import (
    ddcc_generation,
    ddcc_registry,
    ddcc_repository,
    fhir_basics,
    hcert_content,
    icvp_content,
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
    pki_onboarding,
    shc_content,
    svcm_repository,
    terminology_readiness,
    trustlist_consumer,
    vhl_issuer,
    vhl_receiver,
)

MODULES = (
    fhir_basics, ips_content, ips_server, mhd_source, mhd_recipient, mhd_simplified, mhd_generate,
    mhd_responder, mhd_consumer, mhd_peers, pdqm_supplier, svcm_repository, terminology_readiness,
    hcert_content, icvp_content, shc_content, pki_onboarding, ddcc_generation, ddcc_repository,
    ddcc_registry, vhl_issuer, vhl_receiver, trustlist_consumer,
)  # fmt: skip
TRACKS: dict[str, Track] = {module.TRACK.id: module.TRACK for module in MODULES}
ACTORS: tuple[str, ...] = tuple(
    dict.fromkeys(track.actor for track in TRACKS.values() if track.actor)
)


def inputs_of(track: str) -> set[str]:
    """Returns the names of the inputs that the tests of a track take."""
    return {name for test in choose(track) for name in (*test.needs, *test.takes)}


def choose(track: str, tests: Sequence[str] = ()) -> tuple[Test, ...]:
    """Returns the tests of a track, or those named by id or number; raises NotFound for a name that
    is none.
    """
    found = TRACKS.get(track)
    if found is None:
        raise NotFound("testbench.no_track", where=track, name=track, known=", ".join(TRACKS))
    for name in tests:
        if name not in {word for test in found.tests for word in (test.id, test.number)}:
            known = ", ".join(test.number for test in found.tests)
            raise NotFound("testbench.no_test", where=name, name=name, track=track, known=known)
    return tuple(
        test for test in found.tests if not tests or test.id in tests or test.number in tests
    )
