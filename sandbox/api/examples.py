"""Examples of what the API takes, by operation: made-up systems and people, true to the types."""

from __future__ import annotations

from typing import Any

_PATIENT = {"n": "Rosa Fuenzalida", "dob": "1958-03-07"}
_DOSE = {"vp": "YellowFeverProductd2c75a15", "dt": "2025-11-03", "bo": "A1"}
_KNOWN_FAILURE = {"kind": "known", "whose": "ours", "what": "rcp.replace"}
EXAMPLES: dict[str, dict[str, Any]] = {
    "api.register_system": {
        "name": "ours",
        "base": "https://fhir.example.org/r4",
        "actors": ["mhd.recipient"],
    },
    "api.seal_access": {"fields": {"bearer": "a-token-of-your-system"}},
    "api.fetch_asked": {"at": "http://127.0.0.1:8410"},
    "api.bring_answer": {
        "status": 200,
        "headers": [["Content-Type", "application/fhir+json"]],
        "body": "eyJyZXNvdXJjZVR5cGUiOiJCdW5kbGUifQ==",
    },
    "api.bring_submission": {
        "at": "http://127.0.0.1:8410",
        "inbox": "k3m9.x7qd2v",
        "method": "POST",
        "headers": [["Content-Type", "application/fhir+json"]],
        "body": "eyJyZXNvdXJjZVR5cGUiOiJCdW5kbGUifQ==",
    },
    "api.subscribe": {
        "carrier": "webhook",
        "target": "https://hooks.example.org/connectathon",
        "topics": ["run", "review"],
        "narrowed": {"track": "mhd"},
        "whose": "team",
    },
    "api.send_again": {},
    "api.announce": {
        "texts": {"en": "The network is back.", "es": "Volvió la red.", "pt": "A rede voltou."}
    },
    "api.start_run": {"track": "mhd.recipient", "system": "ours", "tests": ["RCP-01"]},
    "api.run_again": {"failed": True},
    "api.start_batch": {"system": "ours", "tracks": ["fhir.basics", "mhd.recipient"]},
    "api.review": {"decision": "verified", "comment": "Seen with the team."},
    "api.make_plan": {"id": "lac-2027", "template": "lac-2026", "first": "2027-11-08", "days": 3},
    "api.change_plan": {
        "id": "lac-2027",
        "title": {"en": "Connectathon of 2027", "es": "Conectatón de 2027"},
        "zone": "America/Bogota",
        "first": "2027-11-08",
        "last": "2027-11-10",
        "languages": ["en", "es"],
        "tracks": [{"id": "1", "title": {"en": "Documents", "es": "Documentos"}}],
        "tests": [
            {
                "id": "1.1",
                "track": "1",
                "proof": "automatic",
                "title": {"en": "Take a document", "es": "Recibir un documento"},
                "summary": {
                    "en": "Your server takes a document and gives it back as it came.",
                    "es": "Tu servidor recibe un documento y lo devuelve como llegó.",
                },
                "roles": [
                    {
                        "name": "recipient",
                        "actor": "document-recipient",
                        "title": {"en": "Who takes it", "es": "Quien lo recibe"},
                        "bench": ["mhd.recipient"],
                    }
                ],
            }
        ],
    },
    "api.start_instance": {
        "event": "lac-2026",
        "test": "1.3",
        "system": "ours",
        "partner": "theirs",
    },
    "api.take_instance": {
        "event": "lac-2026",
        "track": "",
        "test": "",
        "country": "",
        "mine": True,
    },
    "api.invite_partner": {"role": "recipient", "system": "theirs"},
    "api.run_instance": {"role": "recipient"},
    "api.open_through": {"asking": "ours", "answering": "theirs"},
    "api.attach": {"name": "Screen of the viewer", "url": "https://example.org/screen.png"},
    "api.overrule": {
        "run": "cwq8s5srh4cx",
        "test": "RCP-20",
        "verdict": "pass",
        "reason": "The document was replaced; the answer came late.",
        "clause": "MHD 3:4.65.4.1.2.3",
    },
    "api.move_instance": {
        "words": "Both sides are ready.",
        "role": "recipient",
        "decision": "",
        "ticked": [],
    },
    "api.assign_monitor": {"name": "Mario", "tracks": ["mhd"], "countries": ["PE"]},
    "api.adopt_checks": {"tests": ["1.3"]},
    "api.event_late": {"is_late": True},
    "api.assign": {
        "lesson": "01_fhir",
        "due": "2026-12-01T18:00",
        "late": "percent",
        "percent": 10,
    },
    "api.mark_exercise": {"exercise": "0.2", "points": 0.5, "comment": "Nearly."},
    "api.enter": {"code": "the-last-part-of-the-link"},
    "api.add_person": {"name": "Ana", "role": "participant", "team": "Chile", "country": "CL"},
    "api.make_contact": {"contact": True},
    "api.invite": {"team": "Chile", "uses": 5, "days": 7},
    "api.make_token": {"name": "nightly tests", "scope": "read"},
    "api.give_space": {"team": "Chile"},
    "api.allow": {
        **_KNOWN_FAILURE,
        "reason": "The vendor repairs it by then.",
        "until": "2026-12-01",
    },
    "api.end_allowance": _KNOWN_FAILURE,
    "api.make_link": {"content": {"resourceType": "Bundle", "type": "document"}, "label": "IPS"},
    "api.withdraw_link": {"secret": "the-secret-that-was-told-once"},
    "api.make_offer": {"country": "PE", "content": {**_PATIENT, "v": _DOSE}, "days": 30},
    "api.make_request": {
        "query": {
            "credentials": [
                {
                    "id": "dose",
                    "format": "dc+sd-jwt",
                    "meta": {"vct_values": ["urn:connectathon:vaccination:1"]},
                }
            ]
        }
    },
    "api.make_cards": {"content": {**_PATIENT, "v": _DOSE}},
}
