/* SPDX-License-Identifier: MIT
 *
 * rent/base.h - what every other header of the plugin API stands on: the version of the
 * API, return codes, errors for a person, ids, money, time and the request arena.
 *
 * The API depends on libc only. A plugin links with nothing of ours; the few helpers here
 * are static inline.
 *
 * How the API grows
 *   - RENT_API_MAJOR changes when a plugin built against the old headers can no longer be
 *     loaded; RENT_API_MINOR when something was added.
 *   - A struct that may grow begins with `uint32_t struct_size`, stamped by the side that fills it
 *     in, or stands in one that does (RENT_ROOM). Members are only ever added at the end.
 *   - One rule for a struct of an older build: the reader copies min(struct_size, its
 *     sizeof) once into a zeroed struct of its own (rent_adopt()), and then tests members
 *     for 0 or NULL. That is how a member reads that the other side does not know; the
 *     member's comment says what it means. Nobody compares struct_size with an offset.
 *   - Structs of one call travel by pointer, never in arrays by value, so that a struct can
 *     grow without moving its neighbour. One that stands inside another has room (RENT_ROOM).
 *
 * History
 *   1.0  the first version. It is not released: until then anything may change, and
 *        tests/plugin-api/layout.inc has the layout as it is. From its release on plugins that
 *        were built against it are kept (script/keep-abi), and must load and serve.
 * What may change in which version: docs/reference/plugin-api.md.
 */
#ifndef RENT_BASE_H
#define RENT_BASE_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define RENT_API_MAJOR 1u
#define RENT_API_MINOR 0u

#ifdef __cplusplus
#define RENT_EXTERN_C_BEGIN extern "C" {
#define RENT_EXTERN_C_END   }
#else
#define RENT_EXTERN_C_BEGIN
#define RENT_EXTERN_C_END
#endif

/* A struct that stands inside another one, with room to grow: its neighbours stay where they are when a later
 * version adds to it. bytes is what it may ever take. */
#define RENT_ROOM(type, member, bytes)     \
	union {                            \
		type member;               \
		char member##_room[bytes]; \
	}

#define RENT_EXPORT         __attribute__((visibility("default")))
#define RENT_PRINTF(fmt, a) __attribute__((format(printf, fmt, a)))

RENT_EXTERN_C_BEGIN

/* ---- return codes -------------------------------------------------------------------
 * Every function that can fail returns int. 0 is done. A negative value is one of these,
 * means that the step had no effect unless its comment says otherwise, and is forwarded
 * unchanged. A positive value is an outcome documented at the function, which the caller
 * must handle. */
enum rent_code {
	RENT_OK = 0,
	/* failed; the text says why. */
	RENT_EFAIL = -1,
	/* The caller's arguments or configuration are wrong. */
	RENT_EINVAL = -2,
	/* Out of memory, or over a named ceiling. */
	RENT_ENOMEM = -3,
	/* A service or database cannot be reached now; try later. */
	RENT_EUNAVAIL = -4,
	/* The deadline passed. */
	RENT_ETIMEOUT = -5,
	/* A queue, table or disk is full. */
	RENT_EFULL = -6,
	/* Stored data contradicts its own rules. */
	RENT_ECORRUPT = -7,
	/* This implementation does not have it. */
	RENT_EUNSUPPORTED = -8,
	/* It may have taken effect; read before repeating. */
	RENT_EINDOUBT = -9,
	/* Not allowed; the text says what would allow it. */
	RENT_EPERM = -10,
	/* A file could not be read or written; the text has the reason of the system. */
	RENT_EIO = -11,
};

/* A text for a person: place, item, value, reason and cure, in that order, lower case,
 * values quoted. Filled on failure only. Owned by the caller. */
#define RENT_ERROR_TEXT 512
struct rent_error {
	/* The returned rent_code. */
	int32_t code;
	char text[RENT_ERROR_TEXT];
};

/* Fills *err (which may be NULL) and returns code, so that `return rent_fail(...)` reads. */
static inline int rent_fail(struct rent_error *err, int code, const char *fmt, ...)
	RENT_PRINTF(3, 4);
static inline int rent_fail(struct rent_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err != NULL) {
		err->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
		va_end(ap);
	}
	return code;
}

/* ---- ids, money, time ---------------------------------------------------------------
 * Ids are opaque NUL-terminated strings of 1..64 visible ASCII characters; ours are UUIDv7,
 * so that they sort by time.
 * Money is int64_t in the deployment's currency unit. Time is int64_t microseconds: wall
 * time since 1970-01-01T00:00:00Z, monotonic time since an arbitrary point. 0 as a wall
 * time means "not set". There is no floating point near either. */
#define RENT_ID_MAX  64
#define RENT_ID_SIZE (RENT_ID_MAX + 1)
/* Idempotency keys of clients: 1..128 visible ASCII characters. */
#define RENT_KEY_MAX   128
#define RENT_KEY_SIZE  (RENT_KEY_MAX + 1)
#define RENT_REF_SIZE  129 /* a provider's own reference */
#define RENT_URL_SIZE  513 /* an address that a customer is sent to */
#define RENT_NOTE_SIZE 161 /* a short reason kept in the database */

#define RENT_SECOND    INT64_C(1000000)
#define RENT_MINUTE    (60 * RENT_SECOND)
#define RENT_HOUR      (60 * RENT_MINUTE)

/* Whether s is 1..max visible ASCII characters (0x21..0x7e). NULL is not. */
static inline bool rent_visible_ascii(const char *s, size_t max)
{
	size_t n = 0;

	if (s == NULL)
		return false;
	for (; s[n] != '\0'; n++) {
		if (n == max || s[n] < 0x21 || s[n] > 0x7e)
			return false;
	}
	return n > 0;
}

/* Whether s may be an id. */
static inline bool rent_id_valid(const char *s)
{
	return rent_visible_ascii(s, RENT_ID_MAX);
}

/* Copies src, cut to size - 1 bytes. Returns false when it had to cut. */
static inline bool rent_copy(char *dst, size_t size, const char *src)
{
	const char *from = src == NULL ? "" : src;
	size_t n = strlen(from);
	bool fits = n < size;

	if (!fits)
		n = size - 1;
	memcpy(dst, from, n);
	dst[n] = '\0';
	return fits;
}

/* Fills a zeroed struct of the reader's from one of the writer's, by the rule above. */
static inline void rent_adopt(void *mine, size_t my_size, const void *theirs,
                              size_t their_size)
{
	size_t known = their_size < my_size ? their_size : my_size;

	memcpy(mine, theirs, known);
	memset((char *)mine + known, 0, my_size - known);
}

/* A value of an enum and its word; a table of them ends with RENT_NAMES_END. */
struct rent_name {
	int value;
	const char *name;
};

#define RENT_NAMES_END  \
	{               \
		0, NULL \
	}

/* The name of a value, "" for one that is not in the table. */
static inline const char *rent_name_of(const struct rent_name *names, int value)
{
	for (; names->name != NULL; names++) {
		if (names->value == value)
			return names->name;
	}
	return "";
}

/* The value of a name, 0 for one that is not in the table. */
static inline int rent_value_of(const struct rent_name *names, const char *name)
{
	for (; names->name != NULL; names++) {
		if (strcmp(names->name, name) == 0)
			return names->value;
	}
	return 0;
}

/* A field of a log line. A NULL value is left out. */
struct rent_field {
	const char *key, *value;
};

/* A header of an HTTP message, in either direction. */
struct rent_header {
	const char *name, *value;
};

/* ---- arena --------------------------------------------------------------------------
 * Memory that dies with the request, exchange or step it was made for. Given by the host;
 * used by one thread at a time. alloc returns zeroed memory aligned for any type, or NULL
 * when the arena's ceiling (runtime.arena_max, 1 MiB by default) is reached. */
struct rent_arena {
	uint32_t struct_size;
	void *(*alloc)(struct rent_arena *arena, size_t size);
};

static inline void *rent_alloc(struct rent_arena *arena, size_t size)
{
	return arena->alloc(arena, size);
}

static inline char *rent_strndup(struct rent_arena *arena, const char *s, size_t n)
{
	char *copy = (char *)rent_alloc(arena, n + 1);

	if (copy != NULL && n > 0)
		memcpy(copy, s, n);
	return copy;
}

static inline char *rent_strdup(struct rent_arena *arena, const char *s)
{
	return rent_strndup(arena, s, strlen(s));
}

/* printf into the arena. NULL on a full arena. */
static inline char *rent_printf(struct rent_arena *arena, const char *fmt, ...)
	RENT_PRINTF(2, 3);
static inline char *rent_printf(struct rent_arena *arena, const char *fmt, ...)
{
	va_list ap, again;
	char *text = NULL;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0)
		text = (char *)rent_alloc(arena, (size_t)n + 1);
	if (text != NULL)
		(void)vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return text;
}

/* Percent-encodes everything but RFC 3986 unreserved characters. NULL on a full arena. */
static inline char *rent_url_encode(struct rent_arena *arena, const char *s)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	char *out = (char *)rent_alloc(arena, strlen(s) * 3 + 1);
	char *p = out;

	if (out == NULL)
		return NULL;
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (strchr(plain, c) != NULL) {
			*p++ = (char)c;
		} else {
			*p++ = '%';
			*p++ = hex[c >> 4];
			*p++ = hex[c & 15];
		}
	}
	return out;
}

RENT_EXTERN_C_END
#endif
