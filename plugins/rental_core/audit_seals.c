/* SPDX-License-Identifier: MIT
 *
 * audit_seals.c - see audit_seals.h. The seals of a book are read a few at a time, and its lines once, in
 * the order of their ids; each seal is computed again when its last line has passed.
 */
#include "audit_seals.h"

#include <stdlib.h>

#include "findings.h"
#include "seal.h"
#include "seals.h"

#define SEALS_PAGE 32
#define LINES_PAGE 1000

static const struct finding_kind kinds[] = {
	{ "I1", "sealed_line",
	  "somebody has changed the books: compare with a backup, and with the hashes of the seals in "
	  "the log",
	  true },
	{ "I1", "seal",
	  "somebody has changed the seals: compare with a backup, and with their hashes in the log",
	  true },
};

enum {
	SEALED_LINE,
	SEAL,
};

struct seals_audit {
	struct core *core;
	struct rent_check *check;
	enum rent_book book;
	struct findings scratch;
	struct seal_sum sum;
	/* A page of seals; the next one to be compared, and the one before it. */
	struct rent_seal seals[SEALS_PAGE];
	char *digests[SEALS_PAGE]; /* theirs */
	size_t n, next;
	int64_t number, upto_id;
	char hash[RENT_SEAL_SIZE];
	/* The last line that was read, and how many of the page. */
	int64_t last_id;
	uint32_t rows;
	/* Nothing behind it says any more. */
	bool broken;
};

static const char *book_name(const struct seals_audit *a)
{
	return rent_name_of(rent_book_names, (int)a->book);
}

static int report(struct seals_audit *a, int kind, const char *rental_id,
                  const struct rent_seal *seal, const char *text)
{
	struct finding *f =
		findings_add(findings_none(&a->scratch), &kinds[kind],
	                     "%s: %s, seal %" PRId64, book_name(a), text, seal->number);

	a->broken = true;
	return finding_report(a->check, f, rental_id, "", seal->created_at);
}

/* ---- the line that does not fit */

static bool is_kept(const struct seals_audit *a, size_t line,
                    const struct rent_seal *seal, size_t at)
{
	char digits[SEAL_DIGITS + 1];

	if (line >= a->sum.n || strlen(seal->digests) < (at + 1) * SEAL_DIGITS)
		return false;
	rent_hex(a->sum.lines[line].digest, SEAL_DIGITS / 2, digits);
	return memcmp(digits, seal->digests + at * SEAL_DIGITS, SEAL_DIGITS) == 0;
}

static int report_gone(struct seals_audit *a, const struct rent_seal *seal, size_t i)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "a line behind %" PRId64 " is gone",
	               i == 0 ? a->upto_id : a->sum.lines[i - 1].id);
	return report(a, SEALED_LINE, "", seal, text);
}

static int report_line(struct seals_audit *a, const struct rent_seal *seal, size_t i,
                       const char *what)
{
	char text[128];

	(void)snprintf(text, sizeof(text), "line %" PRId64 " %s", a->sum.lines[i].id,
	               what);
	return report(a, SEALED_LINE, a->sum.lines[i].rental_id, seal, text);
}

static int report_misfit(struct seals_audit *a, const struct rent_seal *seal)
{
	size_t sealed = strlen(seal->digests) / SEAL_DIGITS, i = 0;

	while (i < sealed && is_kept(a, i, seal, i))
		i++;
	if (i == sealed && i == a->sum.n)
		return report(a, SEAL, "", seal, "the hash is not that of its lines");
	if (i == a->sum.n || (a->sum.n < sealed && is_kept(a, i, seal, i + 1)))
		return report_gone(a, seal, i);
	if (i == sealed || (a->sum.n > sealed && is_kept(a, i + 1, seal, i)))
		return report_line(a, seal, i, "was not there when it was sealed");
	return report_line(a, seal, i, "is not as it was sealed");
}

/* ---- the walk */

/* All lines of the next seal have passed. */
static int close_seal(struct seals_audit *a)
{
	const struct rent_seal *seal = &a->seals[a->next++];
	char hash[RENT_SEAL_SIZE];
	int code = 0;

	if (seal->number != a->number + 1)
		return report(a, SEAL, "", seal, "the seal before it is gone");
	code = seal_sum_hash(&a->sum, seal, a->hash, hash);
	if (code == 0 && strcmp(hash, seal->hash) != 0)
		code = report_misfit(a, seal);
	a->number = seal->number;
	a->upto_id = seal->upto_id;
	rent_copy(a->hash, sizeof(a->hash), seal->hash);
	seal_sum_reset(&a->sum);
	return code;
}

static int check_line(void *arg, const struct rent_line *line)
{
	struct seals_audit *a = arg;
	int code = 0;

	a->rows++;
	a->last_id = line->id;
	while (code == 0 && !a->broken && a->next < a->n &&
	       line->id > a->seals[a->next].upto_id)
		code = close_seal(a);
	if (code != 0 || a->broken)
		return code;
	return seal_sum_add(&a->sum, line);
}

static int check_lines(struct seals_audit *a, struct rent_error *err)
{
	struct rent_line_query query = { .struct_size = sizeof(query),
		                         .book = a->book,
		                         .upto_id = a->seals[a->n - 1].upto_id,
		                         .limit = LINES_PAGE };
	int code = 0;

	a->last_id = a->upto_id;
	a->next = 0;
	do {
		a->rows = 0;
		query.after_id = a->last_id;
		code = a->core->store->line_list(a->core->store_self, &query, check_line,
		                                 a, err);
		if (a->check->pause_us > 0)
			a->core->host->sleep_us(a->core->host, a->check->pause_us);
	} while (code == 0 && !a->broken && a->rows == LINES_PAGE);
	while (code == 0 && !a->broken && a->next < a->n)
		code = close_seal(a);
	return code;
}

static int collect_seal(void *arg, const struct rent_seal *seal)
{
	struct seals_audit *a = arg;
	struct rent_seal *to = &a->seals[a->n];

	if (a->n == SEALS_PAGE)
		return 1;
	rent_adopt(to, sizeof(*to), seal, seal->struct_size);
	a->digests[a->n] = strdup(seal->digests);
	to->digests = a->digests[a->n];
	if (to->digests == NULL)
		return RENT_ENOMEM;
	a->n++;
	return 0;
}

static void drop_seals(struct seals_audit *a)
{
	for (size_t i = 0; i < a->n; i++)
		free(a->digests[i]);
	a->n = 0;
}

static int check_book(struct seals_audit *a, struct rent_error *err)
{
	struct rent_seal_query query = { .struct_size = sizeof(query),
		                         .book = a->book,
		                         .limit = SEALS_PAGE };
	int code;
	bool more;

	a->number = 0;
	a->upto_id = INT64_MIN;
	a->hash[0] = '\0';
	a->broken = false;
	do {
		query.after = a->number;
		code = a->core->store->seal_list(a->core->store_self, &query,
		                                 collect_seal, a, err);
		more = a->n == SEALS_PAGE;
		if (code == 0 && a->n > 0)
			code = check_lines(a, err);
		drop_seals(a);
		seal_sum_reset(&a->sum);
	} while (code == 0 && more && !a->broken);
	return code;
}

int audit_seals(struct core *core, struct rent_check *check, struct rent_error *err)
{
	struct seals_audit *a;
	int code = 0;

	if (!seals_can(core))
		return 0;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "audit: out of memory");
	a->core = core;
	a->check = check;
	seal_sum_init(&a->sum, core->host->crypto);
	for (const struct rent_name *b = rent_book_names; b->name != NULL && code == 0;
	     b++) {
		a->book = (enum rent_book)b->value;
		code = check_book(a, err);
		if (code == RENT_EUNSUPPORTED)
			code = 0; /* a storage that does not know this book */
	}
	seal_sum_done(&a->sum);
	free(a);
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "audit: out of memory");
	return code;
}
