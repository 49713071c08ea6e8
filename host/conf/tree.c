/* SPDX-License-Identifier: MIT
 *
 * tree.c - see tree.h. libconfig's tree and our tokens are walked side by side, in the order
 * of the document: structure and string values from the former, places and numbers as
 * written from the latter.
 */
#include "conf/tree.h"

#include <libconfig.h>

#include "conf/scan.h"

#define TREE_DEPTH 16 /* groups and lists within each other */

struct walk {
	struct report *report;
	struct source source;
	struct scan scan;
};

static int value(struct walk *walk, const config_setting_t *from, struct conf_node *node,
                 int depth);

struct conf_node *node_new(struct rent_arena *arena, struct conf_node *parent,
                           enum node_kind kind, const char *name)
{
	struct conf_node *node = rent_alloc(arena, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->parent = parent;
	node->kind = kind;
	node->name = name == NULL ? NULL : rent_strdup(arena, name);
	if (parent != NULL && parent->last != NULL)
		parent->last->next = node;
	else if (parent != NULL)
		parent->first = node;
	if (parent != NULL)
		parent->last = node;
	return node;
}

struct conf_node *node_member(const struct conf_node *group, const char *name)
{
	if (group == NULL)
		return NULL;
	for (struct conf_node *n = group->first; n != NULL; n = n->next)
		if (n->name != NULL && strcmp(n->name, name) == 0)
			return n;
	return NULL;
}

static char *element_path(struct rent_arena *arena, const struct conf_node *node,
                          const char *parent)
{
	const struct conf_node *name = node_member(node, "name");
	int index = 0;

	if (name != NULL && name->kind == NODE_STRING)
		return rent_printf(arena, "%s.%s", parent, name->raw);
	for (const struct conf_node *n = node->parent->first; n != node; n = n->next)
		index++;
	return rent_printf(arena, "%s[%d]", parent, index);
}

const char *node_path(struct rent_arena *arena, const struct conf_node *node)
{
	const char *parent;

	if (node->parent == NULL)
		return "";
	parent = node_path(arena, node->parent);
	if (parent == NULL)
		return NULL;
	if (node->parent->kind == NODE_LIST)
		return element_path(arena, node, parent);
	return *parent == '\0' ? node->name
	                       : rent_printf(arena, "%s.%s", parent, node->name);
}

bool node_is_scalar(const struct conf_node *node)
{
	return node->kind >= NODE_STRING;
}

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_GROUP] = "a group",       [NODE_LIST] = "a list",
		[NODE_STRING] = "text",         [NODE_INT] = "a number",
		[NODE_FRACTION] = "a fraction", [NODE_BOOL] = "true or false",
	};

	return names[kind];
}

const char *tree_library_version(void)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "libconfig %d.%d.%d", LIBCONFIG_VER_MAJOR,
	               LIBCONFIG_VER_MINOR, LIBCONFIG_VER_REVISION);
	return text;
}

static void place_of(struct walk *walk, const struct token *token, struct conf_place *ret)
{
	source_place(&walk->source, token->line, token->offset, ret);
}

static enum node_kind kind_of(const config_setting_t *from)
{
	switch (config_setting_type(from)) {
	case CONFIG_TYPE_GROUP:
		return NODE_GROUP;
	case CONFIG_TYPE_ARRAY:
	case CONFIG_TYPE_LIST:
		return NODE_LIST;
	case CONFIG_TYPE_STRING:
		return NODE_STRING;
	case CONFIG_TYPE_FLOAT:
		return NODE_FRACTION;
	case CONFIG_TYPE_BOOL:
		return NODE_BOOL;
	default:
		return NODE_INT;
	}
}

/* Only when our scanner and libconfig read a text differently. */
static int lost(struct walk *walk, const struct token *token)
{
	struct conf_place place;

	place_of(walk, token, &place);
	report_add(walk->report, &place, NULL, "cannot follow the syntax here");
	return RENT_EFAIL;
}

static int expect(struct walk *walk, const char *puncts, struct token *ret)
{
	scan_next(&walk->scan, ret);
	if (ret->kind != TOKEN_PUNCT || strchr(puncts, *ret->text) == NULL)
		return lost(walk, ret);
	return 0;
}

static void skip(struct walk *walk, const char *puncts)
{
	struct token token;

	for (;;) {
		scan_peek(&walk->scan, &token);
		if (token.kind != TOKEN_PUNCT || strchr(puncts, *token.text) == NULL)
			return;
		scan_next(&walk->scan, &token);
	}
}

static int scalar(struct walk *walk, const config_setting_t *from, struct conf_node *node)
{
	struct token token, more;
	const char *s;

	scan_next(&walk->scan, &token);
	if (token.kind != (node->kind == NODE_STRING ? TOKEN_STRING : TOKEN_WORD))
		return lost(walk, &token);
	place_of(walk, &token, &node->place);
	if (node->kind != NODE_STRING) {
		node->raw = rent_strndup(walk->report->arena, token.text, token.size);
		node->text = node->raw;
		return 0;
	}
	/* "a" "b" is one string. */
	for (scan_peek(&walk->scan, &more); more.kind == TOKEN_STRING;
	     scan_peek(&walk->scan, &more))
		scan_next(&walk->scan, &token);
	s = config_setting_get_string(from);
	node->raw = rent_strdup(walk->report->arena, s == NULL ? "" : s);
	return node->raw == NULL ? RENT_ENOMEM : 0;
}

static int members(struct walk *walk, const config_setting_t *from,
                   struct conf_node *node, int depth)
{
	int count = config_setting_length(from);

	for (int i = 0; i < count; i++) {
		const config_setting_t *s = config_setting_get_elem(from, (unsigned)i);
		struct conf_node *child = node_new(walk->report->arena, node, kind_of(s),
		                                   config_setting_name(s));
		struct token token;
		int r;

		if (child == NULL)
			return RENT_ENOMEM;
		if (node->kind == NODE_GROUP) {
			scan_next(&walk->scan, &token);
			if (token.kind != TOKEN_NAME || child->name == NULL ||
			    strncmp(token.text, child->name, token.size) != 0)
				return lost(walk, &token);
			place_of(walk, &token, &child->name_place);
			r = expect(walk, "=:", &token);
			if (r != 0)
				return r;
		}
		r = value(walk, s, child, depth + 1);
		if (r != 0)
			return r;
		if (child->name == NULL)
			child->name_place = child->place;
		skip(walk, ",;");
	}
	return 0;
}

static int value(struct walk *walk, const config_setting_t *from, struct conf_node *node,
                 int depth)
{
	struct token token;
	int r;

	node->origin = ORIGIN_FILE;
	if (node_is_scalar(node))
		return scalar(walk, from, node);
	r = expect(walk, node->kind == NODE_GROUP ? "{" : "([", &token);
	if (r != 0)
		return r;
	place_of(walk, &token, &node->place);
	if (depth >= TREE_DEPTH) {
		report_add(walk->report, &node->place, node->name,
		           "is nested deeper than %d levels", TREE_DEPTH);
		return RENT_EFAIL;
	}
	r = members(walk, from, node, depth);
	return r != 0 ? r : expect(walk, node->kind == NODE_GROUP ? "}" : ")]", &token);
}

/* libconfig says "duplicate setting name", and neither which nor where the first one was. All
 * of them are reported: names seen so far in each open group. Returns how many there were. */
struct scope {
	struct scope *outer;
	struct seen {
		struct seen *next;
		struct token token;
	} * names;
};

static bool is_duplicate(struct walk *walk, struct scope *scope,
                         const struct token *token)
{
	struct rent_arena *arena = walk->report->arena;
	struct conf_place place, before;
	struct seen *seen;

	for (seen = scope->names; seen != NULL; seen = seen->next)
		if (seen->token.size == token->size &&
		    memcmp(seen->token.text, token->text, token->size) == 0)
			break;
	if (seen == NULL) {
		seen = rent_alloc(arena, sizeof(*seen));
		if (seen != NULL)
			*seen = (struct seen){ .next = scope->names, .token = *token };
		scope->names = seen == NULL ? scope->names : seen;
		return false;
	}
	place_of(walk, token, &place);
	place_of(walk, &seen->token, &before);
	report_add(walk->report, &place, rent_strndup(arena, token->text, token->size),
	           "is set twice in the same group; the first is at %s:%d:%d",
	           before.file, before.line, before.column);
	return true;
}

static size_t find_duplicates(struct walk *walk)
{
	struct scope root = { NULL, NULL }, *scope = &root;
	struct token token, next;
	size_t found = 0;

	scan_init(&walk->scan, walk->source.text);
	for (scan_next(&walk->scan, &token); token.kind != TOKEN_END;
	     scan_next(&walk->scan, &token)) {
		scan_peek(&walk->scan, &next);
		if (token.kind == TOKEN_NAME &&
		    (token_is(&next, '=') || token_is(&next, ':'))) {
			found += is_duplicate(walk, scope, &token) ? 1 : 0;
		} else if (token_is(&token, '{')) {
			struct scope *inner =
				rent_alloc(walk->report->arena, sizeof(*inner));

			if (inner == NULL)
				return found;
			inner->outer = scope;
			scope = inner;
		} else if (token_is(&token, '}') && scope->outer != NULL) {
			scope = scope->outer;
		}
	}
	return found;
}

/* The parser stops at the token after the mistake, which is often on a later line. */
static void syntax_error(struct walk *walk, const config_t *config)
{
	struct conf_place place;
	int line = config_error_line(config);

	if (find_duplicates(walk) > 0)
		return;
	if (line > walk->source.count)
		line = walk->source.count;
	source_place(&walk->source, line,
	             strspn(walk->source.lines[line - 1].text, " \t"), &place);
	report_add(walk->report, &place, NULL,
	           "%s; look for a missing ';', ',', quote or bracket here or above it",
	           config_error_text(config) == NULL ? "syntax error"
	                                             : config_error_text(config));
}

static int build_root(struct walk *walk, config_t *config, struct conf_node **ret)
{
	struct conf_node *root;
	int r;

	if (config_read_string(config, walk->source.text) != CONFIG_TRUE) {
		syntax_error(walk, config);
		return RENT_EFAIL;
	}
	root = node_new(walk->report->arena, NULL, NODE_GROUP, NULL);
	if (root == NULL)
		return RENT_ENOMEM;
	scan_init(&walk->scan, walk->source.text);
	r = members(walk, config_root_setting(config), root, 0);
	if (r != 0)
		return r;
	source_place(&walk->source, 1, 0, &root->place);
	root->name_place = root->place;
	*ret = root;
	return 0;
}

int tree_read(struct report *report, const char *file, struct conf_node **ret,
              int *ret_errno)
{
	struct walk walk = { .report = report,
		             .source = { .arena = report->arena, .report = report } };
	config_t config;
	int r = source_read(&walk.source, file, ret_errno);

	if (r != 0)
		return r;
	config_init(&config);
	r = build_root(&walk, &config, ret);
	config_destroy(&config);
	if (r == RENT_ENOMEM)
		report_add(report, NULL, NULL, "%s: the configuration is too large",
		           file);
	return r;
}
