/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/columns.c - the tables of columns, and how a value becomes a member. See
 * columns.h.
 */
#include "columns.h"

#include <stdlib.h>

/* Types of PostgreSQL, by their fixed numbers. */
#define OID_BOOL    16
#define OID_INT8    20
#define OID_INT2    21
#define OID_INT4    23
#define OID_FLOAT4  700
#define OID_FLOAT8  701
#define OID_NUMERIC 1700

#define COLUMNS_MAX 16

enum column_type {
	COLUMN_ID = 1,  /* const char *, 1 to 64 visible ASCII characters */
	COLUMN_ID_HERE, /* the same in the struct itself */
	COLUMN_TEXT,    /* const char *, at most max bytes */
	COLUMN_DEGREES, /* const char *, within ± max */
	COLUMN_INT,     /* int64_t, min..max */
	COLUMN_BOOL,    /* bool */
	COLUMN_PPM,     /* "1.5" as int64_t 1500000, min..max */
};

struct column {
	/* NULL ends the table. */
	const char *name;
	enum column_type type;
	bool required;
	int64_t min, max;
	/* Where it goes. */
	size_t at;
};

/* clang-format off */
#define AT(type, member) offsetof(struct type, member)
#define END { NULL, COLUMN_ID, false, 0, 0, 0 }

static const struct column station_columns[] = {
	{ "id",              COLUMN_ID,      true,  0, 0,   AT(sheet_station, id) },
	{ "tariff_id",       COLUMN_ID,      true,  0, 0,   AT(sheet_station, tariff_id) },
	{ "slots",           COLUMN_INT,     true,  1, RENT_STATION_SLOTS_MAX, AT(sheet_station, slots) },
	{ "name",            COLUMN_TEXT,    false, 0, 256, AT(sheet_station, name) },
	{ "address",         COLUMN_TEXT,    false, 0, 512, AT(sheet_station, address) },
	{ "lat",             COLUMN_DEGREES, false, 0, 90,  AT(sheet_station, lat) },
	{ "lon",             COLUMN_DEGREES, false, 0, 180, AT(sheet_station, lon) },
	{ "opening_hours",   COLUMN_TEXT,    false, 0, 256, AT(sheet_station, opening_hours) },
	{ "venue_id",        COLUMN_ID,      false, 0, 0,   AT(sheet_station, venue_id) },
	{ "vendor",          COLUMN_ID,      false, 0, 0,   AT(sheet_station, vendor) },
	{ "disabled",        COLUMN_BOOL,    false, 0, 0,   AT(sheet_station, disabled) },
	{ "rentals_blocked", COLUMN_BOOL,    false, 0, 0,   AT(sheet_station, rentals_blocked) },
	END,
};

static const struct column tariff_columns[] = {
	{ "id",              COLUMN_ID_HERE, true, 0, 0,                 AT(rent_catalog_tariff, id) },
	{ "price_per_hour",  COLUMN_INT,     true, 0, SHEET_MONEY_MAX,   AT(rent_catalog_tariff, price_per_hour) },
	{ "free_period_min", COLUMN_INT,     true, 0, SHEET_MINUTES_MAX, AT(rent_catalog_tariff, free_period_min) },
	{ "deposit",         COLUMN_INT,     true, 0, SHEET_MONEY_MAX,   AT(rent_catalog_tariff, deposit) },
	END,
};

static const struct column user_columns[] = {
	{ "id",         COLUMN_ID_HERE, true,  0, 0, AT(rent_catalog_user, id) },
	{ "subscriber", COLUMN_BOOL,    false, 0, 0, AT(rent_catalog_user, subscriber) },
	{ "trusted",    COLUMN_BOOL,    false, 0, 0, AT(rent_catalog_user, trusted) },
	END,
};

static const struct column config_columns[] = {
	{ "last_banks_increase", COLUMN_PPM, true, 1, INT64_C(1000000000), AT(rent_catalog_configs, last_banks_increase_ppm) },
	END,
};
/* clang-format on */

static const struct {
	const char *name;
	const struct column *columns;
} queries[QUERIES] = {
	[QUERY_STATIONS] = { "stations", station_columns },
	[QUERY_TARIFFS] = { "tariffs", tariff_columns },
	[QUERY_USERS] = { "users", user_columns },
	[QUERY_CONFIGS] = { "configs", config_columns },
};

const char *columns_query_name(enum query query)
{
	return queries[query].name;
}

bool columns_takes_id(enum query query)
{
	return query != QUERY_CONFIGS;
}

/* ---- when the query is prepared */

/* NULL: a column of this type can be read as that. */
static const char *type_wanted(enum column_type type, Oid is)
{
	bool whole = is == OID_INT2 || is == OID_INT4 || is == OID_INT8;
	bool number = whole || is == OID_NUMERIC || is == OID_FLOAT4 || is == OID_FLOAT8;

	switch (type) {
	case COLUMN_INT:
		return whole ? NULL : "smallint, integer or bigint";
	case COLUMN_BOOL:
		return is == OID_BOOL ? NULL : "boolean";
	case COLUMN_PPM:
	case COLUMN_DEGREES:
		return number ? NULL : "numeric";
	case COLUMN_ID:
	case COLUMN_ID_HERE:
	case COLUMN_TEXT:
		return is == OID_BOOL ? "text" : NULL;
	}
	return "nothing";
}

static const struct column *find_column(const struct column *columns, const char *name)
{
	while (columns->name != NULL && strcmp(columns->name, name) != 0)
		columns++;
	return columns;
}

static int check_column(enum query query, const PGresult *described, int i,
                        struct rent_error *err)
{
	const char *option = queries[query].name, *name = PQfname(described, i);
	const struct column *column = find_column(queries[query].columns, name);
	const char *wanted = column->name == NULL
	                             ? NULL
	                             : type_wanted(column->type, PQftype(described, i));
	char known[160] = "";
	size_t at = 0;

	if (column->name == NULL) {
		for (const struct column *c = queries[query].columns;
		     c->name != NULL && at < sizeof(known) - 1; c++)
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
			                       at == 0 ? "" : ", ", c->name);
		return rent_fail(err, RENT_EINVAL,
		                 "options.%s: there is no column '%.40s'; there are %s",
		                 option, name, known);
	}
	if (PQfnumber(described, name) != i)
		return rent_fail(err, RENT_EINVAL,
		                 "options.%s: column '%s' is there twice", option, name);
	if (wanted != NULL)
		return rent_fail(err, RENT_EINVAL, "options.%s: column '%s' must be %s",
		                 option, name, wanted);
	return 0;
}

int columns_check(enum query query, const PGresult *described, struct rent_error *err)
{
	const char *option = queries[query].name;
	int params = columns_takes_id(query) ? 1 : 0, code = 0;

	if (PQnparams(described) != params)
		return rent_fail(
			err, RENT_EINVAL,
			"options.%s: the query must have %s, it has %d parameters",
			option,
			params == 1 ? "one parameter, $1, the id" : "no parameter",
			PQnparams(described));
	if (PQnfields(described) == 0)
		return rent_fail(err, RENT_EINVAL,
		                 "options.%s: the statement gives no columns", option);
	for (int i = 0; i < PQnfields(described) && code == 0; i++)
		code = check_column(query, described, i, err);
	for (const struct column *c = queries[query].columns;
	     c->name != NULL && code == 0; c++) {
		if (c->required && PQfnumber(described, c->name) < 0)
			code = rent_fail(err, RENT_EINVAL,
			                 "options.%s: column '%s' is missing", option,
			                 c->name);
	}
	return code;
}

/* ---- rows */

static bool set_text(const struct column *c, const char *text, struct rent_arena *arena,
                     char *at)
{
	const char *copy;

	if (c->type == COLUMN_TEXT      ? strlen(text) > (size_t)c->max
	    : c->type == COLUMN_DEGREES ? !sheet_degrees(text, c->max)
	                                : !rent_id_valid(text))
		return false;
	if (c->type == COLUMN_ID_HERE)
		return rent_copy(at, RENT_ID_SIZE, text);
	copy = rent_strdup(arena, text);
	memcpy(at, &copy, sizeof(copy));
	return copy != NULL;
}

static bool set_value(const struct column *c, const char *text, struct rent_arena *arena,
                      char *at)
{
	bool truth = text[0] == 't', read;
	int64_t number;

	if (c->type == COLUMN_BOOL) {
		memcpy(at, &truth, sizeof(truth));
		return true;
	}
	if (c->type != COLUMN_INT && c->type != COLUMN_PPM)
		return set_text(c, text, arena, at);
	read = c->type == COLUMN_PPM ? sheet_ppm(text, &number)
	                             : sheet_whole(text, &number);
	if (!read || number < c->min || number > c->max)
		return false;
	memcpy(at, &number, sizeof(number));
	return true;
}

bool columns_read(enum query query, const PGresult *rows, struct rent_arena *arena,
                  union columns_row *ret, char *note, size_t note_size)
{
	memset(ret, 0, sizeof(*ret));
	for (const struct column *c = queries[query].columns; c->name != NULL; c++) {
		int i = PQfnumber(rows, c->name);
		bool none = i < 0 || PQgetisnull(rows, 0, i) == 1;

		if (none && !c->required)
			continue;
		if (none ||
		    !set_value(c, PQgetvalue(rows, 0, i), arena, (char *)ret + c->at)) {
			(void)snprintf(note, note_size,
			               "%s: column '%s' is %.40s, which it must not be",
			               queries[query].name, c->name,
			               none ? "null" : PQgetvalue(rows, 0, i));
			return false;
		}
	}
	return true;
}
