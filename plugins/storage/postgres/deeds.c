/* SPDX-License-Identifier: MIT
 *
 * deeds.c - who did what: the columns of a row, and the list.
 */
#include "deeds.h"

#include "core/deed.h"
#include "postgres.h"
#include "result.h"

#define TEXT(member)                                         \
	{                                                    \
		BIND_TEXT, offsetof(struct deed_row, member) \
	}

const struct bind_column deed_columns[] = {
	TEXT(rental),  TEXT(action), TEXT(op),     TEXT(subject),
	TEXT(role),    TEXT(issuer), TEXT(key),    TEXT(peer),
	TEXT(request), TEXT(by),     TEXT(reason), BIND_END,
};

static void bind_query(struct bind *a, void *arg)
{
	const struct rent_deed_query *query = arg;

	bind_int(a, query->before_id == 0 ? INT64_MAX : query->before_id);
	bind_int(a, storage_page(query->limit));
	if (query->rental_id[0] != '\0')
		bind_text(a, query->rental_id);
}

static int show_deed(const PGresult *res, int row, rent_deed_fn fn, void *arg)
{
	const struct deed_row texts = {
		.rental = result_text(res, row, 2),
		.action = result_text(res, row, 3),
		.op = result_text(res, row, 4),
		.subject = result_text(res, row, 5),
		.role = result_text(res, row, 6),
		.issuer = result_text(res, row, 7),
		.key = result_text(res, row, 8),
		.peer = result_text(res, row, 9),
		.request = result_text(res, row, 10),
		.by = result_text(res, row, 11),
		.reason = result_text(res, row, 12),
	};
	struct rent_actor actor;
	struct rent_deed deed;

	deed_show(&texts, &actor, &deed);
	deed.id = result_int(res, row, 0);
	deed.at = result_int(res, row, 1);
	return fn(arg, &deed);
}

int postgres_deed_list(struct postgres *self, const struct rent_deed_query *theirs,
                       rent_deed_fn fn, void *arg, struct rent_error *err)
{
	struct rent_deed_query query = *theirs;
	PGresult *res;
	int code;

	if (query.rental_id == NULL)
		query.rental_id = "";
	code = reading_query(&self->reading,
	                     query.rental_id[0] == '\0' ? SQL_DEEDS_ALL : SQL_DEEDS_OF,
	                     bind_query, &query, &res, err);
	if (code != 0)
		return code;
	for (int row = 0; code == 0 && row < PQntuples(res); row++)
		code = show_deed(res, row, fn, arg);
	PQclear(res);
	return code;
}
