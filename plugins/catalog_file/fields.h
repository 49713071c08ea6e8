/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/fields.h - one entry of a sheet: a table of its members, by which the
 * reader checks it and fills a struct. Every scalar of the file is text until a table says more,
 * so that no number is rounded or wraps on its way.
 */
#ifndef CATALOG_FIELDS_H
#define CATALOG_FIELDS_H

#include "faults.h"

#include <yaml.h>

enum field_type {
	/* 1..64 visible ASCII characters; const char * */
	FIELD_ID = 1,
	/* UTF-8, at most `max` bytes; const char * */
	FIELD_TEXT,
	/* min..max; int64_t */
	FIELD_INT,
	/* true or false; bool */
	FIELD_BOOL,
	/* A decimal number within ± max; const char * */
	FIELD_DEGREES,
	/* "1.5" as 1500000, min..max; int64_t */
	FIELD_PPM,
};

struct field {
	/* NULL ends the table. */
	const char *name;
	enum field_type type;
	bool required;
	int64_t min, max;
	/* Where it goes. */
	size_t at;
};

/* A reading in progress. */
struct fields_reader {
	yaml_document_t *doc;
	struct faults *faults;
};

size_t fields_line(const yaml_node_t *node);
const yaml_node_t *fields_node(const struct fields_reader *r, int index);
/* The text of a scalar; NULL: it is none. */
const char *fields_scalar(const yaml_node_t *node);
/* Reads the mapping into entry, which the caller has filled with the defaults. what: "station",
 * for messages. Strings point into the document. */
void fields_read(struct fields_reader *r, const yaml_node_t *node, const char *what,
                 const struct field *fields, void *entry);

#endif
