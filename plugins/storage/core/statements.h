/* SPDX-License-Identifier: MIT
 *
 * statements.h - SQL that was compiled in from the .sql files of a backend's folder, where each
 * statement has a header and runs in the database's own shell as it stands:
 *
 *     -- name: op_use
 *     -- with: amount int, id text, rental text
 *     UPDATE operations SET used = used + :amount WHERE id = :id AND rental_id = :rental;
 *
 * `with` lists the parameters in the order in which the code gives them: text, text? ("" is
 * null), int, int? (0 is null).
 *
 * PostgreSQL's shell has no named parameters; there a statement is written as what psql can read
 * and EXECUTE, and the types of its parameters are those of the PREPARE:
 *
 *     -- name: op_get
 *     PREPARE op_get (text) AS
 *     SELECT … FROM operations WHERE id = $1;
 *
 * storage_embed() makes of the files an enum (SQL_OP_USE, …, SQL_COUNT) and a table in that order,
 * in the generated header sql.h.
 */
#ifndef STORAGE_CORE_STATEMENTS_H
#define STORAGE_CORE_STATEMENTS_H

#define STATEMENT_PARAMETERS 20

struct statement {
	const char *name;
	const char *text;
	/* A letter a parameter: t text, e text?, i int, z int?. With PREPARE: t text, i bigint,
	 * b boolean, m timestamptz, u uuid; arrays of these have large letters. */
	const char *types;
	/* Their names, with the colon; ends with NULL. */
	const char *const *parameters;
	/* The folder of its file: groups statements, where a backend has several folders. */
	const char *folder;
};

extern const struct statement statements[];

#endif
