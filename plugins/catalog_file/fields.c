/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/fields.c - reads one entry by its table. See fields.h.
 */
#include "fields.h"

#include "common/sheet.h"

#define FIELDS_MAX 32

size_t fields_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

const yaml_node_t *fields_node(const struct fields_reader *r, int index)
{
	return yaml_document_get_node(r->doc, index);
}

const char *fields_scalar(const yaml_node_t *node)
{
	if (node == NULL || node->type != YAML_SCALAR_NODE ||
	    strlen((const char *)node->data.scalar.value) != node->data.scalar.length)
		return NULL;
	return (const char *)node->data.scalar.value;
}

/* ---- values: NULL is done, else what was expected. */

static bool number_of(const struct field *f, const char *text, int64_t *ret)
{
	bool read = f->type == FIELD_PPM ? sheet_ppm(text, ret) : sheet_whole(text, ret);

	return read && *ret >= f->min && *ret <= f->max;
}

static bool set_value(const struct field *f, const char *text, void *entry)
{
	char *at = (char *)entry + f->at;
	bool truth = strcmp(text, "true") == 0;
	int64_t number;

	switch (f->type) {
	case FIELD_ID:
	case FIELD_TEXT:
	case FIELD_DEGREES:
		if (f->type == FIELD_ID        ? !rent_id_valid(text)
		    : f->type == FIELD_DEGREES ? !sheet_degrees(text, f->max)
		                               : strlen(text) > (size_t)f->max)
			return false;
		memcpy(at, &text, sizeof(text));
		return true;
	case FIELD_BOOL:
		if (!truth && strcmp(text, "false") != 0)
			return false;
		memcpy(at, &truth, sizeof(truth));
		return true;
	case FIELD_INT:
	case FIELD_PPM:
		if (!number_of(f, text, &number))
			return false;
		memcpy(at, &number, sizeof(number));
		return true;
	}
	return false;
}

static void say_expected(struct fields_reader *r, const yaml_node_t *node,
                         const char *what, const struct field *f, const char *text)
{
	char expected[96] = "";

	switch (f->type) {
	case FIELD_ID:
		(void)rent_copy(expected, sizeof(expected),
		                "an id of 1 to 64 visible ASCII characters");
		break;
	case FIELD_TEXT:
		(void)snprintf(expected, sizeof(expected),
		               "a text of at most %" PRId64 " bytes", f->max);
		break;
	case FIELD_INT:
		(void)snprintf(expected, sizeof(expected),
		               "a whole number from %" PRId64 " to %" PRId64, f->min,
		               f->max);
		break;
	case FIELD_BOOL:
		(void)rent_copy(expected, sizeof(expected), "true or false");
		break;
	case FIELD_DEGREES:
		(void)snprintf(expected, sizeof(expected),
		               "degrees from -%" PRId64 " to %" PRId64
		               ", written \"59.9301\"",
		               f->max, f->max);
		break;
	case FIELD_PPM:
		(void)rent_copy(expected, sizeof(expected),
		                "a factor from 0.000001 to 1000, at most six decimals");
		break;
	}
	if (text == NULL)
		faults_add(r->faults, fields_line(node), "%s: '%s' must be %s", what,
		           f->name, expected);
	else
		faults_add(r->faults, fields_line(node),
		           "%s: '%s' is \"%.40s\", it must be %s", what, f->name, text,
		           expected);
}

static void say_unknown(struct fields_reader *r, const yaml_node_t *node,
                        const char *what, const struct field *fields, const char *name)
{
	char known[160] = "";
	size_t at = 0;

	for (const struct field *f = fields; f->name != NULL && at < sizeof(known) - 1;
	     f++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
		                       f == fields ? "" : ", ", f->name);
	faults_add(r->faults, fields_line(node),
	           "%s: unknown member '%.40s'; it may have %s", what,
	           name == NULL ? "?" : name, known);
}

void fields_read(struct fields_reader *r, const yaml_node_t *node, const char *what,
                 const struct field *fields, void *entry)
{
	bool seen[FIELDS_MAX] = { false };

	if (node->type != YAML_MAPPING_NODE) {
		faults_add(r->faults, fields_line(node),
		           "%s: must have named members, \"id: …\"", what);
		return;
	}
	for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = fields_node(r, pair->key);
		const yaml_node_t *value = fields_node(r, pair->value);
		const char *name = fields_scalar(key), *text = fields_scalar(value);
		size_t i = 0;

		while (fields[i].name != NULL &&
		       (name == NULL || strcmp(fields[i].name, name) != 0))
			i++;
		if (fields[i].name == NULL)
			say_unknown(r, key, what, fields, name);
		else if (seen[i])
			faults_add(r->faults, fields_line(key), "%s: '%s' is there twice",
			           what, name);
		else if (text == NULL || !set_value(&fields[i], text, entry))
			say_expected(r, value, what, &fields[i], text);
		if (fields[i].name != NULL)
			seen[i] = true;
	}
	for (size_t i = 0; fields[i].name != NULL; i++) {
		if (fields[i].required && !seen[i])
			faults_add(r->faults, fields_line(node), "%s: '%s' is missing",
			           what, fields[i].name);
	}
}
