/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/columns.h - what the query of each kind must give: its columns, checked
 * when it is prepared, and one row of it as the struct that the catalogue answers with.
 */
#ifndef CATALOG_SQL_COLUMNS_H
#define CATALOG_SQL_COLUMNS_H

#include <libpq-fe.h>

#include "common/sheet.h"

/* What a query is for; rent_catalog_what less one. */
enum query {
	QUERY_STATIONS,
	QUERY_TARIFFS,
	QUERY_USERS,
	QUERY_CONFIGS,
	QUERIES,
};

/* The option with its text, and the name of its prepared statement. */
const char *columns_query_name(enum query query);
bool columns_takes_id(enum query query);

/* described: what PQdescribePrepared() gave. */
int columns_check(enum query query, const PGresult *described, struct rent_error *err);

/* A row; texts are copied into the arena. */
union columns_row {
	struct sheet_station station;
	struct rent_catalog_tariff tariff;
	struct rent_catalog_user user;
	struct rent_catalog_configs configs;
};

/* Reads the first row, which is there. false: note says which column has what it must not. */
bool columns_read(enum query query, const PGresult *rows, struct rent_arena *arena,
                  union columns_row *ret, char *note, size_t note_size);

#endif
