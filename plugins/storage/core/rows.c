/* SPDX-License-Identifier: MIT
 *
 * rows.c - rows as structs, by tables of columns; see rows.h.
 */
#include "core/rows.h"

#include "core/change.h"

enum column_kind {
	COLUMN_ID, /* text of an id; a cut one would be another rental's, or nobody's */
	COLUMN_POWERBANK, /* … RENT_NO_POWERBANK: none */
	COLUMN_TEXT,      /* text, cut to fit */
	COLUMN_INT,
	COLUMN_TIME,
	COLUMN_NAME, /* a word of one of the tables of rent/model.h */
};

struct column {
	enum column_kind kind;
	size_t offset, size;
	const struct rent_name *names;
};

/* clang-format off */
#define COLUMN(type, kind_, member, names_)                            \
	{ COLUMN_##kind_, offsetof(struct type, member),               \
	  sizeof(((struct type *)NULL)->member), names_ }

/* SQL name, how it is read, member, words */
#define RENTAL_COLUMNS(C)                                              \
	C("id",              ID,        id,                   NULL)    \
	C("user_id",         ID,        user_id,              NULL)    \
	C("station_id",      ID,        station_id,           NULL)    \
	C("powerbank_id",    POWERBANK, powerbank_id,         NULL)    \
	C("quote_id",        ID,        quote_id,             NULL)    \
	C("provider",        ID,        provider,             NULL)    \
	C("price_per_hour",  INT,       price_per_hour,       NULL)    \
	C("free_period_min", INT,       free_period_min,      NULL)    \
	C("deposit",         INT,       deposit,              NULL)    \
	C("status",          NAME,      status,               rent_status_names) \
	C("settlement",      NAME,      settlement,           rent_settlement_names) \
	C("total_amount",    INT,       paid,                 NULL)    \
	C("created_at",      TIME,      created_at,           NULL)    \
	C("started_at",      TIME,      started_at,           NULL)    \
	C("finished_at",     TIME,      finished_at,          NULL)    \
	C("version",         INT,       version,              NULL)    \
	C("lease_token",     ID,        lease_token,          NULL)    \
	C("lease_until",     INT,       lease_until,          NULL)    \
	C("work_at",         INT,       work_at,              NULL)    \
	C("work_tries",      INT,       work_tries,           NULL)    \
	C("final_amount",    INT,       final_amount,         NULL)    \
	C("amount_total",    INT,       debt,                 NULL)    \
	C("attempts",        INT,       debt_attempts,        NULL)    \
	C("last_attempt_at", TIME,      debt_last_attempt_at, NULL)    \
	C("cabinet_id",      ID,        cabinet_id,           NULL)    \
	C("station_instance", ID,       station_instance,     NULL)    \
	C("ended_by",        NAME,      ended_by,             rent_ended_by_names) \
	C("return_station_id", ID,      return_station_id,    NULL)    \
	C("stop_asked_at",   INT,       stop_asked_at,        NULL)    \
	C("provider_plugin", ID,        provider_plugin,      NULL)    \
	C("station_plugin",  ID,        station_plugin,       NULL)    \
	C("payment_method",  TEXT,      payment_method,       NULL)    \
	C("payer_needed_at", INT,       payer_needed_at,      NULL)    \
	C("outside_amount",  INT,       outside,              NULL)    \
	C("outside_at",      INT,       outside_at,           NULL)

#define OP_COLUMNS(C)                                                  \
	C("id",          TEXT, id,          NULL)                      \
	C("rental_id",   TEXT, rental_id,   NULL)                      \
	C("target_id",   TEXT, target_id,   NULL)                      \
	C("ref",         TEXT, ref,         NULL)                      \
	C("result",      TEXT, result,      NULL)                      \
	C("note",        TEXT, note,        NULL)                      \
	C("kind",        NAME, kind,        rent_op_kind_names)        \
	C("purpose",     NAME, purpose,     rent_purpose_names)        \
	C("state",       NAME, state,       rent_op_state_names)       \
	C("amount",      INT,  amount,      NULL)                      \
	C("processed",   INT,  processed,   NULL)                      \
	C("used",        INT,  used,        NULL)                      \
	C("tries",       INT,  tries,       NULL)                      \
	C("created_at",  INT,  created_at,  NULL)                      \
	C("resolved_at", INT,  resolved_at, NULL)                      \
	C("expires_at",  INT,  expires_at,  NULL)                      \
	C("action",      NAME, action,      rent_action_names)         \
	C("action_value", TEXT, action_value, NULL)                    \
	C("action_until", INT, action_until, NULL)                     \
	C("method_ref",  TEXT, method_ref,  NULL)                      \
	C("return_url",  TEXT, return_url,  NULL)                      \
	C("request_key", TEXT, request_key, NULL)

#define RESOLUTION_COLUMNS(C)                                          \
	C("op_id",       TEXT, op_id,       NULL)                      \
	C("rental_id",   TEXT, rental_id,   NULL)                      \
	C("resolved_as", NAME, resolved_as, rent_op_state_names)       \
	C("amount",      INT,  amount,      NULL)                      \
	C("reference",   TEXT, ref,         NULL)                      \
	C("reason",      TEXT, reason,      NULL)                      \
	C("resolved_by", TEXT, by,          NULL)                      \
	C("created_at",  INT,  created_at,  NULL)

#define NOTE_COLUMNS(C)                                                \
	C("rental_id",  TEXT, rental_id,  NULL)                        \
	C("kind",       NAME, kind,       rent_note_kind_names)        \
	C("text",       TEXT, text,       NULL)                        \
	C("created_at", INT,  created_at, NULL)

#define DEBT_LINE_COLUMNS(C)                                           \
	C("rental_id",    TEXT, rental_id,  NULL)                      \
	C("op_id",        TEXT, op_id,      NULL)                      \
	C("reason",       TEXT, reason,     NULL)                      \
	C("delta",        INT,  delta,      NULL)                      \
	C("amount_after", INT,  after,      NULL)                      \
	C("created_at",   TIME, created_at, NULL)

#define INBOUND_COLUMNS(C)                                             \
	C("id",           TEXT, id,           NULL)                    \
	C("instance",     TEXT, instance,     NULL)                    \
	C("event_id",     TEXT, event_id,     NULL)                    \
	C("kind",         NAME, kind,         rent_event_kind_names)   \
	C("trust",        NAME, trust,        rent_event_trust_names)  \
	C("operation_id", TEXT, operation_id, NULL)                    \
	C("ref",          TEXT, ref,          NULL)                    \
	C("station_id",   TEXT, station_id,   NULL)                    \
	C("powerbank_id", TEXT, powerbank_id, NULL)                    \
	C("slot",         INT,  slot,         NULL)                    \
	C("charge",       INT,  charge,       NULL)                    \
	C("amount",       INT,  amount,       NULL)                    \
	C("happened_at",  INT,  at,           NULL)                    \
	C("verdict",      NAME, verdict,      rent_outcome_names)      \
	C("reason",       NAME, reason,       rent_decline_names)      \
	C("note",         TEXT, note,         NULL)                    \
	C("sha256",       TEXT, sha256,       NULL)                    \
	C("received_at",  INT,  received_at,  NULL)                    \
	C("handled_at",   INT,  handled_at,   NULL)                    \
	C("outcome",      TEXT, outcome,      NULL)

#define OUTSIDE_COLUMNS(C)                                               \
	C("event_id",     TEXT, event_id,   NULL)                        \
	C("rental_id",    TEXT, rental_id,  NULL)                        \
	C("operation_id", TEXT, op_id,      NULL)                        \
	C("kind",         NAME, kind,       rent_outside_kind_names)     \
	C("amount",       INT,  amount,     NULL)                        \
	C("ref",          TEXT, ref,        NULL)                        \
	C("note",         TEXT, note,       NULL)                        \
	C("created_at",   INT,  created_at, NULL)

#define MESSAGE_COLUMNS(C)                                               \
	C("id",         TEXT, id,         NULL)                          \
	C("endpoint",   TEXT, endpoint,   NULL)                          \
	C("rental_id",  TEXT, rental_id,  NULL)                          \
	C("type",       TEXT, type,       NULL)                          \
	C("state",      NAME, state,      rent_message_state_names)      \
	C("tries",      INT,  tries,      NULL)                          \
	C("created_at", INT,  created_at, NULL)                          \
	C("next_at",    INT,  next_at,    NULL)                          \
	C("ended_at",   INT,  ended_at,   NULL)                          \
	C("note",       TEXT, note,       NULL)

#define NAME_OF(name, kind, member, names)    name,
#define RENTAL_ROW(name, kind, member, names) COLUMN(rent_rental, kind, member, names),
#define OP_ROW(name, kind, member, names)     COLUMN(rent_op, kind, member, names),
#define RESOLUTION_ROW(name, kind, member, names) COLUMN(rent_resolution, kind, member, names),
#define NOTE_ROW(name, kind, member, names)   COLUMN(rent_note, kind, member, names),
#define DEBT_LINE_ROW(name, kind, member, names) COLUMN(rent_debt_line, kind, member, names),
#define INBOUND_ROW(name, kind, member, names) COLUMN(rent_inbound, kind, member, names),
#define OUTSIDE_ROW(name, kind, member, names) COLUMN(rent_outside, kind, member, names),
#define MESSAGE_ROW(name, kind, member, names) COLUMN(rent_message, kind, member, names),
/* clang-format on */

const char *const row_rental_columns[] = { RENTAL_COLUMNS(NAME_OF) NULL };
const char *const row_op_columns[] = { OP_COLUMNS(NAME_OF) NULL };
const char *const row_resolution_columns[] = { RESOLUTION_COLUMNS(NAME_OF) NULL };
const char *const row_note_columns[] = { NOTE_COLUMNS(NAME_OF) NULL };
const char *const row_debt_line_columns[] = { DEBT_LINE_COLUMNS(NAME_OF) NULL };
const char *const row_inbound_columns[] = { INBOUND_COLUMNS(NAME_OF) NULL };
const char *const row_outside_columns[] = { OUTSIDE_COLUMNS(NAME_OF) NULL };
const char *const row_message_columns[] = { MESSAGE_COLUMNS(NAME_OF) "data", NULL };

static const struct column rental_columns[ROW_RENTAL_COLUMNS] = { RENTAL_COLUMNS(
	RENTAL_ROW) };
static const struct column op_columns[ROW_OP_COLUMNS] = { OP_COLUMNS(OP_ROW) };
static const struct column resolution_columns[ROW_RESOLUTION_COLUMNS] = {
	RESOLUTION_COLUMNS(RESOLUTION_ROW)
};
static const struct column note_columns[ROW_NOTE_COLUMNS] = { NOTE_COLUMNS(NOTE_ROW) };
static const struct column debt_line_columns[ROW_DEBT_LINE_COLUMNS] = { DEBT_LINE_COLUMNS(
	DEBT_LINE_ROW) };
static const struct column inbound_columns[ROW_INBOUND_COLUMNS] = { INBOUND_COLUMNS(
	INBOUND_ROW) };
static const struct column outside_columns[ROW_OUTSIDE_COLUMNS] = { OUTSIDE_COLUMNS(
	OUTSIDE_ROW) };
static const struct column message_columns[ROW_MESSAGE_COLUMNS - 1] = { MESSAGE_COLUMNS(
	MESSAGE_ROW) };

/* The number of a rental's column that is looked at apart. */
enum rental_column {
#define NUMBER_OF(name, kind, member, names) RENTAL_##member,
	RENTAL_COLUMNS(NUMBER_OF)
};

struct source {
	const struct row_dialect *dialect;
	const void *row;
	int first;
	struct rent_rental *broken; /* NULL: nothing is marked */
};

static void mark_broken(struct rent_rental *r, const char *what, const char *value)
{
	if (r != NULL && r->broken[0] == '\0')
		(void)snprintf(r->broken, sizeof(r->broken), "%s \"%.40s\"", what, value);
}

static void read_id(const struct source *from, int column, char *to)
{
	const char *text = from->dialect->text(from->row, column);

	if (!rent_copy(to, RENT_ID_SIZE, text))
		mark_broken(from->broken, "longer than 64 bytes:", text);
}

static int64_t read_time(const struct source *from, int column)
{
	int64_t t = 0;

	if (from->dialect->is_null(from->row, column) ||
	    from->dialect->time(from->row, column, &t))
		return t;
	mark_broken(from->broken, "not a time:", from->dialect->text(from->row, column));
	return 0;
}

static void read_column(const struct source *from, int column, const struct column *what,
                        char *to)
{
	const struct row_dialect *d = from->dialect;
	const char *name;
	int word;
	int64_t n;

	switch (what->kind) {
	case COLUMN_POWERBANK:
		if (strcmp(d->text(from->row, column), RENT_NO_POWERBANK) == 0)
			return;
		read_id(from, column, to);
		return;
	case COLUMN_ID:
		read_id(from, column, to);
		return;
	case COLUMN_TEXT:
		(void)rent_copy(to, what->size, d->text(from->row, column));
		return;
	case COLUMN_NAME:
		name = d->text(from->row, column);
		word = name == NULL ? 0 : rent_value_of(what->names, name);
		memcpy(to, &word, sizeof(word));
		return;
	case COLUMN_TIME:
		n = read_time(from, column);
		memcpy(to, &n, sizeof(n));
		return;
	case COLUMN_INT:
		n = d->integer(from->row, column);
		memcpy(to, &n, sizeof(n));
		return;
	}
}

static void read_columns(const struct source *from, const struct column *columns, int n,
                         void *ret)
{
	for (int i = 0; i < n; i++)
		read_column(from, from->first + i, &columns[i],
		            (char *)ret + columns[i].offset);
}

static void check_times(struct rent_rental *r)
{
	bool ended = r->status == RENT_STATUS_FINISHED || r->status == RENT_STATUS_BUYOUT;

	if (r->status == RENT_STATUS_ACTIVE && r->started_at == 0)
		mark_broken(r, "started_at is not set, status", "ACTIVE");
	if (r->status == RENT_STATUS_ACTIVE && r->finished_at != 0)
		mark_broken(r, "finished_at is set, status", "ACTIVE");
	if (ended && r->settlement == RENT_SETTLEMENT_PENDING &&
	    (r->started_at == 0 || r->finished_at == 0))
		mark_broken(r, "to be settled without started_at and finished_at, status",
		            rent_name_of(rent_status_names, (int)r->status));
}

void row_rental(const struct row_dialect *dialect, const void *row, int first,
                struct rent_rental *ret)
{
	struct source from = { dialect, row, first, ret };

	*ret = (struct rent_rental){ .struct_size = sizeof(*ret) };
	read_columns(&from, rental_columns, ROW_RENTAL_COLUMNS, ret);
	ret->has_final = !dialect->is_null(row, first + RENTAL_final_amount);
	check_times(ret);
}

void row_op(const struct row_dialect *dialect, const void *row, int first,
            struct rent_op *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_op){ .struct_size = sizeof(*ret) };
	read_columns(&from, op_columns, ROW_OP_COLUMNS, ret);
}

void row_resolution(const struct row_dialect *dialect, const void *row, int first,
                    struct rent_resolution *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_resolution){ .struct_size = sizeof(*ret) };
	read_columns(&from, resolution_columns, ROW_RESOLUTION_COLUMNS, ret);
}

void row_note(const struct row_dialect *dialect, const void *row, int first,
              struct rent_note *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_note){ .struct_size = sizeof(*ret) };
	read_columns(&from, note_columns, ROW_NOTE_COLUMNS, ret);
}

void row_debt_line(const struct row_dialect *dialect, const void *row, int first,
                   struct rent_debt_line *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_debt_line){ .struct_size = sizeof(*ret) };
	read_columns(&from, debt_line_columns, ROW_DEBT_LINE_COLUMNS, ret);
}

void row_inbound(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_inbound *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_inbound){ .struct_size = sizeof(*ret) };
	read_columns(&from, inbound_columns, ROW_INBOUND_COLUMNS, ret);
}

void row_outside(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_outside *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_outside){ .struct_size = sizeof(*ret) };
	read_columns(&from, outside_columns, ROW_OUTSIDE_COLUMNS, ret);
}

void row_message(const struct row_dialect *dialect, const void *row, int first,
                 struct rent_message *ret)
{
	struct source from = { dialect, row, first, NULL };

	*ret = (struct rent_message){ .struct_size = sizeof(*ret) };
	read_columns(&from, message_columns, ROW_MESSAGE_COLUMNS - 1, ret);
	ret->data = dialect->text(row, first + ROW_MESSAGE_COLUMNS - 1);
}
