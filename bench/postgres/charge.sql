BEGIN;
SELECT id, version, record FROM accounts WHERE id = ANY (:ids::bytea[]) ORDER BY id FOR UPDATE;
UPDATE accounts SET record = coalesce(w.record, accounts.record), found_by = accounts.found_by || w.marks,
    version = accounts.version + 1, writer = w.writer
    FROM unnest(:ids::bytea[], :records::bytea[], :marks::bytea[], :tags::bytea[]) AS w (id, record, marks, writer)
    WHERE accounts.id = w.id;
COMMIT;
