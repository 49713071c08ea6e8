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
 * null), int, int? (0 is null). storage_statements() in statements.cmake makes of it an enum
 * (SQL_OP_USE, …, SQL_COUNT) and a table in that order, in the generated header sql.h.
 */
#ifndef STORAGE_CORE_STATEMENTS_H
#define STORAGE_CORE_STATEMENTS_H

#define STATEMENT_PARAMETERS 16

struct statement {
	const char *name;
	const char *text;
	/* A letter a parameter: t text, e text?, i int, z int?. */
	const char *types;
	/* Their names, with the colon; ends with NULL. */
	const char *const *parameters;
};

extern const struct statement statements[];

#endif
