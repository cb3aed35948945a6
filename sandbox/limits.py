"""What foreign input may cost: one table, from which the code reads its numbers and
`docs/limits.md` is written.  Data only.

A step is one node of an expression, or one element that the judge looks at; a million take one to
two seconds of a core, elements up to six.  What goes over a budget is a finding of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

KILOBYTE = 1024
MEGABYTE = 1024 * KILOBYTE


@dataclass(frozen=True, slots=True)
class Limit:
    """One line: what is counted of which input, and the key of the sentence that says when it was
    too much.

    Without a key, what is beyond is cut or left out, as `measure` says.
    """

    input: str
    measure: str
    value: int
    unit: str
    error: str


LIMITS: list[Limit] = []


class _Input:
    """A kind of foreign input; each of its limits is noted in the table and returned as number."""

    def __init__(self, name: str) -> None:
        self.name = name

    def limit(self, value: int, unit: str, measure: str, *, error: str = "") -> int:
        LIMITS.append(Limit(self.name, measure, value, unit, error))
        return value


_fhir = _Input("requests to FHIR and inboxes")
REQUEST_BYTES = _fhir.limit(
    16 * MEGABYTE, "bytes", "body, decoded; `--max-body` changes it", error="server.too_large"
)
VALUES = _fhir.limit(
    800_000, "", "commas and brackets of JSON, or tags of XML", error="server.crowded"
)

_forms = _Input("requests to the API and pages")
FORM_BYTES = _forms.limit(MEGABYTE, "bytes", "body, decoded", error="server.too_large")
LIST_PAGE = _forms.limit(200, "entries", "one part of a list, whatever `limit` says")
SUBSCRIPTIONS = _forms.limit(50, "", "subscriptions of an owner", error="notices.too_many")

_documents = _Input("documents to judge (`/api/validations`, `/validate`, `/gallery`)")
JUDGED_BYTES = _documents.limit(
    5 * MEGABYTE, "bytes", "body, decoded", error="validations.too_large"
)
SAMPLE_BYTES = _documents.limit(2 * MEGABYTE, "bytes", "one sample", error="gallery.too_large")
SAMPLES = _documents.limit(100, "", "samples of a team", error="gallery.too_many")

_mediator = _Input("documents to the mediator and its certificate services")
MEDIATOR_BYTES = _mediator.limit(5 * MEGABYTE, "bytes", "body, decoded", error="server.too_large")

_vhl = _Input("documents to `/v2`")
VHL_BYTES = _vhl.limit(10 * MEGABYTE, "bytes", "body, decoded", error="server.too_large")

_manifests = _Input("requests for the manifest of a health link")
MANIFEST_BYTES = _manifests.limit(64 * KILOBYTE, "bytes", "body, decoded", error="server.too_large")

_gateway = _Input("certificates sent to the gateway")
GATEWAY_BYTES = _gateway.limit(128 * KILOBYTE, "bytes", "body, decoded", error="server.too_large")
CMS_BYTES = _gateway.limit(64 * KILOBYTE, "bytes", "CMS message")

_trust_lists = _Input("trust lists to judge (`/trust/list`)")
TRUST_LIST_BYTES = _trust_lists.limit(
    8 * MEGABYTE, "bytes", "body, decoded", error="server.too_large"
)

_requests = _Input("requests")
CODINGS = _requests.limit(
    1, "", "content codings, one within another (RFC 9110 8.4)", error="web.nested_coding"
)

_texts = _Input("JSON and XML")
JSON_DEPTH = _texts.limit(
    100, "", "objects, lists or elements within each other", error="server.too_deep"
)
POSITION_DEPTH = _texts.limit(200, "", "depth to which lines are told; beyond, a finding has none")

_searches = _Input("searches")
SEARCH_VALUES = _searches.limit(
    10_000, "", "values of one parameter, separated by commas", error="server.crowded"
)
IN_CODES = _searches.limit(10_000, "", "codes of the value set of `:in`", error="server.crowded")
PAGE_ENTRIES = _searches.limit(500, "", "entries of a page (`_count`); more is brought down to it")
SEARCH_SECONDS = _searches.limit(10, "s", "time in the database", error="store.too_costly")

_bundles = _Input("batches and transactions")
BUNDLE_ENTRIES = _bundles.limit(5_000, "", "entries", error="server.too_many_entries")

_judged = _Input("documents that are judged")
DOCUMENT_STEPS = _judged.limit(
    10_000_000,
    "",
    "steps in all; R4's Bundle of data elements needs 4,250,000",
    error="validation.not_finished",
)

_expressions = _Input("FHIRPath expressions")
EVALUATION_STEPS = _expressions.limit(
    1_000_000, "", "steps of one expression on one node", error="fhirpath.over_budget"
)
PATCH_STEPS = _expressions.limit(
    200_000, "", "steps of one path of a FHIRPath Patch", error="fhirpath.over_budget"
)
EXPRESSION_CHARACTERS = _expressions.limit(
    20_000, "characters", "length", error="fhirpath.too_long"
)
EXPRESSION_DEPTH = _expressions.limit(
    50,
    "",
    "brackets, arguments and signs within each other; R4's own invariants need 9",
    error="fhirpath.too_deep",
)
TEXT_CHARACTERS = _expressions.limit(
    1_000_000, "characters", "longest text that one puts together", error="fhirpath.text_too_long"
)
NUMBER_DIGITS = _expressions.limit(
    40, "", "digits of a number, or before the point of one that is cut to an integer"
)
INTEGER_BITS = _expressions.limit(
    64, "bits", "size of an integer; beyond it the result is empty (FHIRPath 2.0.0 #math)"
)

_patterns = _Input("regular expressions")
PATTERN_CHARACTERS = _patterns.limit(1_000, "characters", "length")
PATTERN_BYTES = _patterns.limit(8 * MEGABYTE, "bytes", "memory of a compiled one")

_units = _Input("UCUM units")
UNIT_CHARACTERS = _units.limit(120, "characters", "length")
UNIT_EXPONENT = _units.limit(99, "", "largest power; beyond it nothing is measured")
UNIT_DEPTH = _units.limit(8, "", "brackets within each other")

_jobs = _Input("all that a worker judges or decodes")
JUDGING_CPU_SECONDS = _jobs.limit(
    30, "s", "time of one core for one job", error="workers.not_finished"
)
JUDGING_SECONDS = _jobs.limit(60, "s", "time of one job in all", error="workers.not_finished")
QUEUE_SECONDS = _jobs.limit(10, "s", "wait for a free worker, save by runs", error="workers.busy")
WORKER_BYTES = _jobs.limit(
    1024 * MEGABYTE, "bytes", "memory of a worker", error="workers.not_finished"
)
WORKER_RESTING_BYTES = _jobs.limit(
    160 * MEGABYTE,
    "bytes",
    "memory that a worker may keep; one with more is replaced after its job",
)

_decoding = _Input("pictures and certificates")
DECODING_CPU_SECONDS = _decoding.limit(
    10, "s", "time of one core for one job", error="workers.not_finished"
)
DECODING_SECONDS = _decoding.limit(30, "s", "time of one job in all", error="workers.not_finished")

_answers = _Input("answers of systems under test")
ANSWER_BYTES = _answers.limit(
    16 * MEGABYTE, "bytes", "body, before and after decoding", error="testbench.unreachable"
)
ANSWER_CODINGS = _answers.limit(1, "", "nested content codings", error="testbench.unreachable")
ANSWER_SILENCE_SECONDS = _answers.limit(
    30, "s", "silence: connection, or between two parts", error="testbench.unreachable"
)
ANSWER_SECONDS = _answers.limit(
    60, "s", "one exchange in all, redirects included", error="testbench.unreachable"
)
ANSWER_HOPS = _answers.limit(5, "", "redirects that are followed", error="testbench.unreachable")
TEST_EXCHANGES = _answers.limit(2_000, "", "exchanges of one test", error="testbench.our_fault")
SETTLE_SECONDS = _answers.limit(
    1, "s", "wait before searches are asked again, doubled each time", error="testbench.asked_again"
)
SETTLE_TIMES = _answers.limit(2, "", "times of asking again", error="testbench.asked_again")
SETTLE_TESTS = _answers.limit(
    3, "", "tests of a run that wait in vain; those behind do not", error="testbench.asked_again"
)
TEST_STARTS = _answers.limit(
    2, "", "times that a test begins when the server stops within it", error="testbench.cut_off"
)

_nodes = _Input("answers of nodes to the regional node")
NODE_BYTES = _nodes.limit(16 * MEGABYTE, "bytes", "body, decoded", error="lacpass.node_too_long")
NODE_PAGES = _nodes.limit(20, "pages", "of one search", error="lacpass.node_cut")

_pictures = _Input("pictures of codes")
PICTURE_BYTES = _pictures.limit(
    20 * MEGABYTE, "bytes", "file", error="certificates.picture_too_large"
)
PICTURE_PIXELS = _pictures.limit(
    40_000_000, "pixels", "width times height", error="certificates.picture_too_large"
)
PICTURE_SIDE = _pictures.limit(
    20_000, "pixels", "width or height", error="certificates.picture_too_large"
)

_hcert = _Input("certificates (HCERT)")
HCERT_CHARACTERS = _hcert.limit(64 * KILOBYTE, "characters", "text", error="certificates.too_long")
HCERT_BYTES = _hcert.limit(MEGABYTE, "bytes", "inflated", error="certificates.too_large")
CBOR_DEPTH = _hcert.limit(24, "", "CBOR within CBOR", error="certificates.not_cbor")

_shc = _Input("SMART Health Cards")
SHC_CHARACTERS = _shc.limit(512 * KILOBYTE, "characters", "text", error="certificates.too_long")
SHC_BYTES = _shc.limit(5 * MEGABYTE, "bytes", "inflated", error="certificates.too_large")

_border = _Input("VDS-NC and DIVOC")
BORDER_CHARACTERS = _border.limit(512 * KILOBYTE, "characters", "text", error="certificates.no_vds")
BORDER_BYTES = _border.limit(MEGABYTE, "bytes", "unzipped", error="certificates.no_zip")

_rules = _Input("certificate rules (CertLogic)")
RULE_DEPTH = _rules.limit(50, "", "operations within each other")

_links = _Input("health links")
LINK_CHARACTERS = _links.limit(64 * KILOBYTE, "characters", "text", error="certificates.too_long")
LINK_FILE_BYTES = _links.limit(
    32 * MEGABYTE, "bytes", "a file, decrypted and inflated", error="certificates.too_large"
)
LINK_FORM_BYTES = _links.limit(
    8 * MEGABYTE, "bytes", "a document that is pasted to be shared", error="server.too_large"
)
LINK_FILES = _links.limit(50, "", "files of one", error="sharing.no_files")
PASSCODE_CHARACTERS = _links.limit(100, "characters", "passcode")

_packages = _Input("FHIR packages")
PACKAGE_DOWNLOAD_BYTES = _packages.limit(256 * MEGABYTE, "bytes", "archive")
PACKAGE_FILE_BYTES = _packages.limit(64 * MEGABYTE, "bytes", "one file")
PACKAGE_FILES = _packages.limit(50_000, "", "files")
PACKAGE_BYTES = _packages.limit(2048 * MEGABYTE, "bytes", "all files, unpacked")

_terminology = _Input("answers of a terminology server")
TERMINOLOGY_BYTES = _terminology.limit(1_000_000, "bytes", "body")

_graded = _Input("notebooks to grade")
NOTEBOOK_BYTES = _graded.limit(5 * MEGABYTE, "bytes", "file", error="grade.too_large")
NOTEBOOK_CELLS = _graded.limit(2_000, "cells", "file", error="grade.too_many_cells")
ARTIFACT_BYTES = _graded.limit(128 * MEGABYTE, "bytes", "a file that one leaves behind")
GRADED_MEMORY_BYTES = _graded.limit(4096 * MEGABYTE, "bytes", "address space of a process")
GRADED_TOTAL_MEMORY_BYTES = _graded.limit(
    2048 * MEGABYTE, "bytes", "memory of all processes", error="grade.memory"
)
GRADED_PROCESSES = _graded.limit(256, "processes", "at once", error="grade.processes")
GRADED_CPU_SECONDS = _graded.limit(900, "seconds", "of processors in all", error="grade.cpu")
GRADED_FOLDER_BYTES = _graded.limit(
    512 * MEGABYTE, "bytes", "all files that it writes", error="grade.disk"
)
GRADED_FILES = _graded.limit(10_000, "files", "in all", error="grade.files")
HAND_INS_OF_A_TEAM = _graded.limit(
    50, "hand-ins", "of a team for an assignment", error="desk.too_many"
)
GRADING_STARTS = _graded.limit(
    3, "", "times that a grading begins when its process ends within it", error="desk.given_up"
)
COLLECTED_NOTEBOOKS = _graded.limit(1_000, "notebooks", "in a zip", error="desk.too_many_files")
MARK_CHARACTERS = _graded.limit(
    2_000, "characters", "comment beside an exercise", error="desk.long_comment"
)
GRADED_TEMPORARY_BYTES = _graded.limit(64 * MEGABYTE, "bytes", "temporary files")
GRADED_FILE_BYTES = _graded.limit(64 * MEGABYTE, "bytes", "a file while it is written")

_people = _Input("people of an event")
LINK_DAYS = _people.limit(7, "days", "a link that lets one person in", error="people.no_code")
INVITATION_USES = _people.limit(
    500, "", "people who join by one invitation; 50 where nothing is said", error="people.no_code"
)
INVITATION_DAYS = _people.limit(
    90, "days", "an invitation; 30 where nothing is said", error="people.no_code"
)
REGISTRATIONS_WAITING = _people.limit(
    200, "", "institutions that wait for a facilitator", error="floor.registrations_full"
)
REGISTRATION_WORDS = _people.limit(
    1000, "characters", "words of a registration, or of its refusal", error="people.too_long"
)
SESSION_DAYS = _people.limit(30, "days", "a session in all", error="people.unknown")
# a link lets in once: who was away for a weekend should not have to ask for another
SESSION_IDLE_HOURS = _people.limit(72, "hours", "a session nobody uses", error="people.unknown")
SEEN_MINUTES = _people.limit(60, "minutes", "exactness of when a session was used last")

_evidence = _Input("evidence to verify")
EVIDENCE_BYTES = _evidence.limit(
    1024 * MEGABYTE, "bytes", "all files, unpacked", error="evidence.too_large"
)

_notebooks = _Input("notebooks of runs")
NOTEBOOK_SHOWN = _notebooks.limit(8, "", "exchanges that one shows; the zip of evidence has all")

_tokens = _Input("tokens of teams")
TEAM_TOKENS = _tokens.limit(50, "", "good at the same time, of one team", error="tokens.too_many")

_guesses = _Input("wrong codes, tokens, sessions and passcodes")
GUESS_SECONDS = 60
CODE_GUESSES = _guesses.limit(
    60, "a minute", "wrong codes of links from one address", error="web.too_many_guesses"
)
CODE_GUESSES_IN_ALL = _guesses.limit(
    600, "a minute", "wrong codes of links in all", error="web.too_many_guesses"
)
CREDENTIAL_GUESSES = _guesses.limit(
    300,
    "a minute",
    "different wrong tokens or sessions from one address; the same one again counts once",
    error="web.too_many_guesses",
)
CREDENTIAL_GUESSES_IN_ALL = _guesses.limit(
    3_000, "a minute", "those for one team's space, or for the rest", error="web.too_many_guesses"
)
LINK_GUESSES = _guesses.limit(
    60,
    "a minute",
    "wrong addresses and passcodes of health links from one address",
    error="web.too_many_guesses",
)
PASSCODE_GUESSES = _guesses.limit(
    60, "a minute", "those of one link from anywhere", error="web.too_many_guesses"
)

_shares = _Input("what teams share")
RUN_STARTS = _shares.limit(
    60,
    "in ten minutes",
    "runs that a team starts; facilitators as many as they wish",
    error="testbench.too_many_runs",
)
RUN_SECONDS = 600
ACCESS_TRIES = _shares.limit(
    60, "in ten minutes", "trials of what lets in", error="access.too_many_tries"
)
WRITES = _shares.limit(
    6_000,
    "a minute",
    "requests that write to a team's space, save from this machine",
    error="web.too_many_writes",
)
WRITE_SECONDS = 60

_agents = _Input("agents of teams (`connectathon agent`)")
AGENT_POLL_SECONDS = _agents.limit(25, "s", "wait for the next request of the bench")
AGENT_WAITING = _agents.limit(100, "requests", "waiting for one agent", error="access.agent_busy")
AGENT_BYTES = _agents.limit(
    24 * MEGABYTE, "bytes", "an answer that an agent brings", error="server.too_large"
)

_systems = _Input("systems of teams")
SYSTEM_VERSION = _systems.limit(
    60, "characters", "what a team calls a version", error="testbench.bad_version"
)
ACCESS_WORD = _systems.limit(4000, "characters", "a word that lets in", error="access.too_long")
ACCESS_PEM = _systems.limit(200_000, "characters", "PEM that lets in", error="access.too_long")

_instances = _Input("test instances")
ATTACHMENT_BYTES = _instances.limit(
    10 * MEGABYTE, "bytes", "one file that is added", error="instances.too_much"
)
ATTACHMENTS = _instances.limit(50, "files and links", "of one instance", error="instances.too_much")
HANDED_IN_BYTES = _instances.limit(
    50 * MEGABYTE, "bytes", "a run that is handed in", error="instances.zip_too_large"
)
HANDED_IN_UNPACKED = _instances.limit(
    200 * MEGABYTE, "bytes", "a run that is handed in, unpacked", error="evidence.not_whole"
)
HANDED_IN_LINES = _instances.limit(
    20_000, "lines", "the log of a run that is handed in", error="instances.zip_too_large"
)
THROUGH_EXCHANGES = _instances.limit(
    500, "exchanges", "of two systems through one recording proxy", error="instances.through_full"
)
INSTANCE_WORDS = _instances.limit(2000, "characters", "comment or message", error="people.too_long")

_credentials = _Input("verifiable credentials")
CREDENTIAL_CHARACTERS = _credentials.limit(
    512 * KILOBYTE, "characters", "credential or presentation", error="credentials.too_long"
)
CREDENTIAL_DISCLOSURES = _credentials.limit(
    500, "", "disclosures of an SD-JWT", error="credentials.bad_disclosure"
)
CREDENTIAL_NODES = _credentials.limit(
    5_000, "", "objects and values of one that RDF is made of", error="credentials.not_canonical"
)
CREDENTIAL_TRIES = _credentials.limit(
    1_000, "", "tries to tell nodes without a name apart", error="credentials.not_canonical"
)
CREDENTIAL_PROOFS = _credentials.limit(20, "", "proofs of one", error="credentials.bad_proof")
WALLET_CREDENTIALS = _credentials.limit(500, "", "credentials of one wallet", error="wallet.full")
MAILBOX_LETTERS = _credentials.limit(200, "", "letters for one", error="lacchain.mailbox_full")
PRESENTED_CREDENTIALS = _credentials.limit(20, "", "shown at once", error="credentials.too_many")
STATUS_LIST_BYTES = _credentials.limit(
    4 * MEGABYTE, "bytes", "a status list, inflated", error="credentials.bad_list"
)
