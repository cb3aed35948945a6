-- What passes between issuers, wallets and verifiers: offers, tokens, nonces, requests. Each is known by the hash of its secret, and is over at a time.
CREATE TABLE wallet_item (
    kind     TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    body     TEXT    NOT NULL,
    expires  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    PRIMARY KEY (kind, id)
);
CREATE INDEX wallet_item_expires ON wallet_item (expires)
