/* SPDX-License-Identifier: MIT
 *
 * describe.c - what the process says about itself: readiness, /api/v1/system, and the text of
 * --dump-config. On worker threads too, also during a reload: option sets are swapped whole and
 * what they were stays valid.
 */
#include "app.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "conf/dump.h"

/* Text that a plugin or a file gave: null when it is none, or not UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *json = text == NULL ? NULL : json_string(text);

	return json == NULL ? json_null() : json;
}

/* ---- configuration ------------------------------------------------------------------------ */

static void dump_uses(const struct config_instance *conf, FILE *out)
{
	if (conf->uses == NULL)
		return;
	(void)fputs("\t\tuses = {\n", out);
	for (const struct conf_node *n = conf->uses->first; n != NULL; n = n->next) {
		dump_text(n->name, n->text, 3, out);
		(void)fprintf(out, " # %s:%d\n", n->place.file, n->place.line);
	}
	(void)fputs("\t\t};\n", out);
}

void app_dump_text(const struct app *app, FILE *out)
{
	const struct config *config = app->config;

	dump_set(&config->host, 0, out);
	(void)fputs("listeners = (\n", out);
	for (size_t i = 0; i < config->listener_count; i++) {
		(void)fputs("\t{\n", out);
		dump_set(&config->listeners[i].options, 2, out);
		(void)fputs(i + 1 < config->listener_count ? "\t},\n" : "\t}\n", out);
	}
	(void)fputs(");\ninstances = (\n", out);
	for (size_t i = 0; i < config->instance_count; i++) {
		(void)fputs("\t{\n", out);
		dump_set(&config->instances[i].options, 2, out);
		(void)fputs("\t\toptions = {\n", out);
		dump_set(&app->instances->all[i].options, 3, out);
		(void)fputs("\t\t};\n", out);
		dump_uses(&config->instances[i], out);
		(void)fputs(i + 1 < config->instance_count ? "\t},\n" : "\t}\n", out);
	}
	(void)fputs(");\n", out);
}

/* Covers [from, to) without changing the length of what follows. */
static void cover(char *from, const char *to)
{
	for (; from < to; from++)
		*from = '*';
}

/* "scheme://user:password@host": an address is no secret option, but may hold a password. */
static void cover_userinfo(char *text)
{
	for (char *p = strstr(text, "://"); p != NULL; p = strstr(p, "://")) {
		size_t n = strcspn(p += 3, "/\" \t\n");
		const char *at = NULL, *colon = memchr(p, ':', n);

		for (size_t i = 0; i < n; i++)
			if (p[i] == '@')
				at = p + i;
		if (at != NULL && colon != NULL && colon < at)
			cover(p + (colon - p) + 1, at);
	}
}

static void cover_passwords(char *text)
{
	static const char *const names[] = { "password=",  "passwd=", "pwd=",
		                             "secret=",    "token=",  "key=",
		                             "signature=", "sig=",    "bearer " };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (char *p = strcasestr(text, names[i]); p != NULL;
		     p = strcasestr(p, names[i])) {
			p += strlen(names[i]);
			cover(p, p + strcspn(p, "& \t\n\""));
		}
}

/* Over the network more is covered than for the operator at his terminal. */
static json_t *config_json(const struct app *app)
{
	cleanup_free char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return json_null();
	app_dump_text(app, out);
	if (fclose(out) != 0 || text == NULL)
		return json_null();
	cover_userinfo(text);
	cover_passwords(text);
	return text_json(text);
}

/* ---- instances ---------------------------------------------------------------------------- */

static const char *state_name(enum rent_health_state state)
{
	return state == RENT_HEALTHY    ? "ok"
	       : state == RENT_DEGRADED ? "degraded"
	                                : "failed";
}

/* false: it has no health check. */
static bool ask_health(const struct instance *instance, struct rent_health *ret)
{
	*ret = (struct rent_health){ .struct_size = (uint32_t)sizeof(*ret) };
	if (instance->plugin->desc.health == NULL)
		return false;
	instance->plugin->desc.health(instance->self, ret);
	ret->why[sizeof(ret->why) - 1] = '\0';
	return true;
}

bool app_ready(void *arg, struct http_ready *report)
{
	const struct app *app = arg;
	bool all = true;
	char why[160];

	if (app_capacity_is_short(app, why, sizeof(why)))
		http_ready_add(report, "host", "", "degraded", why);
	for (size_t i = 0; i < app->instances->ordered; i++) {
		const struct instance *instance = app->instances->order[i];
		struct rent_health health;

		if (!ask_health(instance, &health))
			continue;
		http_ready_add(report, instance->name, instance->plugin->desc.name,
		               state_name(health.state), health.why);
		all &= health.state == RENT_HEALTHY || health.state == RENT_DEGRADED;
	}
	return all;
}

static json_t *uses_json(const struct instance *instance)
{
	json_t *uses = json_object();

	for (size_t i = 0; i < instance->binding_count; i++)
		if (instance->bindings[i].target != NULL)
			(void)json_object_set_new(
				uses, instance->bindings[i].need->name,
				json_string(instance->bindings[i].target->name));
	return uses;
}

/* A duration is given in seconds, whatever its notation. */
static json_t *option_json(const struct rent_option *opt,
                           const struct option_value *value)
{
	const struct conf_value *v = &value->value;
	char text[1024];
	json_t *list;

	if (dump_is_secret(opt, value))
		return json_string(DUMP_MASK);
	switch (opt->type) {
	case RENT_OPT_INT:
	case RENT_OPT_MONEY:
	case RENT_OPT_SIZE:
		return json_integer((json_int_t)v->number);
	case RENT_OPT_BOOL:
		return json_boolean(v->number != 0);
	case RENT_OPT_DURATION:
		return json_real((double)v->number / RENT_SECOND);
	case RENT_OPT_LIST:
		list = json_array();
		for (size_t i = 0; v->list[i] != NULL; i++)
			(void)json_array_append_new(list, text_json(v->list[i]));
		return list;
	case RENT_OPT_END:
	case RENT_OPT_STRING:
	case RENT_OPT_ENUM:
	case RENT_OPT_PPM:
	case RENT_OPT_PATH:
		(void)rent_copy(text, sizeof(text), v->text);
		cover_userinfo(text);
		cover_passwords(text);
		return text_json(text);
	}
	return json_null();
}

static json_t *options_json(const struct option_set *set)
{
	const struct option_value *values = atomic_load(&set->values);
	json_t *options = json_object();

	for (size_t i = 0; i < set->count; i++)
		if (values[i].value.set)
			(void)json_object_set_new(
				options, set->table[i].name,
				option_json(&set->table[i], &values[i]));
	return options;
}

static json_t *instance_json(const struct app *app, const struct instance *instance)
{
	const struct rent_plugin *plugin = &instance->plugin->desc;
	const char *state = "ok", *why = NULL;
	struct rent_health health;

	if (app->draining) { /* its drain() may have run */
		state = "draining";
	} else if (ask_health(instance, &health)) {
		state = state_name(health.state);
		why = health.why;
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o, s:o}", "name",
	                 instance->name, "plugin", plugin->name, "kind", plugin->kind,
	                 "version", plugin->version, "summary",
	                 text_json(plugin->summary), "state", state, "why",
	                 text_json(why), "uses", uses_json(instance), "options",
	                 options_json(&instance->options));
}

/* ---- all of it ---------------------------------------------------------------------------- */

char *app_describe(void *arg)
{
	const struct app *app = arg;
	json_t *instances = json_array(), *listeners = json_array(), *all;
	char started[RENT_TIME_SIZE], *text;

	rent_time_text(app->started_us, 'T', started);
	for (size_t i = 0; i < app->instances->count; i++)
		(void)json_array_append_new(instances,
		                            instance_json(app, &app->instances->all[i]));
	for (size_t i = 0; i < app->listener_count; i++)
		(void)json_array_append_new(
			listeners,
			json_pack("{s:s, s:s}", "name", app->listeners[i].conf->name,
		                  "address", app->listeners[i].address));
	all = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "service", app->probe.service,
	                "version", app->probe.version, "started_at", started, "instances",
	                instances, "listeners", listeners, "config", config_json(app));
	text = json_dumps(all, JSON_COMPACT);
	json_decref(all);
	return text;
}
