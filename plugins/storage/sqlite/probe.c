/* SPDX-License-Identifier: MIT
 *
 * probe.c - trying whether what failed works again; see probe.h.
 */
#include "probe.h"

/* Statements that frame a transaction, or a part of it. */
static bool is_frame(enum sql_id id)
{
	return id >= SQL_BEGIN_WRITE && id <= SQL_KEEP_CHANGE;
}

/* A constraint refuses empty values: the statement itself fits the schema. */
static bool all_work(struct db *db)
{
	bool work = db_do(db, SQL_BEGIN_WRITE, NULL) == 0;

	for (enum sql_id id = 0; id < SQL_COUNT && work; id++)
		work = is_frame(id) || db_try(db, id, NULL) >= 0;
	db_roll_back(db);
	return work;
}

void probe_trouble(const struct db_options *options, bool damage)
{
	struct trouble *t = options->trouble;
	struct db db;

	damage = damage && trouble_is(t, TROUBLE_DAMAGE);
	if (!trouble_is(t, TROUBLE_READING) && !trouble_is(t, TROUBLE_WRITING) && !damage)
		return;
	if (db_open(&db, options, DB_WRITES, NULL) != 0)
		return;
	if (all_work(&db)) {
		trouble_all_over(t, TROUBLE_READING);
		trouble_all_over(t, TROUBLE_WRITING);
		if (damage)
			trouble_all_over(t, TROUBLE_DAMAGE);
	}
	db_close(&db);
}
