/* SPDX-License-Identifier: MIT
 *
 * health.c - --health: asks the running process of this configuration whether it is ready,
 * through its first listener with system routes on TCP, else a unix socket. Plugins are not loaded.
 */
#include "app.h"

#include "base/arena.h"
#include "log/log.h"
#include "upstream/upstream.h"

#include <jansson.h>

#define HEALTH_TIMEOUT (5 * RENT_SECOND)

/* Where to ask. */
struct door_to {
	char url[320];
	const char *unix_path; /* NULL: by the URL */
};

/* Whether it says that it is ready, to whoever asks without TLS. */
static bool tells(const struct config_listener *listener)
{
	return (listener->system & (HTTP_SYSTEM_READY | HTTP_SYSTEM_READINESS)) != 0 &&
	       option_text(&listener->options, "tls.certificate") == NULL;
}

/* An address to call for one to bind: any is the loopback. */
static void write_url(const char *listen, struct door_to *ret)
{
	const char *port = strrchr(listen, ':');

	if (strncmp(listen, "0.0.0.0:", 8) == 0)
		(void)snprintf(ret->url, sizeof(ret->url), "http://127.0.0.1%s", port);
	else if (strncmp(listen, "[::]:", 5) == 0)
		(void)snprintf(ret->url, sizeof(ret->url), "http://[::1]%s", port);
	else
		(void)snprintf(ret->url, sizeof(ret->url), "http://%s", listen);
}

/* The first listener on a fixed port, else the first unix socket. */
static int find_door(const struct config *config, struct door_to *ret)
{
	*ret = (struct door_to){ .unix_path = NULL };
	for (size_t i = 0; i < config->listener_count; i++) {
		const char *listen = config->listeners[i].listen;
		bool is_unix = strncmp(listen, "unix:", 5) == 0;

		if (!tells(&config->listeners[i]))
			continue;
		if (is_unix && ret->unix_path == NULL)
			ret->unix_path = listen + 5;
		if (is_unix || strcmp(strrchr(listen, ':'), ":0") == 0)
			continue;
		ret->unix_path = NULL;
		write_url(listen, ret);
		return 0;
	}
	(void)rent_copy(ret->url, sizeof(ret->url), "http://localhost");
	return ret->unix_path != NULL ? 0 : RENT_EINVAL;
}

static int ask_readiness(struct app *app, const struct door_to *door,
                         struct rent_exchange *x, struct rent_error *err)
{
	const struct upstream_route route = { .insecure = true,
		                              .unix_path = door->unix_path };
	const struct upstream_limits limits = { .timeout_us = HEALTH_TIMEOUT,
		                                .breaker_reset_us = RENT_SECOND,
		                                .tries = 1,
		                                .breaker_failures = 1,
		                                .max_in_flight = 1 };
	int r = app_outbound(app, false, err);

	if (r == 0)
		r = upstream_open_by(app->upstreams, "health", door->url, &limits, &route,
		                     &x->request.upstream, err);
	if (r != 0)
		return r;
	x->request.struct_size = (uint32_t)sizeof(x->request);
	x->request.method = "GET";
	x->request.target = "/api/v1/health/ready";
	x->request.endpoint = "ready";
	upstream_exchange(app->upstreams, (struct rent_exchange *const[]){ x }, 1);
	return 0;
}

/* "7 tasks of 10000, 6 wait, 0 are stuck" */
static void print_tasks(const char *body)
{
	json_t *doc = json_loads(body, 0, NULL), *tasks = json_object_get(doc, "tasks");
	int alive, waiting, stuck, most;

	if (json_unpack(tasks, "{s:i, s:i, s:i, s:i}", "alive", &alive, "waiting",
	                &waiting, "stuck", &stuck, "most", &most) == 0)
		(void)printf("%d tasks of %d, %d wait, %d are stuck\n", alive, most,
		             waiting, stuck);
	json_decref(doc);
}

static int print_readiness(const struct app *app, const char *url,
                           const struct rent_exchange *x)
{
	bool ok = x->transport == RENT_REPLIED && x->reply.status == 200;

	if (x->transport != RENT_REPLIED) {
		(void)fprintf(stderr, "rentald: %s does not answer: %s\n", url, x->error);
		return EXIT_UNHEALTHY;
	}
	if (app->args->json) {
		(void)puts(x->reply.body);
	} else if (!app->args->quiet) {
		(void)printf("%s: %s (%d)\n", url, ok ? "ready" : "not ready",
		             x->reply.status);
		print_tasks(x->reply.body);
	}
	return ok ? EXIT_OK : EXIT_UNHEALTHY;
}

int app_health(struct app *app)
{
	struct rent_exchange x = { .struct_size = (uint32_t)sizeof(x) };
	struct rent_error err = { 0 };
	struct door_to door;
	int code = app_configure(app);

	if (code != EXIT_OK)
		return code;
	log_setup(RENT_LOG_ERROR, LOG_LOGFMT); /* one line for one question */
	if (find_door(app->config, &door) != 0) {
		(void)fprintf(
			stderr,
			"rentald: --health: no listener of %s serves \"ready\" "
			"(option `system`) on a fixed port without TLS, or on a unix "
			"socket\n",
			app->config->file);
		return EXIT_CONFIGURATION;
	}
	x.arena = arena_new(ARENA_MAX_DEFAULT * 2);
	if (x.arena == NULL || ask_readiness(app, &door, &x, &err) != 0) {
		(void)fprintf(stderr, "rentald: --health: %s\n",
		              x.arena == NULL ? "out of memory" : err.text);
		code = EXIT_INTERNAL;
	} else {
		code = print_readiness(
			app, door.unix_path == NULL ? door.url : door.unix_path, &x);
	}
	arena_free(x.arena);
	return code;
}
