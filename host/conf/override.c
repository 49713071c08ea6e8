/* SPDX-License-Identifier: MIT
 *
 * override.c - see override.h. Whether the option exists and the value fits is judged later,
 * together with the rest of the tree.
 */
#include "conf/override.h"

#include "conf/nearest.h"

static struct conf_node *element(const struct conf_node *list, const char *name)
{
	for (struct conf_node *n = list->first; n != NULL; n = n->next) {
		const struct conf_node *own = node_member(n, "name");

		if (own != NULL && own->raw != NULL && strcmp(own->raw, name) == 0)
			return n;
	}
	return NULL;
}

static void no_element(struct report *report, const struct conf_place *place,
                       const struct conf_node *list, const char *name)
{
	struct nearest nearest;
	char hint[96];

	nearest_init(&nearest, name);
	for (struct conf_node *n = list->first; n != NULL; n = n->next) {
		const struct conf_node *own = node_member(n, "name");

		if (own != NULL && own->raw != NULL)
			nearest_try(&nearest, own->raw);
	}
	report_add(report, place, list->name, "there is no '%s' in it%s", name,
	           nearest_hint(&nearest, hint, sizeof(hint)));
}

/* One step down; makes groups on the way. NULL: reported. */
static struct conf_node *step_down(struct report *report, const struct conf_place *place,
                                   struct conf_node *at, const char *name, bool last)
{
	struct conf_node *next;

	if (at->kind == NODE_LIST) {
		next = element(at, name);
		if (next == NULL)
			no_element(report, place, at, name);
		return next;
	}
	if (at->kind != NODE_GROUP) {
		report_add(report, place, at->name, "is %s; nothing can be set below it",
		           node_kind_name(at->kind));
		return NULL;
	}
	next = node_member(at, name);
	if (next != NULL)
		return next;
	next = node_new(report->arena, at, last ? NODE_STRING : NODE_GROUP, name);
	if (next != NULL) {
		next->place = *place;
		next->name_place = *place;
	}
	return next;
}

int override_apply(struct report *report, struct conf_node *root, const char *assignment)
{
	/* Without its value, which may be a secret; without "=" nobody knows what it is. */
	struct conf_place place = { .file = rent_printf(
					    report->arena, "--set=%.*s",
					    strchr(assignment, '=') == NULL
						    ? 0
						    : (int)strcspn(assignment, "="),
					    assignment) };
	char *path = rent_strdup(report->arena, assignment), *save = NULL, *value;
	struct conf_node *at = root;

	if (place.file == NULL || path == NULL)
		return RENT_ENOMEM;
	value = strchr(path, '=');
	if (value == NULL || value == path) {
		report_add(report, &place, NULL, "is not of the form --set=PATH=VALUE");
		return 0;
	}
	*value++ = '\0';
	for (char *name = strtok_r(path, ".", &save), *next; name != NULL; name = next) {
		next = strtok_r(NULL, ".", &save);
		at = step_down(report, &place, at, name, next == NULL);
		if (at == NULL)
			return 0;
	}
	if (at == root)
		return 0;
	at->kind = NODE_STRING;
	at->first = at->last = NULL;
	at->origin = ORIGIN_SET;
	at->raw = value;
	at->place = at->name_place = place;
	return 0;
}
