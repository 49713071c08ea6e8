/* SPDX-License-Identifier: MIT
 *
 * http/clients.c - see clients.h. Requests are counted by GCRA: of each client only the time is
 * kept at which its allowance is whole again. The table has a fixed size; its hash has a seed of this
 * process, so that nobody can choose keys that meet.
 */
#include "http/clients.h"

#include "base/clock.h"
#include "http/limits.h"
#include "http/mhd/conn.h"
#include "http/problem.h"
#include "metrics/metrics.h"
#include "tools/tools.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <rent/auth.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

struct entry {
	uint64_t key;
	int64_t whole_us; /* monotonic: its allowance is whole then */
	unsigned conns;
};

struct clients {
	pthread_mutex_t lock;
	unsigned char seed[16];
	int64_t step_us,
		room_us; /* of one request; of a burst. 0: requests are not counted */
	unsigned burst;
	struct entry entries[HTTP_CLIENTS];
};

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
	clients->burst = c->limit_burst == 0 ? 1 : c->limit_burst;
	clients->step_us = c->limit_rate == 0 ? 0 : RENT_SECOND / c->limit_rate;
	clients->room_us = clients->step_us * clients->burst;
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

/* ---- who it is ------------------------------------------------------------------------ */

/* The bytes that tell one client from another; 0: not an internet address. */
static size_t network_of(const struct sockaddr *addr, unsigned char ret[16])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;

	if (addr == NULL)
		return 0;
	if (addr->sa_family == AF_INET) {
		memcpy(ret, &v4->sin_addr, 4);
		return 4;
	}
	if (addr->sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		memcpy(ret, &v6->sin6_addr.s6_addr[12], 4);
		return 4;
	}
	memcpy(ret, &v6->sin6_addr, 8);
	return 8;
}

static bool parse_address(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){ .ss_family = AF_INET };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		return true;
	ret->ss_family = AF_INET6;
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static size_t all_bytes(const struct sockaddr *addr, const unsigned char **ret)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	if (addr->sa_family == AF_INET) {
		*ret = (const unsigned char *)&((const struct sockaddr_in *)addr)
		               ->sin_addr;
		return 4;
	}
	*ret = v6->sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		*ret += 12;
		return 4;
	}
	return 16;
}

/* Splits "10.0.0.0/8". false: it is no network. */
static bool parse_network(const char *text, struct sockaddr_storage *ret,
                          unsigned *ret_bits)
{
	const char *slash = strchr(text, '/');
	const unsigned char *bytes;
	char address[INET6_ADDRSTRLEN];
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (!parse_address(address, ret))
		return false;
	n = all_bytes((const struct sockaddr *)ret, &bytes) * 8;
	*ret_bits = (unsigned)n;
	if (slash == NULL)
		return true;
	if (strlen(slash) < 2 || strlen(slash) > 4 ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1))
		return false;
	*ret_bits = (unsigned)strtoul(slash + 1, NULL, 10);
	return *ret_bits <= n;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8, whole = bits / 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool clients_in_list(const char *const *list, const struct sockaddr *addr)
{
	bool inet = addr != NULL &&
	            (addr->sa_family == AF_INET || addr->sa_family == AF_INET6);

	for (; list != NULL && *list != NULL; list++) {
		const unsigned char *mine, *theirs;
		struct sockaddr_storage network;
		unsigned bits;

		if (!inet && strcmp(*list, "unix") == 0)
			return true;
		if (inet && parse_network(*list, &network, &bits) &&
		    all_bytes(addr, &mine) ==
		            all_bytes((const struct sockaddr *)&network, &theirs) &&
		    same_bits(mine, theirs, bits))
			return true;
	}
	return false;
}

/* ---- the table ------------------------------------------------------------------------ */

/* The entry of a key, or the one that is missed least: without connections, and whole the longest.
 * NULL: each of the set has connections. Under the lock. */
static struct entry *find_client(struct clients *clients, uint64_t key)
{
	struct entry *set = &clients->entries[key % (HTTP_CLIENTS / HTTP_CLIENTS_SET) *
	                                      HTTP_CLIENTS_SET];
	struct entry *least = NULL;

	for (unsigned i = 0; i < HTTP_CLIENTS_SET; i++) {
		if (set[i].key == key)
			return &set[i];
		if (set[i].conns == 0 &&
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

bool clients_may_connect(struct http_server *server, const struct sockaddr *addr)
{
	static const char *const here[] = { "127.0.0.0/8", "::1", NULL };
	struct clients *clients = server->clients;
	unsigned char network[16];
	size_t n = network_of(addr, network);
	const struct entry *e;
	bool may;

	if (n == 0 || clients_in_list(server->config.trusted_proxies, addr) ||
	    (server->config.connections_of_others && clients_in_list(here, addr)))
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
	size_t n = network_of(addr, network);
	struct entry *e;

	if (n == 0)
		return;
	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key_of(clients, network, n));
	if (e != NULL && (change > 0 || e->conns > 0))
		e->conns += (unsigned)change;
	(void)pthread_mutex_unlock(&clients->lock);
}

static struct call_rate rate_of(struct clients *clients, uint64_t key, int64_t now,
                                bool take)
{
	struct call_rate rate = { .limit = clients->burst };
	int64_t whole, early;
	struct entry *e;

	(void)pthread_mutex_lock(&clients->lock);
	e = find_client(clients, key);
	whole = e == NULL || e->whole_us < now ? now : e->whole_us;
	early = whole + clients->step_us - clients->room_us - now;
	rate.refused = early > 0;
	if (take && !rate.refused && e != NULL)
		e->whole_us = whole += clients->step_us;
	(void)pthread_mutex_unlock(&clients->lock);
	rate.retry_us = rate.refused ? early : 0;
	rate.reset_us = whole - now;
	rate.remaining =
		(unsigned)((clients->room_us - rate.reset_us) / clients->step_us);
	return rate;
}

struct call_rate clients_take(struct clients *clients, uint64_t key, int64_t now)
{
	return rate_of(clients, key, now, true);
}

/* ---- a request ------------------------------------------------------------------------ */

/* The last address that a proxy of ours added; those before it are whatever the client wrote. */
static const char *forwarded(const struct call *call)
{
	const char *all = NULL, *comma;

	for (unsigned i = 0; i < call->header_count; i++)
		if (strcasecmp(call->headers[i].name, "X-Forwarded-For") == 0)
			all = call->headers[i].value;
	if (all == NULL)
		return NULL;
	comma = strrchr(all, ',');
	all = comma == NULL ? all : comma + 1;
	return all + strspn(all, " \t");
}

void clients_see(struct call *call)
{
	const struct sockaddr *addr;
	struct sockaddr_storage behind;
	const char *text;

	if (call->conn == NULL)
		return;
	addr = (const struct sockaddr *)&call->conn->addr;
	text = clients_in_list(call->server->config.trusted_proxies, addr)
	               ? forwarded(call)
	               : NULL;
	if (text != NULL && parse_address(text, &behind))
		call->peer.client = text;
}

/* 0: it has no internet address. bad: that of its wrong credentials. */
static uint64_t key_of_address(const struct call *call, bool bad)
{
	const struct http_server *server = call->server;
	const struct sockaddr *addr = (const struct sockaddr *)&call->conn->addr;
	struct sockaddr_storage behind;
	unsigned char network[17];
	size_t n;

	if (call->peer.client != call->peer.address &&
	    parse_address(call->peer.client, &behind))
		addr = (const struct sockaddr *)&behind;
	n = network_of(addr, network);
	if (n == 0)
		return 0;
	network[n] = '!';
	return key_of(server->clients, network, bad ? n + 1 : n);
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
	return call->server->clients->step_us != 0 && call->conn != NULL &&
	       !call_is_system(call);
}

static bool check_rate(struct call *call, uint64_t key, bool take)
{
	struct http_server *server = call->server;

	if (key == 0)
		return true;
	call->rate = rate_of(server->clients, key, clock_mono_us(), take);
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
	return !are_counted(call) || check_rate(call, key_of_client(call), true);
}

bool clients_may_try(struct call *call)
{
	return !are_counted(call) || check_rate(call, key_of_address(call, true), false);
}

void clients_note_bad(struct call *call)
{
	uint64_t key = are_counted(call) ? key_of_address(call, true) : 0;

	if (key != 0)
		(void)clients_take(call->server->clients, key, clock_mono_us());
}
