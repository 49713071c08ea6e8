/* SPDX-License-Identifier: MIT
 *
 * seals.c - see seals.h. Lines are sealed in batches, apart from the transactions that write them: a hash
 * in each line would make them wait for each other.
 */
#include "seals.h"

#include <stdlib.h>

#include "observers.h"
#include "seal.h"

#define LINES_MAX 1000 /* of a seal */
#define SEALS_MAX 50   /* of a book, in one run */

struct sealing {
	struct core *core;
	enum rent_book book;
	struct seal_sum sum;
	/* The last one; number 0: there is none. */
	struct rent_seal last;
};

bool seals_can(const struct core *core)
{
	const struct rent_storage *store = core->store;

	return store->line_list != NULL && store->book_end != NULL &&
	       store->seal_put != NULL && store->seal_list != NULL;
}

static int copy_seal(void *arg, const struct rent_seal *seal)
{
	rent_adopt(arg, sizeof(struct rent_seal), seal, seal->struct_size);
	((struct rent_seal *)arg)->digests = NULL;
	return 0;
}

static int add_line(void *arg, const struct rent_line *line)
{
	return seal_sum_add(arg, line);
}

static int read_last(struct sealing *s, struct rent_error *err)
{
	const struct rent_seal_query query = {
		.struct_size = sizeof(query), .book = s->book, .last = true, .limit = 1
	};

	s->last = (struct rent_seal){ .struct_size = sizeof(s->last),
		                      .book = s->book,
		                      .upto_id = INT64_MIN };
	return s->core->store->seal_list(s->core->store_self, &query, copy_seal, &s->last,
	                                 err);
}

static int read_lines(struct sealing *s, int64_t end, struct rent_error *err)
{
	const struct rent_line_query query = { .struct_size = sizeof(query),
		                               .book = s->book,
		                               .after_id = s->last.upto_id,
		                               .upto_id = end,
		                               .limit = LINES_MAX };
	int code;

	seal_sum_reset(&s->sum);
	code = s->core->store->line_list(s->core->store_self, &query, add_line, &s->sum,
	                                 err);
	return code == RENT_ENOMEM ? rent_fail(err, code, "no memory for a seal") : code;
}

static void show_head(const struct sealing *s)
{
	const struct rent_host *host = s->core->host;
	const char *book = rent_name_of(rent_book_names, (int)s->book);
	struct rent_field fields[] = { { "book", book },
		                       { "hash", s->last.hash },
		                       { NULL, NULL } };

	host->log(host, RENT_LOG_INFO, fields,
	          "seal %" PRId64 ": %" PRId64 " lines up to %" PRId64, s->last.number,
	          s->last.lines, s->last.upto_id);
}

/* 1: another host was faster. */
static int put_seal(struct sealing *s, const struct rent_seal *next,
                    struct rent_error *err)
{
	struct rent_seal seal = *next;
	char *digests = seal_sum_digests(&s->sum);
	int code = RENT_ENOMEM;

	seal.digests = digests;
	if (digests != NULL)
		code = seal_sum_hash(&s->sum, &seal, s->last.hash, seal.hash);
	if (code != 0)
		(void)rent_fail(err, code, "no memory for a seal");
	else
		code = s->core->store->seal_put(s->core->store_self, &seal, err);
	if (code == 0) {
		s->last = seal;
		s->last.digests = NULL;
		show_head(s);
	}
	free(digests);
	return code;
}

/* The lines up to end that are not sealed yet. A seal that is not full ends where the book does, so that
 * ids that were never used are behind it, too. */
static int seal_lines(struct sealing *s, int64_t end, struct rent_error *err)
{
	int code = 0;

	for (int i = 0; i < SEALS_MAX && code == 0 && s->last.upto_id < end; i++) {
		struct rent_seal next = { .struct_size = sizeof(next),
			                  .book = s->book,
			                  .number = s->last.number + 1 };

		code = read_lines(s, end, err);
		if (code != 0 || s->sum.n == 0)
			break;
		next.lines = (int64_t)s->sum.n;
		next.upto_id = s->sum.n < LINES_MAX ? end : s->sum.lines[s->sum.n - 1].id;
		code = put_seal(s, &next, err);
	}
	return code < 0 ? code : 0;
}

static int seal_book(struct sealing *s, struct rent_error *err)
{
	const struct rent_host *host = s->core->host;
	int64_t end = 0, age;
	int code = read_last(s, err);

	if (code != 0)
		return code;
	code = s->core->store->book_end(s->core->store_self, s->book, &end, err);
	if (code != 0)
		return code;
	age = host->wall_us(host) - s->last.created_at;
	if (s->last.number == 0 || age < 0 || age >= s->core->seal_interval)
		code = seal_lines(s, end, err);
	if (code == 0 && s->last.number > 0)
		observers_sealed(s->core->observers, &s->last);
	return code;
}

int seals_make(struct core *core, struct rent_error *err)
{
	struct sealing s = { .core = core };
	int code = 0;

	if (!seals_can(core) || core->seal_interval == 0)
		return 0;
	seal_sum_init(&s.sum, core->host->crypto);
	for (const struct rent_name *b = rent_book_names; b->name != NULL && code == 0;
	     b++) {
		s.book = (enum rent_book)b->value;
		code = seal_book(&s, err);
		if (code == RENT_EUNSUPPORTED)
			code = 0; /* a storage that does not know this book */
	}
	seal_sum_done(&s.sum);
	return code;
}
