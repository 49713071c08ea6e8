/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/changes.c - sample answers with something changed, cut or doubled in them.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

const int kit_failures[] = { 301, 400, 404, 429, 500, 502, 503, 504, 0 };

static const char *const strange[] = {
	"null",
	"true",
	"false",
	"0",
	"-1",
	"1",
	"101",
	"10001",
	"100.0",
	"1e300",
	"9223372036854775807",
	"-9223372036854775808",
	"\"\"",
	"\"100\"",
	"\"kit\"",
	"[]",
	"[100]",
	"{}",
	"\"\\n\\u0001\"",
	"\"\\u0436\\u0436\\u0436\"",
};

struct change {
	struct kit *k;
	const json_t *root;
	kit_changed_fn fn;
	const void *arg;
};

static void call(const struct change *c, const char *about)
{
	char *text = json_dumps(c->root, JSON_COMPACT);

	if (text != NULL)
		c->fn(c->k, c->arg, text, about);
	free(text);
}

static void mutate(const struct change *c, json_t *at)
{
	const char *key;
	json_t *old;
	void *tmp;

	json_object_foreach_safe(at, tmp, key, old)
	{
		char *name = strdup(key);
		json_t *item;
		size_t n;

		if (json_is_object(old))
			mutate(c, old);
		json_array_foreach(old, n, item) mutate(c, item);
		(void)json_incref(old);
		for (size_t i = 0; i < COUNT(strange) && name != NULL; i++) {
			json_t *v = json_loads(strange[i], JSON_DECODE_ANY, NULL);

			(void)json_object_set_new(at, name, v);
			call(c, strange[i]);
		}
		if (name != NULL)
			(void)json_object_set(at, name, old);
		json_decref(old);
		free(name);
	}
}

void kit_sample_mutate(struct kit *k, const json_t *body, kit_changed_fn fn,
                       const void *arg)
{
	json_t *root = json_deep_copy(body);
	struct change c = { k, root, fn, arg };

	if (json_is_object(root))
		mutate(&c, root);
	json_decref(root);
}

/* Sets the member at a path like "data.0.status". false: there is none. */
static bool set_member(json_t *at, const char *member, json_t *value)
{
	char path[KIT_TEXT], *save = NULL, *part, *next;

	(void)rent_copy(path, sizeof(path), member);
	part = strtok_r(path, ".", &save);
	while (part != NULL && (next = strtok_r(NULL, ".", &save)) != NULL) {
		at = json_is_array(at) ? json_array_get(at, strtoul(part, NULL, 10))
		                       : json_object_get(at, part);
		part = next;
	}
	return part != NULL && json_object_get(at, part) != NULL &&
	       json_object_set(at, part, value) == 0;
}

void kit_sample_not(struct kit *k, const json_t *sample, kit_changed_fn fn,
                    const void *arg)
{
	const json_t *list = json_object_get(sample, "not");
	const char *member;
	json_t *value;

	json_object_foreach(kit_unconst(list), member, value)
	{
		json_t *body = json_deep_copy(json_object_get(sample, "body"));
		struct change c = { k, body, fn, arg };

		if (set_member(body, member, value))
			call(&c, member);
		else
			kit_fault(k, "%s: \"not\" names \"%s\", which is not in the body",
			          kit_text(sample, "name", "sample"), member);
		json_decref(body);
	}
}

void kit_sample_damage(struct kit *k, const char *body, kit_changed_fn fn,
                       const void *arg)
{
	size_t size = strlen(body);
	char *twice = malloc(2 * size + 1), about[KIT_TEXT];

	for (size_t n = 0; n < size; n++) {
		char *cut = strndup(body, n);

		(void)snprintf(about, sizeof(about), "%zu of %zu bytes", n, size);
		if (cut != NULL)
			fn(k, arg, cut, about);
		free(cut);
	}
	if (twice == NULL)
		return;
	/* two answers in one are no answer */
	(void)snprintf(twice, 2 * size + 1, "%s%s", body, body);
	fn(k, arg, twice, "the body twice");
	free(twice);
}
