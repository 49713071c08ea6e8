-- Where our tables are, and whether their sequences are ahead of them. Sent unprepared, before
-- the schema is known.

-- Schemas that matter: name, whether it is the current one, whether we may use it, whether its
-- schema_migrations is ours, whether it has one at all, a table of a name of ours.
-- name: schemas
SELECT quote_ident(n.nspname), coalesce(n.nspname = current_schema(), false),
	has_schema_privilege(n.oid, 'USAGE'),
	m.oid IS NOT NULL AND (
		SELECT count(*) FROM pg_attribute a
		WHERE a.attrelid = m.oid AND NOT a.attisdropped
			AND (a.attname, format_type(a.atttypid, NULL)) IN (
				('version', 'bigint'), ('name', 'text'), ('checksum', 'text'),
				('applied_at', 'timestamp with time zone'))) = 4,
	m.oid IS NOT NULL,
	(SELECT min(c.relname) FROM pg_class c
	WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
		AND c.relname IN ('rentals', 'quotes', 'operations', 'payment_attempts', 'debts',
			'debt_journal', 'idempotency_keys', 'operation_resolutions', 'inbound_events',
			'undeposited_rentals', 'eject_inventories', 'audit_log', 'outbox',
			'outside_movements', 'notes', 'seals'))
FROM pg_namespace n
LEFT JOIN pg_class m ON m.relnamespace = n.oid AND m.relname = 'schema_migrations'
	AND m.relkind IN ('r', 'p')
WHERE n.nspname = current_schema()
	OR (m.oid IS NOT NULL AND n.nspname NOT LIKE 'pg\_%')
ORDER BY 2 DESC, n.nspname;

-- Sequences that will give a number which is in their table already: table, column, sequence.
-- Operations are looked at through the newest rentals: their own index is by rental.
-- name: sequences_behind
SELECT t.name, t.col, pg_get_serial_sequence(t.name, t.col), t.most
FROM (
	SELECT 'payment_attempts' AS name, 'id' AS col, max(id) AS most FROM payment_attempts
	UNION ALL
	SELECT 'debt_journal', 'id', max(id) FROM debt_journal
	UNION ALL
	SELECT 'notes', 'id', max(id) FROM notes
	UNION ALL
	SELECT 'outbox', 'seq', max(seq) FROM outbox
	UNION ALL
	SELECT 'audit_log', 'id', max(id) FROM audit_log
	UNION ALL
	SELECT 'outside_movements', 'seq', max(seq) FROM outside_movements
	UNION ALL
	SELECT 'operation_resolutions', 'seq', max(seq) FROM operation_resolutions
	UNION ALL
	SELECT 'operations', 'seq', max(o.seq)
	FROM (SELECT id FROM rentals ORDER BY created_at DESC, id DESC LIMIT 100) r
	CROSS JOIN LATERAL (
		SELECT seq FROM operations WHERE rental_id = r.id ORDER BY seq DESC LIMIT 1
	) o
) t
WHERE t.most > CASE
	WHEN has_sequence_privilege(pg_get_serial_sequence(t.name, t.col), 'USAGE, SELECT')
		THEN coalesce(pg_sequence_last_value(pg_get_serial_sequence(t.name, t.col)), 0)
	ELSE t.most
END
ORDER BY t.name;
