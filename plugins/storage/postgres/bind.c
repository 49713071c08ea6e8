/* SPDX-License-Identifier: MIT
 *
 * bind.c - parameters in the binary format; see bind.h.
 */
#include "bind.h"

#include <endian.h>
#include <stdlib.h>

/* pg_type.oid of the elements; they never change. */
static const int32_t element_oids[] = {
	[BIND_INT] = 20,  [BIND_ANY] = 20,  [BIND_TIME] = BIND_TIME_OID,
	[BIND_TEXT] = 25, [BIND_BOOL] = 16, [BIND_ENUM] = 20,
};

void bind_reset(struct bind *a)
{
	a->size = 0;
	a->n = 0;
	a->failed = false;
}

void bind_done(struct bind *a)
{
	free(a->data);
	*a = (struct bind){ 0 };
}

static char *room(struct bind *a, size_t size)
{
	char *at;

	if (a->size + size > a->cap) {
		size_t cap = (a->cap + size + 4096) * 2;
		char *data = a->failed ? NULL : realloc(a->data, cap);

		if (data == NULL) {
			a->failed = true;
			return NULL;
		}
		a->data = data;
		a->cap = cap;
	}
	at = a->data + a->size;
	a->size += size;
	return at;
}

static void put_bytes(struct bind *a, const void *bytes, size_t size)
{
	char *at = room(a, size);

	if (at != NULL && size > 0)
		memcpy(at, bytes, size);
}

static void put32(struct bind *a, int32_t v)
{
	uint32_t wire = htobe32((uint32_t)v);

	put_bytes(a, &wire, sizeof(wire));
}

static void put64(struct bind *a, int64_t v)
{
	uint64_t wire = htobe64((uint64_t)v);

	put_bytes(a, &wire, sizeof(wire));
}

static void open_param(struct bind *a)
{
	if (a->n == BIND_MAX) {
		a->failed = true;
		a->n--;
	}
	a->at[a->n] = a->size;
}

static void close_param(struct bind *a)
{
	a->length[a->n] = (int)(a->size - a->at[a->n]);
	a->n++;
}

void bind_int(struct bind *a, int64_t v)
{
	open_param(a);
	put64(a, v);
	close_param(a);
}

void bind_time(struct bind *a, int64_t us)
{
	bind_int(a, us == INT64_MAX || us == INT64_MIN ? us : us - BIND_EPOCH);
}

void bind_bytes(struct bind *a, const void *bytes, size_t size)
{
	open_param(a);
	put_bytes(a, bytes, size);
	close_param(a);
}

void bind_text(struct bind *a, const char *s)
{
	bind_bytes(a, s, s == NULL ? 0 : strlen(s));
	if (s == NULL)
		a->length[a->n - 1] = -1;
}

static void begin_array(struct bind *a, enum bind_type type)
{
	open_param(a);
	a->elements = 0;
	a->nulls = false;
	put32(a, 1);
	put32(a, 0);
	put32(a, element_oids[type]);
	put32(a, 0);
	put32(a, 1);
}

static void end_array(struct bind *a)
{
	uint32_t flags = htobe32(a->nulls), length = htobe32((uint32_t)a->elements);
	char *head;

	close_param(a);
	if (a->failed)
		return;
	head = a->data + a->at[a->n - 1];
	memcpy(head + 4, &flags, sizeof(flags));
	memcpy(head + 12, &length, sizeof(length));
}

static void add_null(struct bind *a)
{
	put32(a, -1);
	a->nulls = true;
}

static void add_text(struct bind *a, const char *s)
{
	size_t size;

	if (s == NULL) {
		add_null(a);
		return;
	}
	size = strlen(s);
	put32(a, (int32_t)size);
	put_bytes(a, s, size);
}

static void add_number(struct bind *a, enum bind_type type, int64_t v)
{
	if (v == 0 && type != BIND_INT) {
		add_null(a);
		return;
	}
	put32(a, (int32_t)sizeof(v));
	put64(a, type == BIND_TIME && v != INT64_MIN ? v - BIND_EPOCH : v);
}

static void add_bool(struct bind *a, bool v)
{
	char wire = (char)v;

	put32(a, 1);
	put_bytes(a, &wire, 1);
}

static void add_element(struct bind *a, enum bind_type type, const void *member)
{
	a->elements++;
	if (type == BIND_TEXT)
		add_text(a, *(const char *const *)member);
	else if (type == BIND_BOOL)
		add_bool(a, *(const bool *)member);
	else if (type == BIND_ENUM)
		add_number(a, BIND_INT, *(const int *)member);
	else
		add_number(a, type, *(const int64_t *)member);
}

void bind_rows(struct bind *a, const struct bind_column *columns, const void *rows,
               size_t stride, size_t n)
{
	for (; columns->at != SIZE_MAX; columns++) {
		const char *member = (const char *)rows + columns->at;

		begin_array(a, columns->type);
		for (size_t i = 0; i < n; i++)
			add_element(a, columns->type, member + i * stride);
		end_array(a);
	}
}
