/* SPDX-License-Identifier: MIT
 *
 * operators.c - the modes by which a person looks after the money: --audit, --reconcile,
 * --list-manual, --resolve. The rules stand behind the interface of kind "rental"; other
 * plugins may have an audit of their own.
 */
#include "app.h"

#include <errno.h>
#include <pwd.h>
#include <rent/time.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "conf/value.h"
#include "findings.h"
#include "plugin/crash.h"

static bool is_rental(const struct instance *instance)
{
	return instance->plugin != NULL &&
	       strcmp(instance->plugin->desc.kind, RENT_KIND_RENTAL) == 0;
}

static const struct rent_rental_api *operators_of(const struct instance *instance)
{
	const struct rent_rental_api *api =
		is_rental(instance) ? instance->plugin->desc.api : NULL;

	return api != NULL && rent_rental_has_operators(api) ? api : NULL;
}

static bool has_audit(const struct instance *instance)
{
	return instance->plugin != NULL &&
	       (is_rental(instance) || instance->plugin->desc.audit != NULL);
}

static void enter(const struct instance *instance, const char *step)
{
	crash_enter(instance->plugin->desc.name, instance->name, instance->plugin->file,
	            step);
}

static int load(struct app *app, bool (*select)(const struct instance *instance))
{
	struct instance *failed = NULL;
	struct rent_error err = { 0 };
	int code = app_load(app, select, true);
	int r;

	if (code != EXIT_OK)
		return code;
	r = lifecycle_start(app->instances, false, NULL, &failed, &err);
	return r == 0 ? EXIT_OK : app_failed(failed, "start", r, &err);
}

/* Calls fn for every instance of kind rental; EXIT_CONFIGURATION when there is none. */
static int each_rental(struct app *app,
                       int (*fn)(struct app *app, struct instance *instance,
                                 const struct rent_rental_api *api))
{
	int code = load(app, is_rental), n = 0;

	for (size_t i = 0; code == EXIT_OK && i < app->instances->ordered; i++) {
		struct instance *instance = app->instances->order[i];
		const struct rent_rental_api *api = operators_of(instance);

		if (api == NULL)
			continue;
		n++;
		code = fn(app, instance, api);
	}
	if (code == EXIT_OK && n == 0) {
		(void)fprintf(stderr,
		              "rentald: %s: no instance of kind 'rental' offers '%s'; "
		              "name a configuration that has one\n",
		              app->config->file, app->args->mode_flag);
		code = EXIT_CONFIGURATION;
	}
	return code;
}

/* ---- --audit ------------------------------------------------------------------------------- */

static int audit_lines(struct instance *instance, struct findings *f)
{
	const struct rent_report report = { .struct_size = (uint32_t)sizeof(report),
		                            .arg = f,
		                            .line = findings_line };
	struct rent_error err = { 0 };
	int r = lifecycle_audit(instance, &report, &err);

	return r == 0 ? EXIT_OK : app_failed(instance, "audit", r, &err);
}

static int audit_rentals(struct instance *instance, const struct rent_rental_api *api,
                         struct findings *f)
{
	struct rent_check check = { .struct_size = (uint32_t)sizeof(check),
		                    .arg = f,
		                    .finding = findings_add,
		                    .progress = findings_progress };
	struct rent_error err = { 0 };
	int r;

	enter(instance, "audit");
	r = api->audit(instance->self, &check, &err);
	crash_leave();
	if (r != 0)
		return app_failed(instance, "audit", r, &err);
	findings_summary(f, &check);
	return EXIT_OK;
}

int app_audit(struct app *app)
{
	struct findings f = { .what = "audit",
		              .json = app->args->json,
		              .quiet = app->args->quiet };
	int code = load(app, has_audit);

	for (size_t i = 0; code == EXIT_OK && i < app->instances->ordered; i++) {
		struct instance *instance = app->instances->order[i];
		const struct rent_rental_api *api = operators_of(instance);

		if (!instance->wanted)
			continue;
		f.instance = instance->name;
		code = api == NULL ? audit_lines(instance, &f)
		                   : audit_rentals(instance, api, &f);
	}
	if (code == EXIT_OK && f.instance == NULL && !f.quiet)
		(void)fprintf(stderr,
		              "rentald: %s: nothing to audit: none of its instances "
		              "has an audit\n",
		              app->config->file);
	return code == EXIT_OK && f.breaches > 0 ? EXIT_INTERNAL : code;
}

/* ---- --reconcile --------------------------------------------------------------------------- */

/* "24h" ago, or a time. */
static bool parse_since(const char *text, int64_t *ret)
{
	static const struct rent_option duration = { .name = "SINCE",
		                                     .type = RENT_OPT_DURATION };
	struct rent_error err;
	struct conf_value value;

	if (text == NULL) {
		*ret = 0;
		return true;
	}
	if (rent_time_parse(text, ret) && *ret > 0)
		return true;
	if (value_parse(&duration, text, NULL, &value, &err) != 0 || value.number <= 0)
		return false;
	*ret = clock_wall_us() - value.number;
	return true;
}

static int reconcile(struct app *app, struct instance *instance,
                     const struct rent_rental_api *api)
{
	struct findings f = { .what = "reconcile",
		              .instance = instance->name,
		              .json = app->args->json,
		              .quiet = app->args->quiet };
	struct rent_check check = { .struct_size = (uint32_t)sizeof(check),
		                    .arg = &f,
		                    .finding = findings_add,
		                    .progress = findings_progress };
	struct rent_error err = { 0 };
	int r;

	(void)parse_since(app->args->subject, &check.since);
	enter(instance, "reconcile");
	r = api->reconcile(instance->self, &check, &err);
	crash_leave();
	if (r == RENT_EUNSUPPORTED) {
		(void)fprintf(stderr, "rentald: %s: %s\n", instance->name, err.text);
		return EXIT_CONFIGURATION;
	}
	if (r != 0)
		return app_failed(instance, "reconcile", r, &err);
	findings_summary(&f, &check);
	return f.breaches > 0 ? EXIT_INTERNAL : EXIT_OK;
}

int app_reconcile(struct app *app)
{
	int64_t since;

	if (!parse_since(app->args->subject, &since)) {
		(void)fprintf(stderr,
		              "rentald: --reconcile=%s is not a beginning; allowed: a "
		              "duration back from now (\"24h\") or a time "
		              "(\"2026-11-23T07:00\", UTC)\n",
		              app->args->subject);
		return EXIT_USAGE;
	}
	return each_rental(app, reconcile);
}

/* ---- --list-manual ------------------------------------------------------------------------- */

struct manual_list {
	bool json;
	int64_t n;
};

static void manual_json(const struct rent_op *op, const struct rent_rental *r)
{
	findings_object(json_pack(
		"{s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:I, s:o}",
		"operation", findings_text(op->id), "kind",
		rent_name_of(rent_op_kind_names, (int)op->kind), "purpose",
		rent_name_of(rent_purpose_names, (int)op->purpose), "rental",
		findings_text(op->rental_id), "user",
		findings_text(r == NULL ? NULL : r->user_id), "provider",
		findings_text(r == NULL ? NULL : r->provider), "amount",
		(json_int_t)op->amount, "reference", findings_text(op->ref), "target",
		findings_text(op->target_id), "created_at", findings_time(op->created_at),
		"manual_since", findings_time(op->resolved_at), "tries",
		(json_int_t)op->tries, "note", findings_text(op->note)));
}

static void manual_text(const struct rent_op *op, const struct rent_rental *r)
{
	char made[RENT_TIME_SIZE], given_up[RENT_TIME_SIZE];

	rent_time_text(op->created_at, 'T', made);
	rent_time_text(op->resolved_at, 'T', given_up);
	(void)printf("%s: %s of %" PRId64 " for %s\n", op->id,
	             rent_name_of(rent_op_kind_names, (int)op->kind), op->amount,
	             rent_name_of(rent_purpose_names, (int)op->purpose));
	(void)printf("    rental %s, user %s, provider %s\n", op->rental_id,
	             r == NULL ? "?" : r->user_id, r == NULL ? "?" : r->provider);
	if (op->ref[0] != '\0')
		(void)printf("    the provider's reference %s\n", op->ref);
	if (op->target_id[0] != '\0')
		(void)printf("    of the operation %s\n", op->target_id);
	if (op->kind == RENT_OP_EJECT && r != NULL)
		(void)printf("    at the station %s\n", r->station_id);
	(void)printf("    sent %s, given up %s after %" PRId64 " tries%s%s\n", made,
	             given_up, op->tries, op->note[0] == '\0' ? "" : ": ", op->note);
}

static int manual_item(void *arg, const struct rent_manual *item)
{
	struct manual_list *list = arg;

	list->n++;
	if (list->json)
		manual_json(item->op, item->rental);
	else
		manual_text(item->op, item->rental);
	return 0;
}

static int list_manual(struct app *app, struct instance *instance,
                       const struct rent_rental_api *api)
{
	struct manual_list list = { .json = app->args->json };
	const struct rent_manual_reply reply = { (uint32_t)sizeof(reply), &list,
		                                 manual_item };
	struct rent_error err = { 0 };
	int r;

	enter(instance, "list-manual");
	r = api->manual(instance->self, &reply, &err);
	crash_leave();
	if (r != 0)
		return app_failed(instance, "list-manual", r, &err);
	if (!list.json && !app->args->quiet)
		(void)printf("%s: %" PRId64 " operations wait for a person\n",
		             instance->name, list.n);
	return EXIT_OK;
}

int app_list_manual(struct app *app)
{
	return each_rental(app, list_manual);
}

/* ---- --resolve ----------------------------------------------------------------------------- */

static const struct rent_name outcomes[] = {
	{ RENT_OP_SUCCEEDED, "succeeded" },
	{ RENT_OP_DECLINED, "declined" },
	{ RENT_OP_NOT_EXECUTED, "not-executed" },
	RENT_NAMES_END,
};

static bool parse_amount(const char *text, int64_t *ret)
{
	char *end = NULL;

	*ret = 0;
	if (text == NULL)
		return true;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0' && *ret > 0;
}

static bool parse_expires(const char *text, int64_t *ret)
{
	*ret = 0;
	return text == NULL || (rent_time_parse(text, ret) && *ret > 0);
}

#define LOGIN_SIZE 1024

/* Who sits there; "" when that has no name. */
static const char *login(char buffer[LOGIN_SIZE])
{
	struct passwd entry, *found = NULL;

	if (getpwuid_r(getuid(), &entry, buffer, LOGIN_SIZE, &found) != 0 ||
	    found == NULL)
		return "";
	return found->pw_name;
}

static void say_resolved(const struct app *app, const struct rent_resolve *rs)
{
	if (app->args->json)
		findings_object(json_pack(
			"{s:s, s:b, s:s, s:b, s:s}", "operation", rs->op_id, "resolved",
			rs->verdict == RENT_RESOLVED, "rental", rs->rental_id, "settling",
			rs->settling ? 1 : 0, "detail", rs->detail));
	else if (rs->verdict != RENT_RESOLVED)
		(void)fprintf(stderr, "rentald: operation '%s': %s\n", rs->op_id,
		              rs->detail);
	else if (!app->args->quiet)
		(void)printf("operation %s of rental %s is resolved%s\n", rs->op_id,
		             rs->rental_id,
		             rs->settling ? "; a worker goes on with its settlement"
		                          : "");
}

static int resolve(struct app *app, struct instance *instance,
                   const struct rent_rental_api *api)
{
	const struct args *args = app->args;
	char buffer[LOGIN_SIZE];
	struct rent_resolve rs = {
		.struct_size = (uint32_t)sizeof(rs),
		.op_id = args->subject,
		.as = (enum rent_op_state)rent_value_of(outcomes, args->as),
		.reference = args->reference == NULL ? "" : args->reference,
		.reason = args->reason,
		.by = args->by == NULL ? login(buffer) : args->by,
	};
	struct rent_error err = { 0 };
	int r;

	(void)parse_amount(args->amount, &rs.amount);
	(void)parse_expires(args->expires, &rs.expires_at);
	enter(instance, "resolve");
	r = api->resolve(instance->self, &rs, &err);
	crash_leave();
	if (r != 0)
		return app_failed(instance, "resolve", r, &err);
	say_resolved(app, &rs);
	if (rs.verdict == RENT_RESOLVE_BUSY)
		return EXIT_UNAVAILABLE;
	return rs.verdict == RENT_RESOLVED ? EXIT_OK : EXIT_USAGE;
}

int app_resolve(struct app *app)
{
	const struct args *args = app->args;
	int64_t amount, expires;

	if (rent_value_of(outcomes, args->as) == 0) {
		(void)fprintf(stderr,
		              "rentald: --as=%s is not known; allowed: succeeded, "
		              "declined, not-executed\n",
		              args->as);
		return EXIT_USAGE;
	}
	if (!parse_amount(args->amount, &amount)) {
		(void)fprintf(stderr,
		              "rentald: --amount=%s is not a whole number above 0\n",
		              args->amount);
		return EXIT_USAGE;
	}
	if (!parse_expires(args->expires, &expires)) {
		(void)fprintf(stderr,
		              "rentald: --expires=%s is not a time; allowed: "
		              "2026-11-23T07:00, UTC\n",
		              args->expires);
		return EXIT_USAGE;
	}
	return each_rental(app, resolve);
}
