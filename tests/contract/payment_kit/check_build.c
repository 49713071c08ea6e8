/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_build.c - operation → request: pure, deterministic, the id
 * in it, and no way to smuggle anything.
 */
#include "kit.h"

#include <strings.h>
#include <unistd.h>

static int build_why(struct kit *k, const struct rent_payment_op *op,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err)
{
	*err = (struct rent_error){ 0 };
	*ret = (struct rent_upstream_request){ .struct_size = sizeof(*ret) };
	return k->api.payment->build(k->self, op, arena, ret, err);
}

static int build(struct kit *k, const struct rent_payment_op *op,
                 struct rent_arena *arena, struct rent_upstream_request *ret)
{
	struct rent_error err;

	return build_why(k, op, arena, ret, &err);
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

/* A reference of the same form: its last character is another. */
static const char *other_reference(const char *ref, char ret[RENT_REF_SIZE])
{
	size_t n = strnlen(ref, RENT_REF_SIZE - 1);

	memcpy(ret, ref, n);
	ret[n] = '\0';
	if (n > 0)
		ret[n - 1] = (char)(ref[n - 1] == '1' ? '2' : '1');
	return ret;
}

static void check_identity(struct kit *k, enum rent_payment_kind kind)
{
	char changed[RENT_REF_SIZE];
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
	other.target_ref = other_reference(op.target_ref, changed);
	if (op.target_id[0] != '\0' && same(k, &op, &other))
		kit_fault(k, "%s: another target gives the same request", name);
}

/* The id travels as the idempotency key, and not only as a part of the body. */
static void check_key(struct kit *k, const char *name,
                      const struct rent_upstream_request *req)
{
	const char *header = k->caps.payment.key_header;

	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (header != NULL && strcasecmp(req->headers[i].name, header) == 0) {
			if (strcmp(req->headers[i].value, KIT_ID) != 0)
				kit_fault(k, "%s: %s is %s and not the operation's id",
				          name, header, req->headers[i].value);
			return;
		}
	}
	if (header != NULL)
		kit_fault(k, "%s: no header %s, which caps promise", name, header);
}

static void check_one_build(struct kit *k, enum rent_payment_kind kind)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_payment_op op = kit_op(kind);
	struct rent_upstream_request req;
	struct rent_error err;
	int ret = build_why(k, &op, arena, &req, &err);
	const char *name = kit_kind_name(kind);
	const char *fault = ret == 0 ? kit_request_fault(&req) : NULL;

	kit_doing(k, "building %s", name);
	if (ret != 0)
		kit_fault(k, "%s: declared, and build gives %d: %s", name, ret, err.text);
	else if (fault != NULL)
		kit_fault(k, "%s: %s", name, fault);
	else if (!kit_request_has(&req, KIT_ID))
		kit_fault(k, "%s: the id is nowhere in the request", name);
	else if ((req.flags & RENT_RESEND_SAFE) != 0 && k->caps.payment.resend_us == 0)
		kit_fault(k, "%s: RESEND_SAFE, and resend_us is 0", name);
	else
		check_identity(k, kind);
	if (ret == 0 && fault == NULL)
		check_key(k, name, &req);
	if (ret == 0 && kind != RENT_PAY_LOOKUP && op.target_ref[0] != '\0' &&
	    !kit_request_has(&req, op.target_ref) && !kit_request_has(&req, KIT_TARGET))
		kit_fault(k, "%s: neither target_ref nor target_id is in the request",
		          name);
	k->host->arena_free(k->host, arena);
}

/* A lookup asks by our id, by the provider's, or for what was made around the time of the
 * intent; what it asks for must depend on the operation. */
static void check_one_lookup(struct kit *k, enum rent_payment_kind of, const char *ref)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_payment_op op = kit_lookup(of), later;
	struct rent_upstream_request req;
	const char *name = kit_kind_name(of), *how = ref[0] == '\0' ? "without" : "with";
	struct rent_error err;
	int ret;

	kit_doing(k, "building a lookup of %s %s a reference", name, how);
	op.ref = ref;
	later = op;
	later.created_at += 24 * RENT_HOUR;
	ret = build_why(k, &op, arena, &req, &err);
	if (ret != 0)
		kit_fault(k, "lookup of %s %s a reference: build gives %d: %s", name, how,
		          ret, err.text);
	else if (kit_request_fault(&req) != NULL)
		kit_fault(k, "lookup of %s: %s", name, kit_request_fault(&req));
	else if (!same(k, &op, &op))
		kit_fault(k, "lookup of %s: the same operation gives another request",
		          name);
	else if (!kit_request_has(&req, KIT_ID) &&
	         (ref[0] == '\0' || !kit_request_has(&req, ref)) &&
	         (op.target_ref[0] == '\0' || !kit_request_has(&req, op.target_ref)) &&
	         same(k, &op, &later))
		kit_fault(
			k,
			"lookup of %s %s a reference: neither an id nor the time of the "
			"operation is in the request",
			name, how);
	else if (strcmp(req.method, "GET") == 0 && req.body_size > 0)
		kit_fault(k, "lookup of %s: a GET with a body", name);
	k->host->arena_free(k->host, arena);
}

static void check_lookups(struct kit *k)
{
	for (int of = RENT_PAY_HOLD; of <= RENT_PAY_REFUND; of++) {
		if (!kit_declares(k, (enum rent_payment_kind)of))
			continue;
		check_one_lookup(k, (enum rent_payment_kind)of, "");
		check_one_lookup(k, (enum rent_payment_kind)of, kit_ref());
	}
}

/* Sent again a second later it is still the same, byte for byte: under one key there is one
 * request. */
static void check_time(struct kit *k)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request first[KIT_LAST + 1], again;

	for (int pass = 0; pass < 2; pass++) {
		for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
			struct rent_payment_op op = kit_op((enum rent_payment_kind)kind);
			struct rent_upstream_request *ret =
				pass == 0 ? &first[kind] : &again;

			if (!kit_declares(k, op.kind) || build(k, &op, arena, ret) != 0)
				continue;
			if (pass == 1 && !kit_request_same(&first[kind], &again))
				kit_fault(k, "%s: another request a second later",
				          kit_kind_name(op.kind));
		}
		if (pass == 0)
			(void)usleep(1100000);
	}
	k->host->arena_free(k->host, arena);
}

void kit_check_build(struct kit *k)
{
	struct kit_footprint before = kit_footprint(k);

	kit_begin(k, "every declared operation is built: deterministic, its id in it");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kind == RENT_PAY_LOOKUP && kit_declares(k, RENT_PAY_LOOKUP))
			check_lookups(k);
		else if (kit_declares(k, (enum rent_payment_kind)kind))
			check_one_build(k, (enum rent_payment_kind)kind);
	}
	check_time(k);
	kit_end(k);
	kit_begin(k, "building opens nothing, calls nobody, starts no thread");
	kit_check_footprint(k, &before);
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
	struct kit_mean_arena arena;
	int ret = -1;

	for (int n = 0; n < 256 && ret != 0; n++) {
		kit_mean_init(&arena, n);
		kit_doing(k, "building %s in an arena of %d pieces", kit_kind_name(kind),
		          n);
		ret = build(k, &op, &arena.base, &req);
		if (ret == 0 && kit_request_fault(&req) != NULL)
			kit_fault(k, "%s: with a full arena: %s", kit_kind_name(kind),
			          kit_request_fault(&req));
		kit_mean_done(&arena);
	}
	if (ret != 0)
		kit_fault(k, "%s: is not built with 256 pieces of the arena either",
		          kit_kind_name(kind));
}

static const char **text_member(struct rent_payment_op *op, int i)
{
	const char **members[] = {
		&op->user_id,    &op->ref,        &op->target_ref, &op->payer_ref,
		&op->method_ref, &op->return_url, &op->contact,    &op->description,
		&op->cursor,     &op->id,         &op->rental_id,  &op->target_id,
	};

	return i < (int)COUNT(members) ? members[i] : NULL;
}

#define OWN_IDS 9 /* text_member(): from here on, visible ASCII that we made ourselves */

static const char *const text_names[] = { "user_id",   "ref",         "target_ref",
	                                  "payer_ref", "method_ref",  "return_url",
	                                  "contact",   "description", "cursor",
	                                  "id",        "rental_id",   "target_id" };

/* The shape with a plain text in this place, of the same nature as the hostile one. */
static bool plain_shape(struct kit *k, struct rent_payment_op op, int field,
                        struct kit_shape *ret)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req;
	bool built;

	*text_member(&op, field) = "a@kit.example:kit";
	built = build(k, &op, arena, &req) == 0;
	if (built)
		*ret = kit_request_shape(&req);
	k->host->arena_free(k->host, arena);
	return built;
}

/* For the report: what is no visible ASCII is a dot. */
static const char *shown(const char *text, char ret[24])
{
	size_t n = strnlen(text, 20);

	for (size_t i = 0; i < n; i++)
		ret[i] = (char)(text[i] >= ' ' && text[i] <= '~' ? text[i] : '.');
	ret[n] = '\0';
	return ret;
}

/* Whatever the text is, the request is refused or harmless. Our own ids are visible ASCII;
 * what users and providers made up may be anything. */
static void hostile_text(struct kit *k, enum rent_payment_kind kind, const char *text,
                         bool own_ids)
{
	for (int field = 0; text_member(&(struct rent_payment_op){ 0 }, field) != NULL;
	     field++) {
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct rent_payment_op op = kit_op(kind);
		struct rent_upstream_request req;
		struct kit_shape plain = { 0, 0 }, shape;
		const char *name = kit_kind_name(kind);
		char safe[24];
		bool known;

		op.on_session = field == 5;
		known = plain_shape(k, op, field, &plain);
		kit_doing(k, "building %s with \"%s\" in %s", name, shown(text, safe),
		          text_names[field]);
		if (field < OWN_IDS || own_ids)
			*text_member(&op, field) = text;
		if (build(k, &op, arena, &req) == 0) {
			shape = kit_request_shape(&req);
			if (kit_request_fault(&req) != NULL)
				kit_fault(k, "%s: \"%s\" in %s: %s", name,
				          shown(text, safe), text_names[field],
				          kit_request_fault(&req));
			else if (known && shape.members > plain.members)
				kit_fault(k,
				          "%s: \"%s\" in %s becomes a member of the body",
				          name, shown(text, safe), text_names[field]);
			else if (known && shape.parts > plain.parts)
				kit_fault(k,
				          "%s: \"%s\" in %s becomes a part of the target",
				          name, shown(text, safe), text_names[field]);
		}
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
		"a@b&amount=1:c&amount=2",
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
