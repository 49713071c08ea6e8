/* SPDX-License-Identifier: MIT
 *
 * upstream/client.c - see client.h. Handles of libuv are freed when libuv has closed them, so a
 * client can be freed at once.
 *
 * libcurl looks through the connections of a multi handle, one after the other, for a free one. So
 * a client fills one handle with attempts before it opens the next, and closes it after a while
 * without any.
 */
#include "upstream/client.h"

#include "base/clock.h"
#include "upstream/multi.h"

#include <stdlib.h>

#define MULTI_FULL      128u /* attempts */
#define MULTI_IDLE      (60 * RENT_SECOND)
#define CLIENT_BODY_MAX (size_t)65536 /* memory that an idle one keeps */

enum slot_state {
	SLOT_IDLE = 0,
	SLOT_TAKEN,
	SLOT_SENDING,
	SLOT_WAITING,
};

/* An attempt and its place in the client. */
struct slot {
	struct attempt attempt; /* first */
	struct client *client;
	void *owner;
	enum slot_state state;
	struct multi *multi;      /* sending: in this one */
	struct slot *prev, *next; /* among those in use; idle: next only */
	bool has_timer;           /* from the first wait on */
	uv_timer_t timer;
};

struct client {
	struct client_config config;
	_Atomic bool shut;
	struct multi_config multi_config;
	struct multi *multis; /* the first multi_count are open */
	unsigned multi_count, multi_max;
	struct slot *used, *idle;
	unsigned idle_count;
};

/* ---- attempts ------------------------------------------------------------------------- */

static void on_slot_closed(uv_handle_t *timer)
{
	free(timer->data);
}

static void slot_free(struct slot *slot)
{
	attempt_done(&slot->attempt);
	if (slot->has_timer)
		uv_close((uv_handle_t *)&slot->timer, on_slot_closed);
	else
		free(slot);
}

static struct slot *slot_new(struct client *client)
{
	struct slot *slot = calloc(1, sizeof(*slot));

	if (slot == NULL || attempt_init(&slot->attempt, client->config.share) != 0) {
		free(slot);
		return NULL;
	}
	slot->client = client;
	return slot;
}

struct attempt *client_take(struct client *client, void *owner)
{
	struct slot *slot = client->idle;

	if (client_is_shut(client))
		return NULL;
	if (slot != NULL) {
		client->idle = slot->next;
		client->idle_count--;
	} else {
		slot = slot_new(client);
	}
	if (slot == NULL)
		return NULL;
	slot->owner = owner;
	slot->state = SLOT_TAKEN;
	slot->prev = NULL;
	slot->next = client->used;
	if (client->used != NULL)
		client->used->prev = slot;
	client->used = slot;
	return &slot->attempt;
}

void client_give_back(struct client *client, struct attempt *attempt)
{
	struct slot *slot = (struct slot *)attempt;

	if (slot->prev != NULL)
		slot->prev->next = slot->next;
	else
		client->used = slot->next;
	if (slot->next != NULL)
		slot->next->prev = slot->prev;
	slot->state = SLOT_IDLE;
	if (client_is_shut(client) ||
	    client->idle_count >= client->config.connections_kept) {
		slot_free(slot);
		return;
	}
	/* One large reply must not be paid for by every idle handle. */
	if (attempt->body.cap > CLIENT_BODY_MAX)
		dynbuf_done(&attempt->body);
	slot->next = client->idle;
	client->idle = slot;
	client->idle_count++;
}

/* The first that is not full, or else the one with the fewest. NULL: no memory for any. */
static struct multi *multi_choose(struct client *client)
{
	struct multi *least = NULL;

	for (unsigned i = 0; i < client->multi_count; i++) {
		struct multi *multi = &client->multis[i];

		if (multi->sending < MULTI_FULL)
			return multi;
		if (least == NULL || multi->sending < least->sending)
			least = multi;
	}
	if (client->multi_count == client->multi_max ||
	    multi_init(&client->multis[client->multi_count], &client->multi_config) != 0)
		return least;
	return &client->multis[client->multi_count++];
}

/* The last one, if it had nothing to do for long. */
static void multi_retire(struct client *client)
{
	struct multi *last = &client->multis[client->multi_count - 1];

	if (client->multi_count < 2 || last->sending > 0 ||
	    clock_mono_us() - last->idle_since_us < MULTI_IDLE)
		return;
	multi_done(last);
	client->multi_count--;
}

bool client_send(struct client *client, struct attempt *attempt)
{
	struct slot *slot = (struct slot *)attempt;

	slot->multi = multi_choose(client);
	if (slot->multi == NULL || multi_add(slot->multi, attempt) != 0)
		return false;
	slot->state = SLOT_SENDING;
	multi_retire(client);
	return true;
}

static void on_ended(struct attempt *attempt, CURLcode code)
{
	struct slot *slot = (struct slot *)attempt;

	slot->state = SLOT_TAKEN;
	slot->client->config.events->ended(slot->owner, code);
}

static void on_due(uv_timer_t *timer)
{
	struct slot *slot = timer->data;

	slot->state = SLOT_TAKEN;
	slot->client->config.events->due(slot->owner);
}

void client_wait(struct client *client, struct attempt *attempt, int64_t due_us)
{
	struct slot *slot = (struct slot *)attempt;

	if (!slot->has_timer) {
		(void)uv_timer_init(&client->config.loop->uv, &slot->timer);
		slot->timer.data = slot;
		slot->has_timer = true;
	}
	slot->state = SLOT_WAITING;
	loop_timer_start(&slot->timer, on_due, due_us);
}

/* ---- the client ----------------------------------------------------------------------- */

struct client *client_new(const struct client_config *config)
{
	struct client *client = calloc(1, sizeof(*client));
	unsigned most = config->connections_kept / MULTI_FULL;

	if (client == NULL)
		return NULL;
	client->config = *config;
	client->multi_max = most == 0 ? 1 : most;
	client->multi_config = (struct multi_config){
		.uv = &config->loop->uv,
		.ended = on_ended,
		.connections_max = config->connections_max / client->multi_max,
		.connections_kept = config->connections_kept / client->multi_max + 1,
	};
	client->multis = calloc(client->multi_max, sizeof(*client->multis));
	if (client->multis == NULL) {
		free(client);
		return NULL;
	}
	return client;
}

struct loop *client_loop(const struct client *client)
{
	return client->config.loop;
}

void client_shut(struct client *client)
{
	atomic_store(&client->shut, true);
}

bool client_is_shut(const struct client *client)
{
	return atomic_load(&client->shut);
}

void client_close(struct client *client)
{
	client_shut(client);
	while (client->used != NULL) {
		struct slot *slot = client->used;
		bool sending = slot->state == SLOT_SENDING;

		if (sending)
			multi_remove(slot->multi, &slot->attempt);
		else
			(void)uv_timer_stop(&slot->timer);
		slot->state = SLOT_TAKEN;
		client->config.events->closing(slot->owner, sending);
	}
	while (client->idle != NULL) {
		struct slot *slot = client->idle;

		client->idle = slot->next;
		slot_free(slot);
	}
	while (client->multi_count > 0)
		multi_done(&client->multis[--client->multi_count]);
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	free(client->multis);
	free(client);
}
