/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/pool.c - who gets which connection. See pool.h.
 */
#include "pool.h"

void pool_init(struct pool *pool)
{
	lock_init(&pool->lock);
	wait_init(&pool->free_link, pool->options.host->task);
	for (int i = 0; i < pool->size; i++)
		pool->links[i].options = &pool->options;
}

void pool_done(struct pool *pool)
{
	for (int i = 0; i < pool->size; i++)
		link_close(&pool->links[i]);
	lock_done(&pool->lock);
}

/* A connection that nobody uses, an open one if there is one. NULL: none in time. */
static struct link *acquire(struct pool *pool, int64_t deadline_us)
{
	int pick = -1;
	bool in_time = true;

	lock_acquire(&pool->lock);
	while (pick < 0 && in_time) {
		for (int i = 0; i < pool->size; i++) {
			if (!pool->busy[i] && (pick < 0 || pool->links[i].pg != NULL))
				pick = i;
		}
		if (pick < 0)
			in_time = wait_until(&pool->free_link, &pool->lock, deadline_us);
	}
	if (pick >= 0)
		pool->busy[pick] = true;
	lock_release(&pool->lock);
	return pick < 0 ? NULL : &pool->links[pick];
}

static void release(struct pool *pool, const struct link *link, const char *trouble)
{
	lock_acquire(&pool->lock);
	pool->busy[link - pool->links] = false;
	(void)rent_copy(pool->trouble, sizeof(pool->trouble), trouble);
	(void)wait_wake_one(&pool->free_link);
	lock_release(&pool->lock);
}

struct opening {
	struct link *link;
	struct rent_error *err;
	int code;
};

static void open_link(void *arg)
{
	struct opening *opening = arg;

	opening->code = link_open(opening->link, opening->err);
}

/* Connects if the link is not. */
static bool connected(struct pool *pool, struct link *link, struct rent_error *err)
{
	struct opening opening = { link, err, RENT_EUNAVAIL };
	const struct rent_host *host = pool->options.host;
	int64_t now = host->mono_us(host);
	bool early;

	if (link->pg != NULL)
		return true;
	lock_acquire(&pool->lock);
	early = now < pool->retry_at;
	if (early)
		(void)rent_fail(err, RENT_EUNAVAIL, "%.200s", pool->trouble);
	else
		pool->retry_at = now + RENT_SECOND;
	lock_release(&pool->lock);
	if (early)
		return false;
	if (host->task->block(host, open_link, &opening) != 0)
		(void)rent_fail(err, RENT_EUNAVAIL, "no thread to connect with");
	if (opening.code != 0) {
		host->log(host, RENT_LOG_ERROR, NULL, "%s", err->text);
		return false;
	}
	lock_acquire(&pool->lock);
	pool->retry_at = 0;
	lock_release(&pool->lock);
	return true;
}

PGresult *pool_ask(struct pool *pool, enum query query, const char *id,
                   int64_t deadline_us, struct rent_error *err)
{
	struct link *link = acquire(pool, deadline_us);
	PGresult *rows = NULL;

	if (link == NULL) {
		(void)rent_fail(err, RENT_EUNAVAIL, "no connection was free in time");
		return NULL;
	}
	/* A connection may have died since it was used; reading twice harms nobody. */
	for (int tries = 0; tries < 2 && rows == NULL; tries++) {
		if (!connected(pool, link, err))
			break;
		rows = link_ask(link, query, id, deadline_us, err);
		if (rows == NULL && link->pg != NULL)
			break;
	}
	release(pool, link, rows == NULL ? err->text : "");
	return rows;
}

int pool_try(struct pool *pool, struct rent_error *err)
{
	int code = link_open(&pool->links[0], err);

	if (code != 0)
		(void)rent_copy(pool->trouble, sizeof(pool->trouble), err->text);
	return code;
}

void pool_trouble(struct pool *pool, char ret[RENT_NOTE_SIZE])
{
	lock_acquire(&pool->lock);
	(void)rent_copy(ret, RENT_NOTE_SIZE, pool->trouble);
	lock_release(&pool->lock);
}
