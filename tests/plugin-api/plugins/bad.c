/* SPDX-License-Identifier: MIT
 *
 * bad.c - a plugin that is wrong in exactly one way, chosen by a BAD_… definition. The rest
 * is as it should be, so that a refusal can have one reason only.
 */
#include <rent/plugin.h>
#include <signal.h>

#ifdef BAD_NO_SYMBOL
int unused_entry(void);
int unused_entry(void)
{
	return 0;
}
#else

static const struct rent_option options[] = {
	{ "plain", RENT_OPT_INT, 0, "1", "0", "9", NULL, NULL, "nothing" },
#ifdef BAD_OPTIONS_DEFAULT
	{ "wild", RENT_OPT_DURATION, 0, "2h", "1s", "1h", NULL, NULL,
	  "default over max" },
#endif
#ifdef BAD_OPTIONS_TYPE
	{ "strange", (enum rent_option_type)77, 0, "1", NULL, NULL, NULL, NULL,
	  "no such type" },
#endif
#ifdef BAD_OPTIONS_TWICE
	{ "plain", RENT_OPT_INT, 0, "1", NULL, NULL, NULL, NULL, "again" },
#endif
	{ NULL, RENT_OPT_END, 0, NULL, NULL, NULL, NULL, NULL, NULL },
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	(void)host;
#ifdef BAD_CRASH_CREATE
	(void)raise(SIGSEGV);
#endif
	*ret_self = NULL;
#ifdef BAD_FAIL_CREATE
	return rent_fail(err, RENT_EINVAL, "url: 'x' is no address");
#else
	(void)err;
	return 0;
#endif
}

static int start(void *self, struct rent_error *err)
{
	(void)self;
#ifdef BAD_FAIL_START
	return rent_fail(err, RENT_EUNAVAIL, "the database at 'nowhere' does not answer");
#else
	(void)err;
	return 0;
#endif
}

static const uint32_t api = sizeof(uint32_t);

static const struct rent_plugin desc = {
	RENT_PLUGIN_STAMP,
#ifdef BAD_NO_ROUTES
	.kind = "http",
#else
	.kind = "storage",
#endif
#ifndef BAD_NO_NAME
	.name = "bad",
#endif
	.version = "1.0",  .summary = "wrong in one way", .options = options, .api = &api,
#ifndef BAD_NO_CREATE
	.create = create,
#endif
	.start = start,
};

RENT_EXPORT const struct rent_plugin *rent_plugin_entry(void);
RENT_EXPORT const struct rent_plugin *rent_plugin_entry(void)
{
	static struct rent_plugin lie;

	lie = desc;
	(void)create;
#ifdef BAD_MAJOR
	lie.abi_major = 7;
	lie.abi_minor = 3;
#endif
#ifdef BAD_MAGIC
	lie.magic = 0x01020304u;
#endif
#ifdef BAD_SMALL
	lie.struct_size = 40;
#endif
#ifdef BAD_LARGE
	lie.struct_size = (uint32_t)sizeof(lie) + 64;
#endif
#ifdef BAD_NEWER /* not wrong: a later minor, with members that this host does not know */
	static union {
		struct rent_plugin plugin;
		char room[sizeof(struct rent_plugin) + 64];
	} later;

	later.plugin = desc;
	later.plugin.abi_minor = RENT_API_MINOR + 1;
	later.plugin.struct_size = (uint32_t)sizeof(later);
	return &later.plugin;
#endif
#ifdef BAD_CRASH_LOAD
	(void)raise(SIGSEGV);
#endif
#ifdef BAD_NULL_DESCRIPTOR
	return lie.magic == 0 ? &lie : NULL;
#else
	return &lie;
#endif
}
#endif
