/* SPDX-License-Identifier: MIT
 *
 * capacity.c - file descriptors: the limit is raised, what the configuration may need is
 * compared with it, and how many are open is watched, since a process without any left neither
 * takes calls nor makes them.
 */
#include "app.h"

#include "base/descriptors.h"
#include "log/log.h"
#include "runtime/timer.h"
#include "upstream/limits.h"

#define OTHERS_MAX  512u /* files, sockets of storages, of loops */
#define FULL_ABOVE  80u  /* per cent */
#define WATCH_EVERY (5 * RENT_SECOND)

static unsigned connections_asked(const struct app *app)
{
	unsigned sum = 0;

	for (size_t i = 0; i < app->config->listener_count; i++)
		sum += (unsigned)option_int(&app->config->listeners[i].options,
		                            "max_connections");
	return sum;
}

void app_capacity_setup(struct app *app)
{
	unsigned asked = connections_asked(app), limit = descriptors_raise();
	unsigned needed = asked + UPSTREAM_IDLE_MAX + OTHERS_MAX;
	char have[16], want[16];

	app->descriptors = limit;
	app->connections_share = asked;
	if (limit >= needed)
		return;
	/* Half for clients, a quarter for external services, the rest for everything else. */
	if (asked > limit / 2)
		app->connections_share = limit / 2;
	app->upstream_connections = limit / 4;
	(void)snprintf(have, sizeof(have), "%u", limit);
	(void)snprintf(want, sizeof(want), "%u", needed);
	log_write(
		RENT_LOG_WARN, "host",
		(const struct rent_field[]){
			{ "limit", have }, { "needed", want }, { NULL, NULL } },
		"the limit of open files is less than this configuration may need: "
		"connections are limited to fit; raise it (ulimit -Hn, LimitNOFILE=) or "
		"lower max_connections");
}

unsigned app_capacity_share(const struct app *app, unsigned max_connections)
{
	unsigned asked = connections_asked(app);
	uint64_t share =
		asked == 0 ? 0
			   : (uint64_t)max_connections * app->connections_share / asked;

	return share < 1 ? 1 : (unsigned)share;
}

/* true, with the text: above FULL_ABOVE. */
bool app_capacity_is_short(const struct app *app, char *ret_why, size_t size)
{
	unsigned open = descriptors_open();

	if (app->descriptors == 0 ||
	    (uint64_t)open * 100 <= (uint64_t)app->descriptors * FULL_ABOVE)
		return false;
	(void)snprintf(
		ret_why, size,
		"%u of %u file descriptors are open; raise the limit (LimitNOFILE=) "
		"or lower max_connections",
		open, app->descriptors);
	return true;
}

static void watch_descriptors(void *arg)
{
	struct app *app = arg;
	char why[160];
	bool is_short = app_capacity_is_short(app, why, sizeof(why));

	if (is_short && !app->descriptors_short)
		log_write(RENT_LOG_WARN, "host", NULL, "%s", why);
	else if (!is_short && app->descriptors_short)
		log_write(RENT_LOG_INFO, "host", NULL,
		          "there are enough file descriptors again");
	app->descriptors_short = is_short;
}

int app_capacity_watch(struct app *app, struct rent_error *err)
{
	const struct timer_spec spec = { .name = "descriptors",
		                         .interval_us = WATCH_EVERY,
		                         .fn = watch_descriptors,
		                         .arg = app };

	return timers_add(app->timers, &spec, err);
}
