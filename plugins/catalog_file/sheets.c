/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/sheets.c - the file as a whole: its sections, their entries, and what must
 * hold between them. Nothing of a file counts that has one fault.
 */
#include "sheets.h"

#include "fields.h"

#include <stdlib.h>

struct configs {
	int64_t last_banks_increase;
};

/* Entries of one kind, sorted by id, which is their first member. */
struct section {
	char *entries;
	size_t count, *lines;
};

enum section_kind {
	SECTION_TARIFFS,
	SECTION_STATIONS,
	SECTION_USERS,
	SECTIONS,
};

struct sheets {
	atomic_int refs;
	/* Strings of the entries point into it. */
	yaml_document_t doc;
	struct section sections[SECTIONS];
	struct configs configs;
};

/* clang-format off */
#define AT(type, member) offsetof(struct type, member)

static const struct field tariff_fields[] = {
	{ "id",              FIELD_ID,  true,  0, 0,                 AT(sheets_tariff, id) },
	{ "price_per_hour",  FIELD_INT, true,  0, SHEET_MONEY_MAX,   AT(sheets_tariff, price_per_hour) },
	{ "free_period_min", FIELD_INT, true,  0, SHEET_MINUTES_MAX, AT(sheets_tariff, free_period_min) },
	{ "deposit",         FIELD_INT, true,  0, SHEET_MONEY_MAX,   AT(sheets_tariff, deposit) },
	{ NULL, FIELD_ID, false, 0, 0, 0 },
};

static const struct field station_fields[] = {
	{ "id",              FIELD_ID,      true,  0, 0,   AT(sheet_station, id) },
	{ "tariff_id",       FIELD_ID,      true,  0, 0,   AT(sheet_station, tariff_id) },
	{ "slots",           FIELD_INT,     true,  1, RENT_STATION_SLOTS_MAX, AT(sheet_station, slots) },
	{ "name",            FIELD_TEXT,    false, 0, 256, AT(sheet_station, name) },
	{ "address",         FIELD_TEXT,    false, 0, 512, AT(sheet_station, address) },
	{ "lat",             FIELD_DEGREES, false, 0, 90,  AT(sheet_station, lat) },
	{ "lon",             FIELD_DEGREES, false, 0, 180, AT(sheet_station, lon) },
	{ "opening_hours",   FIELD_TEXT,    false, 0, 256, AT(sheet_station, opening_hours) },
	{ "venue_id",        FIELD_ID,      false, 0, 0,   AT(sheet_station, venue_id) },
	{ "vendor",          FIELD_ID,      false, 0, 0,   AT(sheet_station, vendor) },
	{ "disabled",        FIELD_BOOL,    false, 0, 0,   AT(sheet_station, disabled) },
	{ "rentals_blocked", FIELD_BOOL,    false, 0, 0,   AT(sheet_station, rentals_blocked) },
	{ NULL, FIELD_ID, false, 0, 0, 0 },
};

static const struct field user_fields[] = {
	{ "id",         FIELD_ID,   true,  0, 0, AT(sheets_user, id) },
	{ "subscriber", FIELD_BOOL, false, 0, 0, AT(sheets_user, subscriber) },
	{ "trusted",    FIELD_BOOL, false, 0, 0, AT(sheets_user, trusted) },
	{ NULL, FIELD_ID, false, 0, 0, 0 },
};

static const struct field config_fields[] = {
	{ "last_banks_increase", FIELD_PPM, true, 1, INT64_C(1000000000), AT(configs, last_banks_increase) },
	{ NULL, FIELD_ID, false, 0, 0, 0 },
};

static const struct kind {
	const char *section, *what;
	const struct field *fields;
	size_t size, max;
	bool required;
} kinds[SECTIONS] = {
	[SECTION_TARIFFS]  = { "tariffs",  "tariff",  tariff_fields,  sizeof(struct sheets_tariff), 10000,   true },
	[SECTION_STATIONS] = { "stations", "station", station_fields, sizeof(struct sheet_station), 100000,  true },
	[SECTION_USERS]    = { "users",    "user",    user_fields,    sizeof(struct sheets_user),   1000000, false },
};
/* clang-format on */

static const char *id_of(const void *entry)
{
	const char *id;

	memcpy(&id, entry, sizeof(id));
	return id;
}

/* An entry with its line, while they are being sorted. */
struct row {
	const char *entry;
	size_t line;
};

static int by_id(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	const char *left = id_of(x->entry), *right = id_of(y->entry);
	int order = strcmp(left == NULL ? "" : left, right == NULL ? "" : right);

	return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* Sorts the entries by id and names those that are there twice. */
static bool section_sort(struct section *s, const struct kind *kind,
                         struct faults *faults)
{
	struct row *rows = calloc(s->count + 1, sizeof(*rows));
	char *sorted = calloc(s->count + 1, kind->size);

	if (rows == NULL || sorted == NULL) {
		free(rows);
		free(sorted);
		return false;
	}
	for (size_t i = 0; i < s->count; i++)
		rows[i] = (struct row){ s->entries + i * kind->size, s->lines[i] };
	qsort(rows, s->count, sizeof(*rows), by_id);
	for (size_t i = 0; i < s->count; i++) {
		const char *id = id_of(rows[i].entry);

		memcpy(sorted + i * kind->size, rows[i].entry, kind->size);
		s->lines[i] = rows[i].line;
		if (i > 0 && id != NULL && id_of(rows[i - 1].entry) != NULL &&
		    strcmp(id, id_of(rows[i - 1].entry)) == 0)
			faults_add(faults, rows[i].line,
			           "%s '%s' is there twice, first in line %zu",
			           kind->what, id, rows[i - 1].line);
	}
	free(rows);
	free(s->entries);
	s->entries = sorted;
	return true;
}

static bool section_read(struct sheets *sheets, struct fields_reader *r,
                         enum section_kind which, const yaml_node_t *node)
{
	struct section *s = &sheets->sections[which];
	const struct kind *kind = &kinds[which];
	size_t n;

	if (node->type != YAML_SEQUENCE_NODE) {
		faults_add(r->faults, fields_line(node), "'%s' must be a list",
		           kind->section);
		return true;
	}
	n = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	if (n > kind->max) {
		faults_add(r->faults, fields_line(node), "%zu %s, at most %zu are read",
		           n, kind->section, kind->max);
		return true;
	}
	s->entries = calloc(n + 1, kind->size);
	s->lines = calloc(n + 1, sizeof(*s->lines));
	if (s->entries == NULL || s->lines == NULL)
		return false;
	for (s->count = 0; s->count < n; s->count++) {
		const yaml_node_t *item =
			fields_node(r, node->data.sequence.items.start[s->count]);

		s->lines[s->count] = fields_line(item);
		fields_read(r, item, kind->what, kind->fields,
		            s->entries + s->count * kind->size);
	}
	return section_sort(s, kind, r->faults);
}

/* false: out of memory. */
static bool read_root(struct sheets *sheets, struct fields_reader *r,
                      const yaml_node_t *root)
{
	bool seen[SECTIONS + 1] = { false };
	bool fits = true;

	for (const yaml_node_pair_t *pair = root->data.mapping.pairs.start;
	     fits && pair < root->data.mapping.pairs.top; pair++) {
		const yaml_node_t *key = fields_node(r, pair->key);
		const yaml_node_t *value = fields_node(r, pair->value);
		const char *name = fields_scalar(key) == NULL ? "?" : fields_scalar(key);
		size_t i = 0;

		while (i < SECTIONS && strcmp(kinds[i].section, name) != 0)
			i++;
		if (i == SECTIONS && strcmp(name, "configs") != 0) {
			faults_add(r->faults, fields_line(key),
			           "unknown section '%.40s'; there are configs, tariffs, "
			           "stations, users",
			           name);
			continue;
		}
		if (seen[i])
			faults_add(r->faults, fields_line(key),
			           "section '%s' is there twice", name);
		else if (i == SECTIONS)
			fields_read(r, value, "configs", config_fields, &sheets->configs);
		else
			fits = section_read(sheets, r, (enum section_kind)i, value);
		seen[i] = true;
	}
	for (size_t i = 0; i < SECTIONS; i++) {
		if (kinds[i].required && !seen[i])
			faults_add(r->faults, 0, "section '%s' is missing",
			           kinds[i].section);
	}
	if (!seen[SECTIONS])
		faults_add(r->faults, 0, "section 'configs' is missing");
	return fits;
}

static const void *section_find(const struct sheets *s, enum section_kind which,
                                const char *id)
{
	const struct section *section = &s->sections[which];
	size_t from = 0, to = section->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const char *entry = section->entries + middle * kinds[which].size;
		const char *at = id_of(entry);
		int order = strcmp(id, at == NULL ? "" : at);

		if (order == 0)
			return entry;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

static void check_tariffs(const struct sheets *s, struct faults *faults)
{
	const struct section *stations = &s->sections[SECTION_STATIONS];

	for (size_t i = 0; i < stations->count; i++) {
		const struct sheet_station *row =
			(const void *)(stations->entries + i * sizeof(*row));

		if (row->tariff_id != NULL &&
		    section_find(s, SECTION_TARIFFS, row->tariff_id) == NULL)
			faults_add(faults, stations->lines[i],
			           "station '%s': there is no tariff '%s'",
			           row->id == NULL ? "?" : row->id, row->tariff_id);
		if ((row->lat == NULL) != (row->lon == NULL))
			faults_add(faults, stations->lines[i],
			           "station '%s': 'lat' and 'lon' go together",
			           row->id == NULL ? "?" : row->id);
	}
}

static bool load_document(yaml_document_t *doc, const char *text, size_t size,
                          struct faults *faults)
{
	yaml_parser_t parser;
	bool loaded;

	if (!yaml_parser_initialize(&parser)) {
		faults_add(faults, 0, "out of memory");
		return false;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	loaded = yaml_parser_load(&parser, doc) != 0;
	if (!loaded)
		faults_add(faults, parser.problem_mark.line + 1, "%s",
		           parser.problem == NULL ? "out of memory" : parser.problem);
	yaml_parser_delete(&parser);
	return loaded;
}

struct sheets *sheets_new(const char *text, size_t size, struct faults *faults)
{
	struct sheets *s = calloc(1, sizeof(*s));
	struct fields_reader r = { .faults = faults };
	const yaml_node_t *root;

	if (s == NULL || !load_document(&s->doc, text, size, faults)) {
		if (s == NULL)
			faults_add(faults, 0, "out of memory");
		free(s);
		return NULL;
	}
	atomic_init(&s->refs, 1);
	r.doc = &s->doc;
	root = yaml_document_get_root_node(&s->doc);
	if (root == NULL || root->type != YAML_MAPPING_NODE)
		faults_add(faults, 1, "the file must have sections, \"stations:\"");
	else if (!read_root(s, &r, root))
		faults_add(faults, 0, "out of memory");
	else
		check_tariffs(s, faults);
	if (faults->count == 0)
		return s;
	faults_sort(faults);
	sheets_unref(s);
	return NULL;
}

struct sheets *sheets_ref(struct sheets *s)
{
	(void)atomic_fetch_add(&s->refs, 1);
	return s;
}

void sheets_unref(struct sheets *s)
{
	if (s == NULL || atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	for (size_t i = 0; i < SECTIONS; i++) {
		free(s->sections[i].entries);
		free(s->sections[i].lines);
	}
	yaml_document_delete(&s->doc);
	free(s);
}

const struct sheet_station *sheets_station(const struct sheets *s, const char *id)
{
	return section_find(s, SECTION_STATIONS, id);
}

const struct sheets_tariff *sheets_tariff(const struct sheets *s, const char *id)
{
	return section_find(s, SECTION_TARIFFS, id);
}

const struct sheets_user *sheets_user(const struct sheets *s, const char *id)
{
	return section_find(s, SECTION_USERS, id);
}

int64_t sheets_last_banks_increase(const struct sheets *s)
{
	return s->configs.last_banks_increase;
}

void sheets_summary(const struct sheets *s, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%zu stations, %zu tariffs, %zu users",
	               s->sections[SECTION_STATIONS].count,
	               s->sections[SECTION_TARIFFS].count,
	               s->sections[SECTION_USERS].count);
}
