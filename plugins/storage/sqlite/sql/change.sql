-- Applies a change: the rental, its operations, payment attempts, the debt and its journal.

-- name: rental_guards
-- with: id text
SELECT version, status, total_amount, lease_token, lease_until FROM rentals WHERE id = :id;

-- name: rental_lease
-- with: id text, token text, until int, work int?
UPDATE rentals SET version = version + 1, lease_token = :token, lease_until = :until,
	work_at = coalesce(:work, work_at)
WHERE id = :id;

-- name: rental_set
-- with: id text, version int, token text?, until int?, work int?, tries int, paid int
UPDATE rentals SET version = :version, lease_token = :token, lease_until = :until,
	work_at = :work, work_tries = :tries, total_amount = :paid
WHERE id = :id;

-- final is the amount + 1, since 0 must differ from none.
-- name: rental_set_status
-- with: id text, version int, token text?, until int?, work int?, tries int, paid int,
--       status text, powerbank text, started text, finished text, settlement text, final int?,
--       provider text, ended text, place text, asked int?, plugin text, method text,
--       needed int?
UPDATE rentals SET version = :version, lease_token = :token, lease_until = :until,
	work_at = :work, work_tries = :tries, total_amount = :paid,
	status = coalesce(:status, status),
	powerbank_id = coalesce(:powerbank, powerbank_id),
	started_at = coalesce(:started, started_at),
	finished_at = coalesce(:finished, finished_at),
	settlement = coalesce(:settlement, settlement),
	final_amount = coalesce(:final - 1, final_amount),
	provider_plugin = iif(provider = '', coalesce(:plugin, provider_plugin), provider_plugin),
	provider = iif(provider = '', coalesce(:provider, provider), provider),
	ended_by = coalesce(:ended, ended_by),
	return_station_id = coalesce(:place, return_station_id),
	stop_asked_at = nullif(coalesce(:asked, stop_asked_at), -2),
	payment_method = coalesce(:method, payment_method),
	payer_needed_at = nullif(coalesce(:needed, payer_needed_at), -2)
WHERE id = :id;

-- name: powerbank_live
-- with: powerbank text, rental text
SELECT 1 FROM rentals INDEXED BY rentals_powerbank
WHERE powerbank_id = :powerbank AND powerbank_id <> 'PENDING' AND status = 'ACTIVE'
	AND id <> :rental;

-- Rentals that are no more, or got their deposit, do not count any more.
-- name: undeposited_gone
DELETE FROM undeposited_rentals WHERE rental_id NOT IN (
	SELECT u.rental_id FROM undeposited_rentals u CROSS JOIN rentals r ON r.id = u.rental_id
	WHERE r.status IN ('PENDING', 'ACTIVE') AND NOT EXISTS (
		SELECT 1 FROM operations o
		WHERE o.rental_id = u.rental_id AND o.kind = 'hold' AND o.state = 'SUCCEEDED'));

-- name: undeposited_take
-- with: id text, most int, now int
INSERT INTO undeposited_rentals (rental_id, created_at)
SELECT :id, :now WHERE (SELECT count(*) FROM undeposited_rentals) < :most;

-- name: undeposited_is
-- with: id text
SELECT 1 FROM undeposited_rentals WHERE rental_id = :id;

-- name: op_put
-- with: id text, rental text, target text, kind text, purpose text, amount int, now int,
--       method text, back text, key text
INSERT INTO operations (id, rental_id, target_id, kind, purpose, amount, created_at, method_ref,
	return_url, request_key)
VALUES (:id, :rental, :target, :kind, :purpose, :amount, :now, :method, :back, :key);

-- name: op_guards
-- with: id text, rental text
SELECT seq, kind, state, amount, target_id, note
FROM operations
WHERE id = :id AND rental_id = :rental;

-- name: op_end
-- with: seq int, state text, processed int, resolved int?, expires int?, ref text, result text,
--       note text, action text, value text, act_until int?
UPDATE operations SET state = :state, processed = :processed, resolved_at = :resolved,
	expires_at = coalesce(:expires, expires_at), ref = coalesce(:ref, ref),
	result = coalesce(:result, result), note = coalesce(:note, note), tries = tries + 1,
	action = coalesce(:action, action), action_value = coalesce(:value, action_value),
	action_until = coalesce(:act_until, action_until)
WHERE seq = :seq;

-- name: op_use
-- with: id text, rental text, amount int
UPDATE operations SET used = used + :amount WHERE id = :id AND rental_id = :rental;

-- name: attempt_put
-- with: rental text, amount int, success int, error text, now text
INSERT INTO payment_attempts (rental_id, amount, success, error, created_at)
VALUES (:rental, :amount, :success, :error, :now);

-- name: debt_get
-- with: rental text
SELECT amount_total, attempts FROM debts WHERE rental_id = :rental;

-- name: debt_put
-- with: rental text, amount int, now text
INSERT INTO debts (rental_id, amount_total, attempts, updated_at)
VALUES (:rental, :amount, 0, :now);

-- last: 0 leaves last_attempt_at as it is, 1 clears it, 2 is now.
-- name: debt_set
-- with: rental text, amount int, attempts int, now text, last int
UPDATE debts SET amount_total = :amount, attempts = :attempts, updated_at = :now,
	last_attempt_at = CASE :last WHEN 0 THEN last_attempt_at WHEN 1 THEN NULL ELSE :now END
WHERE rental_id = :rental;

-- name: journal_put
-- with: rental text, delta int, after int, reason text, op text, now text
INSERT INTO debt_journal (rental_id, delta, amount_after, reason, op_id, created_at)
VALUES (:rental, :delta, :after, :reason, coalesce(:op, (
	SELECT id FROM operations WHERE rental_id = :rental ORDER BY seq DESC LIMIT 1)), :now);

-- name: resolution_put
-- with: op text, rental text, state text, amount int, ref text?, reason text, by text, now int
INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, reference, reason,
	resolved_by, created_at)
VALUES (:op, :rental, :state, :amount, :ref, :reason, :by, :now);

-- name: note_put
-- with: rental text, kind text, text text, now int
INSERT INTO notes (rental_id, kind, text, created_at) VALUES (:rental, :kind, :text, :now);
