/* SPDX-License-Identifier: MIT
 *
 * admin.c - the modes that look or repair and end: no listeners, no timers.
 */
#include "app.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

#include "conf/dump.h"
#include "log/log.h"
#include "upstream/upstream.h"

/* ---- findings ----------------------------------------------------------------------------- */

struct findings {
	const char *instance; /* who reports at the moment */
	json_t *json;         /* array; NULL: text */
	size_t breaches;
};

static void finding(void *arg, bool breach, const char *subject, const char *text)
{
	struct findings *f = arg;

	f->breaches += breach ? 1 : 0;
	if (f->json != NULL)
		(void)json_array_append_new(
			f->json, json_pack("{s:s, s:b, s:s, s:s}", "instance",
		                           f->instance, "breach", breach ? 1 : 0,
		                           "subject", subject, "text", text));
	else
		(void)printf("%s: %s: %s\n", f->instance, subject, text);
	(void)fflush(stdout);
}

static void findings_print(struct findings *f)
{
	if (f->json == NULL)
		return;
	(void)json_dumpf(f->json, stdout, JSON_INDENT(2));
	(void)fputc('\n', stdout);
	json_decref(f->json);
}

/* ---- --check-config, --check-connections --------------------------------------------------- */

int app_check_config(struct app *app)
{
	int code = app_load(app, NULL, false);

	if (code == EXIT_OK && app->args->json)
		(void)puts("[]");
	else if (code == EXIT_OK && !app->args->quiet)
		(void)printf("%s: ok, %zu instances, %zu listeners\n", app->config->file,
		             app->config->instance_count, app->config->listener_count);
	return code;
}

static bool uses(const struct instance *instance, const struct instance *other)
{
	for (size_t i = 0; i < instance->binding_count; i++) {
		if (instance->bindings[i].target == other)
			return true;
	}
	return false;
}

/* An instance that reaches nothing, and that no instance which does needs, is not started: it may
 * run elsewhere, on files that only one process may use. */
static bool has_to_start(const struct instances *all, const struct instance *instance)
{
	const struct rent_plugin *desc = &instance->plugin->desc;

	if (desc->check != NULL && (desc->flags & RENT_CHECK_UNSTARTED) == 0)
		return true;
	for (size_t i = 0; i < all->ordered; i++) {
		const struct instance *other = all->order[i];

		if (other->plugin->desc.check != NULL && uses(other, instance))
			return true;
	}
	return false;
}

static int try_connect(const struct instances *all, struct instance *instance,
                       struct rent_error *err)
{
	int r;

	if (!has_to_start(all, instance))
		return lifecycle_check(instance, err);
	if (!lifecycle_can_start(instance))
		return rent_fail(err, RENT_EUNAVAIL,
		                 "not tried: something it uses has failed");
	r = lifecycle_start_one(instance, err);
	return r == 0 ? lifecycle_check(instance, err) : r;
}

struct reached {
	struct app *app;
	struct findings *findings;
};

/* Whether the address is one that this configuration itself listens on (a demo's stubs):
 * it does not answer before the process runs. */
static bool is_own(const struct app *app, const char *url)
{
	const char *address = strstr(url, "://");

	for (size_t i = 0; address != NULL && i < app->config->listener_count; i++) {
		if (strcmp(address + 3, app->config->listeners[i].listen) == 0)
			return true;
	}
	return false;
}

/* Says how much an answer to "/" tells: the service need not know that path, but a redirect or a
 * page may be all that this address ever gives. */
static void describe_answer(const struct rent_upstream_reply *reply, char *ret,
                            size_t size)
{
	if (reply->status >= 300 && reply->status <= 399)
		(void)snprintf(
			ret, size,
			"warning: it redirects (status %d) to '%s', and redirects are "
			"not followed: should that be the address?",
			(int)reply->status, reply->location);
	else if (strncasecmp(reply->content_type, "text/html", 9) == 0)
		(void)snprintf(
			ret, size,
			"warning: it answers with a web page (status %d, %s): is this "
			"the service, or a proxy before it?",
			(int)reply->status, reply->content_type);
	else
		(void)rent_copy(ret, size, "ok");
}

static void reached(void *arg, const char *name, const char *url,
                    const struct rent_exchange *x)
{
	struct reached *r = arg;
	bool answered = x->transport == RENT_REPLIED;
	bool own = !answered && is_own(r->app, url);
	char what[768], text[1024];

	if (answered)
		describe_answer(&x->reply, what, sizeof(what));
	else
		(void)rent_copy(what, sizeof(what),
		                own ? "served by this configuration itself, once it runs"
		                    : x->error);
	(void)snprintf(text, sizeof(text), "%s: %s", url, what);
	r->findings->instance = name;
	finding(r->findings, !answered && !own, "upstream", text);
}

int app_check_connections(struct app *app)
{
	struct findings f = { .json = app->args->json ? json_array() : NULL };
	int code = app_load(app, NULL, true);

	for (size_t i = 0; code == EXIT_OK && i < app->instances->ordered; i++) {
		struct instance *instance = app->instances->order[i];
		struct rent_error err = { 0 };
		int r = try_connect(app->instances, instance, &err);

		f.instance = instance->name;
		finding(&f, r != 0, instance->plugin->desc.name,
		        r == 0 ? "ok" : err.text);
	}
	if (code == EXIT_OK)
		upstream_reach(app->upstreams, reached, &(struct reached){ app, &f });
	findings_print(&f);
	if (code != EXIT_OK)
		return code;
	return f.breaches > 0 ? EXIT_UNAVAILABLE : EXIT_OK;
}

/* ---- --dump-config ------------------------------------------------------------------------- */

static void dump_as_json(json_t *all, const struct option_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		const struct rent_option *opt = &set->table[i];
		const struct option_value *value = option_get(set, opt->name);
		char path[256], text[1024], origin[512];

		if (!value->value.set)
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", set->path,
		               *set->path == '\0' ? "" : ".", opt->name);
		(void)json_object_set_new(
			all, path,
			json_pack("{s:s, s:s}", "value",
		                  dump_value(opt, value, text, sizeof(text)), "origin",
		                  dump_origin(value, origin, sizeof(origin))));
	}
}

int app_dump_config(struct app *app)
{
	int code = app_load(app, NULL, false);
	json_t *all;

	if (code != EXIT_OK)
		return code;
	if (!app->args->json) {
		app_dump_text(app, stdout);
		return EXIT_OK;
	}
	all = json_object();
	dump_as_json(all, &app->config->host);
	for (size_t i = 0; i < app->config->listener_count; i++)
		dump_as_json(all, &app->config->listeners[i].options);
	for (size_t i = 0; i < app->config->instance_count; i++) {
		dump_as_json(all, &app->config->instances[i].options);
		dump_as_json(all, &app->instances->all[i].options);
	}
	(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)fputc('\n', stdout);
	json_decref(all);
	return EXIT_OK;
}

/* ---- --migrate ----------------------------------------------------------------------------- */

static bool has_migrate(const struct instance *instance)
{
	return instance->plugin != NULL && instance->plugin->desc.migrate != NULL;
}

static bool is_used(const struct app *app, const struct instance *instance)
{
	for (size_t i = 0; i < app->instances->count; i++) {
		const struct instance *other = &app->instances->all[i];

		for (size_t j = 0; other->wanted && j < other->binding_count; j++)
			if (other->bindings[j].target == instance)
				return true;
	}
	return false;
}

/* If another storage uses an instance, that instance must be started first. */
static int migrate_one(const struct app *app, struct instance *instance,
                       const struct rent_report *report, bool dry_run)
{
	struct rent_error err = { 0 };
	int r = lifecycle_migrate(instance, dry_run, report, &err);

	if (r != 0)
		return app_failed(instance, "migrate", r, &err);
	if (!is_used(app, instance))
		return EXIT_OK;
	r = lifecycle_start_one(instance, &err);
	return r == 0 ? EXIT_OK : app_failed(instance, "start", r, &err);
}

int app_migrate(struct app *app)
{
	struct findings f = { .json = app->args->json ? json_array() : NULL };
	const struct rent_report report = { .struct_size = (uint32_t)sizeof(report),
		                            .arg = &f,
		                            .line = finding };
	int code = app_load(app, has_migrate, true);

	for (size_t i = 0; code == EXIT_OK && i < app->instances->ordered; i++) {
		struct instance *instance = app->instances->order[i];

		f.instance = instance->name;
		if (instance->wanted)
			code = migrate_one(app, instance, &report,
			                   app->args->subject != NULL);
	}
	findings_print(&f);
	return code == EXIT_OK && f.breaches > 0 ? EXIT_INTERNAL : code;
}
