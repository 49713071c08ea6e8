/* SPDX-License-Identifier: MIT
 *
 * fuzz_postgres_row.c - rows as a server sends them, in the binary format: the types are those
 * of the statements (prepared ones: another type is refused before), the values are anything.
 */
#include <rent/model.h>

#include "fuzz.h"
#include "result.h"

/* Of a rental with its sums and then of an operation: t text, i a number of 8 bytes, 4 of 4. */
static const char types[] = "ttttttiiittiiiiitiiiiiiiiiiii"
			    "tttttttttiiiiiii";

static PGresult *make_row(struct fuzz *f)
{
	enum {
		COLUMNS = sizeof(types) - 1
	};
	PGresAttDesc columns[COLUMNS];
	PGresult *res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	static char name[] = "column";

	FUZZ_MUST(res != NULL);
	for (int i = 0; i < COLUMNS; i++)
		columns[i] = (PGresAttDesc){ .name = name, .format = 1 };
	FUZZ_MUST(PQsetResultAttrs(res, COLUMNS, columns) != 0);
	for (int i = 0; i < COLUMNS; i++) {
		unsigned how = fuzz_byte(f);
		char value[256];
		size_t n = types[i] == 't' ? how % 128 : how % 8 == 1 ? 4 : 8;

		if (how == 255) {
			FUZZ_MUST(PQsetvalue(res, 0, i, NULL, -1) != 0);
			continue;
		}
		for (size_t k = 0; k < n; k++)
			value[k] = (char)fuzz_byte(f);
		/* The server's texts have no NUL in them. */
		if (types[i] == 't')
			n = strnlen(value, n);
		FUZZ_MUST(PQsetvalue(res, 0, i, value, (int)n) != 0);
	}
	return res;
}

static const char *const words[] = { "FINISHED", "ACTIVE", "PENDING", "DONE", "charge" };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	unsigned choice = fuzz_byte(&f);
	PGresult *res = make_row(&f);
	struct rent_rental rental;
	struct rent_op op;

	/* Words that it knows, now and then. */
	if (choice < 128) {
		const char *word = words[choice % 5];

		char copy[16];

		(void)rent_copy(copy, sizeof(copy), word);
		FUZZ_MUST(PQsetvalue(res, 0, 9, copy, (int)strlen(copy)) != 0);
		FUZZ_MUST(PQsetvalue(res, 0, 10, copy, (int)strlen(copy)) != 0);
	}
	result_rental(res, 0, &rental);
	FUZZ_MUST(fuzz_ends(rental.id, sizeof(rental.id)));
	FUZZ_MUST(fuzz_ends(rental.broken, sizeof(rental.broken)));
	FUZZ_MUST(rental.started_at >= 0 && rental.finished_at >= 0);
	result_op(res, 0, RESULT_RENTAL, &op);
	FUZZ_MUST(fuzz_ends(op.id, sizeof(op.id)) && fuzz_ends(op.note, sizeof(op.note)));
	PQclear(res);
	return 0;
}

/* Nothing to prepare. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
