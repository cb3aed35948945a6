import json
import signal
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from sandbox.cli.validating import watch
from sandbox.cli.verbs import app
from tests.builders import a_patient


def run(tmp_path: Path, content: bytes, *words: str) -> tuple[int, str]:
    file = tmp_path / "x.json"
    file.write_bytes(content)
    said = CliRunner().invoke(app, ["validate", str(file), *words])
    return said.exit_code, said.output


def test_a_right_resource_ends_with_0(tmp_path: Path) -> None:
    code, said = run(tmp_path, json.dumps(a_patient()).encode())
    assert (code, said[0]) == (0, "✓")


def test_a_wrong_one_ends_with_1_and_says_what_where_and_what_to_do(tmp_path: Path) -> None:
    code, said = run(tmp_path, json.dumps(a_patient(gender="F")).encode(), "--lang", "es")
    assert code == 1
    assert "Patient.gender: Esto no está en el conjunto de valores" in said
    assert (
        "→ Elige uno de estos códigos, con su sistema exacto: male, female, other, unknown" in said
    )


def test_broken_json_is_a_finding_of_the_file(tmp_path: Path) -> None:
    code, said = run(tmp_path, b"{")
    assert code == 1
    assert "not JSON" in said


def test_xml_is_judged_like_json(tmp_path: Path) -> None:
    patient = '<Patient xmlns="http://hl7.org/fhir"><gender value="%s"/></Patient>'
    assert run(tmp_path, (patient % "female").encode())[0] == 0
    code, said = run(tmp_path, (patient % "F").encode())
    assert code == 1
    assert "Patient.gender" in said
    assert run(tmp_path, b"<Patient")[0] == 1


def test_json_and_outcome_are_machine_readable(tmp_path: Path) -> None:
    content = json.dumps(a_patient(gender="F")).encode()
    (result,) = json.loads(run(tmp_path, content, "--format", "json")[1])
    assert (result["valid"], result["findings"][0]["where"]) == (False, "Patient.gender")
    (outcome,) = json.loads(run(tmp_path, content, "--format", "outcome")[1])
    assert outcome["issue"][0]["expression"] == ["Patient.gender"]


def test_an_unknown_profile_or_an_absent_file_is_a_wrong_use(tmp_path: Path) -> None:
    assert run(tmp_path, b"{}", "--profile", "nothing")[0] == 2
    assert CliRunner().invoke(app, ["validate", str(tmp_path / "absent.json")]).exit_code == 2


def judged(*words: object, given: bytes | None = None) -> tuple[int, str]:
    said = CliRunner().invoke(app, ["validate", *map(str, words)], input=given)
    return said.exit_code, said.stdout


def written(folder: Path, **files: object) -> Path:
    for name, content in files.items():
        file = folder / name.replace("__", "/")
        file = file.with_name(file.name.replace("_", "."))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def test_a_folder_means_its_documents_at_every_depth_and_what_is_no_fhir_is_said_once(
    tmp_path: Path,
) -> None:
    right, wrong = a_patient(), a_patient(gender="F")
    written(
        tmp_path, a_json=right, deep__b_json=wrong, package_json={"name": "x"}, node_modules__c_json=wrong,
        **{".hidden__d_json": wrong}, list_xml=b"<list/>", p_xml=b'<Patient xmlns="http://hl7.org/fhir"/>',
        cut_json=b'{"resourceType": "Patient", ', e_txt=b"x",
    )  # fmt: skip
    code, said = judged(tmp_path)
    assert code == 1
    assert "4 documents: 2 valid, 2 not valid" in said
    assert "2 files are no FHIR and were not judged" in said
    assert "node_modules" not in said
    assert ".hidden" not in said


def test_each_line_of_ndjson_is_judged_and_its_place_says_the_line(tmp_path: Path) -> None:
    lines = b"\n".join(
        json.dumps(one).encode() for one in (a_patient(), a_patient(gender="F"), a_patient())
    )
    written(tmp_path, many_ndjson=lines)
    code, said = judged(tmp_path / "many.ndjson", "--format", "json")
    (row,) = json.loads(said)
    assert code == 1
    assert [
        (one["line"], one["where"]) for one in row["findings"] if one["severity"] == "error"
    ] == [(2, "Patient.gender")]


def test_standard_input_is_a_document_or_lines_of_documents() -> None:
    right, wrong = (json.dumps(one).encode() for one in (a_patient(), a_patient(gender="F")))
    assert judged("-", given=right)[0] == 0
    assert judged("-", given=wrong)[0] == 1
    (row,) = json.loads(judged("-", "--format", "json", given=right + b"\n" + wrong)[1])
    assert (row["file"], row["findings"][0]["line"]) == ("-", 2)


def test_the_level_hides_and_fail_on_decides_the_exit_code(tmp_path: Path) -> None:
    tolerated = a_patient(identifier=[{"system": "urn:oid.2.16.152", "value": "1"}])
    file = written(tmp_path, a_json=tolerated) / "a.json"
    code, said = judged(file, "--ruleset", "2025")
    assert code == 0
    assert "  ! " in said
    assert "  ! " not in judged(file, "--ruleset", "2025", "--level", "error")[1]
    assert judged(file, "--ruleset", "2025", "--fail-on", "warning")[0] == 1
    broken = written(tmp_path, b_json=a_patient(gender="F")) / "b.json"
    assert judged(broken, "--fail-on", "never")[0] == 0
    assert judged(broken, "--fail-on", "error")[0] == 1


def test_findings_that_say_the_same_are_said_once_with_their_places(tmp_path: Path) -> None:
    names = [{"use": "nickname2", "text": str(number)} for number in range(6)]
    code, said = judged(
        written(tmp_path, a_json=a_patient(name=names)) / "a.json",
        "--level",
        "error",
        "--lang",
        "es",
    )
    assert code == 1
    assert said.count("nickname2") == 1
    assert "lo mismo en 5 lugares más" in said
    assert "Patient.name[1].use" in said


def test_a_sum_counts_each_thing_in_the_right_number(tmp_path: Path) -> None:
    written(tmp_path, a_json=a_patient(), b_json=a_patient(gender="F"))
    for language, sentence in {
        "en": "2 documents: 1 valid, 1 not valid\n1 error,",
        "es": "2 documentos: 1 válido, 1 no válido\n1 error,",
        "pt": "2 documentos: 1 válido, 1 não válido\n1 erro,",
    }.items():
        assert sentence in judged(tmp_path, "--lang", language)[1]


def test_an_entry_of_a_bundle_is_judged_by_the_profile_of_its_type_and_position(
    tmp_path: Path,
) -> None:
    observation = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    entries = [
        {"fullUrl": f"urn:uuid:{number}{number:>035}", "resource": observation} for number in (1, 2)
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    file = written(tmp_path, a_json=bundle) / "a.json"
    profile = "http://hl7.org/fhir/StructureDefinition/vitalsigns"

    def places(*words: str) -> set[str]:
        (row,) = json.loads(judged(file, "--format", "json", "--level", "error", *words)[1])
        return {
            one["where"].partition(".resource")[0]
            for one in row["findings"]
            if ".resource" in one["where"]
        }

    assert places() == set()
    assert places("--bundle", f"Observation:1={profile}") == {"Bundle.entry[1]"}
    assert places("--bundle", f"Patient:0={profile}") == set()
    assert judged(file, "--bundle", "Observation")[0] == 2
    assert judged(file, "--bundle", "Observation:0=http://nobody/knows")[0] == 2


def test_a_report_goes_to_a_file_where_that_is_asked(tmp_path: Path) -> None:
    file, out = written(tmp_path, a_json=a_patient()) / "a.json", tmp_path / "out.sarif"
    assert judged(file, "--format", "sarif", "--out", out) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert judged(file, "--out", tmp_path / "no" / "folder")[0] == 2


def test_watching_judges_again_what_changes_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, a_json=a_patient(), b_json=a_patient())

    def change() -> None:
        written(tmp_path, b_json=a_patient(gender="F"), c_json=a_patient())

    looks = watch([tmp_path], wait=change)
    assert [file.name for file, _ in next(looks)] == ["a.json", "b.json"]
    assert [file.name for file, _ in next(looks)] == ["b.json", "c.json"]


def test_ctrl_c_ends_watching_with_the_verdict_that_stands(tmp_path: Path) -> None:
    file = written(tmp_path, a_json=a_patient(gender="F")) / "a.json"
    command = [sys.executable, "-m", "sandbox.cli", "validate", str(file), "--watch"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("✗")
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "Traceback" not in told


def test_watching_goes_with_text_alone(tmp_path: Path) -> None:
    assert judged(tmp_path, "--watch", "--format", "json")[0] == 2
    assert judged("-", "--watch")[0] == 2
