/* SPDX-License-Identifier: MIT
 *
 * config.c - see config.h.
 */
#include "conf/config.h"

#include <arpa/inet.h>

#include <stdlib.h>

#include "base/arena.h"
#include "conf/nearest.h"
#include "conf/override.h"
#include "conf/settings.h"
#include "conf/subst.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"

static const char *const top_others[] = { "listeners", "instances", NULL };
static const char *const instance_others[] = { "options", "uses", NULL };

bool config_name_ok(const char *name)
{
	size_t n = strlen(name);

	return n >= 1 && n <= 32 && strspn(name, LOWER DIGITS "_-") == n;
}

/* The tables of the host are known to be valid, so only count their rows. */
static void set_init(struct option_set *set, const struct rent_option *table,
                     const char *path)
{
	set->table = table;
	set->path = path;
	for (set->count = 0; table[set->count].type != RENT_OPT_END;)
		set->count++;
}

/* A value with its place, or NULL. */
static const char *text_of(const struct option_set *set, const char *name)
{
	const struct option_value *v = option_get(set, name);

	return v->value.set ? v->value.text : NULL;
}

static void bad_name(struct config *config, const struct option_set *set,
                     const char *what)
{
	const struct option_value *v = option_get(set, "name");

	report_add(&config->report, &v->node->place, set->path,
	           "'%s' is no name for %s; allowed: 1 to 32 of [a-z0-9_-]",
	           v->value.text, what);
}

/* Elements of the list `name` at the top that are groups, one after the other; others are
 * reported. */
static const struct conf_node *list_of(struct config *config, const char *name,
                                       size_t max, size_t *ret_count)
{
	const struct conf_node *list = node_member(config->root, name);

	*ret_count = 0;
	if (list == NULL)
		return NULL;
	if (list->kind != NODE_LIST) {
		report_add(&config->report, &list->place, name,
		           "is %s; allowed: a list of groups, ( { … }, { … } )",
		           node_kind_name(list->kind));
		return NULL;
	}
	for (const struct conf_node *n = list->first; n != NULL; n = n->next)
		++*ret_count;
	if (*ret_count <= max)
		return list;
	report_add(&config->report, &list->place, name,
	           "has %zu elements; allowed: at most %zu", *ret_count, max);
	*ret_count = 0;
	return NULL;
}

static bool is_unix(const char *listen)
{
	return strncmp(listen, "unix:", 5) == 0;
}

/* A port at the end and something before it; whether it is an address is for bind to say. */
static bool listen_ok(const char *listen)
{
	const char *colon = strrchr(listen, ':'), *port = colon == NULL ? "" : colon + 1;
	size_t n = strlen(port);
	bool bracketed = listen[0] == '[';

	if (is_unix(listen))
		return listen[5] == '/';
	if (colon == NULL || colon == listen || n < 1 || n > 5 ||
	    strspn(port, "0123456789") != n || strtol(port, NULL, 10) > 65535)
		return false;
	if (bracketed)
		return colon[-1] == ']' && colon - listen > 2;
	return memchr(listen, ':', (size_t)(colon - listen)) == NULL;
}

static bool port_is_free_choice(const char *listen)
{
	const char *port = strrchr(listen, ':') + 1;

	return !is_unix(listen) && strspn(port, "0") == strlen(port);
}

/* As a browser sends it, since it is compared as it stands: "https://a.example:8443". */
static bool origin_ok(const char *origin)
{
	size_t n = strspn(origin, LOWER DIGITS "+-.");
	const char *at = origin + n;

	if (strcmp(origin, "*") == 0)
		return true;
	if (n == 0 || strncmp(at, "://", 3) != 0)
		return false;
	at += 3;
	n = *at == '[' ? strcspn(at, "]") + 1 : strspn(at, LOWER DIGITS "-._");
	if (n == 0 || n > strlen(at) ||
	    (*at == '[' && (n == 2 || strspn(at + 1, DIGITS "abcdef:.") != n - 2)))
		return false;
	at += n;
	n = *at == ':' ? strspn(at + 1, DIGITS) : 0;
	return *at == '\0' || (n >= 1 && n <= 5 && at[1 + n] == '\0');
}

static void check_origins(struct config *config, const struct config_listener *new)
{
	const struct option_value *v = option_get(&new->options, "cors");
	const struct conf_node *node = v->node != NULL ? v->node->first : NULL;

	for (size_t i = 0; v->value.list != NULL && v->value.list[i] != NULL; i++) {
		if (!origin_ok(v->value.list[i]))
			report_add(
				&config->report,
				node != NULL ? &node->place : &v->node->place,
				rent_printf(config->arena, "%s.cors", new->options.path),
				"'%s' is no origin; allowed: \"*\", or like "
				"\"https://a.example\", \"http://127.0.0.1:8000\", in "
				"lower case and without a path",
				v->value.list[i]);
		node = node != NULL ? node->next : NULL;
	}
}

static const struct conf_node *place_node(const struct option_set *set, const char *name,
                                          const struct config_listener *listener)
{
	const struct option_value *v = option_get(set, name);

	return v->node != NULL ? v->node : listener->node;
}

static void complain(struct config *config, const struct config_listener *new,
                     const char *option, const char *text)
{
	report_add(&config->report, &place_node(&new->options, option, new)->place,
	           rent_printf(config->arena, "%s.%s", new->options.path, option), "%s",
	           text);
}

static void read_system(struct config *config, struct config_listener *new)
{
	static const struct {
		const char *name;
		unsigned routes;
	} known[] = {
		{ "live", 1 },    { "ready", 2 },   { "breakers", 4 },
		{ "metrics", 8 }, { "system", 16 }, { "events", 32 },
		{ "true", 63 },   { "false", 0 },   { "readiness", 64 },
	};
	const char *const *list = option_get(&new->options, "system")->value.list;

	for (; list != NULL && *list != NULL; list++) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) &&
		       strcmp(known[i].name, *list) != 0)
			i++;
		if (i < sizeof(known) / sizeof(known[0]))
			new->system |= known[i].routes;
		else
			complain(config, new, "system",
			         rent_printf(config->arena,
			                     "'%s' is not known; allowed: \"live\", "
			                     "\"ready\", \"readiness\", \"breakers\", "
			                     "\"metrics\", \"system\", \"events\", "
			                     "or true",
			                     *list));
	}
}

static void read_mode(struct config *config, struct config_listener *new)
{
	const char *text = text_of(&new->options, "mode");

	if (text == NULL)
		return;
	if (strspn(text, "01234567") != strlen(text))
		complain(config, new, "mode",
		         "is no octal number; allowed: like \"0660\"");
	else
		new->mode = (unsigned)strtoul(text, NULL, 8);
}

static void check_tls(struct config *config, struct config_listener *new)
{
	bool certificate = text_of(&new->options, "tls.certificate") != NULL;

	if (certificate != (text_of(&new->options, "tls.key") != NULL))
		complain(config, new, certificate ? "tls.key" : "tls.certificate",
		         "is missing; TLS takes tls.certificate and tls.key");
	if (!certificate && text_of(&new->options, "tls.client_ca") != NULL)
		complain(config, new, "tls.client_ca",
		         "is of no use without tls.certificate and tls.key");
}

/* Each is an address, or a network with a number of bits, as http/clients.c reads them. */
static void check_proxies(struct config *config, const struct config_listener *new)
{
	const char *const *list =
		option_get(&new->options, "trusted_proxies")->value.list;
	unsigned char bytes[16];

	for (; list != NULL && *list != NULL; list++) {
		size_t n = strcspn(*list, "/"), digits;
		const char *rest = *list + n;
		char text[64];
		bool v4, v6, ok;

		(void)snprintf(text, sizeof(text), "%.*s", (int)n, *list);
		v4 = inet_pton(AF_INET, text, bytes) == 1;
		v6 = inet_pton(AF_INET6, text, bytes) == 1;
		digits = *rest == '/' ? strspn(rest + 1, DIGITS) : 0;
		ok = (v4 || v6) &&
		     (*rest == '\0' ||
		      (digits > 0 && digits < 4 && rest[1 + digits] == '\0' &&
		       strtol(rest + 1, NULL, 10) <= (v4 ? 32 : 128)));
		if (!ok && strcmp(*list, "unix") != 0)
			complain(config, new, "trusted_proxies",
			         rent_printf(
					 config->arena,
					 "'%s' is no address and no network; allowed: "
					 "like \"192.0.2.1\", \"10.0.0.0/8\", \"unix\"",
					 *list));
	}
}

static void check_listener(struct config *config, struct config_listener *new)
{
	check_origins(config, new);
	read_system(config, new);
	read_mode(config, new);
	check_tls(config, new);
	check_proxies(config, new);
	if (new->name != NULL && !config_name_ok(new->name))
		bad_name(config, &new->options, "a listener");
	if (new->listen != NULL && !listen_ok(new->listen)) {
		report_add(
			&config->report,
			&option_get(&new->options, "listen")->node->place,
			rent_printf(config->arena, "%s.listen", new->options.path),
			"'%s' is no address with a port; allowed: like \"127.0.0.1:8000\", "
			"\"[::1]:80\", \"0.0.0.0:0\", \"unix:/run/rentald/api.sock\"",
			new->listen);
		new->listen = NULL;
	}
	for (const struct config_listener *l = config->listeners; l != new; l++) {
		if (l->name != NULL && new->name != NULL &&
		    strcmp(l->name, new->name) == 0)
			report_add(&config->report, &new->node->name_place,
			           new->options.path,
			           "there are two listeners named '%s'", new->name);
		if (l->listen != NULL && new->listen != NULL &&
		    strcmp(l->listen, new->listen) == 0 &&
		    !port_is_free_choice(l->listen))
			report_add(&config->report,
			           &option_get(&new->options, "listen")->node->place,
			           new->options.path,
			           "'%s' is already taken by listener '%s'", new->listen,
			           l->name == NULL ? "?" : l->name);
	}
}

static int load_listeners(struct config *config)
{
	size_t count;
	const struct conf_node *list =
		list_of(config, "listeners", CONFIG_LISTENERS, &count);
	int r = 0;

	config->listeners =
		rent_alloc(config->arena, (count + 1) * sizeof(*config->listeners));
	if (config->listeners == NULL)
		return RENT_ENOMEM;
	if (list == NULL)
		return 0;
	for (const struct conf_node *n = list->first; n != NULL && r == 0; n = n->next) {
		struct config_listener *new =
			&config->listeners[config->listener_count++];

		new->node = n;
		set_init(&new->options, settings_listener, node_path(config->arena, n));
		r = option_set_load(&new->options, n, &n->place, NULL, &config->report);
		if (r != 0)
			break;
		new->name = text_of(&new->options, "name");
		new->listen = text_of(&new->options, "listen");
		check_listener(config, new);
	}
	return r;
}

static void check_instance(struct config *config, struct config_instance *new)
{
	if (new->name != NULL && !config_name_ok(new->name))
		bad_name(config, &new->options, "an instance");
	for (const struct config_instance *i = config->instances; i != new; i++)
		if (i->name != NULL && new->name != NULL &&
		    strcmp(i->name, new->name) == 0)
			report_add(
				&config->report,
				&option_get(&new->options, "name")->node->place,
				new->options.path,
				"there are two instances named '%s'; the first is at %s:%d",
				new->name, i->node->place.file, i->node->place.line);
	if (new->uses != NULL &&new->uses->kind != NODE_GROUP) {
		report_add(&config->report, &new->uses->place,
		           rent_printf(config->arena, "%s.uses", new->options.path),
		           "is %s; allowed: a group, { NEED = \"instance\"; }",
		           node_kind_name(new->uses->kind));
		new->uses = NULL;
	}
}

static int load_instances(struct config *config)
{
	size_t count;
	const struct conf_node *list =
		list_of(config, "instances", CONFIG_INSTANCES, &count);
	int r = 0;

	config->instances =
		rent_alloc(config->arena, (count + 1) * sizeof(*config->instances));
	if (config->instances == NULL)
		return RENT_ENOMEM;
	if (list == NULL)
		return 0;
	for (const struct conf_node *n = list->first; n != NULL && r == 0; n = n->next) {
		struct config_instance *new =
			&config->instances[config->instance_count++];

		new->node = n;
		set_init(&new->options, settings_instance, node_path(config->arena, n));
		r = option_set_load(&new->options, n, &n->place, instance_others,
		                    &config->report);
		if (r != 0)
			break;
		new->name = text_of(&new->options, "name");
		new->plugin = text_of(&new->options, "plugin");
		new->group = node_member(n, "options");
		new->uses = node_member(n, "uses");
		check_instance(config, new);
	}
	return r;
}

static int load_all(struct config *config, const char *const *sets)
{
	int r = 0;

	for (size_t i = 0; sets != NULL && sets[i] != NULL && r == 0; i++)
		r = override_apply(&config->report, config->root, sets[i]);
	if (r == 0)
		r = subst_tree(&config->report, config->root);
	if (r != 0)
		return r;
	set_init(&config->host, settings_host, "");
	r = option_set_load(&config->host, config->root, &config->root->place, top_others,
	                    &config->report);
	if (r == 0)
		r = load_listeners(config);
	return r == 0 ? load_instances(config) : r;
}

int config_load(const char *file, const char *const *sets, struct config **ret,
                int *ret_errno)
{
	struct config *config = calloc(1, sizeof(*config));
	int r;

	*ret_errno = 0;
	if (config == NULL)
		return RENT_ENOMEM;
	config->arena = arena_new(CONFIG_ARENA_MAX);
	if (config->arena == NULL) {
		free(config);
		return RENT_ENOMEM;
	}
	config->report.arena = config->arena;
	config->file = file == NULL ? "" : rent_strdup(config->arena, file);
	if (file != NULL)
		r = tree_read(&config->report, file, &config->root, ret_errno);
	else
		r = (config->root = node_new(config->arena, NULL, NODE_GROUP, NULL)) ==
		                    NULL
		            ? RENT_ENOMEM
		            : 0;
	if (r == 0)
		r = load_all(config, sets);
	if (r == RENT_ENOMEM) {
		config_free(config);
		return r;
	}
	*ret = config;
	return r;
}

void config_free(struct config *config)
{
	while (config != NULL) {
		struct config *kept = config->kept;

		arena_free(config->arena);
		free(config);
		config = kept;
	}
}

const struct config_instance *config_instance(const struct config *config,
                                              const char *name)
{
	for (size_t i = 0; i < config->instance_count; i++)
		if (config->instances[i].name != NULL &&
		    strcmp(config->instances[i].name, name) == 0)
			return &config->instances[i];
	return NULL;
}
