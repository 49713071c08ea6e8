/* SPDX-License-Identifier: MIT
 *
 * books.c - books are not sealed here: they end with the process, and nobody else can write them.
 */
#include "memory.h"

static int not_sealed(struct rent_error *err)
{
	return rent_fail(err, RENT_EUNSUPPORTED, "memory: books are not sealed");
}

int memory_line_list(struct memory *m, const struct rent_line_query *query,
                     rent_line_fn fn, void *arg, struct rent_error *err)
{
	(void)m;
	(void)query;
	(void)fn;
	(void)arg;
	return not_sealed(err);
}

int memory_book_end(struct memory *m, enum rent_book book, int64_t *ret,
                    struct rent_error *err)
{
	(void)m;
	(void)book;
	*ret = 0;
	return not_sealed(err);
}

int memory_seal_put(struct memory *m, const struct rent_seal *seal,
                    struct rent_error *err)
{
	(void)m;
	(void)seal;
	return not_sealed(err);
}

int memory_seal_list(struct memory *m, const struct rent_seal_query *query,
                     rent_seal_fn fn, void *arg, struct rent_error *err)
{
	(void)m;
	(void)query;
	(void)fn;
	(void)arg;
	return not_sealed(err);
}
