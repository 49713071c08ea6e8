/* SPDX-License-Identifier: MIT
 *
 * rent/plugin.h - what a plugin is: a shared object with one exported symbol,
 *
 *     RENT_PLUGIN(my_plugin) = {
 *             RENT_PLUGIN_STAMP,
 *             .kind = RENT_KIND_PAYMENT, .name = "payment_mine", .version = "1.0", …
 *     };
 *
 * `rent_plugin_entry`, a function that returns a const descriptor. The first four members
 * of the descriptor are frozen forever; the host refuses another major with both numbers,
 * the file and the line of the configuration that named it.
 *
 * Life cycle of an instance (every call on the host's main thread, in the order of the
 * bindings: those used are created and started first, drained, stopped and destroyed last):
 *
 *     create → start → (interface, health, reload) → drain → stop → destroy
 *
 * A step that fails has cleaned up after itself, and the instance gets no later call except
 * that after a failed start() destroy() still follows. Loaded objects stay mapped.
 */
#ifndef RENT_PLUGIN_H
#define RENT_PLUGIN_H

#include "base.h"
#include "command.h"
#include "host.h"
#include "options.h"

RENT_EXTERN_C_BEGIN

#define RENT_PLUGIN_MAGIC  0x52454e54u /* "RENT" */
#define RENT_PLUGIN_SYMBOL "rent_plugin_entry"

enum rent_plugin_flags {
	/* The interface may be called by several threads at once. Without it the host
	 * serialises routes and timers of the instance; providers (build/parse) are serialised
	 * by their caller. */
	RENT_PARALLEL = 1u << 0,
	/* A provider that does its own, blocking I/O (perform()). */
	RENT_OWN_IO = 1u << 1,
	/* check() also works before start(), and then leaves files and services as they are:
	 * --check-connections does not start the instance unless another one needs it. */
	RENT_CHECK_UNSTARTED = 1u << 2,
};

/* Something this plugin uses: bound in the configuration by `uses = { NAME = "instance"; }`. */
struct rent_need {
	/* NULL ends the table. */
	const char *name;
	/* Kind the bound instance must have. */
	const char *kind;
	bool optional;
	const char *help;
};

enum rent_health_state {
	RENT_HEALTHY = 0,
	RENT_DEGRADED,
	RENT_UNHEALTHY
};

struct rent_health {
	uint32_t struct_size;
	/* Only UNHEALTHY makes the service not ready. */
	enum rent_health_state state;
	/* One line, also when healthy. */
	char why[RENT_NOTE_SIZE];
};

/* Where --migrate writes what it does: one line a step. breach: the schema is not as it must
 * be; counts as a failure of the whole command. */
struct rent_report {
	uint32_t struct_size;
	void *arg;
	void (*line)(void *arg, bool breach, const char *subject, const char *text);
};

struct rent_plugin {
	/* ---- frozen. */
	/* RENT_PLUGIN_MAGIC */
	uint32_t magic;
	/* sizeof(struct rent_plugin) where the plugin was built. */
	uint32_t struct_size;
	uint16_t abi_major, abi_minor;

	/* enum rent_plugin_flags */
	uint32_t flags;
	/* RENT_KIND_… */
	const char *kind;
	/* "payment_http", "1.2.0". */
	const char *name, *version;
	/* One line for --list-plugins. */
	const char *summary;
	/* Ends with type RENT_OPT_END; NULL: none. */
	const struct rent_option *options;
	/* Ends with a NULL name; NULL: none. */
	const struct rent_need *needs;
	/* The kind's interface table; its first member is its struct_size. */
	const void *api;
	/* Commands for operators on the command line; ends with a NULL name; NULL: none. */
	const struct rent_command *commands;

	/* Reads options, allocates, opens upstreams. No I/O, no threads, no calls of bound
	 * interfaces: --check-config runs it. *ret_self on success only. Required. */
	int (*create)(const struct rent_host *host, void **ret_self,
	              struct rent_error *err);
	/* Connects, starts threads and timers. NULL: nothing to do. */
	int (*start)(void *self, struct rent_error *err);
	/* Takes no new work, finishes what runs. NULL: nothing to do. */
	void (*drain)(void *self);
	/* Ends threads, closes connections. NULL: nothing to do. */
	void (*stop)(void *self);
	/* Frees. NULL: nothing to do. */
	void (*destroy)(void *self);
	/* The options have new values (reloadable ones only). NULL: none is reloadable. */
	void (*reload)(void *self);
	/* Cheap: what is known, no round trips over 100 ms. Any thread. NULL: no check. */
	void (*health)(void *self, struct rent_health *ret);
	/* --check-connections: reaches what it needs, between start() and stop()
	 * (RENT_CHECK_UNSTARTED: or without them). Blocking allowed. NULL: nothing to reach. */
	int (*check)(void *self, struct rent_error *err);
	/* --migrate: brings the schema up to date, before start(). NULL: has no schema. */
	int (*migrate)(void *self, bool dry_run, const struct rent_report *report,
	               struct rent_error *err);
};

#define RENT_PLUGIN_STAMP                                                                \
	.magic = RENT_PLUGIN_MAGIC, .struct_size = (uint32_t)sizeof(struct rent_plugin), \
	.abi_major = RENT_API_MAJOR, .abi_minor = RENT_API_MINOR

/* The one exported symbol. C plugins write RENT_PLUGIN(name) = { RENT_PLUGIN_STAMP, … };
 * C++ plugins define `extern "C" RENT_EXPORT const rent_plugin *rent_plugin_entry(void)`. */
#define RENT_PLUGIN(desc)                                              \
	static const struct rent_plugin desc;                          \
	RENT_EXPORT const struct rent_plugin *rent_plugin_entry(void); \
	RENT_EXPORT const struct rent_plugin *rent_plugin_entry(void)  \
	{                                                              \
		return &(desc);                                        \
	}                                                              \
	static const struct rent_plugin desc

typedef const struct rent_plugin *(*rent_plugin_entry_fn)(void);

RENT_EXTERN_C_END
#endif
