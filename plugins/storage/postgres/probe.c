/* SPDX-License-Identifier: MIT
 *
 * probe.c - trying whether what failed works again; see probe.h.
 */
#include "probe.h"

#include "schema.h"

/* Statements that frame a transaction. */
static bool is_frame(enum sql_id id)
{
	return id >= SQL_BEGIN && id <= SQL_SETTINGS;
}

static bool is_tried(enum sql_id id, const char *group)
{
	return strcmp(statements[id].folder, group) == 0 && !is_frame(id);
}

/* Empty arrays, limits and ages of 0, ids of nothing. */
static void bind_nothing(struct bind *a, const char *types)
{
	static const unsigned char uuid[16];
	static const struct bind_column arrays[][2] = {
		{ { BIND_INT, 0 }, BIND_END },
		{ { BIND_TEXT, 0 }, BIND_END },
		{ { BIND_TIME, 0 }, BIND_END },
		{ { BIND_BOOL, 0 }, BIND_END },
	};

	for (; *types != '\0'; types++) {
		switch (*types) {
		case 'i':
			bind_int(a, 0);
			break;
		case 't':
			bind_text(a, "");
			break;
		case 'm':
			bind_time(a, 0);
			break;
		case 'u':
			bind_bytes(a, uuid, sizeof(uuid));
			break;
		default:
			bind_rows(a, arrays[strchr("ITMB", *types) - "ITMB"], NULL, 1, 0);
		}
	}
}

static void send_frame(struct conn *c, enum sql_id id)
{
	(void)conn_bind(c);
	conn_send(c, id);
}

/* All statements of a group, in one transaction that is rolled back. */
static bool works(const struct conn_options *options, const char *group)
{
	bool writes = strcmp(group, "write") == 0;
	struct conn c = { .pg = NULL };
	int end;

	if (conn_open(&c, options, group, NULL) != 0)
		return false;
	conn_begin(&c);
	if (writes)
		send_frame(&c, SQL_BEGIN);
	conn_settings(&c);
	for (enum sql_id id = 0; id < SQL_COUNT; id++) {
		if (is_tried(id, group)) {
			bind_nothing(conn_bind(&c), statements[id].types);
			conn_send(&c, id);
		}
	}
	if (writes)
		send_frame(&c, SQL_ROLLBACK);
	conn_sync(&c);
	if (writes)
		conn_skip(&c);
	conn_settled(&c);
	for (enum sql_id id = 0; id < SQL_COUNT; id++) {
		if (is_tried(id, group))
			conn_skip(&c);
	}
	if (writes)
		conn_skip(&c);
	end = conn_finish(&c);
	conn_close(&c);
	return end == 0;
}

static void look_at_sequences(const struct conn_options *options)
{
	struct conn c = { .pg = NULL };

	if (conn_open_plain(&c, options, NULL) == 0)
		(void)schema_check_sequences(&c, NULL);
	conn_close(&c);
}

void probe_trouble(const struct conn_options *options, bool damage)
{
	struct trouble *t = options->trouble;

	if (damage && trouble_is(t, TROUBLE_DAMAGE) && works(options, "read") &&
	    works(options, "write"))
		trouble_all_over(t, TROUBLE_DAMAGE);
	if (trouble_is(t, TROUBLE_READING) && works(options, "read"))
		trouble_all_over(t, TROUBLE_READING);
	if (trouble_is(t, TROUBLE_WRITING) && works(options, "write"))
		trouble_all_over(t, TROUBLE_WRITING);
	if (trouble_is(t, TROUBLE_SEQUENCES))
		look_at_sequences(options);
}
