/* SPDX-License-Identifier: MIT
 *
 * sql_write.c - the texts of the statements that write. Each takes arrays, a row of a batch
 * at each index, in the order in which rows are to be locked.
 *
 * Rows are found by LATERAL (… OFFSET 0) and changed by their ctid within one statement, so
 * that no plan but an index probe per row is possible, whatever the statistics were when it
 * was made. What a change of a rental lets through is marked in rentals.last_change; the
 * statements that follow in the same transaction apply to marked rentals only.
 */
#include "sql.h"

#include <stddef.h>

/* clang-format off */
#define NOW_US "(SELECT rent_now_us())"
#define FINAL  "('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')"

/* The change of rental i.rental_id was let through: m.last is the mark. */
#define MARKED(mark)                                                        \
	"CROSS JOIN LATERAL (SELECT 1 FROM rentals WHERE id = i.rental_id " \
	"AND last_change = " mark "::uuid OFFSET 0) m "

/* Scalar subqueries, here and below, where EXISTS would read better: that may be planned as
 * a hash of the whole table. */
#define END_OPEN(column)                                                                 \
	"AND (j." column " IS NULL OR (SELECT o.rental_id = r.id AND "                   \
	"CASE WHEN o.id = j.resolves THEN o.state = 'MANUAL' ELSE o.state IN " SQL_OPEN  \
	" END FROM operations o WHERE o.id = j." column ")) "
#define TARGET_KNOWN(column)                                                             \
	"AND (j." column " IS NULL OR (SELECT o.rental_id = r.id FROM operations o "     \
	"WHERE o.id = j." column ")) "

/* -infinity stands for RENT_DB_NOW. */
#define NEW_TIME(column)                                                            \
	column " = CASE WHEN j." column " IS NULL THEN r." column " WHEN j." column \
	       " = '-infinity' THEN rent_now() ELSE j." column " END"

/* `used` of the targets of the operations of a CTE. */
#define USE_TARGETS(sum, from, where)                                                \
	"UPDATE operations t SET used = t.used + j.d FROM (SELECT x.tid, s.d FROM (" \
	"SELECT target_id, rental_id, sum(" sum ")::bigint AS d FROM " from          \
	" WHERE target_id IS NOT NULL" where " GROUP BY 1, 2 HAVING sum(" sum        \
	") <> 0) s CROSS JOIN LATERAL ("                                             \
	"SELECT ctid AS tid FROM operations WHERE id = s.target_id "                 \
	"AND rental_id = s.rental_id OFFSET 0) x) j WHERE t.ctid = j.tid"

static const char start_text[] =
	"WITH q AS MATERIALIZED (SELECT i.key, i.scope, i.fingerprint, i.quote_id, "
	"i.rental_id, i.hold_id, i.eject_id, i.provider, i.token, i.lease_us, "
	"q.there IS NOT NULL OR i.user_id IS NOT NULL AS known, "
	"coalesce(q.user_id, i.user_id, '') AS user_id, "
	"coalesce(q.station_id, i.station_id) AS station_id, "
	"coalesce(q.price_per_hour, i.price_per_hour) AS price_per_hour, "
	"coalesce(q.free_period_min, i.free_period_min) AS free_period_min, "
	"coalesce(q.deposit, i.deposit) AS deposit, "
	"coalesce(q.expires_at, i.expires_at) AS expires_at "
	"FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], "
	"$6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[], "
	"$12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::timestamptz[]) "
	"AS i (key, scope, fingerprint, quote_id, rental_id, hold_id, eject_id, provider, "
	"token, lease_us, user_id, station_id, price_per_hour, free_period_min, deposit, "
	"expires_at) LEFT JOIN LATERAL (SELECT true AS there, user_id, station_id, "
	"price_per_hour, free_period_min, deposit, expires_at FROM quotes "
	"WHERE id = i.quote_id OFFSET 0) q ON true), "
	"k AS (INSERT INTO idempotency_keys (key, scope, user_id, fingerprint, rental_id, "
	"created_at) SELECT key, scope, user_id, fingerprint, rental_id, rent_now() FROM q "
	"ON CONFLICT (key) DO NOTHING RETURNING rental_id), "
	"r AS (INSERT INTO rentals (id, user_id, station_id, quote_id, provider, "
	"price_per_hour, free_period_min, deposit, created_at, lease_token, lease_until, "
	"work_at, status, version, last_change, changed_at) "
	"SELECT q.rental_id, q.user_id, q.station_id, q.quote_id, q.provider, "
	"q.price_per_hour, q.free_period_min, q.deposit, rent_now(), q.token, " NOW_US
	" + q.lease_us, " NOW_US " + q.lease_us, 'PENDING', 1, $17::uuid, " NOW_US
	" FROM q, k WHERE k.rental_id = q.rental_id AND q.known "
	"AND q.expires_at > rent_now() "
	"ON CONFLICT (quote_id) WHERE quote_id IS NOT NULL DO NOTHING "
	"RETURNING id, deposit) "
	"INSERT INTO operations (id, rental_id, kind, purpose, amount, created_at) "
	"SELECT o.id, r.id, o.kind, 'start', o.amount, " NOW_US
	" FROM r, q, LATERAL (VALUES "
	"(q.hold_id, 'hold', r.deposit), (q.eject_id, 'eject', 0)) o (id, kind, amount) "
	"WHERE q.rental_id = r.id AND o.id IS NOT NULL AND (o.kind = 'eject' OR r.deposit > 0)";

/* The answer of a key that was claimed and whose quote cannot be used. */
static const char refuse_text[] =
	"UPDATE idempotency_keys k SET rental_id = NULL, outcome = j.outcome, "
	"response_json = j.answer FROM (SELECT t.tid, "
	"CASE w.what WHEN 1 THEN i.o1 WHEN 2 THEN i.o2 ELSE i.o3 END AS outcome, "
	"CASE w.what WHEN 1 THEN i.a1 WHEN 2 THEN i.a2 ELSE i.a3 END AS answer, i.n, w.what "
	"FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::boolean[], "
	"$6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[]) "
	"AS i (n, key, rental_id, quote_id, cached, o1, a1, o2, a2, o3, a3) "
	"CROSS JOIN LATERAL (SELECT ctid AS tid FROM idempotency_keys WHERE key = i.key "
	"AND rental_id = i.rental_id OFFSET 0) t "
	"CROSS JOIN LATERAL (SELECT CASE WHEN (SELECT id FROM rentals "
	"WHERE quote_id = i.quote_id) IS NOT NULL THEN 3 WHEN i.cached OR (SELECT id "
	"FROM quotes WHERE id = i.quote_id) IS NOT NULL THEN 2 ELSE 1 END AS what OFFSET 0) w "
	"WHERE (SELECT id FROM rentals WHERE id = i.rental_id) IS NULL) j "
	"WHERE k.ctid = j.tid RETURNING j.n, j.what::bigint";

/* Takes over the rental of a key without an answer whose lease has run out. */
static const char resume_text[] =
	"UPDATE rentals r SET version = r.version + 1, lease_token = j.token, "
	"lease_until = " NOW_US " + j.lease_us, work_at = " NOW_US " + j.lease_us, "
	"last_change = $6::uuid, changed_at = " NOW_US " FROM ("
	"SELECT i.token, i.lease_us, t.tid FROM unnest($1::text[], $2::text[], $3::text[], "
	"$4::text[], $5::bigint[]) AS i (key, scope, fingerprint, token, lease_us) "
	"CROSS JOIN LATERAL (SELECT rental_id FROM idempotency_keys WHERE key = i.key "
	"AND scope = i.scope AND fingerprint = i.fingerprint AND outcome IS NULL "
	"OFFSET 0) k "
	"CROSS JOIN LATERAL (SELECT ctid AS tid FROM rentals WHERE id = k.rental_id "
	"OFFSET 0) t) j WHERE r.ctid = j.tid "
	"AND r.last_change IS DISTINCT FROM $6::uuid AND (r.lease_token IS NULL OR coalesce(r.lease_until, 0) <= " NOW_US
	")";

static const char judge_text[] =
	"SELECT i.n, k.scope, k.fingerprint, k.outcome, k.response_json, k.rental_id, r.id, "
	"r.lease_token, r.lease_until, r.user_id, r.station_id, r.price_per_hour, "
	"r.free_period_min, r.deposit, r.changed_at, r.version, "
	"coalesce(r.last_change = $3::uuid, false), " NOW_US
	" FROM unnest($1::bigint[], $2::text[]) AS i (n, key) "
	"CROSS JOIN LATERAL (SELECT scope, fingerprint, outcome, response_json, rental_id "
	"FROM idempotency_keys WHERE key = i.key OFFSET 0) k "
	"LEFT JOIN LATERAL (SELECT id, lease_token, lease_until, user_id, station_id, "
	"price_per_hour, free_period_min, deposit, changed_at, version, last_change "
	"FROM rentals "
	"WHERE id = k.rental_id OFFSET 0) r ON true";

/* A version decides alone between concurrent changes: a row that moved on while we waited
 * for it is looked at again with its new version, and left. */
static const char change_text[] =
	"UPDATE rentals r SET version = r.version + 1, "
	"lease_token = CASE j.lease WHEN 0 THEN r.lease_token WHEN 3 THEN NULL "
	"ELSE j.token END, "
	"lease_until = CASE j.lease WHEN 0 THEN r.lease_until WHEN 3 THEN NULL "
	"ELSE j.us + j.lease_us END, "
	"work_at = CASE WHEN j.work_in < 0 THEN NULL ELSE j.us + j.work_in END, "
	"work_tries = j.work_tries, total_amount = r.total_amount + j.paid, "
	"final_amount = coalesce(nullif(j.final, -1), r.final_amount), "
	"provider = CASE r.provider WHEN '' THEN coalesce(j.provider, '') ELSE r.provider END, "
	"status = coalesce(j.status, r.status), "
	"settlement = coalesce(j.settlement, r.settlement), "
	"powerbank_id = coalesce(j.powerbank, r.powerbank_id), " NEW_TIME("started_at") ", "
	NEW_TIME("finished_at") ", last_change = $26::uuid, changed_at = j.us "
	"FROM (SELECT i.*, t.tid, n.us FROM (SELECT rent_now_us() AS us OFFSET 0) n, unnest("
	"$1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], "
	"$7::text[], $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[], "
	"$12::bigint[], $13::bigint[], $14::bigint[], $15::text[], $16::text[], $17::text[], "
	"$18::text[], $19::text[], $20::text[], $21::text[], $22::text[], "
	"$23::bigint[], $24::text[], $25::text[]) "
	"AS i (n, id, version, lease, token, lease_us, status, settlement, powerbank, "
	"started_at, finished_at, paid, work_in, work_tries, e0, e1, e2, e3, t0, t1, t2, t3, "
	"final, provider, resolves) "
	"CROSS JOIN LATERAL (SELECT ctid AS tid FROM rentals WHERE id = i.id OFFSET 0) t) j "
	"WHERE r.ctid = j.tid AND r.version = j.version AND CASE j.lease WHEN 0 THEN true "
	"WHEN 1 THEN r.lease_token IS NULL OR coalesce(r.lease_until, 0) <= j.us "
	"OR r.lease_token = j.token ELSE r.lease_token = j.token END "
	"AND (j.status IS NULL OR r.status = j.status OR (r.status, j.status) IN ("
	"('PENDING', 'ACTIVE'), ('PENDING', 'FAILED'), ('ACTIVE', 'FINISHED'), "
	"('ACTIVE', 'BUYOUT'))) "
	END_OPEN("e0") END_OPEN("e1") END_OPEN("e2") END_OPEN("e3")
	TARGET_KNOWN("t0") TARGET_KNOWN("t1") TARGET_KNOWN("t2") TARGET_KNOWN("t3")
	"AND (j.powerbank IS NULL OR j.powerbank = 'PENDING' OR coalesce((SELECT x.id = r.id "
	"FROM rentals x WHERE x.powerbank_id = j.powerbank AND x.status = 'ACTIVE' "
	"AND x.powerbank_id <> 'PENDING'), true)) "
	"RETURNING j.n, r.version, r.changed_at";

static const char ends_text[] =
	"WITH e AS (UPDATE operations o SET state = j.state, processed = j.processed, "
	"resolved_at = CASE WHEN j.state IN " SQL_OPEN " THEN NULL ELSE " NOW_US " END, "
	"expires_at = coalesce(j.expires_at, o.expires_at), ref = coalesce(j.ref, o.ref), "
	"result = coalesce(j.result, o.result), note = coalesce(j.note, o.note), "
	"tries = o.tries + 1 FROM (SELECT i.*, t.tid FROM unnest($2::text[], $3::text[], "
	"$4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[]) "
	"AS i (rental_id, id, state, processed, expires_at, ref, result, note) " MARKED("$1")
	"CROSS JOIN LATERAL (SELECT ctid AS tid FROM operations WHERE id = i.id "
	"OFFSET 0) t) j WHERE o.ctid = j.tid RETURNING o.rental_id, o.kind, o.state, "
	"o.amount, o.processed, o.note, o.target_id), "
	"a AS (INSERT INTO payment_attempts (rental_id, amount, success, error, created_at) "
	"SELECT rental_id, CASE state WHEN 'SUCCEEDED' THEN processed ELSE amount END, "
	"state = 'SUCCEEDED', CASE WHEN state <> 'SUCCEEDED' THEN coalesce(note, '') END, "
	"rent_now() FROM e WHERE kind IN ('charge', 'capture') AND state IN " FINAL
	") " USE_TARGETS("processed - amount", "e", " AND state IN " FINAL);

static const char news_text[] =
	"WITH o AS (INSERT INTO operations (id, rental_id, target_id, kind, purpose, amount, "
	"created_at) SELECT i.id, i.rental_id, i.target_id, i.kind, i.purpose, i.amount, " NOW_US
	" FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], "
	"$7::bigint[]) AS i (rental_id, id, target_id, kind, purpose, amount) " MARKED("$1")
	"RETURNING target_id, rental_id, amount) " USE_TARGETS("amount",
	"o", "");

/* Makes the rows that are missing, and locks the others: what is decided next is decided on
 * what stands there. */
static const char debt_rows_text[] =
	"INSERT INTO debts (rental_id, amount_total, updated_at) "
	"SELECT i.rental_id, 0, rent_now() FROM unnest($2::text[], $3::bigint[]) "
	"AS i (rental_id, delta) " MARKED("$1")
	"WHERE i.delta > 0 OR (SELECT rental_id "
	"FROM debts WHERE rental_id = i.rental_id) IS NOT NULL "
	"ON CONFLICT (rental_id) DO UPDATE SET attempts = debts.attempts WHERE false";

static const char debts_text[] =
	"WITH u AS (UPDATE debts d SET amount_total = j.after, updated_at = rent_now(), "
	"attempts = CASE j.try WHEN 1 THEN 0 WHEN 2 THEN d.attempts + 1 ELSE d.attempts END, "
	"last_attempt_at = CASE j.try WHEN 1 THEN NULL WHEN 2 THEN rent_now() "
	"ELSE d.last_attempt_at END FROM (SELECT i.*, t.tid, t.before, "
	"greatest(0, t.before + i.delta) AS after FROM unnest($2::text[], $3::bigint[], "
	"$4::bigint[], $5::text[], $6::text[]) AS i (rental_id, delta, try, reason, op_id) " MARKED("$1")
	"CROSS JOIN LATERAL (SELECT ctid AS tid, amount_total AS before "
	"FROM debts WHERE rental_id = i.rental_id OFFSET 0) t) j WHERE d.ctid = j.tid "
	"RETURNING d.rental_id, j.before, j.after, j.reason, j.op_id) "
	"INSERT INTO debt_journal (rental_id, delta, amount_after, reason, op_id, created_at) "
	"SELECT rental_id, after - before, after, reason, op_id, rent_now() FROM u "
	"WHERE after <> before";

static const char keys_text[] =
	"UPDATE idempotency_keys k SET outcome = j.outcome, response_json = j.answer "
	"FROM (SELECT i.outcome, i.answer, t.tid FROM unnest($2::text[], $3::text[], "
	"$4::text[]) AS i (rental_id, outcome, answer) " MARKED("$1")
	"CROSS JOIN LATERAL (SELECT ctid AS tid FROM idempotency_keys "
	"WHERE rental_id = i.rental_id AND outcome IS NULL OFFSET 0) t) j "
	"WHERE k.ctid = j.tid";

static const char claim_text[] =
	"WITH due AS MATERIALIZED (SELECT ctid AS tid FROM rentals WHERE work_at <= " NOW_US
	" AND (lease_until IS NULL OR lease_until <= " NOW_US ") ORDER BY work_at "
	"LIMIT $1::bigint FOR UPDATE SKIP LOCKED), "
	"r AS (UPDATE rentals r SET version = r.version + 1, lease_token = $2::text, "
	"lease_until = " NOW_US
	" + $3::bigint, last_change = $4::uuid, changed_at = " NOW_US
	" FROM due WHERE r.ctid = due.tid RETURNING r.*) "
	"SELECT " SQL_RENTAL ", " SQL_OP_COLUMNS
	" FROM r " SQL_DEBT_OF SQL_SUMS_OF SQL_OPS_OF
	"ORDER BY r.work_at, r.id, o.grp, o.ord";

static const char resolutions_text[] =
	"INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, reference, "
	"reason, resolved_by, created_at) SELECT i.op_id, i.rental_id, i.state, i.amount, "
	"i.ref, i.reason, i.by, " NOW_US " FROM unnest($2::text[], $3::text[], $4::text[], "
	"$5::bigint[], $6::text[], $7::text[], $8::text[]) "
	"AS i (rental_id, op_id, state, amount, ref, reason, by) " MARKED("$1");

const char *const sql_write_texts[SQL_COUNT] = {
	[SQL_BEGIN] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SETTINGS] = "SELECT set_config('statement_timeout', $1::text, true), "
			 "set_config('synchronous_commit', $2::text, true), "
			 "set_config('enable_seqscan', 'off', true), "
			 "set_config('enable_hashjoin', 'off', true), "
			 "set_config('enable_mergejoin', 'off', true), "
		"set_config('enable_bitmapscan', 'off', true), "
		"set_config('enable_memoize', 'off', true), "
			 "set_config('jit', 'off', true)",
	[SQL_FORGETFUL] = "SET LOCAL synchronous_commit = off",
	[SQL_QUOTES_PUT] =
		"INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
		"free_period_min, deposit, created_at, expires_at) SELECT i.id, i.user_id, "
		"i.station_id, i.price, i.free, i.deposit, rent_now(), "
		"rent_now() + i.ttl * interval '1 microsecond' FROM unnest($1::bigint[], "
		"$2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], "
		"$8::bigint[]) AS i (n, id, user_id, station_id, price, free, deposit, ttl) "
		"RETURNING id, created_at",
	[SQL_START] = start_text,
	[SQL_START_REFUSE] = refuse_text,
	[SQL_START_RESUME] = resume_text,
	[SQL_START_JUDGE] = judge_text,
	[SQL_CHANGE_RENTALS] = change_text,
	[SQL_CHANGE_ENDS] = ends_text,
	[SQL_CHANGE_NEWS] = news_text,
	[SQL_CHANGE_DEBT_ROWS] = debt_rows_text,
	[SQL_CHANGE_DEBTS] = debts_text,
	[SQL_CHANGE_KEYS] = keys_text,
	[SQL_CHANGE_RESOLUTIONS] = resolutions_text,
	[SQL_CLAIM] = claim_text,
	[SQL_PURGE_QUOTES] =
		"DELETE FROM quotes WHERE ctid = ANY (ARRAY(SELECT ctid FROM quotes "
		"WHERE expires_at < rent_now() - $1::bigint * interval '1 microsecond' "
		"ORDER BY expires_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED))",
	[SQL_PURGE_KEYS] =
		"DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(SELECT k.ctid "
		"FROM idempotency_keys k WHERE k.created_at < rent_now() "
		"- $1::bigint * interval '1 microsecond' AND coalesce((SELECT "
		"r.status NOT IN ('PENDING', 'ACTIVE') AND r.settlement <> 'PENDING' "
		"FROM rentals r WHERE r.id = k.rental_id), true) ORDER BY k.created_at LIMIT $2::bigint "
		"FOR UPDATE SKIP LOCKED))",

	/* taken: the powerbank, and nothing else was in the way. */
	[SQL_WHY_REFUSED] =
		"SELECT i.n, r.id IS NOT NULL, r.version, r.last_change = $4::uuid, "
		"r.changed_at, coalesce((SELECT x.id <> i.id FROM rentals x "
		"WHERE x.powerbank_id = i.powerbank AND x.status = 'ACTIVE' "
		"AND x.powerbank_id <> 'PENDING'), false) "
		"FROM unnest($1::bigint[], $2::text[], $3::text[]) AS i (n, id, powerbank) "
		"LEFT JOIN LATERAL (SELECT id, version, last_change, changed_at FROM rentals "
		"WHERE id = i.id OFFSET 0) r ON true",
	[SQL_BACKEND_END] =
		"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
		"WHERE pid = $1::bigint AND backend_start = $2::timestamptz",
	[SQL_QUOTES_FOUND] =
		"SELECT i.n, q.created_at FROM unnest($1::bigint[], $2::text[]) AS i (n, id) "
		"CROSS JOIN LATERAL (SELECT created_at FROM quotes WHERE id = i.id OFFSET 0) q",
	[SQL_CONFIRM] = "SELECT pg_logical_emit_message(true, 'rentald', '')",
};
