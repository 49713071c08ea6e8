/* SPDX-License-Identifier: MIT
 *
 * stubs/book.c - owns the entries, their index by key and the writing of the file. bank.c
 * and stock.c decide what may be entered; book_load.c reads the file.
 */
#include "book.h"

#include <errno.h>
#include <rent/time.h>
#include <stdlib.h>
#include <unistd.h>

const char *const kind_names[KINDS] = {
	[0] = "",
	[KIND_HOLD] = "hold",
	[KIND_CAPTURE] = "capture",
	[KIND_CHARGE] = "charge",
	[KIND_RELEASE] = "release",
	[KIND_REFUND] = "refund",
	[KIND_EJECT] = "eject",
	[KIND_RETURN] = "return",
};

void book_init(struct book *b, const struct rent_host *host, size_t max)
{
	*b = (struct book){ .host = host, .fd = -1, .max = max };
	lock_init(&b->lock);
	wait_init(&b->written, host->task);
}

static void book_forget(struct book *b)
{
	while (b->all != NULL) {
		struct entry *e = b->all;

		b->all = e->next;
		free(e);
	}
	free(b->acted);
	b->acted = NULL;
	b->n = b->cap = b->refused = 0;
	map_done(&b->keys);
	map_done(&b->orders);
}

void book_close(struct book *b)
{
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
}

void book_done(struct book *b)
{
	book_close(b);
	book_forget(b);
	text_done(&b->pending);
	text_done(&b->leaving);
	lock_done(&b->lock);
}

struct entry *book_find(const struct book *b, enum kind kind, const char *key)
{
	if (key[0] == '\0')
		return NULL;
	return map_get(kind == KIND_EJECT ? &b->orders : &b->keys, key);
}

bool book_same(const struct entry *e, const struct order *o)
{
	return e->o.kind == o->kind && e->o.asked == o->asked &&
	       strcmp(e->o.order_id, o->order_id) == 0 &&
	       strcmp(e->o.user_id, o->user_id) == 0 &&
	       strcmp(e->o.station_id, o->station_id) == 0 &&
	       strcmp(e->o.target, o->target) == 0;
}

static const char *entry_keep(char **at, const char *s)
{
	size_t n = strlen(s) + 1;
	char *copy = memcpy(*at, s, n);

	*at += n;
	return copy;
}

static struct entry *entry_new(const struct order *o)
{
	size_t size = strlen(o->key) + strlen(o->order_id) + strlen(o->user_id) +
	              strlen(o->powerbank_id) + strlen(o->station_id) +
	              strlen(o->target) + 6;
	struct entry *e = calloc(1, sizeof(*e) + size);
	char *at;

	if (e == NULL)
		return NULL;
	at = e->text;
	e->o.kind = o->kind;
	e->o.asked = o->asked;
	e->o.key = entry_keep(&at, o->key);
	e->o.order_id = entry_keep(&at, o->order_id);
	e->o.user_id = entry_keep(&at, o->user_id);
	e->o.powerbank_id = entry_keep(&at, o->powerbank_id);
	e->o.station_id = entry_keep(&at, o->station_id);
	e->o.target = entry_keep(&at, o->target);
	return e;
}

void book_render(struct text *t, const struct entry *e)
{
	char ts[RENT_TIME_SIZE];

	rent_time_text(e->ts, 'T', ts);
	text_str(t, "{");
	text_member_int(t, "seq", e->seq);
	text_member(t, "ts", ts);
	text_member(t, "kind", kind_names[e->o.kind]);
	text_member(t, "key", e->o.key);
	text_member(t, "order_id", e->o.order_id);
	text_member(t, "user_id", e->o.user_id);
	text_member_int(t, "amount", e->amount);
	if (e->amount != e->o.asked)
		text_member_int(t, "asked", e->o.asked);
	text_member(t, "powerbank_id", e->o.powerbank_id);
	text_member(t, "station_id", e->o.station_id);
	text_member(t, "target", e->o.target);
	text_str(t, "}");
}

static int book_room(struct book *b)
{
	size_t cap = b->cap == 0 ? 1024 : b->cap * 2;
	struct entry **bigger;

	if (b->n + b->refused >= b->max)
		return RENT_EFULL;
	if (b->n < b->cap)
		return 0;
	bigger = realloc(b->acted, cap * sizeof(struct entry *));
	if (bigger == NULL)
		return RENT_ENOMEM;
	b->acted = bigger;
	b->cap = cap;
	return 0;
}

/* Puts the line where the next writer takes it from. */
static int book_write_later(struct book *b, const struct entry *e)
{
	int ret = 0;

	lock_acquire(&b->lock);
	if (b->failed) {
		ret = RENT_EFAIL;
	} else {
		size_t before = b->pending.n;

		book_render(&b->pending, e);
		text_str(&b->pending, "\n");
		if (b->pending.failed) {
			b->pending.failed = false;
			b->pending.n = before;
			ret = RENT_ENOMEM;
		} else {
			b->appended++;
		}
	}
	lock_release(&b->lock);
	return ret;
}

int book_add(struct book *b, const struct order *o, int64_t amount, const char *reason,
             int64_t now, struct entry **ret)
{
	struct entry *e;
	struct map *keys;
	int r = book_room(b);

	if (r < 0)
		return r;
	e = entry_new(o);
	if (e == NULL)
		return RENT_ENOMEM;
	e->ts = now;
	e->amount = amount;
	e->reason = reason;
	e->seq = reason == NULL ? (int64_t)b->n + 1 : 0;
	keys = o->kind == KIND_EJECT ? &b->orders : &b->keys;
	if (e->o.key[0] != '\0')
		r = map_put(keys, e->o.key, e);
	if (r == 0 && reason == NULL && b->fd >= 0)
		r = book_write_later(b, e);
	e->next = b->all; /* also when it failed: the map may hold its key */
	b->all = e;
	if (r < 0) {
		if (map_get(keys, e->o.key) == e)
			(void)map_put(keys, e->o.key, NULL);
		return r;
	}
	if (reason == NULL)
		b->acted[b->n++] = e;
	else
		b->refused++;
	*ret = e;
	return 0;
}

int64_t book_ticket(struct book *b)
{
	int64_t ticket;

	lock_acquire(&b->lock);
	ticket = b->appended;
	lock_release(&b->lock);
	return ticket;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		n -= (size_t)w;
	}
	return true;
}

static void book_write(void *arg)
{
	struct book *b = arg;

	b->wrote = write_all(b->fd, b->leaving.p, b->leaving.n) &&
	           (!b->sync || fdatasync(b->fd) == 0);
}

/* One task writes what has gathered, the others wait for it: a write (and with `sync` an
 * fdatasync, which blocks) serves everybody who came in the meantime. Lock held, released in
 * between. */
static void book_flush(struct book *b)
{
	const struct rent_host *host = b->host;
	struct text full = b->pending;
	int64_t upto = b->appended;

	b->busy = true;
	b->pending = b->leaving;
	b->leaving = full;
	lock_release(&b->lock);
	b->wrote = false;
	/* Without a thread for it the file is written here: late is better than never. */
	if (!b->sync || host->task->block(host, book_write, b) != 0)
		book_write(b);
	lock_acquire(&b->lock);
	b->leaving.n = 0;
	b->busy = false;
	if (b->wrote)
		b->durable = upto;
	else
		b->failed = true;
	wait_wake_all(&b->written);
}

int book_commit(struct book *b, int64_t ticket)
{
	int ret;

	lock_acquire(&b->lock);
	while (b->durable < ticket && !b->failed) {
		if (b->busy)
			wait_forever(&b->written, &b->lock);
		else
			book_flush(b);
	}
	ret = b->failed ? RENT_EFAIL : 0;
	lock_release(&b->lock);
	return ret;
}

void book_hold(struct book *b)
{
	lock_acquire(&b->lock);
	while (b->busy)
		wait_forever(&b->written, &b->lock);
	b->busy = true;
	lock_release(&b->lock);
}

void book_let_go(struct book *b)
{
	lock_acquire(&b->lock);
	b->busy = false;
	wait_wake_all(&b->written);
	lock_release(&b->lock);
}

int book_erase(struct book *b)
{
	int ret = 0;

	lock_acquire(&b->lock);
	b->pending.n = 0;
	b->durable = b->appended;
	if (b->fd >= 0 && ftruncate(b->fd, 0) != 0)
		ret = RENT_EFAIL;
	else
		book_forget(b);
	lock_release(&b->lock);
	return ret;
}
