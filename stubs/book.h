/* SPDX-License-Identifier: MIT
 *
 * stubs/book.h - the durable book: every operation that acted, in order, in memory and in an
 * append-only file, one JSON line each; and the answers given to keys, refusals included
 * (those in memory only: a refusal moved nothing).
 *
 * Locking: everything but book_commit() and book_hold() is called under the lock of the stubs. An answer
 * leaves only after book_commit() of the ticket that was current when it was made.
 */
#ifndef STUBS_BOOK_H
#define STUBS_BOOK_H

#include "map.h"
#include "text.h"

#include "common/wait.h"

#include <rent/host.h>

enum kind {
	KIND_HOLD = 1,
	KIND_CAPTURE,
	KIND_CHARGE,
	KIND_RELEASE,
	KIND_REFUND,
	KIND_EJECT,
	KIND_RETURN, /* a powerbank came back; not an operation of a client */
};
#define KINDS 8

extern const char *const kind_names[KINDS];

/* A request for an operation; the content of an entry. Strings are never NULL. */
struct order {
	enum kind kind;
	int64_t asked;
	const char *key; /* Idempotency-Key, of an eject the order id; "": none */
	const char *order_id, *user_id;
	const char *powerbank_id, *station_id;
	const char *target; /* capture, release: key of the hold; refund: of the charge */
};

struct entry {
	struct order o; /* strings in the entry's own memory */
	int64_t seq;    /* 0: refused, did not act */
	int64_t ts;
	int64_t amount; /* what moved */
	int64_t left;   /* hold: not captured or released; charge, capture: not refunded;
	                   eject: 1 while the powerbank is out */
	const char *reason; /* of a refusal; a literal */
	struct entry *next; /* all of them, to be freed */
	char text[];
};

struct book {
	const struct rent_host *host;
	/* under the lock of the stubs */
	struct entry **acted; /* by seq - 1 */
	size_t n, cap, refused, max;
	struct entry *all;
	struct map keys;   /* of money */
	struct map orders; /* of ejects */
	/* under `lock` */
	struct lock lock;
	struct wait written;
	struct text pending, leaving;
	int64_t appended, durable; /* tickets */
	bool busy, failed;         /* busy: somebody writes what is leaving */
	bool wrote;                /* of whoever is busy: the write succeeded */
	int fd;                    /* -1: in memory only */
	bool sync;
};

typedef int (*book_load_fn)(void *arg, struct entry *e);

void book_init(struct book *b, const struct rent_host *host, size_t max);
void book_done(struct book *b);
/* Opens (creates) the file and reads it; fn is called for each entry, in order. An
 * unfinished last line, which was never answered, is cut off; *ret_cut says so. */
int book_open(struct book *b, const char *path, bool sync, book_load_fn fn, void *arg,
              bool *ret_cut, struct rent_error *err);
void book_close(struct book *b);

/* The entry that answered this key; NULL: none yet. */
struct entry *book_find(const struct book *b, enum kind kind, const char *key);
/* Whether the order is the one the entry answered. */
bool book_same(const struct entry *e, const struct order *o);

/* Enters an operation that moves `amount`, or with a reason a refusal. RENT_EFULL at
 * the ceiling. */
int book_add(struct book *b, const struct order *o, int64_t amount, const char *reason,
             int64_t now, struct entry **ret);
int64_t book_ticket(struct book *b);
/* Waits until everything up to the ticket is in the file. RENT_EFAIL when it cannot be
 * written: from then on nothing is answered until the file is opened again. */
int book_commit(struct book *b, int64_t ticket);
/* Keeps the file from being written. hold waits for whoever writes: not under the lock of the
 * stubs. */
void book_hold(struct book *b);
void book_let_go(struct book *b);
/* Forgets everything, the file included. While it is held. */
int book_erase(struct book *b);

/* Appends the entry as a JSON object. */
void book_render(struct text *t, const struct entry *e);

#endif
