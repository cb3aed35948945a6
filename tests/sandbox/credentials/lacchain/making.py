"""What a ministry sends on LACChain, for tests."""

from __future__ import annotations

import base64
import json
from typing import Any

from sandbox.testbench.submissions import changed

CORE = {
    "resourceType": "DDCCCoreDataSet",
    "name": "Rosa Fuenzalida",
    "birthDate": "1958-03-07",
    "sex": "female",
    "identifier": "3006-1",
    "certificate": {
        "hcid": {"value": "URN:UVCI:CL:1"},
        "version": "RC2",
        "issuer": {"identifier": {"value": "MINSAL"}},
        "period": {"start": "2023-06-01", "end": "2033-06-01"},
    },
    "vaccination": {
        "country": {"code": "CHL"},
        "vaccine": {"code": "XM68M6"},
        "brand": {"code": "XM4YL8"},
        "lot": "A1",
        "date": "2023-05-20",
        "dose": 1,
    },
}  # fmt: skip
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def bundle(core: Any = None, **other: Any) -> dict[str, Any]:
    """Returns a Bundle with a document reference, members of which may be other ones."""
    data = base64.b64encode(json.dumps(CORE if core is None else core).encode()).decode()
    reference = {
        "resourceType": "DocumentReference",
        "description": "Vaccination of Rosa Fuenzalida",
        "content": [
            {"attachment": {"contentType": "image/png", "data": PICTURE}},
            {"attachment": {"contentType": "application/json", "data": data}},
        ],
        **other,
    }
    return {"resourceType": "Bundle", "type": "document", "entry": [{"resource": reference}]}


def core(path: str, *value: Any) -> dict[str, Any]:
    """Returns the core data set with a value changed, or without it."""
    return dict(changed(CORE, path, *value))
