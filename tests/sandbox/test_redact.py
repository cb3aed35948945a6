from sandbox.redact import redact_headers


def test_credentials_are_replaced_and_the_rest_stays() -> None:
    headers = [
        ("Authorization", "Bearer secret"),
        ("Accept", "application/json"),
        ("X-API-Key", "k"),
        ("Set-Cookie", "s=1"),
    ]
    assert redact_headers(headers) == [
        ("Authorization", "***"),
        ("Accept", "application/json"),
        ("X-API-Key", "***"),
        ("Set-Cookie", "***"),
    ]
