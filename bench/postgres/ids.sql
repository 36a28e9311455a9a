SELECT array_agg(id_of(n)) AS ids,
    array_agg(decode(lpad(to_hex(n), 8, '0') || lpad(to_hex(salt), 8, '0') || repeat('5a', 388) || lpad(to_hex(salt), 8, '0'), 'hex')) AS records,
    array_agg(''::bytea) AS marks,
    array_agg(decode(lpad(to_hex(salt), 32, '0'), 'hex')) AS tags,
    array_agg(decode(lpad(to_hex(1000000000 + salt), 12, '0') || '00000000000000000000', 'hex')) AS events,
    array_agg(''::text) AS tenants,
    array_agg(decode(repeat('5a', 110), 'hex')) AS trail,
    array_agg(salt % 16) AS shards
    FROM (SELECT 1 + (random() * (:among - 1))::bigint AS n, (random() * 1e9)::bigint AS salt
    FROM generate_series(1, :batch) ORDER BY 1) drawn \gset
