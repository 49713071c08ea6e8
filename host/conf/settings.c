/* SPDX-License-Identifier: MIT
 *
 * settings.c - see settings.h. One row an option; the manual is made from these rows.
 */
#include "conf/settings.h"

/* clang-format off */
#define END { NULL, RENT_OPT_END, 0, NULL, NULL, NULL, NULL, NULL, NULL }

const struct rent_option settings_host[] = {
	{ "service", RENT_OPT_STRING, 0, "rentald", "1", "32", NULL, NULL,
	  "name of this service in metrics, logs and health" },
	{ "plugin_dir", RENT_OPT_PATH, 0, NULL, NULL, NULL, NULL, NULL,
	  "folder of plugins named without a slash; not set: plugins/ beside the executable, "
	  "else lib/rentald/plugins of the executable's tree, else the folder of the build" },
	{ "data_dir", RENT_OPT_PATH, 0, NULL, NULL, NULL, NULL, NULL,
	  "folder where a listener's `static` is looked for when it is not found from the "
	  "current one; not set: share/rentald of the executable's tree, else the folder of the build" },
	{ "log.level", RENT_OPT_ENUM, RENT_OPT_RELOADABLE, "info", NULL, NULL,
	  "error|warn|info|debug", NULL, "least important lines that are written" },
	{ "log.format", RENT_OPT_ENUM, RENT_OPT_RELOADABLE, "logfmt", NULL, NULL, "logfmt|json",
	  NULL, "form of a log line" },
	{ "runtime.workers", RENT_OPT_INT, 0, "16", "1", "1024", NULL, "threads",
	  "requests handled at once; each waits for its database and upstreams" },
	{ "runtime.queue", RENT_OPT_INT, 0, "1024", "1", "1000000", NULL, "requests",
	  "requests that wait for a worker; beyond that they get 503 at once" },
	{ "runtime.loops", RENT_OPT_INT, 0, "0", "0", "64", NULL, "threads",
	  "event loops, each a thread, that run the tasks; 0: one a processor" },
	{ "runtime.tasks", RENT_OPT_INT, 0, "10000", "1", "1000000", NULL, "tasks",
	  "tasks alive at once, most of them waiting; further ones are refused" },
	{ "runtime.task_stack", RENT_OPT_SIZE, 0, "256KiB", "64KiB", "8MiB", NULL, "bytes",
	  "stack of a task; what it does not touch costs no memory" },
	{ "runtime.event_threads", RENT_OPT_INT, 0, "2", "1", "64", NULL, "threads",
	  "threads of each listener that read and write its connections" },
	{ "runtime.drain_timeout", RENT_OPT_DURATION, RENT_OPT_RELOADABLE, "10s", "100ms", "1h",
	  NULL, NULL, "longest time between SIGTERM and the end" },
	{ "runtime.arena_max", RENT_OPT_SIZE, 0, "1MiB", "64KiB", "1GiB", NULL, "bytes",
	  "memory that one request or exchange may take" },
	{ "metrics.max_series", RENT_OPT_INT, 0, "500", "1", "100000", NULL, "series",
	  "series of one metric; further label values are counted as \"other\"" },
	{ "events.ring", RENT_OPT_INT, 0, "4096", "1", "1000000", NULL, "events",
	  "events kept for listeners that come back or fall behind" },
	{ "events.bytes", RENT_OPT_SIZE, 0, "4MiB", "64KiB", "1GiB", NULL, "bytes",
	  "memory that they may take together" },
	{ "events.max_streams", RENT_OPT_INT, 0, "1000", "1", "65536", NULL, "streams",
	  "open /api/v1/events of each listener; further ones get 503" },
	{ "events.heartbeat", RENT_OPT_DURATION, 0, "15s", "1s", "1h", NULL, NULL,
	  "silence after which a stream is sent a comment" },
	{ "events.stall", RENT_OPT_DURATION, 0, "30s", "1s", "1h", NULL, NULL,
	  "time without room in its socket after which a stream is closed" },
	END
};

const struct rent_option settings_listener[] = {
	{ "name", RENT_OPT_STRING, RENT_OPT_REQUIRED, NULL, "1", "32", NULL, NULL,
	  "name of the listener, [a-z0-9_-]" },
	{ "listen", RENT_OPT_STRING, RENT_OPT_REQUIRED, NULL, "1", "256", NULL, NULL,
	  "address and port: \"127.0.0.1:8000\", \"[::1]:80\"; port 0 takes a free one" },
	{ "routes", RENT_OPT_LIST, 0, "", NULL, NULL, NULL, NULL,
	  "instances of kind http whose routes are served here" },
	{ "system", RENT_OPT_BOOL, 0, "false", NULL, NULL, NULL, NULL,
	  "serve /metrics, /api/v1/health, /api/v1/system and /api/v1/events here" },
	{ "cors", RENT_OPT_LIST, 0, "", NULL, "64", NULL, NULL,
	  "origins whose pages may call this; \"*\" is any" },
	{ "static", RENT_OPT_PATH, 0, NULL, NULL, NULL, NULL, NULL,
	  "folder of files served where no route matches" },
	{ "body_max", RENT_OPT_SIZE, 0, "64KiB", "1KiB", "64MiB", NULL, "bytes",
	  "largest body of a request; beyond that 413" },
	{ "max_connections", RENT_OPT_INT, 0, "4096", "1", "65536", NULL, "connections",
	  "connections open at once; further ones wait" },
	{ "workers", RENT_OPT_INT, 0, "0", "0", "1024", NULL, "threads",
	  "workers of this listener alone; 0: those of runtime.workers, with the others" },
	{ "idle_timeout", RENT_OPT_DURATION, 0, "60s", "1s", "1h", NULL, NULL,
	  "time without a byte after which a connection is closed" },
	END
};

const struct rent_option settings_instance[] = {
	{ "name", RENT_OPT_STRING, RENT_OPT_REQUIRED, NULL, "1", "32", NULL, NULL,
	  "name of the instance, [a-z0-9_-]" },
	{ "plugin", RENT_OPT_STRING, RENT_OPT_REQUIRED, NULL, "1", "1024", NULL, NULL,
	  "name of a plugin in plugin_dir, or a path with a slash" },
	END
};
