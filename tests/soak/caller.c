/* SPDX-License-Identifier: MIT
 *
 * caller.c - see caller.h.
 */
#include "caller.h"

#include <stdio.h>
#include <string.h>

#define CALL_MS      2000
#define RETURN_MS    30000 /* a slot has no key: the call is not repeated blindly */
#define AGAIN_US     INT64_C(100000) /* before the second try; doubles */
#define AGAIN_MAX_US INT64_C(1600000)

void caller_init(struct caller *p, struct load *load, const char *user, unsigned visit,
                 uint64_t seed)
{
	*p = (struct caller){
		.load = load, .user = user, .visit = visit, .random = seed | 1
	};
	p->host = (unsigned)(dice(&p->random) % FLEET_APIS);
}

void caller_done(struct caller *p)
{
	for (unsigned i = 0; i < FLEET_APIS; i++)
		client_free(p->clients[i]);
	client_free(p->stubs);
}

static json_t *about(const struct caller *p, const char *what)
{
	return json_pack("{s:s, s:s, s:i, s:i}", "what", what, "user", p->user, "visit",
	                 (int)p->visit, "host", (int)p->host);
}

static struct client *client_of(struct caller *p, long ms)
{
	struct client **c = &p->clients[p->host];

	if (*c == NULL)
		*c = client_new(p->load->urls[p->host]);
	client_timeout(*c, ms);
	return *c;
}

struct call {
	const char *method, *path, *body;
	const char *const *headers;
	long ms;
};

static const struct answer *call(struct caller *p, json_t *what, const struct call *c)
{
	int64_t op = history_invoke(p->load->history, what);
	const struct answer *a =
		client_call(client_of(p, c->ms), c->method, c->path, c->headers, c->body);

	history_end(p->load->history, op, a);
	/* Another host may do better. */
	if (a->status == 0 || a->status >= 500)
		p->host = (p->host + 1) % FLEET_APIS;
	return a;
}

const struct answer *caller_quote(struct caller *p, const char *station)
{
	json_t *what = about(p, "quote");
	char body[160];

	(void)json_object_set_new(what, "station_id", json_string(station));
	(void)snprintf(body, sizeof(body), "{\"station_id\":\"%s\",\"user_id\":\"%s\"}",
	               station, p->user);
	return call(
		p, what,
		&(struct call){ "POST", "/api/v1/rentals/quote", body, NULL, CALL_MS });
}

const struct answer *caller_start(struct caller *p, const char *key, const char *quote,
                                  long ms)
{
	json_t *what = about(p, "start");
	char header[192], body[128];
	const char *headers[] = { header, NULL };

	(void)json_object_set_new(what, "key", json_string(key));
	(void)json_object_set_new(what, "quote_id", json_string(quote));
	(void)snprintf(header, sizeof(header), "Idempotency-Key: %s", key);
	(void)snprintf(body, sizeof(body), "{\"quote_id\":\"%s\"}", quote);
	return call(p, what,
	            &(struct call){ "POST", "/api/v1/rentals/start", body, headers, ms });
}

const struct answer *caller_status(struct caller *p, const char *order)
{
	json_t *what = about(p, "status");
	char path[128];

	(void)json_object_set_new(what, "order_id", json_string(order));
	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/status", order);
	return call(p, what, &(struct call){ "GET", path, NULL, NULL, CALL_MS });
}

const struct answer *caller_stop(struct caller *p, const char *order, const char *station)
{
	json_t *what = about(p, "stop");
	char path[128], body[96];

	(void)json_object_set_new(what, "order_id", json_string(order));
	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/stop", order);
	(void)snprintf(body, sizeof(body), "{\"station_id\":\"%s\"}", station);
	return call(p, what, &(struct call){ "POST", path, body, NULL, CALL_MS });
}

const struct answer *caller_return(struct caller *p, const char *order,
                                   const char *powerbank, const char *station)
{
	json_t *what = about(p, "return");
	const struct answer *a;
	char body[192];
	int64_t op;

	(void)json_object_set_new(what, "order_id", json_string(order));
	(void)json_object_set_new(what, "powerbank_id", json_string(powerbank));
	if (p->stubs == NULL)
		p->stubs = client_new(p->load->stubs);
	client_timeout(p->stubs, RETURN_MS);
	(void)snprintf(body, sizeof(body),
	               "{\"powerbank_id\":\"%s\",\"station_id\":\"%s\"}", powerbank,
	               station);
	op = history_invoke(p->load->history, what);
	a = client_call(p->stubs, "POST", "/admin/return-powerbank", NULL, body);
	history_end(p->load->history, op, a);
	return a;
}

bool caller_is_final(const struct answer *a)
{
	if (a->status == 0 || a->status >= 500)
		return a->status == 503 &&
		       answer_header(a, "Idempotency-Replayed") != NULL;
	return a->status < 400 || answer_header(a, "Retry-After") == NULL;
}

/* Waits before the next try; false when patience is over. */
static bool try_again(struct caller *p, int64_t *wait)
{
	if (mono_us() > atomic_load(&p->load->give_up_us)) {
		atomic_fetch_add(&p->load->unresolved, 1);
		return false;
	}
	load_nap(p->load, *wait / 2 + dice_between(&p->random, 0, *wait), false);
	*wait = *wait < AGAIN_MAX_US ? *wait * 2 : *wait;
	return true;
}

const struct answer *caller_insist_start(struct caller *p, const char *key,
                                         const char *quote)
{
	int64_t wait = AGAIN_US;
	const struct answer *a;

	do {
		a = caller_start(p, key, quote, CALL_MS);
	} while (!caller_is_final(a) && try_again(p, &wait));
	return a;
}

const struct answer *caller_insist_stop(struct caller *p, const char *order,
                                        const char *station)
{
	int64_t wait = AGAIN_US;
	const struct answer *a;

	do {
		a = caller_stop(p, order, station);
	} while (!caller_is_final(a) && try_again(p, &wait));
	return a;
}

static bool has_ended(const struct answer *a)
{
	const char *status = a->status == 200 ? answer_str(a, "status") : NULL;

	return status != NULL &&
	       (strcmp(status, "FINISHED") == 0 || strcmp(status, "BUYOUT") == 0);
}

const struct answer *caller_insist_end(struct caller *p, const char *order)
{
	int64_t wait = AGAIN_US;
	const struct answer *a;

	do {
		a = caller_status(p, order);
	} while (!has_ended(a) && try_again(p, &wait));
	return a;
}
