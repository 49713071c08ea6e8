/* SPDX-License-Identifier: MIT
 *
 * faults_cache.c - what happens to Redis: killed, asleep, emptied, full of wrong values.
 */
#include "nemesis.h"

#include <stdio.h>
#include <stdlib.h>

static void down(struct nemesis *n, struct trouble *t)
{
	t->text = "redis";
	redis_kill(n->fleet->redis);
}

static void up(struct nemesis *n, struct trouble *t)
{
	(void)t;
	redis_start(n->fleet->redis);
}

static void sleeps(struct nemesis *n, struct trouble *t)
{
	t->text = "redis";
	redis_pause(n->fleet->redis);
}

static void wakes(struct nemesis *n, struct trouble *t)
{
	(void)t;
	redis_continue(n->fleet->redis);
}

static void empty(struct nemesis *n, struct trouble *t)
{
	t->text = "redis";
	redis_say(n->fleet->redis, "FLUSHALL");
}

/* Values that somebody else has written: a list where a text was, another price, another key's
 * value, one with a digit changed, one cut short, none. */
static const char poison_text[] =
	"math.randomseed(ARGV[1]) local last "
	"for _, key in ipairs(redis.call('KEYS', '*')) do "
	"local how, value = math.random(0, 7), nil "
	"if redis.call('TYPE', key).ok == 'string' then value = redis.call('GET', key) end "
	"if how == 0 then redis.call('DEL', key) redis.call('LPUSH', key, 'no text') "
	"redis.call('PEXPIRE', key, 20000) "
	"elseif how == 1 then redis.call('SET', key, '{\"price_per_hour\":1}', 'PX', 20000) "
	"elseif how == 2 and last then redis.call('SET', key, last, 'PX', 20000) "
	"elseif how == 3 and value then "
	"redis.call('SET', key, (string.gsub(value, '00', '90', 1)), 'KEEPTTL') "
	"elseif how == 4 and value then "
	"redis.call('SET', key, string.sub(value, 1, -2), 'KEEPTTL') "
	"elseif how == 5 then redis.call('DEL', key) end "
	"last = value or last end return 1";

static void poison(struct nemesis *n, struct trouble *t)
{
	char seed[24];
	const char *argv[] = { "EVAL", poison_text, "0", seed };

	if (now_ms() < t->ticked_ms + 200)
		return;
	t->ticked_ms = now_ms();
	(void)snprintf(seed, sizeof(seed), "%d", (int)nemesis_dice(n, 1, 1000000));
	free(redis_ask(n->fleet->redis, 4, argv));
}

static void redis_itself(struct nemesis *n, struct trouble *t)
{
	(void)n;
	t->text = "redis";
}

const struct fault faults_cache[] = {
	{ "kill-redis", SIDE_CACHE, 2, 100, 3000, down, NULL, up },
	{ "pause-redis", SIDE_CACHE, 3, 300, 3000, sleeps, NULL, wakes },
	{ "flush-redis", SIDE_CACHE, 3, 10, 100, empty, NULL, NULL },
	{ "poison-redis", SIDE_CACHE, 4, 500, 4000, redis_itself, poison, NULL },
	{ NULL, SIDE_CACHE, 0, 0, 0, NULL, NULL, NULL },
};
