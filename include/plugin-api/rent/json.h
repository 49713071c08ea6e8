/* SPDX-License-Identifier: MIT
 *
 * rent/json.h - JSON for plugins: a document is read into the arena and asked for members,
 * and an object is written from a list of values. The host does both (rent_host.json), so
 * that a plugin links with no JSON library.
 *
 *     const struct rent_json *reply = host->json->parse(arena, body, size);
 *
 *     if (strcmp(host->json->text(reply, "payment.status"), "paid") == 0 &&
 *         host->json->integer(reply, "payment.amount", 1, op->amount, &moved))
 *
 * All functions take NULL for a value that is not there, and say that nothing is there.
 * A path names members from the value on, "payment.items.0.id"; "" is the value itself.
 */
#ifndef RENT_JSON_H
#define RENT_JSON_H

#include "value.h"

RENT_EXTERN_C_BEGIN

/* A value of a document. The host's, never changed, lives as long as the arena. */
struct rent_json;

enum rent_json_type {
	RENT_JSON_NONE = 0, /* it is not there */
	RENT_JSON_NULL,
	RENT_JSON_BOOL,
	RENT_JSON_INT,
	/* A number with a fraction or beyond 64 bits. It cannot be read: money and time are
	 * whole numbers, and a service that sends fractions of them as numbers means a text. */
	RENT_JSON_FRACTION,
	RENT_JSON_TEXT,
	RENT_JSON_ARRAY,
	RENT_JSON_OBJECT,
};

/* Any thread; nothing blocks. */
struct rent_json_api {
	uint32_t struct_size;

	/* The document in text, or NULL: it is not JSON (RFC 8259), names a member of an object
	 * twice, or does not fit the arena. text need not end with NUL. */
	const struct rent_json *(*parse)(struct rent_arena *arena, const char *text,
	                                 size_t size);

	/* The value at path. NULL: it is not there. */
	const struct rent_json *(*get)(const struct rent_json *json, const char *path);
	enum rent_json_type (*type)(const struct rent_json *json, const char *path);

	/* The text at path; "" when it is missing or no text. Any UTF-8 without NUL: check what
	 * becomes an id or a reference with rent_visible_ascii(). */
	const char *(*text)(const struct rent_json *json, const char *path);
	/* The whole number at path, if it is from min to max. false: it is missing, no whole
	 * number, or out of bounds; *ret stays as it was. */
	bool (*integer)(const struct rent_json *json, const char *path, int64_t min,
	                int64_t max, int64_t *ret);
	/* The truth value at path. false: it is missing or another type. */
	bool (*boolean)(const struct rent_json *json, const char *path, bool *ret);

	/* The elements of the array, or the members of the object, at path, and the i-th of
	 * them; NULL past the end. name (may be NULL) is that of a member, "" of an element. */
	size_t (*count)(const struct rent_json *json, const char *path);
	const struct rent_json *(*at)(const struct rent_json *json, const char *path,
	                              size_t i, const char **ret_name);

	/* Writes an object without blanks, its members in the order of the list. A dotted name
	 * makes objects on the way: "amount.value" after "amount.currency" is a member of the
	 * same one. NULL: the arena is full, or two names contradict each other. */
	char *(*build)(struct rent_arena *arena, const struct rent_value *members);
};

RENT_EXTERN_C_END
#endif
