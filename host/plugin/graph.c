/* SPDX-License-Identifier: MIT
 *
 * graph.c - the bindings: matches `uses` of every instance with the needs of its plugin,
 * derives the order of instances, and binds the routes of listeners. It reports all
 * problems; none is fatal here.
 */
#include "plugin/graph.h"

#include "conf/nearest.h"

#include <rent/auth.h>

enum {
	MARK_NEW = 0,
	MARK_OPEN,
	MARK_DONE
};

struct graph {
	struct instances *set;
	struct report *report;
};

/* `; instances of kind "storage": "main", "spare"` */
static const char *candidates(const struct graph *graph, const char *kind, char *buffer,
                              size_t size)
{
	size_t n = 0;

	buffer[0] = '\0';
	for (size_t i = 0; i < graph->set->count && n < size; i++) {
		const struct instance *other = &graph->set->all[i];
		int more;

		if (other->plugin == NULL || other->name == NULL ||
		    strcmp(other->plugin->desc.kind, kind) != 0)
			continue;
		more = snprintf(buffer + n, size - n, "%s \"%s\"",
		                n == 0 ? "; of that kind there is:" : ",", other->name);
		n += more > 0 ? (size_t)more : 0;
	}
	if (n == 0)
		(void)snprintf(buffer, size, "; there is no instance of kind \"%s\"",
		               kind);
	return buffer;
}

static struct instance *named(const struct graph *graph, const struct conf_node *node,
                              const char *item, const char *name)
{
	struct instance *found = instances_find(graph->set, name);
	struct nearest nearest;
	char hint[96];

	if (found != NULL)
		return found;
	nearest_init(&nearest, name);
	for (size_t i = 0; i < graph->set->count; i++)
		if (graph->set->all[i].name != NULL)
			nearest_try(&nearest, graph->set->all[i].name);
	report_add(graph->report, &node->place, item, "there is no instance '%s'%s", name,
	           nearest_hint(&nearest, hint, sizeof(hint)));
	return NULL;
}

/* How many instances an entry of `uses` names. */
static size_t count_of(const struct conf_node *node)
{
	size_t n = 0;

	if (node->kind != NODE_LIST)
		return 1;
	for (const struct conf_node *at = node->first; at != NULL; at = at->next)
		n++;
	return n;
}

/* The entry of `uses` for a need. A list `a = ["x", "y"]` is the same as a = "x" and a_2 = "y". */
static const struct conf_node *entry_of(const struct conf_node *uses, const char *need)
{
	const struct conf_node *node = node_member(uses, need);
	const char *number = strrchr(need, '_');
	char base[64];
	long n = 1;

	if (node != NULL && node->kind == NODE_LIST)
		return node->first;
	if (node != NULL || number == NULL || number[1] < '2' || number[1] > '9' ||
	    number[2] != '\0' || (size_t)(number - need) >= sizeof(base))
		return node;
	(void)snprintf(base, sizeof(base), "%.*s", (int)(number - need), need);
	node = node_member(uses, base);
	if (node == NULL || node->kind != NODE_LIST)
		return NULL;
	for (node = node->first; node != NULL && n < number[1] - '0'; n++)
		node = node->next;
	return node;
}

static void bind(struct graph *graph, struct binding *binding,
                 const struct conf_node *node)
{
	const char *item = node_path(graph->report->arena, node);
	struct instance *target;
	char list[256];

	binding->node = node;
	if (node->kind != NODE_STRING) {
		report_add(graph->report, &node->place, item,
		           "is %s; allowed: the name of an instance, in quotes",
		           node_kind_name(node->kind));
		return;
	}
	if (node->text == NULL)
		return;
	target = named(graph, node, item, node->text);
	if (target == NULL || target->plugin == NULL)
		return;
	if (strcmp(target->plugin->desc.kind, binding->need->kind) != 0)
		report_add(
			graph->report, &node->place, item,
			"'%s' is of kind \"%s\" (plugin '%s'), needed is kind \"%s\"%s",
			target->name, target->plugin->desc.kind,
			target->plugin->desc.name, binding->need->kind,
			candidates(graph, binding->need->kind, list, sizeof(list)));
	else if (target->plugin->desc.api == NULL)
		report_add(graph->report, &node->place, item,
		           "'%s' (plugin '%s') offers no interface", target->name,
		           target->plugin->desc.name);
	else
		binding->target = target;
}

static bool asks_for(const struct instance *instance, const char *name)
{
	bool known = false;

	for (size_t i = 0; i < instance->binding_count; i++)
		known |= strcmp(instance->bindings[i].need->name, name) == 0;
	return known;
}

/* A list that is empty, or longer than what the plugin takes. */
static void report_list(struct graph *graph, const struct instance *instance,
                        const struct conf_node *node)
{
	size_t wanted = count_of(node), taken = 1;
	char next[96];

	(void)snprintf(next, sizeof(next), "%s_2", node->name);
	while (taken < wanted && asks_for(instance, next))
		(void)snprintf(next, sizeof(next), "%s_%zu", node->name, ++taken + 1);
	(void)snprintf(next, sizeof(next), "%s_2", node->name);
	if (node->kind == NODE_LIST && node_member(instance->conf->uses, next) != NULL)
		report_add(graph->report, &node->place,
		           node_path(graph->report->arena, node),
		           "is a list; '%s' belongs into it", next);
	else if (wanted == 0 || taken < wanted)
		report_add(graph->report, &node->place,
		           node_path(graph->report->arena, node),
		           "names %zu instances; the plugin '%s' uses 1 to %zu", wanted,
		           instance->plugin->desc.name, taken);
}

/* Entries of `uses` that the plugin does not ask for. */
static void report_unknown(struct graph *graph, const struct instance *instance)
{
	const struct conf_node *uses = instance->conf->uses;

	for (const struct conf_node *n = uses->first; n != NULL; n = n->next) {
		struct nearest nearest;
		char hint[96];

		nearest_init(&nearest, n->name);
		for (size_t i = 0; i < instance->binding_count; i++)
			nearest_try(&nearest, instance->bindings[i].need->name);
		if (asks_for(instance, n->name))
			report_list(graph, instance, n);
		else
			report_add(graph->report, &n->name_place,
			           node_path(graph->report->arena, n),
			           "the plugin '%s' does not use a '%s'%s",
			           instance->plugin->desc.name, n->name,
			           nearest_hint(&nearest, hint, sizeof(hint)));
	}
}

static void resolve(struct graph *graph, struct instance *instance)
{
	const struct rent_need *needs = instance->plugin->desc.needs;
	const struct conf_node *uses = instance->conf->uses;
	char list[256];

	for (size_t i = 0; i < instance->plugin->need_count; i++) {
		struct binding *binding = &instance->bindings[instance->binding_count++];
		const struct conf_node *node = entry_of(uses, needs[i].name);

		binding->need = &needs[i];
		if (node != NULL)
			bind(graph, binding, node);
		else if (!needs[i].optional)
			report_add(
				graph->report,
				uses != NULL ? &uses->place
					     : &instance->conf->node->place,
				rent_printf(graph->report->arena, "%s.uses.%s",
			                    instance->conf->options.path, needs[i].name),
				"is missing; the plugin '%s' needs an instance of kind \"%s\"%s",
				instance->plugin->desc.name, needs[i].kind,
				candidates(graph, needs[i].kind, list, sizeof(list)));
	}
	if (uses != NULL)
		report_unknown(graph, instance);
}

/* The open instances from `target` on are the cycle. Their order is that of the search: the
 * chain is found again by following open marks. */
static void report_cycle(struct graph *graph, const struct instance *from,
                         const struct binding *binding)
{
	const struct instance *at = binding->target;
	char text[512];
	size_t n = (size_t)snprintf(text, sizeof(text), "'%s'", from->name);

	while (n < sizeof(text)) {
		const struct instance *next = NULL;
		int more = snprintf(text + n, sizeof(text) - n, " uses '%s'", at->name);

		n += more > 0 ? (size_t)more : 0;
		if (at == from)
			break;
		for (size_t i = 0; i < at->binding_count && next == NULL; i++)
			if (at->bindings[i].target != NULL &&
			    at->bindings[i].target->mark == MARK_OPEN)
				next = at->bindings[i].target;
		if (next == NULL)
			break;
		at = next;
	}
	report_add(graph->report, &binding->node->place,
	           node_path(graph->report->arena, binding->node),
	           "is a cycle: %s; none of them could be started first", text);
}

static void visit(struct graph *graph, struct instance *instance)
{
	if (instance->mark != MARK_NEW)
		return;
	instance->mark = MARK_OPEN;
	for (size_t i = 0; i < instance->binding_count; i++) {
		const struct binding *binding = &instance->bindings[i];

		if (binding->target == NULL)
			continue;
		if (binding->target->mark == MARK_OPEN) {
			report_cycle(graph, instance, binding);
			instance->sound = false;
		} else {
			visit(graph, binding->target);
		}
	}
	instance->mark = MARK_DONE;
	graph->set->order[graph->set->ordered++] = instance;
}

static const struct conf_node *route_node(const struct config_listener *listener,
                                          const struct option_value *routes, size_t index)
{
	const struct conf_node *node = routes->node;

	if (node == NULL)
		return listener->node;
	if (node->kind == NODE_LIST)
		for (node = node->first; index > 0 && node->next != NULL; index--)
			node = node->next;
	return node;
}

/* Only programs of this machine reach it. */
static bool listens_here(const char *listen)
{
	static const char *const prefixes[] = { "127.", "[::1]:", "localhost:", "unix:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(listen, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void resolve_auth_of(struct graph *graph, const struct config_listener *listener,
                            const struct conf_node *node, const char *name)
{
	const char *item =
		rent_printf(graph->report->arena, "%s.auth", listener->options.path);
	const struct instance *found = named(graph, node, item, name);
	char others[256];

	if (found != NULL && found->plugin != NULL &&
	    strcmp(found->plugin->desc.kind, RENT_KIND_AUTH) != 0)
		report_add(graph->report, &node->place, item,
		           "'%s' is of kind \"%s\" (plugin '%s') and cannot say who "
		           "asks%s",
		           name, found->plugin->desc.kind, found->plugin->desc.name,
		           candidates(graph, RENT_KIND_AUTH, others, sizeof(others)));
}

/* "none" stands alone. An empty name is nobody's, so that one may come from the environment. */
static void resolve_auth(struct graph *graph, const struct config_listener *listener)
{
	const struct option_value *auth = option_get(&listener->options, "auth");
	const char *const *list = auth->value.list;
	size_t named_count = 0;
	bool none = false;

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		if (list[i][0] == '\0')
			continue;
		named_count++;
		if (strcmp(list[i], "none") == 0)
			none = true;
		else
			resolve_auth_of(graph, listener, route_node(listener, auth, i),
			                list[i]);
	}
	if (none && named_count > 1)
		report_add(graph->report, &route_node(listener, auth, 0)->place,
		           rent_printf(graph->report->arena, "%s.auth",
		                       listener->options.path),
		           "\"none\" lets everybody in, so that no other instance would "
		           "be asked");
	if (named_count == 0 && listener->listen != NULL &&
	    !listens_here(listener->listen))
		report_add(graph->report, &listener->node->place,
		           rent_printf(graph->report->arena, "%s.auth",
		                       listener->options.path),
		           "is missing; '%s' can be reached from other machines, and "
		           "whoever reaches it could rent for any user: name an instance "
		           "of kind \"auth\", or write auth = [ \"none\" ] if something "
		           "in front of it decides who may call",
		           listener->listen);
}

static void resolve_routes(struct graph *graph, const struct config_listener *listener)
{
	const struct option_value *routes = option_get(&listener->options, "routes");
	const char *const *list = routes->value.list;
	const char *item;
	char others[256];

	item = rent_printf(graph->report->arena, "%s.routes", listener->options.path);
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		const struct conf_node *node = route_node(listener, routes, i);
		const struct instance *found = named(graph, node, item, list[i]);

		if (found != NULL && found->plugin != NULL &&
		    strcmp(found->plugin->desc.kind, RENT_KIND_HTTP) != 0)
			report_add(
				graph->report, &node->place, item,
				"'%s' is of kind \"%s\" (plugin '%s') and has no routes%s",
				list[i], found->plugin->desc.kind,
				found->plugin->desc.name,
				candidates(graph, RENT_KIND_HTTP, others,
			                   sizeof(others)));
		for (size_t j = 0; j < i; j++)
			if (strcmp(list[i], list[j]) == 0)
				report_add(graph->report, &node->place, item,
				           "'%s' is there twice", list[i]);
	}
}

int graph_resolve(struct instances *set, struct report *report)
{
	struct graph graph = { set, report };

	for (size_t i = 0; i < set->count; i++) {
		size_t problems = report->count;

		if (set->all[i].plugin != NULL)
			resolve(&graph, &set->all[i]);
		set->all[i].sound &= report->count == problems;
	}
	for (size_t i = 0; i < set->count; i++)
		visit(&graph, &set->all[i]);
	for (size_t i = 0; i < set->config->listener_count; i++) {
		resolve_routes(&graph, &set->config->listeners[i]);
		resolve_auth(&graph, &set->config->listeners[i]);
	}
	return 0;
}
