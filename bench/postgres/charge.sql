BEGIN;
SELECT id, version, writer, record FROM accounts WHERE id = ANY (:ids::bytea[]) ORDER BY id FOR UPDATE;
UPDATE accounts SET record = new.record, version = version + 1, writer = substr(new.record, 1, 16)
    FROM unnest(:ids::bytea[], :records::bytea[]) new (id, record) WHERE accounts.id = new.id;
COMMIT;
