-- Fills the tables of the PostgreSQL store with as many accounts as :accounts says, and two events for each: for
-- measure.sh. What is sealed does not compress, so neither does what stands for it here.
CREATE FUNCTION id_of(n bigint) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT decode(md5(n::text), 'hex') $$;
CREATE FUNCTION noise(n bigint, parts int) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT string_agg(sha256((n::text || '/' || part::text)::bytea), ''::bytea) FROM generate_series(1, parts) part $$;

INSERT INTO accounts (id, tenant, found_by, record, version, writer)
    SELECT id_of(n), '', substr(noise(-n, 1), 1, 10), substr(noise(n, 13), 1, 400), 1, substr(noise(-n, 1), 1, 16)
    FROM generate_series(1, :accounts) n;
INSERT INTO names SELECT substr(noise(-n, 1), 1, 16), id_of(n) FROM generate_series(1, :accounts) n;
INSERT INTO mobiles SELECT substr(noise(-n, 1), 17, 16), id_of(n) FROM generate_series(1, :accounts) n;
-- The events' ids grow with time, and their accounts are scattered.
INSERT INTO events (account_id, id, tenant, record, shard)
    SELECT id_of(1 + (n::bigint * 7919) % :accounts), decode(lpad(to_hex(n), 12, '0') || '00000000000000000000', 'hex'),
        '', substr(noise(n, 4), 1, 110), n % 16
    FROM generate_series(1, 2 * :accounts) n;
VACUUM ANALYZE;
