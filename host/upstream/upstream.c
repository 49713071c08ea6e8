/* SPDX-License-Identifier: MIT
 *
 * upstream/upstream.c - see upstream.h. Owns the upstreams, with their addresses and
 * limits, and the clients. exchange.c has the exchanges.
 */
#include "upstream/upstream.h"

#include "base/cleanup.h"
#include "runtime/task.h"
#include "upstream/transfer.h"
#include "upstream/upstreams.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>
#include <stdlib.h>

static void upstream_free(struct rent_upstream *u)
{
	if (u == NULL)
		return;
	u->magic = 0;
	(void)pthread_mutex_destroy(&u->lock);
	free(u->name);
	free(u->base_url);
	route_done(&u->route);
	free(u);
}

/* A client for each loop; the connections are divided among them. */
static int make_clients(struct upstreams *upstreams,
                        const struct upstreams_config *config)
{
	unsigned loops = tasks_loop_count(config->tasks), most = config->connections_max;

	upstreams->clients = calloc(loops, sizeof(struct client *));
	if (upstreams->clients == NULL)
		return RENT_ENOMEM;
	for (; upstreams->client_count < loops; upstreams->client_count++) {
		const struct client_config mine = {
			.loop = tasks_loop(config->tasks, upstreams->client_count),
			.events = &transfer_events,
			.share = upstreams->names.share,
			.connections_max = most == 0 || most >= loops ? most / loops : 1,
			.connections_kept =
				(most == 0 ? UPSTREAM_IDLE_MAX : most) / loops + 1,
		};
		struct client *client = client_new(&mine);

		if (client == NULL)
			return RENT_ENOMEM;
		upstreams->clients[upstreams->client_count] = client;
	}
	return 0;
}

int upstreams_new(const struct upstreams_config *config, struct upstreams **ret,
                  struct rent_error *err)
{
	struct upstreams *upstreams;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return rent_fail(err, RENT_EFAIL, "outbound HTTP does not start");
	upstreams = calloc(1, sizeof(*upstreams));
	if (upstreams == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	(void)pthread_mutex_init(&upstreams->lock, NULL);
	report_setup(&upstreams->reporting, config->metrics, config->events);
	if (names_init(&upstreams->names) != 0 || make_clients(upstreams, config) != 0) {
		upstreams_free(upstreams);
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	}
	*ret = upstreams;
	return 0;
}

/* The end of one client, on its loop's thread. */
struct ending {
	struct loop_call call; /* first */
	struct upstreams *upstreams;
	struct client *client;
	struct rent_waiter *waiter;
	_Atomic bool done;
};

static void on_ending(struct loop_call *call)
{
	struct ending *ending = (struct ending *)call;
	struct rent_waiter *waiter = ending->waiter;
	struct upstreams *upstreams = ending->upstreams;

	client_close(ending->client);
	(void)pthread_mutex_lock(&upstreams->lock);
	for (struct rent_upstream *u = upstreams->first; u != NULL; u = u->next)
		transfer_withdraw_all(u, ending->client);
	(void)pthread_mutex_unlock(&upstreams->lock);
	/* From here on it may be gone. */
	atomic_store(&ending->done, true);
	waiter_wake(waiter);
}

void upstreams_stop(struct upstreams *upstreams)
{
	if (atomic_exchange(&upstreams->stopped, true))
		return;
	for (unsigned i = 0; i < upstreams->client_count; i++)
		client_shut(upstreams->clients[i]);
	for (unsigned i = 0; i < upstreams->client_count; i++) {
		struct ending ending = { .call = { .fn = on_ending },
			                 .upstreams = upstreams,
			                 .client = upstreams->clients[i],
			                 .waiter = waiter_self() };
		struct loop *loop = client_loop(ending.client);

		if (loop_runs(loop))
			loop_post(loop, &ending.call);
		else
			on_ending(&ending.call);
		while (!atomic_load(&ending.done))
			(void)waiter_park(RENT_NO_DEADLINE);
	}
}

void upstreams_free(struct upstreams *upstreams)
{
	struct rent_upstream *u, *next;

	if (upstreams == NULL)
		return;
	upstreams_stop(upstreams);
	for (unsigned i = 0; i < upstreams->client_count; i++)
		client_free(upstreams->clients[i]);
	free(upstreams->clients);
	names_done(&upstreams->names);
	for (u = upstreams->first; u != NULL; u = next) {
		next = u->next;
		upstream_free(u);
	}
	(void)pthread_mutex_destroy(&upstreams->lock);
	free(upstreams);
}

struct address {
	char *url;  /* without a slash at its end; to be freed */
	char *host; /* "host:port" as given; to be freed */
	bool needs_dns;
	bool leaves_plain; /* http:// beyond this machine */
};

static void address_done(struct address *a)
{
	free(a->url);
	free(a->host);
}

static void url_cleanup(CURLU **u)
{
	curl_url_cleanup(*u);
}

static void curl_free_text(char **p)
{
	curl_free(*p);
}

static bool part_missing(CURLU *u, CURLUPart part)
{
	cleanup_with(curl_free_text) char *text = NULL;

	return curl_url_get(u, part, &text, 0) != CURLUE_OK;
}

/* libcurl itself answers for localhost, whatever a resolver says. host: as it writes it. */
static bool is_here(const char *host)
{
	unsigned char v4[4];

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (inet_pton(AF_INET, host, v4) == 1 && v4[0] == 127);
}

static bool parse_address(const char *base_url, struct address *ret)
{
	cleanup_with(url_cleanup) CURLU *u = curl_url();
	cleanup_with(curl_free_text) char *scheme = NULL;
	cleanup_with(curl_free_text) char *host = NULL;
	cleanup_with(curl_free_text) char *port = NULL;
	unsigned char bits[16];
	size_t n = strlen(base_url);

	if (u == NULL || curl_url_set(u, CURLUPART_URL, base_url, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK)
		return false;
	if ((strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0) ||
	    !part_missing(u, CURLUPART_QUERY) || !part_missing(u, CURLUPART_FRAGMENT) ||
	    !part_missing(u, CURLUPART_USER) || !part_missing(u, CURLUPART_PASSWORD))
		return false;
	while (n > 0 && base_url[n - 1] == '/')
		n--;
	ret->url = strndup(base_url, n);
	if (asprintf(&ret->host, "%s:%s", host, port) < 0)
		ret->host = NULL;
	ret->needs_dns = host[0] != '[' && strcmp(host, "localhost") != 0 &&
	                 inet_pton(AF_INET, host, bits) != 1;
	ret->leaves_plain = strcmp(scheme, "http") == 0 && !is_here(host);
	return ret->url != NULL && ret->host != NULL;
}

/* Whoever is on the way of plain http:// answers in the service's name: "paid", "ejected". The address may
 * be a secret. */
static int judge_wire(const struct address *a, const struct upstream_route *route,
                      const char *name, struct rent_error *err)
{
	if (!a->leaves_plain || route->insecure)
		return 0;
	return rent_fail(
		err, RENT_EINVAL,
		"upstream '%s': its address is plain http:// beyond this machine; "
		"use https://%s",
		name,
		route->must_be_secure
			? " (this plugin has no option `insecure` that would allow it)"
			: ", or say insecure = true");
}

static bool limits_ok(const struct upstream_limits *l)
{
	return l->timeout_us > 0 && l->backoff_us >= 0 && l->max_life_us >= 0 &&
	       l->breaker_reset_us > 0 && l->tries > 0 && l->breaker_failures > 0 &&
	       l->max_in_flight > 0;
}

static struct rent_upstream *find_upstream(const struct upstreams *upstreams,
                                           const char *name, const char *url,
                                           bool *name_taken)
{
	*name_taken = false;
	for (struct rent_upstream *u = upstreams->first; u != NULL; u = u->next) {
		size_t n = strlen(name);
		bool same = strncmp(u->name, name, n) == 0 &&
		            (u->name[n] == '\0' || u->name[n] == '@');

		*name_taken = *name_taken || same;
		if (same && strcmp(u->base_url, url) == 0)
			return u;
	}
	return NULL;
}

static struct rent_upstream *make(struct upstreams *upstreams, const char *name,
                                  bool name_taken, struct address *a,
                                  const struct upstream_limits *limits,
                                  struct upstream_route *route)
{
	struct rent_upstream *u = calloc(1, sizeof(*u)), **at = &upstreams->first;
	int n = -1;

	if (u == NULL)
		return NULL;
	n = name_taken ? asprintf(&u->name, "%s@%s", name, a->host)
	               : asprintf(&u->name, "%s", name);
	(void)pthread_mutex_init(&u->lock, NULL);
	if (n < 0) {
		u->name = NULL;
		upstream_free(u);
		return NULL;
	}
	u->magic = UPSTREAM_MAGIC;
	u->base_url = steal(&a->url);
	u->needs_dns = a->needs_dns;
	u->reporting = &upstreams->reporting;
	u->limits = *limits;
	u->route = *route;
	*route = (struct upstream_route){ .insecure = false };
	breaker_init(&u->breaker, limits->breaker_failures, limits->breaker_reset_us);
	while (*at != NULL)
		at = &(*at)->next;
	*at = u;
	return u;
}

static const struct upstream_route plain = { .insecure = true };

int upstream_open(struct upstreams *upstreams, const char *name, const char *base_url,
                  const struct upstream_limits *limits, struct rent_upstream **ret,
                  struct rent_error *err)
{
	return upstream_open_by(upstreams, name, base_url, limits, &plain, ret, err);
}

int upstream_open_by(struct upstreams *upstreams, const char *name, const char *base_url,
                     const struct upstream_limits *limits,
                     const struct upstream_route *route, struct rent_upstream **ret,
                     struct rent_error *err)
{
	cleanup_with(address_done) struct address a = { .url = NULL };
	cleanup_with(route_done) struct upstream_route mine = plain;
	struct rent_upstream *u;
	bool taken, fresh, differs;
	int r;

	if (base_url == NULL || !parse_address(base_url, &a))
		return rent_fail(err, RENT_EINVAL,
		                 "upstream '%s': address '%s': expected "
		                 "http://HOST[:PORT][/PREFIX] or https://…",
		                 name, base_url == NULL ? "" : base_url);
	if (!limits_ok(limits))
		return rent_fail(err, RENT_EINVAL,
		                 "upstream '%s': a limit is out of range", name);
	r = judge_wire(&a, route, name, err);
	if (r == 0)
		r = route_init(&mine, route, name, err);
	if (r != 0)
		return r;
	(void)pthread_mutex_lock(&upstreams->lock);
	u = find_upstream(upstreams, name, a.url, &taken);
	fresh = u == NULL;
	differs = u != NULL && !route_same(&u->route, &mine);
	if (fresh)
		u = make(upstreams, name, taken, &a, limits, &mine);
	(void)pthread_mutex_unlock(&upstreams->lock);
	if (u == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (differs)
		return rent_fail(
			err, RENT_EINVAL,
			"upstream '%s': another instance opens it with another ca, "
			"cert, key or proxy",
			name);
	if (fresh)
		report_opened(u);
	*ret = u;
	return 0;
}

void upstream_limits_set(struct rent_upstream *u, const struct upstream_limits *limits)
{
	assert(u->magic == UPSTREAM_MAGIC);
	if (!limits_ok(limits))
		return;
	(void)pthread_mutex_lock(&u->lock);
	/* max_in_flight stays as it was */
	u->limits.timeout_us = limits->timeout_us;
	u->limits.tries = limits->tries;
	u->limits.backoff_us = limits->backoff_us;
	u->limits.max_life_us = limits->max_life_us;
	u->limits.breaker_failures = u->breaker.failure_max = limits->breaker_failures;
	u->limits.breaker_reset_us = u->breaker.reset_us = limits->breaker_reset_us;
	(void)pthread_mutex_unlock(&u->lock);
}

void upstream_each(struct upstreams *upstreams,
                   void (*fn)(void *arg, const struct upstream_report *report), void *arg)
{
	(void)pthread_mutex_lock(&upstreams->lock);
	for (struct rent_upstream *u = upstreams->first; u != NULL; u = u->next) {
		struct upstream_report r = { .name = u->name };

		(void)pthread_mutex_lock(&u->lock);
		r.state = breaker_name(u->breaker.state);
		r.fail_counter = u->breaker.failures;
		r.fail_max = u->breaker.failure_max;
		r.reset_us = u->breaker.reset_us;
		r.last_failure_us = u->breaker.last_failure_us;
		(void)pthread_mutex_unlock(&u->lock);
		fn(arg, &r);
	}
	(void)pthread_mutex_unlock(&upstreams->lock);
}
