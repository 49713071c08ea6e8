/* SPDX-License-Identifier: MIT
 *
 * settings.c - see settings.h. One row an option; the manual is made from these rows.
 */
#include "conf/settings.h"

/* clang-format off */
const struct rent_option settings_host[] = {
	RENT_STRING_OPTION("service", "rentald", .min = "1", .max = "32",
		.help = "name of this service in metrics, logs and health"),
	RENT_PATH_OPTION("plugin_dir", NULL,
		.help = "folder of plugins named without a slash; not set: plugins/ beside the executable, "
			"else lib/rentald/plugins of the executable's tree, else the folder of the build"),
	RENT_PATH_OPTION("data_dir", NULL,
		.help = "folder where a listener's `static` is looked for when it is not found from the "
			"current one; not set: share/rentald of the executable's tree, else the folder of the build"),
	RENT_ENUM_OPTION("log.level", "info", .flags = RENT_OPT_RELOADABLE, .choices = "error|warn|info|debug",
		.help = "least important lines that are written"),
	RENT_ENUM_OPTION("log.format", "logfmt", .flags = RENT_OPT_RELOADABLE, .choices = "logfmt|json",
		.help = "form of a log line"),
	RENT_INT_OPTION("runtime.workers", "16", .min = "1", .max = "1024", .unit = "threads",
		.help = "threads for what can only block: files, plugins of vendors"),
	RENT_INT_OPTION("runtime.queue", "1024", .min = "1", .max = "1000000", .unit = "calls",
		.help = "calls that wait for one of these threads; further ones are refused"),
	RENT_INT_OPTION("runtime.loops", "0", .min = "0", .max = "64", .unit = "threads",
		.help = "event loops, each a thread, that run the tasks; 0: one a processor"),
	RENT_INT_OPTION("runtime.tasks", "10000", .min = "1", .max = "1000000", .unit = "tasks",
		.help = "requests and others under way at once, most of them waiting; further requests get 503 at once"),
	RENT_SIZE_OPTION("runtime.task_stack", "256KiB", .min = "64KiB", .max = "8MiB", .unit = "bytes",
		.help = "stack of a task; what it does not touch costs no memory"),
	RENT_DURATION_OPTION("runtime.stuck_after", "60s", .flags = RENT_OPT_RELOADABLE, .min = "1s", .max = "1h",
		.help = "a task that has waited so long is named in the log"),
	RENT_INT_OPTION("runtime.event_threads", "0", .min = "0", .max = "64", .unit = "loops",
		.help = "event loops that the connections of a listener are spread over; 0: all"),
	RENT_DURATION_OPTION("runtime.drain_timeout", "10s", .flags = RENT_OPT_RELOADABLE, .min = "100ms", .max = "1h",
		.help = "longest time between SIGTERM and the end"),
	RENT_SIZE_OPTION("runtime.arena_max", "1MiB", .min = "64KiB", .max = "1GiB", .unit = "bytes",
		.help = "memory that one request or exchange may take"),
	RENT_INT_OPTION("metrics.max_series", "500", .min = "1", .max = "100000", .unit = "series",
		.help = "series of one metric; further label values are counted as \"other\""),
	RENT_INT_OPTION("events.ring", "4096", .min = "1", .max = "1000000", .unit = "events",
		.help = "events kept for listeners that come back or fall behind"),
	RENT_SIZE_OPTION("events.bytes", "4MiB", .min = "64KiB", .max = "1GiB", .unit = "bytes",
		.help = "memory that they may take together"),
	RENT_INT_OPTION("events.max_streams", "1000", .min = "1", .max = "65536", .unit = "streams",
		.help = "open /api/v1/events of each listener; further ones get 503"),
	RENT_DURATION_OPTION("events.heartbeat", "15s", .min = "1s", .max = "1h",
		.help = "silence after which a stream is sent a comment"),
	RENT_DURATION_OPTION("events.stall", "30s", .min = "1s", .max = "1h",
		.help = "time without room in its socket after which a stream is closed"),
	RENT_OPTIONS_END,
};

const struct rent_option settings_listener[] = {
	RENT_STRING_OPTION("name", NULL, .flags = RENT_OPT_REQUIRED, .min = "1", .max = "32",
		.help = "name of the listener, [a-z0-9_-]"),
	RENT_STRING_OPTION("listen", NULL, .flags = RENT_OPT_REQUIRED, .min = "1", .max = "256",
		.help = "address and port: \"127.0.0.1:8000\", \"[::1]:80\"; port 0 takes a free one; or a socket "
			"of this machine: \"unix:/run/rentald/api.sock\""),
	RENT_STRING_OPTION("mode", "0660", .min = "3", .max = "4",
		.help = "mode of the file of a unix socket, octal"),
	RENT_LIST_OPTION("routes", "",
		.help = "instances of kind http whose routes are served here"),
	RENT_LIST_OPTION("auth", "",
		.help = "instances of kind auth that say who asks, in this order; \"none\": everybody may do "
			"everything, which an address beyond this machine wants to be said"),
	RENT_LIST_OPTION("system", "", .max = "8",
		.help = "routes of the host that are served here: \"live\" (/api/v1/health), \"ready\" and \"breakers\" "
			"(below it), \"readiness\" (ready without its reasons, for anybody), \"metrics\" (/metrics), \"system\" (/api/v1/system: the configuration), \"events\" "
			"(/api/v1/events: a customer's own, or everybody's for who may read them); true: all of them"),
	RENT_LIST_OPTION("hosts", "", .max = "64",
		.help = "names that it may be called by, others get 421; \"*\" is any; not set: a listener that only this "
			"machine reaches answers to local names, others to any. A unix socket is also called localhost"),
	RENT_PATH_OPTION("tls.certificate", NULL,
		.help = "file with certificate and chain (PEM): TLS 1.2 and later is spoken; read again at SIGHUP"),
	RENT_PATH_OPTION("tls.key", NULL,
		.help = "file with its key (PEM)"),
	RENT_PATH_OPTION("tls.client_ca", NULL,
		.help = "file with the authorities of client certificates (PEM): requests without one of theirs get 403"),
	RENT_BOOL_OPTION("tls.client_optional", "false",
		.help = "requests without a client certificate are served"),
	RENT_LIST_OPTION("cors", "", .max = "64",
		.help = "origins whose pages may call this; \"*\" is any"),
	RENT_PATH_OPTION("static", NULL,
		.help = "folder of files served where no route matches"),
	RENT_SIZE_OPTION("body_max", "64KiB", .min = "1KiB", .max = "64MiB", .unit = "bytes",
		.help = "largest body of a request; beyond that 413"),
	RENT_INT_OPTION("max_connections", "4096", .min = "1", .max = "65536", .unit = "connections",
		.help = "connections open at once; further ones wait"),
	RENT_INT_OPTION("connections_per_client", "0", .min = "0", .max = "65536", .unit = "connections",
		.help = "of them from one address, or one IPv6 network of /64; further ones are closed; 0: a half, and all of "
			"them from the loopback. Unix sockets and trusted_proxies are not counted"),
	RENT_INT_OPTION("waiting_per_client", "0", .min = "0", .max = "1000000", .unit = "requests",
		.help = "requests of one client that may be under way at once; further ones get 429. A client is the principal, and "
			"an address until it is known who asks. 0: a half of runtime.tasks or of max_connections, whichever is less, "
			"and any number from the loopback"),
	RENT_INT_OPTION("limit.rate", "0", .min = "0", .max = "100000", .unit = "requests a second",
		.help = "of one client in the long run; more get 429. 0: not counted. The host's own routes are free"),
	RENT_INT_OPTION("limit.burst", "50", .min = "1", .max = "100000", .unit = "requests",
		.help = "that one client may send at once"),
	RENT_LIST_OPTION("trusted_proxies", "", .max = "64",
		.help = "addresses and networks (\"10.0.0.0/8\", \"unix\") whose X-Forwarded-For says who the client is: the last "
			"address in it that is none of these"),
	RENT_DURATION_OPTION("header_timeout", "10s", .min = "1s", .max = "1h",
		.help = "time for the first head of a connection to arrive"),
	RENT_DURATION_OPTION("idle_timeout", "60s", .min = "1s", .max = "1h",
		.help = "time without a byte after which a connection is closed"),
	RENT_OPTIONS_END,
};

const struct rent_option settings_instance[] = {
	RENT_STRING_OPTION("name", NULL, .flags = RENT_OPT_REQUIRED, .min = "1", .max = "32",
		.help = "name of the instance, [a-z0-9_-]"),
	RENT_STRING_OPTION("plugin", NULL, .flags = RENT_OPT_REQUIRED, .min = "1", .max = "1024",
		.help = "name of a plugin in plugin_dir, or a path with a slash"),
	RENT_OPTIONS_END,
};
