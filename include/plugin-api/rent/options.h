/* SPDX-License-Identifier: MIT
 *
 * rent/options.h - the option table of a plugin. One table feeds the parser, the error
 * report of --check-config, --list-options, --dump-config, the manual and the check of the
 * shipped configurations.
 *
 * In the configuration file an instance's options are in its `options = { … }` group. A
 * dotted name is a group within: "station.timeout" is written
 * `options = { station = { timeout = "1.5s"; }; };`.
 *
 * All bounds and defaults are text in the notation of the configuration file ("30s",
 * "64KiB", "100"), read by the same parser as the file.
 */
#ifndef RENT_OPTIONS_H
#define RENT_OPTIONS_H

#include "base.h"

RENT_EXTERN_C_BEGIN

enum rent_option_type {
	RENT_OPT_END = 0,  /* ends a table */
	RENT_OPT_STRING,   /* text */
	RENT_OPT_INT,      /* int64; number or text */
	RENT_OPT_BOOL,     /* true/false; also "yes" "no" "on" "off" */
	RENT_OPT_DURATION, /* us; "250ms", "1.5s", "30s", "5m", "2h", "1d" */
	RENT_OPT_SIZE,     /* bytes; "64KiB", "1MiB", a plain number */
	RENT_OPT_MONEY,    /* int64 currency units */
	RENT_OPT_ENUM,     /* one of `choices` */
	RENT_OPT_PPM,      /* a decimal fraction in parts per million: "1.5" is 1500000 */
	RENT_OPT_LIST,     /* list of text */
	RENT_OPT_PATH,     /* text; relative to the folder the host was started in */
};

enum rent_option_flags {
	/* No default: must be in the file. */
	RENT_OPT_REQUIRED = 1u << 0,
	/* Masked in dumps and logs. */
	RENT_OPT_SECRET = 1u << 1,
	/* May change on SIGHUP; else a change is refused. */
	RENT_OPT_RELOADABLE = 1u << 2,
	/* Arguments of commands only (rent/command.h): given without its name, as the word
	 * behind the command. */
	RENT_OPT_POSITIONAL = 1u << 3,
};

struct rent_option {
	/* "a" or "group.a", of [a-z0-9_.]. */
	const char *name;
	enum rent_option_type type;
	/* enum rent_option_flags */
	uint32_t flags;
	/* The default. NULL with REQUIRED, or for "not set". */
	const char *def;
	/* Numbers, durations, sizes: the lowest and the highest value allowed. Strings: the
	 * least and the greatest length. Lists: the greatest length. NULL: no bound. */
	const char *min, *max;
	/* ENUM: "debt|refuse". */
	const char *choices;
	/* For the manual: "currency units", "powerbanks". NULL: none. */
	const char *unit;
	/* One line: what it does, what follows from a change. */
	const char *help;
};

/* Rows of an option table, one macro for each type. Designated members follow the default:
 *
 *     RENT_DURATION_OPTION("tick", "30s", .min = "10ms", .max = "1d",
 *                          .help = "how often active rentals are charged"),
 *     RENT_OPTIONS_END,
 */
/* clang-format off */
#define RENT_OPTION(name_, type_, def_, ...) \
	{ .name = (name_), .type = (type_), .def = (def_), __VA_ARGS__ }
#define RENT_STRING_OPTION(name_, def_, ...)   RENT_OPTION(name_, RENT_OPT_STRING, def_, __VA_ARGS__)
#define RENT_INT_OPTION(name_, def_, ...)      RENT_OPTION(name_, RENT_OPT_INT, def_, __VA_ARGS__)
#define RENT_BOOL_OPTION(name_, def_, ...)     RENT_OPTION(name_, RENT_OPT_BOOL, def_, __VA_ARGS__)
#define RENT_DURATION_OPTION(name_, def_, ...) RENT_OPTION(name_, RENT_OPT_DURATION, def_, __VA_ARGS__)
#define RENT_SIZE_OPTION(name_, def_, ...)     RENT_OPTION(name_, RENT_OPT_SIZE, def_, __VA_ARGS__)
#define RENT_MONEY_OPTION(name_, def_, ...)    RENT_OPTION(name_, RENT_OPT_MONEY, def_, __VA_ARGS__)
#define RENT_ENUM_OPTION(name_, def_, ...)     RENT_OPTION(name_, RENT_OPT_ENUM, def_, __VA_ARGS__)
#define RENT_PPM_OPTION(name_, def_, ...)      RENT_OPTION(name_, RENT_OPT_PPM, def_, __VA_ARGS__)
#define RENT_LIST_OPTION(name_, def_, ...)     RENT_OPTION(name_, RENT_OPT_LIST, def_, __VA_ARGS__)
#define RENT_PATH_OPTION(name_, def_, ...)     RENT_OPTION(name_, RENT_OPT_PATH, def_, __VA_ARGS__)
#define RENT_OPTIONS_END { .type = RENT_OPT_END }
/* clang-format on */

/* clang-format off */
/* Once in a table that has upstreams: without it, or while it is false, upstream_open() refuses an
 * http:// address beyond this machine. */
#define RENT_INSECURE_OPTION                                                                \
	RENT_BOOL_OPTION("insecure", "false",                                                \
		.help = "whether an address may be plain http:// beyond this machine, where " \
		        "whoever is on the way reads and forges what is said")
/* clang-format on */

/* The options an upstream has (see rent/upstream.h), which upstream_open(host, "NAME", …)
 * reads. upstream, failures and reset are string literals. */
/* clang-format off */
#define RENT_UPSTREAM_OPTIONS(upstream, failures, reset)                                      \
	RENT_SLOW_UPSTREAM_OPTIONS(upstream, "1.5s", failures, reset)

/* The same of a service that needs longer: timeout is a string literal. */
#define RENT_SLOW_UPSTREAM_OPTIONS(upstream, timeout, failures, reset)                        \
	RENT_DURATION_OPTION(upstream ".timeout", timeout, .flags = RENT_OPT_RELOADABLE,     \
		.min = "1ms", .max = "5m",                                                   \
		.help = "deadline of one try, connecting included"),                         \
	RENT_INT_OPTION(upstream ".tries", "3", .flags = RENT_OPT_RELOADABLE,                \
		.min = "1", .max = "10",                                                     \
		.help = "tries in all where sending again is safe"),                         \
	RENT_DURATION_OPTION(upstream ".backoff", "300ms", .flags = RENT_OPT_RELOADABLE,     \
		.min = "0s", .max = "1m",                                                    \
		.help = "wait before the second try; doubles with each further one"),        \
	RENT_INT_OPTION(upstream ".breaker_failures", failures, .flags = RENT_OPT_RELOADABLE, \
		.min = "1", .max = "1000000",                                                \
		.help = "failures in a row that open the breaker"),                          \
	RENT_DURATION_OPTION(upstream ".breaker_reset", reset, .flags = RENT_OPT_RELOADABLE, \
		.min = "10ms", .max = "1d",                                                  \
		.help = "time an open breaker waits before it lets one call try"),           \
	RENT_DURATION_OPTION(upstream ".max_life", "1m", .flags = RENT_OPT_RELOADABLE,       \
		.min = "1s", .max = "1d",                                                    \
		.help = "age from which a kept-alive connection takes no further call, so "  \
		        "that a name that moved to another address is followed"),           \
	RENT_STRING_OPTION(upstream ".ca", "",                                               \
		.help = "file of the authorities (PEM) that may have signed the service's "  \
		        "certificate; \"\": those of the system"),                           \
	RENT_STRING_OPTION(upstream ".cert", "",                                             \
		.help = "file of the certificate (PEM) that we show; \"\": none"),           \
	RENT_STRING_OPTION(upstream ".key", "",                                              \
		.help = "file of its key (PEM); \"\": in the file of the certificate"),      \
	RENT_STRING_OPTION(upstream ".proxy", "", .flags = RENT_OPT_SECRET,                  \
		.help = "\"http://[user:password@]host:port\"; \"\": none, whatever the "    \
		        "environment says"),                                                 \
	RENT_INT_OPTION(upstream ".max_in_flight", "1000", .min = "1", .max = "10000",       \
		.help = "calls open at once; further ones wait their turn")
/* clang-format on */

RENT_EXTERN_C_END
#endif
