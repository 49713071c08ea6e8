/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_build.c - operation → request: pure, deterministic, the id
 * in it, and no way to smuggle anything.
 */
#include "kit.h"

#include <dirent.h>
#include <stdlib.h>

/* An arena that runs out after so many allocations. */
struct mean_arena {
	struct rent_arena base;
	int left;
	void *blocks[512];
	int n;
};

static void *mean_alloc(struct rent_arena *base, size_t size)
{
	struct mean_arena *a = (struct mean_arena *)base;

	if (a->left == 0 || a->n == (int)COUNT(a->blocks))
		return NULL;
	a->left--;
	a->blocks[a->n] = calloc(1, size == 0 ? 1 : size);
	return a->blocks[a->n++];
}

static void mean_init(struct mean_arena *a, int allocations)
{
	*a = (struct mean_arena){
		{ sizeof(a->base), mean_alloc }, allocations, { NULL }, 0
	};
}

static void mean_done(struct mean_arena *a)
{
	while (a->n > 0)
		free(a->blocks[--a->n]);
}

static int build(struct kit *k, const struct rent_payment_op *op,
                 struct rent_arena *arena, struct rent_upstream_request *ret)
{
	struct rent_error err = { 0 };

	*ret = (struct rent_upstream_request){ .struct_size = sizeof(*ret) };
	return k->api->build(k->self, op, arena, ret, &err);
}

static bool has_text(const char *in, const char *text)
{
	return in != NULL && strstr(in, text) != NULL;
}

static bool request_has(const struct rent_upstream_request *req, const char *id)
{
	bool found = has_text(req->target, id);

	if (req->body_size > 0)
		found |= memmem(req->body, req->body_size, id, strlen(id)) != NULL;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL; i++)
		found |= has_text(req->headers[i].value, id);
	return found;
}

/* Builds two operations; whether they came out the same. */
static bool same(struct kit *k, const struct rent_payment_op *a,
                 const struct rent_payment_op *b)
{
	struct rent_arena *first = k->host->arena_new(k->host);
	struct rent_arena *second = k->host->arena_new(k->host);
	struct rent_upstream_request x, y;
	bool ret = build(k, a, first, &x) == 0 && build(k, b, second, &y) == 0 &&
	           kit_request_same(&x, &y);

	k->host->arena_free(k->host, first);
	k->host->arena_free(k->host, second);
	return ret;
}

static void check_identity(struct kit *k, enum rent_payment_kind kind)
{
	struct rent_payment_op op = kit_op(kind), other = kit_op(kind);
	const char *name = kit_kind_name(kind);

	if (!same(k, &op, &other))
		kit_fault(k, "%s: the same operation gives another request", name);
	other.id = KIT_OTHER_ID;
	if (same(k, &op, &other))
		kit_fault(k, "%s: another id gives the same request", name);
	other = kit_op(kind);
	other.amount = KIT_AMOUNT - 1;
	/* a release gives back the rest; not every provider wants the amount */
	if (kind != RENT_PAY_RELEASE && kind != RENT_PAY_LOOKUP && same(k, &op, &other))
		kit_fault(k, "%s: another amount gives the same request", name);
	other = kit_op(kind);
	other.target_id = KIT_OTHER_ID;
	other.target_ref = "kit-other-ref";
	if (op.target_id[0] != '\0' && same(k, &op, &other))
		kit_fault(k, "%s: another target gives the same request", name);
}

static void check_one_build(struct kit *k, enum rent_payment_kind kind)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_payment_op op = kit_op(kind);
	struct rent_upstream_request req;
	int ret = build(k, &op, arena, &req);
	const char *name = kit_kind_name(kind);
	const char *fault = ret == 0 ? kit_request_fault(&req) : NULL;

	if (ret != 0)
		kit_fault(k, "%s: declared, and build gives %d", name, ret);
	else if (fault != NULL)
		kit_fault(k, "%s: %s", name, fault);
	else if (!request_has(&req, KIT_ID))
		kit_fault(k, "%s: the id is nowhere in the request", name);
	else if ((req.flags & RENT_RESEND_SAFE) != 0 && k->caps.resend_us == 0 &&
	         kind != RENT_PAY_LOOKUP)
		kit_fault(k, "%s: RESEND_SAFE, and resend_us is 0", name);
	else
		check_identity(k, kind);
	k->host->arena_free(k->host, arena);
}

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	int n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

void kit_check_build(struct kit *k)
{
	int files = count_entries("/proc/self/fd"),
	    threads = count_entries("/proc/self/task");

	kit_begin(k, "every declared operation is built: deterministic, its id in it");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kit_declares(k, (enum rent_payment_kind)kind))
			check_one_build(k, (enum rent_payment_kind)kind);
	}
	kit_end(k);
	kit_begin(k, "building opens nothing, calls nobody, starts no thread");
	if (count_entries("/proc/self/fd") != files)
		kit_fault(k, "file descriptors: %d before, %d after", files,
		          count_entries("/proc/self/fd"));
	if (count_entries("/proc/self/task") != threads)
		kit_fault(k, "a thread was started");
	if (k->exchanges > 0)
		kit_fault(k, "%d exchanges were made", k->exchanges);
	kit_end(k);
	kit_begin(k, "undeclared operations are RENT_EUNSUPPORTED");
	for (int kind = 0; kind <= KIT_LAST + 1; kind++) {
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct rent_payment_op op = kit_op((enum rent_payment_kind)kind);
		struct rent_upstream_request req;
		bool none = kind == 0 || kind > KIT_LAST ||
		            !kit_declares(k, (enum rent_payment_kind)kind);
		int ret = none ? build(k, &op, arena, &req) : RENT_EUNSUPPORTED;

		if (ret != RENT_EUNSUPPORTED)
			kit_fault(k, "kind %d: build gives %d", kind, ret);
		k->host->arena_free(k->host, arena);
	}
	kit_end(k);
}

/* ---- operations that nobody should send */
static void mean_builds(struct kit *k, enum rent_payment_kind kind)
{
	struct rent_payment_op op = kit_op(kind);
	struct rent_upstream_request req;
	struct mean_arena arena;
	int ret = -1;

	for (int n = 0; n < 256 && ret != 0; n++) {
		mean_init(&arena, n);
		ret = build(k, &op, &arena.base, &req);
		if (ret == 0 && kit_request_fault(&req) != NULL)
			kit_fault(k, "%s: with a full arena: %s", kit_kind_name(kind),
			          kit_request_fault(&req));
		mean_done(&arena);
	}
	if (ret != 0)
		kit_fault(k, "%s: needs more than 256 pieces of the arena",
		          kit_kind_name(kind));
}

/* Whatever the text is, the request is refused or harmless. Our own ids are visible ASCII;
 * what users and providers made up may be anything. */
static void hostile_text(struct kit *k, enum rent_payment_kind kind, const char *text,
                         bool own_ids)
{
	for (int field = 0; field < 6; field++) {
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct rent_payment_op op = kit_op(kind);
		const char **fields[] = { &op.user_id, &op.ref,       &op.target_ref,
			                  &op.id,      &op.rental_id, &op.target_id };
		struct rent_upstream_request req;

		if (field < 3 || own_ids)
			*fields[field] = text;
		if (build(k, &op, arena, &req) == 0 && kit_request_fault(&req) != NULL)
			kit_fault(k, "%s: text \"%.20s…\" in member %d: %s",
			          kit_kind_name(kind), text, field,
			          kit_request_fault(&req));
		k->host->arena_free(k->host, arena);
	}
}

static void hostile_amount(struct kit *k, enum rent_payment_kind kind, int64_t amount)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_payment_op op = kit_op(kind);
	struct rent_upstream_request req;
	int ret;

	op.amount = amount;
	ret = build(k, &op, arena, &req);
	if (amount <= 0 && ret >= 0)
		kit_fault(k, "%s: an amount of %" PRId64 " is built", kit_kind_name(kind),
		          amount);
	if (ret > 0)
		kit_fault(k, "%s: build gives %d", kit_kind_name(kind), ret);
	if (ret == 0 && kit_request_fault(&req) != NULL)
		kit_fault(k, "%s: %s", kit_kind_name(kind), kit_request_fault(&req));
	k->host->arena_free(k->host, arena);
}

static void hostile_texts(struct kit *k, enum rent_payment_kind kind)
{
	static const char *const any[] = { "",
		                           "a\r\nX-Evil: 1",
		                           "a b",
		                           "\xff\xfe",
		                           "\x01\x7f",
		                           "'; drop table --",
		                           "\xd0\xbd\xd0\xb5\xd1\x82" };
	static const char *const visible[] = {
		"\"},{\"amount\":1",
		"../../x?y=z&k=v#f",
		"%s%n%d",
		"\\u0000",
		"a&amount=1",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};

	for (size_t i = 0; i < COUNT(any); i++)
		hostile_text(k, kind, any[i], false);
	for (size_t i = 0; i < COUNT(visible); i++)
		hostile_text(k, kind, visible[i], true);
}

void kit_check_hostile_ops(struct kit *k)
{
	static const int64_t amounts[] = { 0, -1,        INT64_MIN,
		                           1, INT64_MAX, INT64_MAX / 100 + 1 };

	kit_begin(k, "a full arena is an error, never a crash");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kit_declares(k, (enum rent_payment_kind)kind))
			mean_builds(k, (enum rent_payment_kind)kind);
	}
	kit_end(k);
	kit_begin(k, "no text of an operation breaks out of its place");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kit_declares(k, (enum rent_payment_kind)kind))
			hostile_texts(k, (enum rent_payment_kind)kind);
	}
	kit_end(k);
	kit_begin(k, "amounts that cannot be are refused or written down soundly");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kind == RENT_PAY_LOOKUP)
			continue;
		for (size_t i = 0; i < COUNT(amounts); i++) {
			if (kit_declares(k, (enum rent_payment_kind)kind))
				hostile_amount(k, (enum rent_payment_kind)kind,
				               amounts[i]);
		}
	}
	kit_end(k);
}
