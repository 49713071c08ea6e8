/* SPDX-License-Identifier: MIT
 *
 * upstream/client.c - see client.h. What libuv holds is freed when libuv has closed it, so that a
 * client can be freed at once.
 */
#include "upstream/client.h"

#include "base/clock.h"
#include "upstream/sockets.h"

#include <stdlib.h>

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
	struct slot *prev, *next; /* among those in use; idle: next only */
	bool has_timer;           /* from the first wait on */
	uv_timer_t timer;
};

struct client {
	struct client_config config;
	bool open;
	_Atomic bool shut;
	CURLM *multi;
	struct sockets sockets;
	uv_timer_t *timer; /* libcurl's */
	struct slot *used, *idle;
	unsigned idle_count;
};

/* ---- libcurl's side ------------------------------------------------------------------- */

static void client_reap(struct client *client)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(client->multi, &left)) != NULL) {
		CURLcode code = msg->data.result;
		struct slot *slot = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		                        (char **)&slot);
		(void)curl_multi_remove_handle(client->multi, slot->attempt.easy);
		slot->state = SLOT_TAKEN;
		client->config.events->ended(slot->owner, code);
	}
}

static void client_act(struct client *client, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(client->multi, fd, events, &running);
	client_reap(client);
}

static void on_ready(void *arg, curl_socket_t fd, int events)
{
	client_act(arg, fd, events);
}

static void on_timer(uv_timer_t *timer)
{
	client_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* Within calls of libcurl, which must not be called again from here. */
static int on_timer_set(CURLM *multi, long ms, void *arg)
{
	struct client *client = arg;

	(void)multi;
	if (ms < 0)
		(void)uv_timer_stop(client->timer);
	else
		loop_timer_start(client->timer, on_timer,
		                 clock_mono_us() + (int64_t)ms * 1000);
	return 0;
}

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

	if (slot == NULL ||
	    attempt_init(&slot->attempt, &client->sockets, client->config.share) != 0) {
		free(slot);
		return NULL;
	}
	slot->client = client;
	return slot;
}

static bool client_open(struct client *client);

struct attempt *client_take(struct client *client, void *owner)
{
	struct slot *slot = client->idle;

	if (client_is_shut(client) || (!client->open && !client_open(client)))
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

bool client_send(struct client *client, struct attempt *attempt)
{
	struct slot *slot = (struct slot *)attempt;

	if (curl_multi_add_handle(client->multi, attempt->easy) != CURLM_OK)
		return false;
	slot->state = SLOT_SENDING;
	return true;
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

	if (client != NULL)
		client->config = *config;
	return client;
}

static bool client_open(struct client *client)
{
	const struct client_config *config = &client->config;

	client->multi = curl_multi_init();
	client->timer = calloc(1, sizeof(*client->timer));
	if (client->multi == NULL || client->timer == NULL) {
		if (client->multi != NULL)
			(void)curl_multi_cleanup(client->multi);
		free(client->timer);
		return false;
	}
	(void)uv_timer_init(&config->loop->uv, client->timer);
	client->timer->data = client;
	client->sockets = (struct sockets){ .uv = &config->loop->uv,
		                            .ready = on_ready,
		                            .arg = client };
	(void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, sockets_watch);
	(void)curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, &client->sockets);
	(void)curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_set);
	(void)curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
	(void)curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS,
	                        (long)config->connections_kept);
	(void)curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	                        (long)config->connections_max);
	(void)curl_multi_setopt(client->multi, CURLMOPT_PIPELINING,
	                        (long)CURLPIPE_NOTHING);
	client->open = true;
	return true;
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

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

void client_close(struct client *client)
{
	client_shut(client);
	if (!client->open)
		return;
	client->open = false;
	while (client->used != NULL) {
		struct slot *slot = client->used;
		bool sending = slot->state == SLOT_SENDING;

		if (sending)
			(void)curl_multi_remove_handle(client->multi, slot->attempt.easy);
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
	(void)curl_multi_cleanup(client->multi);
	sockets_done(&client->sockets);
	uv_close((uv_handle_t *)client->timer, on_timer_closed);
}

void client_free(struct client *client)
{
	free(client);
}
