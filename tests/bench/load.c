/* SPDX-License-Identifier: MIT
 *
 * load.c - a closed-loop load generator for the rental API: N connections, a thread each,
 * keep-alive, for a number of seconds a phase. Phases: quote, start, status, stop, and the
 * full cycle of the four. Prints requests per second and p50/p99 as one JSON line a phase.
 * Loopback only; bounded in count and time.
 *
 *     rent-load --url=http://127.0.0.1:8000 --connections=16 --seconds=5 [--station=S]
 *               [--phases=quote,start,status,stop,cycle]
 */
#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECTIONS_MAX 1024
#define SAMPLES_MAX     (1 << 18) /* latencies kept a phase and connection at most */
#define ID_SIZE         80
#define POOL_MAX        400000 /* ids kept between phases */

enum step {
	STEP_QUOTE,
	STEP_START,
	STEP_STATUS,
	STEP_STOP,
	STEP_CYCLE,
	STEP_COUNT
};

static const char *const step_names[] = { "quote", "start", "status", "stop", "cycle" };

static struct {
	const char *url, *phases;
	const char *station;
	int connections, seconds;
} options = { "http://127.0.0.1:8000", "quote,start,status,stop,cycle", NULL, 16, 5 };

/* Ids that one phase made and a later one uses up. */
struct pool {
	pthread_mutex_t lock;
	char (*ids)[ID_SIZE];
	size_t n, next;
};

static struct pool quotes = { PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0 };
static struct pool rentals = { PTHREAD_MUTEX_INITIALIZER, NULL, 0, 0 };

struct reply {
	char body[8192];
	size_t size;
	long status;
};

struct client {
	pthread_t thread;
	int index;
	enum step step;
	CURL *curl;
	struct curl_slist *json_headers;
	struct reply reply;
	uint32_t *us; /* latencies */
	size_t done, failed;
	int64_t until;
	unsigned serial;
};

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pool_put(struct pool *p, const char *id)
{
	pthread_mutex_lock(&p->lock);
	if (p->n < POOL_MAX)
		(void)snprintf(p->ids[p->n++], ID_SIZE, "%s", id);
	pthread_mutex_unlock(&p->lock);
}

static bool pool_take(struct pool *p, char id[ID_SIZE])
{
	bool got;

	pthread_mutex_lock(&p->lock);
	got = p->next < p->n;
	if (got)
		memcpy(id, p->ids[p->next++], ID_SIZE);
	pthread_mutex_unlock(&p->lock);
	return got;
}

static bool pool_any(struct pool *p, unsigned i, char id[ID_SIZE])
{
	bool got;

	pthread_mutex_lock(&p->lock);
	got = p->n > 0;
	if (got)
		memcpy(id, p->ids[i % p->n], ID_SIZE);
	pthread_mutex_unlock(&p->lock);
	return got;
}

static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	size_t room = sizeof(r->body) - 1 - r->size, take = size * n;

	if (take > room)
		take = room;
	memcpy(r->body + r->size, data, take);
	r->size += take;
	r->body[r->size] = '\0';
	return size * n;
}

static bool call(struct client *c, const char *method, const char *path, const char *body,
                 const char *key)
{
	char url[512], header[200];
	struct curl_slist *list = NULL;
	bool ok;

	(void)snprintf(url, sizeof(url), "%s%s", options.url, path);
	c->reply.size = 0;
	c->reply.body[0] = '\0';
	curl_easy_setopt(c->curl, CURLOPT_URL, url);
	curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body);
	if (body == NULL)
		curl_easy_setopt(c->curl, CURLOPT_HTTPGET, 1L);
	if (key != NULL) {
		(void)snprintf(header, sizeof(header), "Idempotency-Key: %s", key);
		list = curl_slist_append(NULL, "Content-Type: application/json");
		list = curl_slist_append(list, header);
	}
	curl_easy_setopt(c->curl, CURLOPT_HTTPHEADER,
	                 list != NULL ? list : c->json_headers);
	ok = curl_easy_perform(c->curl) == CURLE_OK;
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->reply.status);
	curl_slist_free_all(list);
	return ok && c->reply.status == 200;
}

static bool field(const struct client *c, const char *name, char out[ID_SIZE])
{
	json_t *json = json_loads(c->reply.body, 0, NULL);
	const char *s = json_string_value(json_object_get(json, name));

	if (s != NULL)
		(void)snprintf(out, ID_SIZE, "%s", s);
	json_decref(json);
	return s != NULL;
}

static bool do_quote(struct client *c, char quote[ID_SIZE])
{
	char body[256], station[64];

	if (options.station != NULL)
		(void)snprintf(station, sizeof(station), "%s", options.station);
	else
		(void)snprintf(station, sizeof(station), "some-station-id");
	(void)snprintf(body, sizeof(body),
	               "{\"station_id\":\"%s\",\"user_id\":\"user-%d\"}", station,
	               c->index);
	return call(c, "POST", "/api/v1/rentals/quote", body, NULL) &&
	       field(c, "quote_id", quote);
}

static bool do_start(struct client *c, const char *quote, char order[ID_SIZE])
{
	char body[160], key[64];

	(void)snprintf(body, sizeof(body), "{\"quote_id\":\"%s\"}", quote);
	(void)snprintf(key, sizeof(key), "load-%d-%u-%" PRId64, c->index, c->serial++,
	               now_us());
	return call(c, "POST", "/api/v1/rentals/start", body, key) &&
	       field(c, "order_id", order);
}

static bool do_status(struct client *c, const char *order)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/status", order);
	return call(c, "GET", path, NULL, NULL);
}

static bool do_stop(struct client *c, const char *order)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/stop", order);
	return call(c, "POST", path, "{\"station_id\":\"some-station-id\"}", NULL);
}

/* One request (or one cycle); false with *ret_empty when there is nothing left to use up. */
static bool once(struct client *c, bool *ret_empty)
{
	char id[ID_SIZE], made[ID_SIZE];

	switch (c->step) {
	case STEP_QUOTE:
		if (!do_quote(c, made))
			return false;
		pool_put(&quotes, made);
		return true;
	case STEP_START:
		*ret_empty = !pool_take(&quotes, id);
		if (*ret_empty || !do_start(c, id, made))
			return false;
		pool_put(&rentals, made);
		return true;
	case STEP_STATUS:
		*ret_empty = !pool_any(&rentals, c->serial++ * 7919u, id);
		return !*ret_empty && do_status(c, id);
	case STEP_STOP:
		*ret_empty = !pool_take(&rentals, id);
		return !*ret_empty && do_stop(c, id);
	case STEP_CYCLE:
		return do_quote(c, id) && do_start(c, id, made) && do_status(c, made) &&
		       do_stop(c, made);
	case STEP_COUNT:
		break;
	}
	abort();
}

static void *work(void *arg)
{
	struct client *c = arg;
	bool empty = false;

	while (now_us() < c->until && c->done < SAMPLES_MAX) {
		int64_t begin = now_us();
		bool ok = once(c, &empty);

		if (empty)
			break;
		if (ok)
			c->us[c->done++] = (uint32_t)(now_us() - begin);
		else if (c->failed++ == 0)
			(void)fprintf(stderr, "%s: HTTP %ld: %s\n", step_names[c->step],
			              c->reply.status, c->reply.body);
	}
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static void report(enum step step, struct client *clients, int64_t took)
{
	size_t total = 0, failed = 0, at = 0;
	uint32_t *all;
	int i;

	for (i = 0; i < options.connections; i++) {
		total += clients[i].done;
		failed += clients[i].failed;
	}
	all = malloc((total + 1) * sizeof(*all));
	assert(all != NULL);
	for (i = 0; i < options.connections; i++) {
		memcpy(all + at, clients[i].us, clients[i].done * sizeof(*all));
		at += clients[i].done;
	}
	qsort(all, total, sizeof(*all), by_value);
	printf("{\"phase\":\"%s\",\"connections\":%d,\"per_second\":%" PRId64
	       ",\"p50_us\":%u,\"p99_us\":%u,\"done\":%zu,\"failed\":%zu}\n",
	       step_names[step], options.connections, (int64_t)total * 1000000 / took,
	       total ? all[total / 2] : 0, total ? all[total * 99 / 100] : 0, total,
	       failed);
	(void)fflush(stdout);
	free(all);
}

static void phase(enum step step, struct client *clients)
{
	int64_t begin = now_us();
	int i;

	rentals.next = step == STEP_STOP ? 0 : rentals.next;
	for (i = 0; i < options.connections; i++) {
		clients[i].step = step;
		clients[i].done = clients[i].failed = 0;
		clients[i].until = begin + (int64_t)options.seconds * 1000000;
		if (pthread_create(&clients[i].thread, NULL, work, &clients[i]) != 0)
			abort();
	}
	for (i = 0; i < options.connections; i++)
		pthread_join(clients[i].thread, NULL);
	report(step, clients, now_us() - begin);
}

static bool parse(const char *arg)
{
	static const struct {
		const char *name;
		const char **text;
		int *number;
	} flags[] = {
		{ "--url=", &options.url, NULL },
		{ "--phases=", &options.phases, NULL },
		{ "--station=", &options.station, NULL },
		{ "--connections=", NULL, &options.connections },
		{ "--seconds=", NULL, &options.seconds },
	};
	size_t i;

	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		size_t n = strlen(flags[i].name);

		if (strncmp(arg, flags[i].name, n) != 0)
			continue;
		if (flags[i].text != NULL)
			*flags[i].text = arg + n;
		else
			*flags[i].number = (int)strtol(arg + n, NULL, 10);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	static struct client clients[CONNECTIONS_MAX];
	int i;

	for (i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			(void)fprintf(stderr, "rent-load: unknown argument '%s'\n",
			              argv[i]);
			return 64;
		}
	}
	if (options.connections < 1 || options.connections > CONNECTIONS_MAX ||
	    options.seconds < 1 || options.seconds > 600 ||
	    strncmp(options.url, "http://127.", 11) != 0) {
		(void)fprintf(stderr,
		              "rent-load: 1..%d connections, 1..600 seconds, loopback "
		              "addresses only\n",
		              CONNECTIONS_MAX);
		return 64;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	quotes.ids = calloc(POOL_MAX, ID_SIZE);
	rentals.ids = calloc(POOL_MAX, ID_SIZE);
	for (i = 0; i < options.connections; i++) {
		struct client *c = &clients[i];

		c->index = i;
		c->curl = curl_easy_init();
		c->us = calloc(SAMPLES_MAX, sizeof(*c->us));
		if (c->curl == NULL || c->us == NULL || quotes.ids == NULL)
			return 70;
		c->json_headers =
			curl_slist_append(NULL, "Content-Type: application/json");
		curl_easy_setopt(c->curl, CURLOPT_WRITEFUNCTION, take_body);
		curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, &c->reply);
		curl_easy_setopt(c->curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, 30L);
	}
	for (i = 0; i < STEP_COUNT; i++) {
		if (strstr(options.phases, step_names[i]) != NULL)
			phase((enum step)i, clients);
	}
	return 0;
}
