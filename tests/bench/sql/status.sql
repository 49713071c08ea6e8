-- status.sql - pgbench: what a status reads.
\set i random(1, :made)
SELECT r.*, d.amount_total, d.attempts, d.last_attempt_at, o.*
FROM rentals r LEFT JOIN debts d ON d.rental_id = r.id
LEFT JOIN operations o ON o.rental_id = r.id
WHERE r.id = 'rm-' || :run::text || '-' || :i::text ORDER BY o.seq;
