/* SPDX-License-Identifier: MIT
 *
 * rent/options.h - the option table of a plugin. One table feeds the parser, the error
 * report of --check-config, --list-options, --dump-config, the manual and the check of the
 * shipped configurations.
 *
 * In the configuration file an instance's options stand in its `options = { … }` group. A
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
	RENT_OPT_PPM, /* a decimal fraction kept as parts per million: "1.5" is 1500000 */
	RENT_OPT_LIST, /* list of text */
	RENT_OPT_PATH, /* text; relative to the folder the host was started in */
};

enum rent_option_flags {
	RENT_OPT_REQUIRED = 1u << 0, /* no default: must be in the file */
	RENT_OPT_SECRET = 1u << 1,   /* masked in dumps and logs */
	RENT_OPT_RELOADABLE = 1u
	                      << 2, /* may change on SIGHUP; else a change is refused */
};

struct rent_option {
	const char *name; /* "a", "group.a"; [a-z0-9_.] */
	enum rent_option_type type;
	uint32_t flags;
	const char *def;     /* default, NULL with REQUIRED or for "not set" */
	const char *min;     /* numbers, durations, sizes: lowest allowed; NULL none.
			        Strings: least length */
	const char *max;     /* … highest allowed. Strings and lists: greatest length */
	const char *choices; /* ENUM: "debt|refuse" */
	const char
		*unit; /* for the manual: "currency units", "powerbanks"; may be NULL */
	const char *help; /* one line: what it does, what follows from a change */
};

/* The options an upstream has (see rent/upstream.h); `name` and `reset` are string
 * literals, `failures` too. Gives NAME.timeout, NAME.tries, NAME.backoff,
 * NAME.breaker_failures, NAME.breaker_reset and NAME.max_in_flight, which
 * upstream_open(host, "NAME", …) reads. */
#define RENT_UPSTREAM_OPTIONS(name, failures, reset)                                         \
	{ name ".timeout",                                                                   \
	  RENT_OPT_DURATION,                                                                 \
	  RENT_OPT_RELOADABLE,                                                               \
	  "1.5s",                                                                            \
	  "1ms",                                                                             \
	  "5m",                                                                              \
	  NULL,                                                                              \
	  NULL,                                                                              \
	  "deadline of one try, connecting included" },                                      \
		{ name ".tries", RENT_OPT_INT, RENT_OPT_RELOADABLE,                          \
		  "3",           "1",          "10",                                         \
		  NULL,          NULL,         "tries in all where sending again is safe" }, \
		{ name ".backoff",                                                           \
		  RENT_OPT_DURATION,                                                         \
		  RENT_OPT_RELOADABLE,                                                       \
		  "300ms",                                                                   \
		  "0s",                                                                      \
		  "1m",                                                                      \
		  NULL,                                                                      \
		  NULL,                                                                      \
		  "wait before the second try; doubles with each further one" },             \
		{ name ".breaker_failures",                                                  \
		  RENT_OPT_INT,                                                              \
		  RENT_OPT_RELOADABLE,                                                       \
		  failures,                                                                  \
		  "1",                                                                       \
		  "1000000",                                                                 \
		  NULL,                                                                      \
		  NULL,                                                                      \
		  "failures in a row that open the breaker" },                               \
		{ name ".breaker_reset",                                                     \
		  RENT_OPT_DURATION,                                                         \
		  RENT_OPT_RELOADABLE,                                                       \
		  reset,                                                                     \
		  "10ms",                                                                    \
		  "1d",                                                                      \
		  NULL,                                                                      \
		  NULL,                                                                      \
		  "time an open breaker waits before it lets one call try" },                \
	{                                                                                    \
		name ".max_in_flight", RENT_OPT_INT, 0, "1000", "1", "10000", NULL,          \
			NULL, "calls open at once; further ones wait their turn"             \
	}

RENT_EXTERN_C_END
#endif
