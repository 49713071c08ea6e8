/* SPDX-License-Identifier: MIT
 *
 * sql.h - every statement that is kept prepared, by name. The texts are in sql_write.c and
 * sql_read.c.
 */
#ifndef STORAGE_POSTGRES_SQL_H
#define STORAGE_POSTGRES_SQL_H

enum sql_id {
	/* writing */
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_SETTINGS,  /* for this transaction, behind a pooler; see conn.c */
	SQL_FORGETFUL, /* what this transaction does may be lost in a crash */
	SQL_QUOTES_PUT,
	SQL_START,
	SQL_START_REFUSE,
	SQL_START_RESUME,
	SQL_START_JUDGE,
	SQL_CHANGE_RENTALS,
	SQL_CHANGE_ENDS,
	SQL_CHANGE_NEWS,
	SQL_CHANGE_DEBT_ROWS,
	SQL_CHANGE_DEBTS,
	SQL_CHANGE_KEYS,
	SQL_CHANGE_RESOLUTIONS,
	SQL_CLAIM,
	SQL_PURGE_QUOTES,
	SQL_PURGE_KEYS,
	/* after a refused change or a lost commit */
	SQL_WHY_REFUSED,
	SQL_BACKEND_END,
	SQL_QUOTES_FOUND,
	SQL_CONFIRM, /* a commit behind all that was read */
	/* reading */
	SQL_RENTAL_GET, /* first of those that read */
	SQL_RENTAL_FEW, /* several, each with few operations */
	SQL_LIST_ALL,
	SQL_LIST_USER,
	SQL_SCAN_ACTIVE,
	SQL_SCAN_DEBTS,
	SQL_AUDIT_PAGE,
	SQL_TRAIL,
	SQL_TOTALS,
	SQL_OP_GET,
	SQL_OPS_PAGE,
	SQL_OPS_MANUAL,
	SQL_RESOLUTIONS,
	SQL_COUNT
};

const char *sql_text(enum sql_id id);

/* How many $n a statement has. */
int sql_params(enum sql_id id);

/* The halves of the table: sql_write.c has what is before SQL_RENTAL_GET. */
extern const char *const sql_write_texts[SQL_COUNT];
extern const char *const sql_read_texts[SQL_COUNT];

/* In the order of row.h; alias r. */
#define SQL_RENTAL                                                                                \
	"r.id, r.user_id, r.station_id, r.powerbank_id, r.quote_id, r.provider, "                 \
	"r.price_per_hour, r.free_period_min, r.deposit, r.status, r.settlement, "                \
	"r.total_amount, r.created_at, r.started_at, r.finished_at, r.version, "                  \
	"r.lease_token, r.lease_until, r.work_at, r.work_tries, r.final_amount, d.amount_total, " \
	"d.attempts, d.last_attempt_at, s.in_flight, s.in_flight_debt, s.in_doubt, s.open_ops, "  \
	"(SELECT rent_now_us())"

/* OFFSET 0 keeps the planner from turning the join round: a plan made while the tables are
 * empty would scan them whole for every call, long after they have grown. */
#define SQL_DEBT_OF                                                                     \
	"LEFT JOIN LATERAL (SELECT amount_total, attempts, last_attempt_at FROM debts " \
	"WHERE rental_id = r.id OFFSET 0) d ON true "

#define SQL_OPEN "('INTENT', 'PENDING', 'UNKNOWN')"
#define SQL_LIVE "('INTENT', 'PENDING', 'UNKNOWN', 'MANUAL')"

#define SQL_SUMS_OF                                                                       \
	"LEFT JOIN LATERAL (SELECT coalesce(sum(amount) FILTER (WHERE state <> 'MANUAL' " \
	"AND kind IN ('charge', 'capture')), 0)::bigint AS in_flight, "                   \
	"coalesce(sum(amount) FILTER (WHERE state <> 'MANUAL' AND purpose = 'debt' "      \
	"AND kind IN ('charge', 'capture')), 0)::bigint AS in_flight_debt, "              \
	"coalesce(sum(amount) FILTER (WHERE state = 'MANUAL' "                            \
	"AND kind IN ('charge', 'capture')), 0)::bigint AS in_doubt, "                    \
	"count(*) FILTER (WHERE state <> 'MANUAL') AS open_ops "                          \
	"FROM operations WHERE rental_id = r.id AND state IN " SQL_LIVE ") s ON true "

/* What SQL_RENTAL_FEW gives of each at most; one more than a view has. */
#define SQL_FEW 65

/* In the order of row.h. */
#define SQL_OP                                                                        \
	"id, rental_id, target_id, ref, result, note, kind, purpose, state, amount, " \
	"processed, used, tries, created_at, resolved_at, expires_at"

/* Those that rent/storage.h wants shown with a rental, in that order. */
#define SQL_OPS_OF                                                                          \
	"LEFT JOIN LATERAL ("                                                               \
	"(SELECT 0 AS grp, CASE kind WHEN 'hold' THEN 0 ELSE 1 END::bigint AS ord, " SQL_OP \
	" FROM operations WHERE rental_id = r.id AND kind IN ('hold', 'eject')) "           \
	"UNION ALL (SELECT 1, seq, " SQL_OP " FROM operations WHERE rental_id = r.id "      \
	"AND state IN " SQL_LIVE " AND state <> 'MANUAL' "                                  \
	"AND kind NOT IN ('hold', 'eject') ORDER BY seq LIMIT 61) "                         \
	"UNION ALL (SELECT 2, -seq, " SQL_OP " FROM operations WHERE rental_id = r.id "     \
	"AND purpose = 'settle' AND state NOT IN " SQL_OPEN                                 \
	" AND kind NOT IN ('hold', 'eject') ORDER BY seq DESC LIMIT 61) "                   \
	"UNION ALL (SELECT 3, 0, " SQL_OP " FROM operations WHERE rental_id = r.id "        \
	"AND kind IN ('charge', 'capture') AND processed > used "                           \
	"ORDER BY seq DESC LIMIT 1)) o ON true "

#define SQL_OP_COLUMNS                                                                   \
	"o.id, o.rental_id, o.target_id, o.ref, o.result, o.note, o.kind, o.purpose, "   \
	"o.state, o.amount, o.processed, o.used, o.tries, o.created_at, o.resolved_at, " \
	"o.expires_at"

#endif
