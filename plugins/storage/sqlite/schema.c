/* SPDX-License-Identifier: MIT
 *
 * schema.c - the database file, and its schema by core/migrate.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/migrate.h"

#include "sqlite.h"

#define PATH_SIZE 4096

static int execute_sqlite(void *conn, const char *text, struct rent_error *err)
{
	struct db *db = conn;

	if (strcmp(text, "ROLLBACK") == 0) {
		db_roll_back(db);
		return 0;
	}
	return db_exec(db, text, err);
}

/* A few questions in the life of a file, and before the tables are there that the statements of
 * sql.h need. */
static int ask_sqlite(void *conn, const char *question, char value[RENT_ID_SIZE],
                      struct rent_error *err)
{
	struct db *db = conn;
	sqlite3_stmt *stmt;
	int rc, code = 0;

	if (sqlite3_prepare_v2(db->handle, question, -1, &stmt, NULL) != SQLITE_OK)
		return db_error(db, "migrate", err);
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		(void)rent_copy(value, RENT_ID_SIZE, db_text(stmt, 0));
		code = 1;
	} else if (rc != SQLITE_DONE) {
		code = db_error(db, "migrate", err);
	}
	(void)sqlite3_finalize(stmt);
	return code;
}

static const struct migrate_dialect dialect = {
	.execute = execute_sqlite,
	.ask = ask_sqlite,
	.begin = "BEGIN IMMEDIATE",
	.make_table =
		"CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, "
		"name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT",
	.has_table = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'",
	.now = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'",
};

/* At start, where there are no calls yet that could be made again. */
static int final(const struct db *db, int code, struct rent_error *err)
{
	code = storage_plain(code, err);
	if (code != 0 && code != RENT_EFULL && db->disk)
		code = RENT_EIO;
	if (code != 0 && err != NULL)
		err->code = code;
	return code;
}

int sqlite_check_schema(struct sqlite *self, enum db_use use, struct rent_error *err)
{
	struct db db;
	int code = db_open(&db, &self->db, use, err);

	if (code == 0) {
		code = migrate_check(&dialect, &db, err);
		db_close(&db);
	}
	return final(&db, code, err);
}

/* Of a folder or a file that cannot be made. */
static int refused(void)
{
	switch (errno) {
	case EACCES:
	case EPERM:
		return RENT_EPERM;
	case EROFS:
	case ENOSPC:
	case EDQUOT:
	case EIO:
		return RENT_EIO;
	default:
		return RENT_EUNAVAIL;
	}
}

static int make_folder(const char *path, struct rent_error *err)
{
	char part[PATH_SIZE] = "";

	if (!rent_copy(part, sizeof(part), path))
		return rent_fail(err, RENT_EINVAL,
		                 "path \"%.80s…\": longer than %d bytes", path,
		                 PATH_SIZE - 1);
	for (char *slash = strchr(part + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(part, 0750) != 0 && errno != EEXIST)
			return rent_fail(err, refused(),
			                 "path \"%s\": folder \"%s\" cannot be made: %s",
			                 path, part, strerror(errno));
		*slash = '/';
	}
	return 0;
}

/* The library would make it readable for everybody. */
static int make_file(const char *path, struct rent_error *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return rent_fail(err, refused(), "path \"%s\": cannot be opened: %s",
		                 path, strerror(errno));
	(void)close(fd);
	return 0;
}

int sqlite_migrate(void *arg, bool dry_run, const struct rent_report *report,
                   struct rent_error *err)
{
	struct sqlite *self = arg;
	struct db db = { .handle = NULL };
	int code = 0;

	if (dry_run && access(self->db.path, F_OK) != 0) {
		migrate_report_all(report); /* nothing is made in a dry run */
		return 0;
	}
	if (!dry_run)
		code = make_folder(self->db.path, err);
	if (code == 0 && !dry_run)
		code = make_file(self->db.path, err);
	if (code == 0)
		code = db_open(&db, &self->db, dry_run ? DB_LOOKS : DB_WRITES, err);
	if (code == 0) {
		code = migrate_apply(&dialect, &db, dry_run, report, err);
		db_close(&db);
	}
	return final(&db, code, err);
}
