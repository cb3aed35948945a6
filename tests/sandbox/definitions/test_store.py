"""The store of definitions and the compiled packages that it is made of."""

import json
import lzma
from pathlib import Path

from sandbox.definitions.build import compile_package
from sandbox.definitions.compiled import BLOCK_BYTES, Manifest, compiled_bytes, read_compiled
from sandbox.definitions.store import CORE, CORE_PACKAGES, Definitions, core_definitions
from sandbox.definitions.types import TypeCatalogue
from sandbox.fhir.json import Json

IPS = "http://hl7.org/fhir/uv/ips/StructureDefinition/Patient-uv-ips"


def test_the_committed_core_knows_r4_and_ips_and_is_small() -> None:
    core = core_definitions()
    assert core.type_definition("Patient") is not None
    assert core.structure(IPS) is not None
    assert core.structure(f"{IPS}|2.0.0") == core.structure(f"{IPS}|2.0") == core.structure(IPS)
    older = core.structure(f"{IPS}|1.1.0")
    assert older is not None
    assert older["version"] == "1.1.0"
    assert core.value_set("http://hl7.org/fhir/ValueSet/administrative-gender") is not None
    assert sum(file.stat().st_size for file in CORE.iterdir()) < 2_000_000


def test_a_compiled_package_names_its_source_and_writes_the_same_bytes_again() -> None:
    for package in CORE_PACKAGES:
        content = read_compiled(CORE / f"{package}.json.xz")
        assert str(content.manifest) == package
        assert content.manifest.integrity.startswith("sha512-")
        again = compiled_bytes(
            content.manifest, [definition.content for definition in content.definitions]
        )
        assert again == (CORE / f"{package}.json.xz").read_bytes()


def test_compiled_definitions_hold_no_prose() -> None:
    core = core_definitions()
    for _, definition in core.types():
        for element in definition["element"]:
            assert not {"definition", "comment", "requirements", "short", "mapping"} & set(element)


def test_two_versions_of_one_canonical_stand_side_by_side() -> None:
    url = "http://example.org/StructureDefinition/x"
    versions = [
        {
            "resourceType": "StructureDefinition",
            "url": url,
            "version": version,
            "derivation": "constraint",
            "type": "Patient",
        }
        for version in ("2.0.0", "1.1.0")
    ]
    store = Definitions(compile_package(versions))
    assert [store.structure(f"{url}|{version}")["version"] for version in ("1.1.0", "2.0.0")] == [
        "1.1.0",
        "2.0.0",
    ]  # type: ignore[index]  # both are there
    assert store.structure(url)["version"] == "2.0.0"  # type: ignore[index]  # it is there


def test_types_know_their_members_and_ancestors() -> None:
    types = TypeCatalogue(core_definitions())
    assert types.is_a("Age", "Quantity")
    assert types.is_a("Patient.contact", "BackboneElement")
    assert types.is_a("code", "string")
    assert not types.is_a("string", "code")
    assert [entry.key for entry in types.members("Patient")["deceased"]] == [
        "deceasedBoolean",
        "deceasedDateTime",
    ]
    (nested,) = types.members("Questionnaire.item")["item"]
    assert nested.type == "Questionnaire.item"
    assert types.members("Nothing") == {}


def test_a_compiled_package_is_one_text_and_unpacks_only_what_is_asked_for(tmp_path: Path) -> None:
    kept = compile_package(a_code_system(name) for name in ("a", "b", "c"))
    file = tmp_path / "example#1.0.0.json.xz"
    file.write_bytes(compiled_bytes(Manifest("example", "1.0.0"), kept))
    first, *lines = lzma.decompress(file.read_bytes()).splitlines()
    assert json.loads(first)["index"] == [["CodeSystem", one["url"], "", ""] for one in kept]
    assert [json.loads(line) for line in lines] == kept
    a, b, c = read_compiled(file).definitions
    assert c.content == kept[2]
    assert a.content == kept[0]
    assert b.block is not c.block
    assert not b.block.is_open


def test_a_package_that_an_earlier_release_compiled_is_read(tmp_path: Path) -> None:
    (kept,) = compile_package([a_code_system("a")])
    head = {"name": "example", "version": "1.0.0", "integrity": ""}
    for number, lines in enumerate(
        [
            [head | {"index": [["CodeSystem", kept["url"], "", ""]]}, kept],
            [head | {"resources": [kept]}],
        ]
    ):
        file = tmp_path / f"example#1.0.{number}.json.xz"
        file.write_bytes(lzma.compress(b"\n".join(json.dumps(line).encode() for line in lines)))
        (definition,) = read_compiled(file).definitions
        assert definition.content == kept


def a_code_system(name: str) -> Json:
    """Returns a code system that fills a block of its own."""
    return {
        "resourceType": "CodeSystem",
        "url": f"http://example.org/{name}",
        "concept": [{"code": name * BLOCK_BYTES}],
    }
