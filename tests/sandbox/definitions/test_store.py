from sandbox.definitions.build import compile_package
from sandbox.definitions.compiled import compiled_bytes, read_compiled
from sandbox.definitions.store import CORE, CORE_PACKAGES, Definitions, core_definitions
from sandbox.definitions.types import TypeCatalogue

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
        again = compiled_bytes(content.manifest, [definition.content for definition in content.definitions])
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
    assert [store.structure(f"{url}|{version}")["version"] for version in ("1.1.0", "2.0.0")] == ["1.1.0", "2.0.0"]  # type: ignore[index]  # both are there
    assert store.structure(url)["version"] == "2.0.0"  # type: ignore[index]  # it is there


def test_types_know_their_members_and_ancestors() -> None:
    types = TypeCatalogue(core_definitions())
    assert types.is_a("Age", "Quantity")
    assert types.is_a("Patient.contact", "BackboneElement")
    assert types.is_a("code", "string")
    assert not types.is_a("string", "code")
    assert [entry.key for entry in types.members("Patient")["deceased"]] == ["deceasedBoolean", "deceasedDateTime"]
    (nested,) = types.members("Questionnaire.item")["item"]
    assert nested.type == "Questionnaire.item"
    assert types.members("Nothing") == {}
