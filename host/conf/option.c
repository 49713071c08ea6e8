/* SPDX-License-Identifier: MIT
 *
 * option.c - see option.h.
 */
#include "conf/option.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "conf/nearest.h"

struct load {
	struct option_set *set;
	struct option_value *values;
	struct report *report;
	const char *const *others;
};

/* ---- the table itself ---------------------------------------------------------------- */

static bool name_is_sane(const char *name)
{
	return *name != '\0' && strlen(name) <= 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") == strlen(name) &&
	       *name != '.' && name[strlen(name) - 1] != '.';
}

static int check_text(const struct rent_option *opt, const char *text,
                      struct rent_arena *arena, struct conf_value *ret)
{
	struct rent_option free = *opt;

	free.min = free.max = NULL;
	/* The bounds of text and lists are lengths. */
	if (opt->type == RENT_OPT_STRING || opt->type == RENT_OPT_PATH ||
	    opt->type == RENT_OPT_LIST)
		free.type = RENT_OPT_INT;
	return value_parse(&free, text, arena, ret, NULL);
}

static int check_bounds(const struct rent_option *opt, struct rent_arena *arena,
                        struct rent_error *err)
{
	struct conf_value min = { 0 }, max = { 0 };
	bool numeric = opt->type != RENT_OPT_BOOL && opt->type != RENT_OPT_ENUM;

	if (opt->min == NULL && opt->max == NULL)
		return 0;
	if (!numeric)
		return rent_fail(err, RENT_EINVAL, "option '%s': a %s has no min or max",
		                 opt->name, value_type_name(opt->type));
	if (opt->min != NULL && check_text(opt, opt->min, arena, &min) != 0)
		return rent_fail(err, RENT_EINVAL, "option '%s': min '%s' is not a %s",
		                 opt->name, opt->min, value_type_name(opt->type));
	if (opt->max != NULL && check_text(opt, opt->max, arena, &max) != 0)
		return rent_fail(err, RENT_EINVAL, "option '%s': max '%s' is not a %s",
		                 opt->name, opt->max, value_type_name(opt->type));
	if (opt->min != NULL && opt->max != NULL && min.number > max.number)
		return rent_fail(err, RENT_EINVAL,
		                 "option '%s': min '%s' is above max '%s'", opt->name,
		                 opt->min, opt->max);
	return 0;
}

static int check_row(const struct rent_option *table, size_t i, struct rent_arena *arena,
                     struct rent_error *err)
{
	const struct rent_option *opt = &table[i];
	struct conf_value value;
	struct rent_error why = { 0 };
	int r;

	if (opt->name == NULL || !name_is_sane(opt->name))
		return rent_fail(err, RENT_EINVAL,
		                 "option %zu: name '%s' is not of [a-z0-9_.]", i + 1,
		                 opt->name == NULL ? "" : opt->name);
	if (strcmp(value_type_name(opt->type), "?") == 0)
		return rent_fail(err, RENT_EINVAL, "option '%s': type %d is not known",
		                 opt->name, (int)opt->type);
	for (size_t j = 0; j < i; j++)
		if (strcmp(table[j].name, opt->name) == 0)
			return rent_fail(err, RENT_EINVAL,
			                 "option '%s' is declared twice", opt->name);
	if (opt->type == RENT_OPT_ENUM && (opt->choices == NULL || *opt->choices == '\0'))
		return rent_fail(err, RENT_EINVAL, "option '%s': an enum without choices",
		                 opt->name);
	r = check_bounds(opt, arena, err);
	if (r != 0)
		return r;
	if ((opt->flags & RENT_OPT_REQUIRED) != 0 && opt->def != NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "option '%s' is required and has the default '%s'",
		                 opt->name, opt->def);
	if (opt->def != NULL && value_parse(opt, opt->def, arena, &value, &why) != 0)
		return rent_fail(err, RENT_EINVAL, "option '%s': default: %s", opt->name,
		                 why.text);
	return 0;
}

int option_table_check(const struct rent_option *table, size_t *ret_count,
                       struct rent_error *err)
{
	struct rent_arena *arena;
	size_t n = 0;
	int r = 0;

	*ret_count = 0;
	if (table == NULL)
		return 0;
	arena = arena_new(ARENA_MAX_DEFAULT);
	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	for (; r == 0 && table[n].type != RENT_OPT_END; n++)
		r = n == OPTION_MAX
		            ? rent_fail(err, RENT_EINVAL,
		                        "the option table does not end with RENT_OPT_END")
		            : check_row(table, n, arena, err);
	arena_free(arena);
	if (r == 0)
		*ret_count = n;
	return r;
}

/* ---- values ---------------------------------------------------------------------------- */

/* A secret is not shown, neither by its line. */
static void complain(struct load *load, const struct rent_option *opt,
                     const struct conf_node *node, const char *text)
{
	struct conf_place place = node->place;

	if ((opt->flags & RENT_OPT_SECRET) != 0) {
		place.quote = NULL;
		if (place.line == 0)
			place.file = "--set";
	}
	report_add(load->report, &place, node_path(load->report->arena, node), "%s",
	           text);
}

static bool kind_fits(enum rent_option_type type, enum node_kind kind)
{
	switch (type) {
	case RENT_OPT_INT:
	case RENT_OPT_MONEY:
	case RENT_OPT_SIZE:
	case RENT_OPT_DURATION:
		return kind == NODE_INT || kind == NODE_STRING ||
		       (kind == NODE_FRACTION && type == RENT_OPT_DURATION);
	case RENT_OPT_PPM:
		return kind == NODE_INT || kind == NODE_FRACTION || kind == NODE_STRING;
	case RENT_OPT_BOOL:
		return kind == NODE_BOOL || kind == NODE_STRING;
	case RENT_OPT_LIST:
		/* "true" for all of a set of names, as in a listener's `system` */
		return kind == NODE_LIST || kind == NODE_STRING || kind == NODE_BOOL;
	case RENT_OPT_STRING:
	case RENT_OPT_ENUM:
	case RENT_OPT_PATH:
	case RENT_OPT_END:
	default:
		return kind == NODE_STRING;
	}
}

static void wrong_kind(struct load *load, const struct rent_option *opt,
                       const struct conf_node *node)
{
	bool quoted = node_is_scalar(node) && opt->type != RENT_OPT_LIST &&
	              kind_fits(opt->type, NODE_STRING) &&
	              !kind_fits(opt->type, NODE_INT) && opt->type != RENT_OPT_BOOL;
	char allowed[256], text[512];

	(void)snprintf(text, sizeof(text), "is %s%s%s; allowed: %s%s",
	               node_kind_name(node->kind), node_is_scalar(node) ? ": " : "",
	               !node_is_scalar(node)                 ? ""
	               : (opt->flags & RENT_OPT_SECRET) != 0 ? REPORT_MASK
	                                                     : node->raw,
	               value_allowed(opt, allowed, sizeof(allowed)),
	               quoted ? ", in quotes" : "");
	complain(load, opt, node, text);
}

static int list_value(struct load *load, const struct rent_option *opt,
                      const struct conf_node *node, struct option_value *value)
{
	const char **list =
		rent_alloc(load->report->arena, (VALUE_LIST_MAX + 1) * sizeof(*list));
	struct rent_error err = { 0 };
	size_t n = 0;
	int r;

	if (list == NULL)
		return RENT_ENOMEM;
	for (const struct conf_node *e = node->first; e != NULL; e = e->next) {
		if (e->kind != NODE_STRING) {
			complain(load, opt, e,
			         "an element is no text; allowed: text in quotes");
			return 0;
		}
		if (e->text == NULL)
			return 0;
		if (n == VALUE_LIST_MAX) {
			complain(load, opt, e,
			         "has too many elements; allowed: at most 256");
			return 0;
		}
		if ((opt->flags & RENT_OPT_SECRET) != 0)
			report_secret(load->report, e->text);
		list[n++] = e->text;
	}
	r = value_parse_list(opt, list, n, &value->value, &err);
	if (r == RENT_EINVAL)
		complain(load, opt, node, err.text);
	return r == RENT_EINVAL ? 0 : r;
}

static int node_value(struct load *load, const struct rent_option *opt,
                      const struct conf_node *node)
{
	struct option_value *value = &load->values[opt - load->set->table];
	struct rent_error err = { 0 };
	int r;

	value->node = node;
	value->origin = node->origin;
	if ((opt->flags & RENT_OPT_SECRET) != 0 && node_is_scalar(node)) {
		report_secret(load->report, node->raw);
		report_secret(load->report, node->text);
	}
	if (!kind_fits(opt->type, node->kind)) {
		wrong_kind(load, opt, node);
		return 0;
	}
	if (node->kind == NODE_LIST)
		return list_value(load, opt, node, value);
	if (node->text == NULL)
		return 0;
	r = value_parse(opt, node->text, load->report->arena, &value->value, &err);
	if (r == RENT_EINVAL)
		complain(load, opt, node, err.text);
	return r == RENT_EINVAL ? 0 : r;
}

/* ---- a group ----------------------------------------------------------------------------- */

static bool is_prefix(const struct option_set *set, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < set->count; i++)
		if (strncmp(set->table[i].name, name, n) == 0 &&
		    set->table[i].name[n] == '.')
			return true;
	return false;
}

static bool is_other(const struct load *load, const char *name)
{
	for (size_t i = 0; load->others != NULL && load->others[i] != NULL; i++)
		if (strcmp(load->others[i], name) == 0)
			return true;
	return false;
}

/* Names of this group that could have been meant: the next part of every option below prefix
 * first, the whole names of others as a second choice. */
static void unknown(struct load *load, const struct conf_node *node, const char *prefix)
{
	const struct option_set *set = load->set;
	struct nearest nearest;
	char hint[96];
	size_t n = strlen(prefix);

	nearest_init(&nearest, node->name);
	for (size_t i = 0; i < set->count; i++) {
		const char *rest = set->table[i].name;

		if (strncmp(rest, prefix, n) == 0)
			nearest_try(&nearest, rent_strndup(load->report->arena, rest + n,
			                                   strcspn(rest + n, ".")));
		nearest_try(&nearest, set->table[i].name);
	}
	for (size_t i = 0; load->others != NULL && load->others[i] != NULL; i++)
		nearest_try(&nearest, load->others[i]);
	report_add(load->report, &node->name_place, node_path(load->report->arena, node),
	           "there is no such option%s",
	           nearest_hint(&nearest, hint, sizeof(hint)));
}

static int load_group(struct load *load, const struct conf_node *group,
                      const char *prefix)
{
	int r = 0;

	for (const struct conf_node *n = group->first; n != NULL && r == 0; n = n->next) {
		const char *name =
			rent_printf(load->report->arena, "%s%s", prefix, n->name);
		const struct rent_option *opt;

		if (name == NULL)
			return RENT_ENOMEM;
		opt = option_find(load->set, name);
		if (opt != NULL)
			r = node_value(load, opt, n);
		else if (*prefix == '\0' && is_other(load, name))
			continue;
		else if (!is_prefix(load->set, name))
			unknown(load, n, prefix);
		else if (n->kind != NODE_GROUP)
			report_add(load->report, &n->place,
			           node_path(load->report->arena, n),
			           "is %s; allowed: a group, { … }",
			           node_kind_name(n->kind));
		else
			r = load_group(load, n,
			               rent_printf(load->report->arena, "%s.", name));
	}
	return r;
}

static int load_default(struct load *load, size_t i, const struct conf_place *at)
{
	const struct rent_option *opt = &load->set->table[i];
	struct option_value *value = &load->values[i];
	const char *path = load->set->path;
	char allowed[256];

	if (value->node != NULL)
		return 0;
	if (opt->def != NULL)
		return value_parse(opt, opt->def, load->report->arena, &value->value,
		                   NULL);
	if ((opt->flags & RENT_OPT_REQUIRED) != 0)
		report_add(load->report, at,
		           rent_printf(load->report->arena, "%s%s%s", path,
		                       *path == '\0' ? "" : ".", opt->name),
		           "is missing; it must be set to %s%s%s",
		           value_allowed(opt, allowed, sizeof(allowed)),
		           opt->help == NULL ? "" : ": ",
		           opt->help == NULL ? "" : opt->help);
	return 0;
}

int option_set_load(struct option_set *set, const struct conf_node *group,
                    const struct conf_place *at, const char *const *others,
                    struct report *report)
{
	struct load load = { .set = set, .report = report, .others = others };
	int r = 0;

	load.values = rent_alloc(report->arena, (set->count + 1) * sizeof(*load.values));
	if (load.values == NULL)
		return RENT_ENOMEM;
	if (group != NULL && group->kind != NODE_GROUP)
		report_add(report, &group->place, set->path,
		           "is %s; allowed: a group, { … }", node_kind_name(group->kind));
	else if (group != NULL)
		r = load_group(&load, group, "");
	for (size_t i = 0; i < set->count && r == 0; i++)
		r = load_default(&load, i, at);
	atomic_store(&set->values, load.values);
	return r;
}

/* ---- reading ------------------------------------------------------------------------------ */

const struct rent_option *option_find(const struct option_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->table[i].name, name) == 0)
			return &set->table[i];
	return NULL;
}

const struct option_value *option_get(const struct option_set *set, const char *name)
{
	const struct rent_option *opt = option_find(set, name);

	assert(opt != NULL);
	return &atomic_load(&set->values)[opt - set->table];
}

int64_t option_int(const struct option_set *set, const char *name)
{
	return option_get(set, name)->value.number;
}

bool option_bool(const struct option_set *set, const char *name)
{
	return option_get(set, name)->value.number != 0;
}

const char *option_text(const struct option_set *set, const char *name)
{
	return option_get(set, name)->value.text;
}
