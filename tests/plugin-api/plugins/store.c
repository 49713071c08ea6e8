/* SPDX-License-Identifier: MIT
 *
 * store.c - a plugin of kind "storage" without an interface worth the name: it writes every
 * step of its life to a file, fails or crashes where its options say so, and has an option of
 * each type.
 */
#include <rent/plugin.h>
#include <signal.h>
#include <stdlib.h>

enum fail {
	FAIL_NONE,
	FAIL_CREATE,
	FAIL_START,
	FAIL_AWAY,
	FAIL_CRASH,
	FAIL_BREACH,
	FAIL_HANG
};

struct store {
	const struct rent_host *host;
	int fail;
};

static const struct rent_option options[] = {
	RENT_PATH_OPTION("trace", NULL, .help = "file to note steps in"),
	RENT_ENUM_OPTION("fail", "none",
	                 .choices = "none|create|start|away|crash|breach|hang",
	                 .help = "where to fail"),
	RENT_DURATION_OPTION("tick", "30s", .flags = RENT_OPT_RELOADABLE, .min = "1s",
	                     .max = "1h", .help = "a time"),
	RENT_INT_OPTION("count", "5", .min = "1", .max = "10", .unit = "things",
	                .help = "a number"),
	RENT_MONEY_OPTION("big", "0", .unit = "currency units", .help = "an amount"),
	RENT_SIZE_OPTION("room", "64KiB", .min = "1KiB", .max = "1GiB", .unit = "bytes",
	                 .help = "a size"),
	RENT_PPM_OPTION("factor", "1.5", .min = "1", .max = "1000", .help = "a factor"),
	RENT_BOOL_OPTION("flag", "false", .help = "a switch"),
	RENT_STRING_OPTION("label", "x", .flags = RENT_OPT_RELOADABLE, .min = "1",
	                   .max = "16", .help = "a text"),
	RENT_LIST_OPTION("names", "a,b", .max = "3", .help = "a list"),
	RENT_STRING_OPTION("password", "none", .flags = RENT_OPT_SECRET,
	                   .help = "a secret"),
	RENT_UPSTREAM_OPTIONS("far", "5", "30s"),
	RENT_OPTIONS_END,
};

static const struct rent_need needs[] = {
	{ "next", "storage", true, "what lies below" },
	{ "next_2", "storage", true, "what lies below, too" },
	{ NULL, NULL, false, NULL },
};

static void note(const struct rent_host *host, const char *step)
{
	const char *path = host->opt_str(host, "trace");
	FILE *out = path == NULL ? NULL : fopen(path, "ae");

	if (out == NULL)
		return;
	(void)fprintf(out, "%s:%s\n", host->instance, step);
	(void)fclose(out);
}

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	int fail = host->opt_enum(host, "fail");
	struct store *self = calloc(1, sizeof(*self));
	struct rent_upstream *upstream = NULL;
	int r;

	note(host, "create");
	if (fail == FAIL_CRASH)
		(void)raise(SIGSEGV);
	if (self == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	r = fail == FAIL_CREATE
	            ? rent_fail(err, RENT_EINVAL, "count and room contradict each other")
	            : host->upstream_open(host, "far", "http://127.0.0.1:1", &upstream,
	                                  err);
	if (r != 0) {
		free(self);
		return r;
	}
	self->host = host;
	self->fail = fail;
	*ret_self = self;
	return 0;
}

static int start(void *p, struct rent_error *err)
{
	const struct store *self = p;

	note(self->host, "start");
	if (self->fail == FAIL_START)
		return rent_fail(err, RENT_EFAIL, "cannot start for a reason");
	if (self->fail == FAIL_AWAY)
		return rent_fail(err, RENT_EUNAVAIL, "nobody answers");
	return 0;
}

static void drain(void *p)
{
	const struct store *self = p;

	note(self->host, "drain");
	while (self->fail == FAIL_HANG)
		self->host->sleep_us(self->host, RENT_HOUR);
}

static void stop(void *p)
{
	note(((const struct store *)p)->host, "stop");
}

static void destroy(void *p)
{
	note(((const struct store *)p)->host, "destroy");
	free(p);
}

static void reload(void *p)
{
	const struct rent_host *host = ((const struct store *)p)->host;
	char text[80];

	(void)snprintf(text, sizeof(text), "reload %s", host->opt_str(host, "label"));
	note(host, text);
}

static void health(void *p, struct rent_health *ret)
{
	(void)p;
	ret->state = RENT_HEALTHY;
	(void)rent_copy(ret->why, sizeof(ret->why), "well");
}

static int migrate(void *p, bool dry_run, const struct rent_report *report,
                   struct rent_error *err)
{
	(void)err;
	note(((const struct store *)p)->host, dry_run ? "migrate-dry" : "migrate");
	report->line(report->arg, false, "schema", dry_run ? "would be made" : "made");
	return 0;
}

static int check(void *p, struct rent_error *err)
{
	(void)err;
	note(((const struct store *)p)->host, "check");
	return 0;
}

static int audit(void *p, const struct rent_command_run *run, struct rent_error *err)
{
	const struct store *self = p;
	const char *instance = self->host->instance;

	(void)err;
	note(self->host, "audit");
	run->result(run, NULL, "%s: rentals: 12 looked at", instance);
	if (self->fail != FAIL_BREACH)
		return RENT_COMMAND_DONE;
	run->result(run, NULL, "%s: rental 7: paid 5, total 4", instance);
	return RENT_COMMAND_BREACH;
}

static const struct rent_command commands[] = {
	{ .name = "audit", .flag = "audit", .run = audit },
	{ .name = NULL },
};

static const uint32_t api = sizeof(uint32_t);

RENT_PLUGIN(store) = {
	RENT_PLUGIN_STAMP,    .flags = RENT_PARALLEL,
	.kind = "storage",    .name = "t_store",
	.version = "1.0",     .summary = "notes what happens to it",
	.options = options,   .needs = needs,
	.api = &api,          .create = create,
	.start = start,       .drain = drain,
	.stop = stop,         .destroy = destroy,
	.reload = reload,     .health = health,
	.check = check,       .migrate = migrate,
	.commands = commands,
};
