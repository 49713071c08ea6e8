/* SPDX-License-Identifier: MIT
 *
 * provider_book.c - see provider_book.h.
 */
#include "provider_book.h"

#include <stdlib.h>

#define PAGE_ENTRIES 1000
#define PAGE_TRIES   4
#define PAGE_PAUSE   (RENT_SECOND / 2) /* before a page is asked for again */

/* ---- entries */

static int add_entry(void *arg, const struct rent_payment_entry *theirs)
{
	struct provider_book *book = arg;
	struct rent_payment_entry from;
	struct book_entry *e;

	rent_adopt(&from, sizeof(from), theirs, theirs->struct_size);
	if (book->n == BOOK_MAX)
		return RENT_EFULL;
	if (book->n == book->room) {
		size_t room = book->room == 0 ? PAGE_ENTRIES : book->room * 2;
		struct book_entry *bigger =
			realloc(book->entries, room * sizeof(*bigger));

		if (bigger == NULL)
			return RENT_ENOMEM;
		book->entries = bigger;
		book->room = room;
	}
	e = &book->entries[book->n++];
	memset(e, 0, sizeof(*e));
	/* A longer one is not one of ours. */
	if (!rent_copy(e->id, sizeof(e->id), from.id))
		e->id[0] = '\0';
	(void)rent_copy(e->rental_id, sizeof(e->rental_id), from.rental_id);
	(void)rent_copy(e->user_id, sizeof(e->user_id), from.user_id);
	(void)rent_copy(e->ref, sizeof(e->ref),
	                e->id[0] == '\0' && from.id != NULL && from.id[0] != '\0'
	                        ? from.id
	                        : from.ref);
	if (!rent_copy(e->target_ref, sizeof(e->target_ref), rent_text(from.target_ref)))
		e->target_ref[0] = '\0';
	(void)rent_copy(e->currency, sizeof(e->currency), from.currency);
	e->kind = from.kind;
	e->outcome = from.outcome;
	e->amount = from.outcome == RENT_SUCCEEDED ? from.amount : 0;
	e->at = from.at;
	return 0;
}

/* By id; entries without one by kind and reference. */
static int order_entries(const void *a, const void *b)
{
	const struct book_entry *one = a, *other = b;
	int order = strcmp(one->id, other->id);

	if (order != 0 || one->id[0] != '\0')
		return order;
	if (one->kind != other->kind)
		return one->kind < other->kind ? -1 : 1;
	return strcmp(one->ref, other->ref);
}

/* Drops entries that come twice because a page was read again or the list moved on. */
static void drop_twins(struct provider_book *book)
{
	size_t i, kept = 0;

	for (i = 0; i < book->n; i++) {
		struct book_entry *last = kept == 0 ? NULL : &book->entries[kept - 1];
		const struct book_entry *e = &book->entries[i];
		bool named = e->id[0] != '\0' || e->ref[0] != '\0';

		if (last == NULL || !named || order_entries(last, e) != 0)
			book->entries[kept++] = *e;
		else if (e->outcome == RENT_SUCCEEDED)
			*last = *e;
	}
	book->n = kept;
}

static struct book_entry *find_entry(const struct provider_book *book,
                                     const struct book_entry *wanted)
{
	if (book->n == 0)
		return NULL;
	return bsearch(wanted, book->entries, book->n, sizeof(*wanted), order_entries);
}

struct book_entry *book_find(const struct provider_book *book, const char *id,
                             enum rent_payment_kind kind, const char *ref)
{
	struct book_entry wanted = { .kind = kind };
	struct book_entry *found;

	if (!rent_copy(wanted.id, sizeof(wanted.id), id) || id[0] == '\0')
		return NULL;
	found = find_entry(book, &wanted);
	if (found != NULL || ref[0] == '\0')
		return found;
	wanted.id[0] = '\0';
	(void)rent_copy(wanted.ref, sizeof(wanted.ref), ref);
	return find_entry(book, &wanted);
}

void book_done(struct provider_book *book)
{
	free(book->entries);
	*book = (struct provider_book){ 0 };
}

/* ---- pages */

static int ask_for_page(struct core *core, struct payment_port *port,
                        const struct rent_payment_page *page, struct rent_exchange *x,
                        struct rent_error *err)
{
	const struct rent_host *host = core->host;
	struct rent_exchange *one[] = { x };
	int code;

	pthread_mutex_lock(&port->lock);
	code = port->api->build_list(port->self, page, x->arena, &x->request, err);
	pthread_mutex_unlock(&port->lock);
	if (code != 0)
		return code;
	host->exchange(host, one, 1);
	if (x->transport != RENT_REPLIED)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "the payment provider '%s' does not answer: %s",
		                 port->instance, x->error);
	return 0;
}

/* *cursor is moved on; "" at the end. */
static int read_page(struct core *core, struct payment_port *port, int64_t since,
                     char cursor[RENT_REF_SIZE], struct provider_book *book,
                     struct rent_error *err)
{
	const struct rent_host *host = core->host;
	const struct rent_payment_page page = { .struct_size = sizeof(page),
		                                .since = since,
		                                .cursor = cursor,
		                                .limit = PAGE_ENTRIES };
	struct rent_exchange x;
	char next[RENT_REF_SIZE] = "";
	int code;

	rent_exchange_init(&x, host->arena_new(host));
	if (x.arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	code = ask_for_page(core, port, &page, &x, err);
	if (code == 0) {
		pthread_mutex_lock(&port->lock);
		code = port->api->parse_list(port->self, &page, &x.reply, add_entry, book,
		                             next, err);
		pthread_mutex_unlock(&port->lock);
	}
	host->arena_free(host, x.arena);
	if (code == 0) {
		next[RENT_REF_SIZE - 1] = '\0';
		if (next[0] != '\0' && strcmp(next, cursor) == 0)
			return rent_fail(err, RENT_EFAIL,
			                 "the list of the payment provider '%s' does not "
			                 "get past '%s'",
			                 port->instance, cursor);
		memcpy(cursor, next, RENT_REF_SIZE);
	}
	return code;
}

/* A page may be asked for again: what it had given before is dropped as a twin. */
static int read_page_patiently(struct core *core, struct payment_port *port,
                               int64_t since, char cursor[RENT_REF_SIZE],
                               struct provider_book *book, struct rent_error *err)
{
	int tries, code = RENT_EUNAVAIL;

	for (tries = 0; tries < PAGE_TRIES && code == RENT_EUNAVAIL; tries++) {
		if (tries > 0)
			core->host->sleep_us(core->host, PAGE_PAUSE << tries);
		code = read_page(core, port, since, cursor, book, err);
	}
	if (code == RENT_EFULL)
		return rent_fail(err, code,
		                 "the payment provider '%s' lists more than %d entries: "
		                 "begin later (--reconcile=SINCE)",
		                 port->instance, BOOK_MAX);
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "out of memory for the provider's list");
	return code;
}

int book_read(struct core *core, struct payment_port *port, int64_t since,
              struct provider_book *book, struct rent_error *err)
{
	char cursor[RENT_REF_SIZE] = "";
	int code;

	do {
		code = read_page_patiently(core, port, since, cursor, book, err);
	} while (code == 0 && cursor[0] != '\0');
	if (code != 0)
		return code;
	if (book->n > 0)
		qsort(book->entries, book->n, sizeof(*book->entries), order_entries);
	drop_twins(book);
	return 0;
}
