/* SPDX-License-Identifier: MIT
 *
 * http/clients.c - see clients.h. Requests are counted by GCRA: of each client only the time is
 * kept at which its allowance is whole again. The table has a fixed size; its hash has a seed of this
 * process, so that nobody can choose keys that meet.
 */
#include "http/clients.h"

#include "base/clock.h"
#include "http/address.h"
#include "http/limits.h"
#include "http/mhd/conn.h"
#include "http/problem.h"
#include "metrics/metrics.h"
#include "tools/tools.h"

#include <arpa/inet.h>
#include <rent/auth.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

struct entry {
	uint64_t key;
	int64_t whole_us; /* monotonic: its allowance is whole then */
	unsigned conns, waiting;
};

struct allowance {
	int64_t step_us, /* of one; 0: nothing is counted */
		room_us; /* of a burst */
	unsigned burst;
};

struct clients {
	pthread_mutex_t lock;
	unsigned char seed[16];
	struct allowance requests, tries;
	struct entry entries[HTTP_CLIENTS];
};

static struct allowance make_allowance(unsigned rate, unsigned burst)
{
	int64_t step_us = rate == 0 ? 0 : RENT_SECOND / rate;

	burst = burst == 0 ? 1 : burst;
	return (struct allowance){ step_us, step_us * burst, burst };
}

static unsigned larger(unsigned a, unsigned b)
{
	return a > b ? a : b;
}

struct clients *clients_new(const struct http_server *server)
{
	const struct http_config *c = &server->config;
	struct clients *clients = calloc(1, sizeof(*clients));

	if (clients == NULL)
		return NULL;
	if (getrandom(clients->seed, sizeof(clients->seed), 0) !=
	    (ssize_t)sizeof(clients->seed)) {
		free(clients);
		return NULL;
	}
	(void)pthread_mutex_init(&clients->lock, NULL);
	clients->requests = make_allowance(c->limit_rate, c->limit_burst);
	if (c->limit_rate != 0)
		clients->tries = make_allowance(larger(c->limit_rate, HTTP_TRIES_RATE),
		                                larger(c->limit_burst, HTTP_TRIES_BURST));
	return clients;
}

void clients_free(struct clients *clients)
{
	if (clients == NULL)
		return;
	(void)pthread_mutex_destroy(&clients->lock);
	free(clients);
}

void clients_setup(struct http_server *server)
{
	static const struct rent_metric_def def = {
		.struct_size = (uint32_t)sizeof(def),
		.type = RENT_COUNTER,
		.name = "rentald_limited_total",
		.help = "Requests and connections that were refused because their client has "
			"had enough.",
		.labels = { "listener", "what" },
	};

	server->limited = metrics_register(server->config.metrics, &def);
}

static void count_limited(struct http_server *server, const char *what)
{
	metrics_add(server->limited, 1,
	            (const char *const[]){ server->config.name, what });
}

/* ---- the table ------------------------------------------------------------------------ */

/* The entry of a key, or the one that is missed least: without connections and requests that wait, and
 * whole the longest. NULL: each of the set has some. Under the lock. */
static struct entry *find_client(struct clients *clients, uint64_t key)
{
	struct entry *set = &clients->entries[key % (HTTP_CLIENTS / HTTP_CLIENTS_SET) *
	                                      HTTP_CLIENTS_SET];
	struct entry *least = NULL;

	for (unsigned i = 0; i < HTTP_CLIENTS_SET; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].conns == 0 && set[i].waiting == 0 &&
		    (least == NULL || set[i].whole_us < least->whole_us))
			least = &set[i];
	}
	if (least != NULL)
		*least = (struct entry){ .key = key };
	return least;
}

static uint64_t key_of(const struct clients *clients, const void *data, size_t size)
{
	return tools_siphash(clients->seed, data, size) | 1; /* 0 is an empty entry */
}

/* Whoever calls from this machine stands for many, unless it is said how much one may have (others). */
static bool is_many(const struct http_server *server, const struct sockaddr *addr,
                    bool others)
{
	static const char *const here[] = { "127.0.0.0/8", "::1", NULL };

	return address_in_list(server->config.trusted_proxies, addr) ||
	       (others && address_in_list(here, addr));
}

bool clients_may_connect(struct http_server *server, const struct sockaddr *addr)
{
	struct clients *clients = server->clients;
	unsigned char network[16];
	size_t n = address_network(addr, network);
	const struct entry *e;
	bool may;

	if (n == 0 || is_many(server, addr, server->config.connections_of_others))
		return true;
	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key_of(clients, network, n));
	may = e == NULL || e->conns < server->config.connections_per_client;
	(void)pthread_mutex_unlock(&clients->lock);
	if (!may)
		count_limited(server, "connections");
	return may;
}

void clients_count(struct http_server *server, const struct sockaddr *addr, int change)
{
	struct clients *clients = server->clients;
	unsigned char network[16];
	size_t n = address_network(addr, network);
	struct entry *e;

	if (n == 0)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key_of(clients, network, n));
	if (e != NULL && (change > 0 || e->conns > 0))
		e->conns += (unsigned)change;
	(void)pthread_mutex_unlock(&clients->lock);
}

static struct call_rate rate_of(struct clients *clients, const struct allowance *a,
                                uint64_t key, int64_t now, bool take)
{
	struct call_rate rate = { .limit = a->burst };
	int64_t whole, early;
	struct entry *e;

	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key);
	whole = e == NULL || e->whole_us < now ? now : e->whole_us;
	early = whole + a->step_us - a->room_us - now;
	rate.refused = early > 0;
	if (take && !rate.refused && e != NULL)
		e->whole_us = whole += a->step_us;
	(void)pthread_mutex_unlock(&clients->lock);
	rate.retry_us = rate.refused ? early : 0;
	rate.reset_us = whole - now;
	rate.remaining = (unsigned)((a->room_us - rate.reset_us) / a->step_us);
	return rate;
}

struct call_rate clients_take(struct clients *clients, uint64_t key, int64_t now)
{
	return rate_of(clients, &clients->requests, key, now, true);
}

/* ---- a request ------------------------------------------------------------------------ */

/* The last address of the n bytes at list, cut off them; NULL: it is too long for one. */
static const char *cut_hop(const char *list, size_t *n, char ret[INET6_ADDRSTRLEN])
{
	size_t end = *n, begin;

	while (end > 0 && strchr(" \t", list[end - 1]) != NULL)
		end--;
	for (begin = end; begin > 0 && list[begin - 1] != ',';)
		begin--;
	*n = begin > 0 ? begin - 1 : 0;
	begin += strspn(list + begin, " \t");
	if (end <= begin || end - begin >= INET6_ADDRSTRLEN)
		return NULL;
	memcpy(ret, list + begin, end - begin);
	ret[end - begin] = '\0';
	return ret;
}

/* Takes the hops of a header, from the right, as long as proxies of ours have named them. Whether there
 * may be more: the last one was a proxy. */
static bool walk_hops(struct call *call, const char *list)
{
	const char *const *proxies = call->server->config.trusted_proxies;
	char hop[INET6_ADDRSTRLEN];
	struct sockaddr_storage addr;
	const char *client;

	for (size_t n = strlen(list); n > 0;) {
		if (cut_hop(list, &n, hop) == NULL || !address_parse(hop, &addr))
			return false;
		client = rent_strdup(call->request.arena, hop);
		if (client == NULL)
			return false;
		call->peer.client = client;
		if (!address_in_list(proxies, (const struct sockaddr *)&addr))
			return false;
	}
	return true;
}

void clients_see(struct call *call)
{
	bool more = call->conn != NULL &&
	            address_in_list(call->server->config.trusted_proxies,
	                            (const struct sockaddr *)&call->conn->addr);

	/* Several headers are one list. */
	for (unsigned i = call->header_count; more && i-- > 0;)
		if (strcasecmp(call->headers[i].name, "X-Forwarded-For") == 0)
			more = walk_hops(call, call->headers[i].value);
}

/* Its own, or the one that a trusted proxy names. */
static const struct sockaddr *address_of(const struct call *call,
                                         struct sockaddr_storage *room)
{
	if (call->peer.client != call->peer.address &&
	    address_parse(call->peer.client, room))
		return (const struct sockaddr *)room;
	return (const struct sockaddr *)&call->conn->addr;
}

/* 0: it has no internet address. bad: that of its wrong credentials. */
static uint64_t key_of_address(const struct call *call, bool bad)
{
	struct sockaddr_storage behind;
	unsigned char network[17];
	size_t n = address_network(address_of(call, &behind), network);

	if (n == 0)
		return 0;
	network[n] = '!';
	return key_of(call->server->clients, network, bad ? n + 1 : n);
}

static uint64_t key_of_client(const struct call *call)
{
	const struct rent_principal *who = call->request.principal;
	const char *name;

	if (who == NULL)
		return key_of_address(call, false);
	name = rent_printf(call->request.arena, "%d\n%s\n%s", (int)who->role, who->issuer,
	                   who->subject);
	return name == NULL ? 0 : key_of(call->server->clients, name, strlen(name));
}

static bool are_counted(const struct call *call)
{
	return call->server->clients->requests.step_us != 0 && call->conn != NULL &&
	       !call_is_system(call);
}

static bool check_rate(struct call *call, const struct allowance *a, uint64_t key,
                       bool take)
{
	struct http_server *server = call->server;

	if (key == 0)
		return true;
	call->rate = rate_of(server->clients, a, key, clock_mono_us(), take);
	if (!call->rate.refused)
		return true;
	count_limited(server, call->request.principal == NULL ? "address" : "principal");
	call->reply = (struct rent_http_reply){ .struct_size = sizeof(call->reply) };
	problem_fill(&call->request, &call->reply, 429, "too-many-requests",
	             "this client sends more requests than it may; Retry-After says when "
	             "the next one is taken",
	             NULL);
	return false;
}

bool clients_allow(struct call *call)
{
	return !are_counted(call) || check_rate(call, &call->server->clients->requests,
	                                        key_of_client(call), true);
}

bool clients_may_try(struct call *call)
{
	return !are_counted(call) || check_rate(call, &call->server->clients->tries,
	                                        key_of_address(call, true), false);
}

void clients_note_bad(struct call *call)
{
	struct clients *clients = call->server->clients;
	uint64_t key = are_counted(call) ? key_of_address(call, true) : 0;

	if (key != 0)
		(void)rate_of(clients, &clients->tries, key, clock_mono_us(), true);
}

/* ---- requests that wait ---------------------------------------------------------------- */

/* 0: it is not counted. */
static uint64_t key_of_waiting(const struct call *call)
{
	const struct http_config *c = &call->server->config;
	struct sockaddr_storage behind;

	if (c->waiting_per_client == 0 || call->conn == NULL || call_is_system(call) ||
	    is_many(call->server, address_of(call, &behind), c->waiting_of_others))
		return 0;
	return key_of_client(call);
}

bool clients_enter(struct call *call)
{
	struct clients *clients = call->server->clients;
	uint64_t key = key_of_waiting(call);
	struct entry *e = NULL;
	bool may;

	if (key == 0)
		return true;
	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key);
	may = e == NULL || e->waiting < call->server->config.waiting_per_client;
	if (may && e != NULL) {
		e->waiting++;
		call->waits_as = key;
	}
	(void)pthread_mutex_unlock(&clients->lock);
	if (may)
		return true;
	count_limited(call->server, "waiting");
	problem_fill(
		&call->request, &call->reply, 429, "too-many-requests",
		"this client has as many requests under way as it may; send the next "
		"one when one of them is answered",
		NULL);
	call_retry_later(call);
	return false;
}

bool clients_reenter(struct call *call)
{
	if (call->waits_as == 0)
		return true;
	clients_leave(call);
	return clients_enter(call);
}

void clients_leave(struct call *call)
{
	struct clients *clients = call->server->clients;
	struct entry *e;

	if (call->waits_as == 0)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, call->waits_as);
	if (e != NULL && e->waiting > 0)
		e->waiting--;
	(void)pthread_mutex_unlock(&clients->lock);
	call->waits_as = 0;
}
