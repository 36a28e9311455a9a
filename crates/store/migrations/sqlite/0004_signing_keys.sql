-- The keys that receipts are signed with. A row stays for good: receipts of a key that was replaced still verify.
CREATE TABLE signing_keys (
    -- The thumbprint of the public key (RFC 7638); its text is the `kid` of tokens.
    id         BLOB    NOT NULL PRIMARY KEY,
    algorithm  TEXT    NOT NULL,
    -- The public key as a JWK (RFC 7517).
    public     TEXT    NOT NULL,
    -- The private key, sealed.
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    -- From when on another key signs, once one is there.
    retired_at INTEGER
) STRICT, WITHOUT ROWID;
