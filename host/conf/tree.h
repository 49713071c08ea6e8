/* SPDX-License-Identifier: MIT
 *
 * conf/tree.h - a configuration as a tree: libconfig's structure and strings, numbers as they
 * were written, every node with its place. Values are not judged, ${…} not yet replaced.
 * libconfig itself is seen by tree.c only. Nodes live in the arena of the configuration.
 */
#ifndef HOST_CONF_TREE_H
#define HOST_CONF_TREE_H

#include "conf/report.h"
#include "conf/source.h"

enum node_kind {
	NODE_GROUP = 1, /* { } */
	NODE_LIST,      /* ( ) and [ ] */
	NODE_STRING,
	NODE_INT,
	NODE_FRACTION,
	NODE_BOOL,
};

enum conf_origin {
	ORIGIN_DEFAULT = 0,
	ORIGIN_FILE,
	ORIGIN_SUBSTITUTED,
	ORIGIN_SET
};

struct conf_node {
	struct conf_node *parent, *next, *first, *last;
	const char *name; /* NULL: element of a list, the root */
	enum node_kind kind;
	enum conf_origin origin;
	const char *raw;  /* scalars: as written in the file; strings without quotes */
	const char *text; /* … after subst_tree(); NULL: that failed and was reported */
	struct conf_place place, name_place; /* of the value; of the name */
};

/* Reads a file. Problems go to the report. RENT_EFAIL when there is no tree then; *ret_errno
 * as source_read() has it. */
int tree_read(struct report *report, const char *file, struct conf_node **ret,
              int *ret_errno);

struct conf_node *node_new(struct rent_arena *arena, struct conf_node *parent,
                           enum node_kind kind, const char *name);
struct conf_node *node_member(const struct conf_node *group, const char *name);
/* "instances.core.options.tick": elements of lists go by their `name`, else by number. NULL
 * when out of memory. */
const char *node_path(struct rent_arena *arena, const struct conf_node *node);
bool node_is_scalar(const struct conf_node *node);
/* "a group", "a list", "text", … for messages */
const char *node_kind_name(enum node_kind kind);

const char *tree_library_version(void);

#endif
