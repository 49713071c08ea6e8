/* SPDX-License-Identifier: MIT
 *
 * json_out.h - writes JSON as it goes, compact, by libyajl: for the answers that many wait for. No
 * tree is built, which takes most of the time of an answer made with jansson. The text stays in the
 * arena.
 */
#ifndef COMMON_JSON_OUT_H
#define COMMON_JSON_OUT_H

#include <rent/base.h>

struct yajl_gen_t;

struct json_out {
	struct rent_arena *arena;
	struct yajl_gen_t *gen; /* in the arena */
	char *text;             /* in the arena, or */
	char *heap;             /* … here while it is large */
	size_t size, room;
	bool failed; /* memory is exhausted */
};

/* Begins an empty text. json_out_done() is needed on every way, json_out_end() or not. */
void json_out_begin(struct json_out *out, struct rent_arena *arena);
void json_out_done(struct json_out *out);
#define JSON_OUT_CLEANUP __attribute__((cleanup(json_out_done)))

/* The text, ended with a NUL and in the arena. NULL: memory was exhausted on the way. */
const char *json_out_end(struct json_out *out, size_t *ret_size);

/* Each writes one value: a member with this name, or with NULL an item of a list or the whole. */
void json_out_object(struct json_out *out, const char *name);
void json_out_object_end(struct json_out *out);
void json_out_list(struct json_out *out, const char *name);
void json_out_list_end(struct json_out *out);

/* NULL is null. Of a text that is not UTF-8 every byte that is not ASCII is a '?'. */
void json_out_text(struct json_out *out, const char *name, const char *text);
/* "" is null. */
void json_out_text_or_null(struct json_out *out, const char *name, const char *text);
void json_out_int(struct json_out *out, const char *name, int64_t n);
void json_out_bool(struct json_out *out, const char *name, bool b);
/* RFC 3339; 0 is null. */
void json_out_time(struct json_out *out, const char *name, int64_t us);

#endif
