/* SPDX-License-Identifier: MIT
 *
 * dump.c - see dump.h.
 */
#include "conf/dump.h"

#include <stdatomic.h>

static void indent(int depth, FILE *out)
{
	for (; depth > 0; depth--)
		(void)fputc('\t', out);
}

static void quoted(const char *s, FILE *out)
{
	(void)fputc('"', out);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			(void)fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			(void)fputs("\\n", out);
		else if ((unsigned char)*s < 0x20)
			(void)fprintf(out, "\\x%02x", (unsigned)(unsigned char)*s);
		else if (s[0] == '$' && s[1] == '{')
			(void)fputs("$$", out);
		else
			(void)fputc(*s, out);
	}
	(void)fputc('"', out);
}

void dump_text(const char *name, const char *text, int depth, FILE *out)
{
	indent(depth, out);
	(void)fprintf(out, "%s = ", name);
	quoted(text, out);
	(void)fputs(";", out);
}

const char *dump_origin(const struct option_value *value, char *buffer, size_t size)
{
	const struct conf_node *node = value->node;

	if (node == NULL || value->origin == ORIGIN_DEFAULT)
		(void)snprintf(buffer, size, "default");
	else if (value->origin == ORIGIN_SET)
		(void)snprintf(buffer, size, "--set");
	else if (value->origin == ORIGIN_SUBSTITUTED)
		(void)snprintf(buffer, size, "%s:%d %s", node->place.file,
		               node->place.line,
		               strstr(node->raw, "${env:") != NULL    ? "(environment)"
		               : strstr(node->raw, "${file:") != NULL ? "(file)"
		                                                      : "(credential)");
	else
		(void)snprintf(buffer, size, "%s:%d", node->place.file, node->place.line);
	return buffer;
}

/* Nothing, or an address without user, password and parameters. */
static bool is_harmless(const char *fallback)
{
	return strcmp(fallback, "}") == 0 ||
	       (strstr(fallback, "://") != NULL && strpbrk(fallback, "@?") == NULL);
}

/* A secret that is nothing but a reference can be shown as that reference, and the dump then
 * loads with the real value. */
static bool is_reference(const struct option_value *value)
{
	const char *raw = value->node == NULL ? NULL : value->node->raw, *fallback;

	if (raw == NULL || strncmp(raw, "${", 2) != 0 ||
	    strchr(raw, '}') != raw + strlen(raw) - 1)
		return false;
	fallback = strstr(raw, ":-");
	return fallback == NULL || is_harmless(fallback + 2);
}

/* True for options that the plugin declares secret, and for values that the operator
 * reads from a file or credential. */
bool dump_is_secret(const struct rent_option *opt, const struct option_value *value)
{
	const char *raw = value->node == NULL ? NULL : value->node->raw;

	return (opt->flags & RENT_OPT_SECRET) != 0 ||
	       (raw != NULL && strstr(raw, "${cred:") != NULL);
}

static bool is_integer(enum rent_option_type type)
{
	return type == RENT_OPT_INT || type == RENT_OPT_MONEY;
}

const char *dump_value(const struct rent_option *opt, const struct option_value *value,
                       char *buffer, size_t size)
{
	const struct conf_value *v = &value->value;
	size_t n = 0;

	if (dump_is_secret(opt, value)) {
		(void)snprintf(buffer, size, "%s",
		               is_reference(value) ? value->node->raw : DUMP_MASK);
	} else if (is_integer(opt->type)) {
		(void)snprintf(buffer, size, "%" PRId64, v->number);
	} else if (opt->type == RENT_OPT_BOOL) {
		(void)snprintf(buffer, size, "%s", v->number != 0 ? "true" : "false");
	} else if (opt->type == RENT_OPT_LIST) {
		buffer[0] = '\0';
		for (size_t i = 0; v->list[i] != NULL && n < size; i++) {
			int more = snprintf(buffer + n, size - n, "%s%s",
			                    i > 0 ? ", " : "", v->list[i]);

			n += more > 0 ? (size_t)more : 0;
		}
	} else {
		(void)snprintf(buffer, size, "%s", v->text);
	}
	return buffer;
}

static void dump_list(const char *name, const struct conf_value *v, int depth, FILE *out)
{
	indent(depth, out);
	(void)fprintf(out, "%s = [", name);
	for (size_t i = 0; v->list[i] != NULL; i++) {
		(void)fputs(i == 0 ? " " : ", ", out);
		quoted(v->list[i], out);
	}
	(void)fputs(v->list[0] == NULL ? "];" : " ];", out);
}

static void dump_option(const struct rent_option *opt, const struct option_value *value,
                        int depth, FILE *out)
{
	const char *dot = strrchr(opt->name, '.');
	const char *name = dot == NULL ? opt->name : dot + 1;
	const struct conf_value *v = &value->value;
	bool secret = dump_is_secret(opt, value);
	char origin[512];

	if (!v->set)
		return;
	if (secret && is_reference(value)) {
		indent(depth, out);
		(void)fprintf(out, "%s = \"%s\";", name, value->node->raw);
	} else if (secret && opt->type == RENT_OPT_LIST) {
		indent(depth, out);
		(void)fprintf(out, "%s = [ \"%s\" ];", name, DUMP_MASK);
	} else if (secret) {
		dump_text(name, DUMP_MASK, depth, out);
	} else if (opt->type == RENT_OPT_LIST) {
		dump_list(name, v, depth, out);
	} else if (is_integer(opt->type)) {
		indent(depth, out);
		(void)fprintf(out, "%s = %" PRId64 "%s;", name, v->number,
		              v->number > INT32_MAX || v->number < INT32_MIN ? "L" : "");
	} else if (opt->type == RENT_OPT_BOOL) {
		indent(depth, out);
		(void)fprintf(out, "%s = %s;", name, v->number != 0 ? "true" : "false");
	} else {
		dump_text(name, v->text, depth, out);
	}
	(void)fprintf(out, " # %s\n", dump_origin(value, origin, sizeof(origin)));
}

/* The part of a dotted name up to its dot after prefix, when it is the first of the table to
 * have it: 0 otherwise. */
static size_t new_group(const struct option_set *set, size_t i, size_t prefix)
{
	const char *name = set->table[i].name;
	const char *dot = strchr(name + prefix, '.');
	size_t n;

	if (dot == NULL)
		return 0;
	n = (size_t)(dot - name) + 1;
	for (size_t j = 0; j < i; j++)
		if (strncmp(set->table[j].name, name, n) == 0)
			return 0;
	return n;
}

static void dump_level(const struct option_set *set, const char *prefix, size_t n,
                       int depth, FILE *out)
{
	const struct option_value *values = atomic_load(&set->values);

	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->table[i].name;

		if (strncmp(name, prefix, n) == 0 && strchr(name + n, '.') == NULL)
			dump_option(&set->table[i], &values[i], depth, out);
	}
	for (size_t i = 0; i < set->count; i++) {
		const char *name = set->table[i].name;
		size_t more = strncmp(name, prefix, n) == 0 ? new_group(set, i, n) : 0;

		if (more == 0)
			continue;
		indent(depth, out);
		(void)fprintf(out, "%.*s = {\n", (int)(more - 1 - n), name + n);
		dump_level(set, name, more, depth + 1, out);
		indent(depth, out);
		(void)fputs("};\n", out);
	}
}

void dump_set(const struct option_set *set, int depth, FILE *out)
{
	dump_level(set, "", 0, depth, out);
}

void dump_table(const struct rent_option *table, size_t count, FILE *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct rent_option *opt = &table[i];
		char allowed[256];

		(void)fprintf(out, "  %-28s %-9s", opt->name, value_type_name(opt->type));
		if (opt->def != NULL)
			(void)fprintf(out, " default \"%s\"", opt->def);
		else
			(void)fputs((opt->flags & RENT_OPT_REQUIRED) != 0 ? " required"
			                                                  : " not set",
			            out);
		if (opt->unit != NULL)
			(void)fprintf(out, ", in %s", opt->unit);
		if (opt->min != NULL || opt->max != NULL || opt->choices != NULL)
			(void)fprintf(out, ", %s",
			              value_allowed(opt, allowed, sizeof(allowed)));
		if ((opt->flags & RENT_OPT_SECRET) != 0)
			(void)fputs(", secret", out);
		if ((opt->flags & RENT_OPT_RELOADABLE) != 0)
			(void)fputs(", reloadable", out);
		(void)fprintf(out, "\n      %s\n", opt->help == NULL ? "" : opt->help);
	}
}
