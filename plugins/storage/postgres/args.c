/* SPDX-License-Identifier: MIT
 *
 * args.c - parameters in the binary format; see args.h.
 */
#include "args.h"

#include <endian.h>
#include <stdlib.h>

/* pg_type.oid of the elements; fixed for ever. */
static const int32_t element_oids[] = {
	[ARGS_INT] = 20,  [ARGS_ANY] = 20,  [ARGS_TIME] = 1184,
	[ARGS_TEXT] = 25, [ARGS_BOOL] = 16,
};

void args_reset(struct args *a)
{
	a->size = 0;
	a->n = 0;
	a->failed = false;
}

void args_done(struct args *a)
{
	free(a->data);
	*a = (struct args){ 0 };
}

static char *room(struct args *a, size_t size)
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

static void put(struct args *a, const void *bytes, size_t size)
{
	char *at = room(a, size);

	if (at != NULL && size > 0)
		memcpy(at, bytes, size);
}

static void put32(struct args *a, int32_t v)
{
	uint32_t wire = htobe32((uint32_t)v);

	put(a, &wire, sizeof(wire));
}

static void put64(struct args *a, int64_t v)
{
	uint64_t wire = htobe64((uint64_t)v);

	put(a, &wire, sizeof(wire));
}

static void open_param(struct args *a)
{
	if (a->n == ARGS_MAX) {
		a->failed = true;
		a->n--;
	}
	a->at[a->n] = a->size;
}

static void close_param(struct args *a)
{
	a->length[a->n] = (int)(a->size - a->at[a->n]);
	a->n++;
}

void args_int(struct args *a, int64_t v)
{
	open_param(a);
	put64(a, v);
	close_param(a);
}

void args_time(struct args *a, int64_t us)
{
	args_int(a, us == INT64_MAX || us == INT64_MIN ? us : us - ARGS_EPOCH);
}

void args_bytes(struct args *a, const void *bytes, size_t size)
{
	open_param(a);
	put(a, bytes, size);
	close_param(a);
}

void args_text(struct args *a, const char *s)
{
	args_bytes(a, s, s == NULL ? 0 : strlen(s));
	if (s == NULL)
		a->length[a->n - 1] = -1;
}

static void begin_array(struct args *a, enum args_type type)
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

static void end_array(struct args *a)
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

static void add_null(struct args *a)
{
	put32(a, -1);
	a->nulls = true;
}

static void add_text(struct args *a, const char *s)
{
	size_t size;

	if (s == NULL) {
		add_null(a);
		return;
	}
	size = strlen(s);
	put32(a, (int32_t)size);
	put(a, s, size);
}

static void add_number(struct args *a, enum args_type type, int64_t v)
{
	if (v == 0 && type != ARGS_INT) {
		add_null(a);
		return;
	}
	put32(a, (int32_t)sizeof(v));
	put64(a, type == ARGS_TIME && v != INT64_MIN ? v - ARGS_EPOCH : v);
}

static void add_bool(struct args *a, bool v)
{
	char wire = (char)v;

	put32(a, 1);
	put(a, &wire, 1);
}

static void add_element(struct args *a, enum args_type type, const void *member)
{
	a->elements++;
	if (type == ARGS_TEXT)
		add_text(a, *(const char *const *)member);
	else if (type == ARGS_BOOL)
		add_bool(a, *(const bool *)member);
	else
		add_number(a, type, *(const int64_t *)member);
}

void args_rows(struct args *a, const struct args_column *columns, const void *rows,
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
