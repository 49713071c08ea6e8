/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_replies.c - replies that prove nothing, whatever the
 * dialect: none of them may become a success.
 */
#include "kit.h"

#include <stdlib.h>

#define DEEP 100000

static const int statuses[] = { -1,  0,   99,  100, 200, 201, 202, 204, 299,
	                        300, 301, 304, 400, 401, 402, 403, 404, 405,
	                        408, 409, 410, 412, 415, 422, 425, 429, 499,
	                        500, 501, 502, 503, 504, 520, 599, 999 };

struct hostile {
	const char *name, *body;
	size_t size;
	enum rent_payment_kind lookup_of;
};

#define TEXT(name, text)                                                \
	{                                                               \
		name, text, sizeof(text) - 1, (enum rent_payment_kind)0 \
	}

static const struct hostile bodies[] = {
	TEXT("nothing", ""),
	TEXT("blanks", " \r\n\t"),
	TEXT("HTML", "<html><body>200 OK success succeeded paid</body></html>"),
	TEXT("half an object", "{\"status\":\"succ"),
	TEXT("an empty object", "{}"),
	TEXT("an empty list", "[]"),
	TEXT("a list", "[\"success\",100]"),
	TEXT("a word", "success"),
	TEXT("a text", "\"success\""),
	TEXT("a number", "100"),
	TEXT("true", "true"),
	TEXT("null", "null"),
	TEXT("a NUL byte", "\0"),
	TEXT("a NUL in a text", "{\"a\":\"\0\"}"),
	TEXT("not UTF-8", "{\"status\":\"\xff\xfe\"}"),
	TEXT("a byte order mark", "\xef\xbb\xbf{}"),
	TEXT("members of other types",
	     "{\"status\":{},\"state\":[],\"id\":7,\"amount\":{},\"error\":true}"),
	TEXT("nulls", "{\"status\":null,\"state\":null,\"id\":null,\"amount\":null}"),
	TEXT("an amount alone", "{\"amount\":100,\"captured\":true,\"paid\":true}"),
	TEXT("a huge number", "{\"amount\":99999999999999999999999999999999999999}"),
	TEXT("not a number", "{\"amount\":NaN}"),
	TEXT("an unknown state",
	     "{\"status\":\"kit-unknown\",\"state\":\"kit-unknown\",\"result\":\"kit-unknown\"}"),
	TEXT("a form", "status=success&amount=100"),
	TEXT("XML", "<?xml version=\"1.0\"?><result>success</result>"),
};

static void try_body(struct kit *k, const struct hostile *h)
{
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		struct rent_payment_op op = kit_op((enum rent_payment_kind)kind);

		if (kind == RENT_PAY_LOOKUP)
			op = kit_lookup(h->lookup_of);
		if (!kit_declares(k, op.kind))
			continue;
		for (size_t i = 0; i < COUNT(statuses) * 2; i++) {
			struct rent_upstream_reply reply =
				kit_reply(statuses[i / 2], h->body, h->size);
			struct rent_payment_result ret;

			reply.ambiguous = i % 2 == 1;
			reply.content_type = i % 3 == 0 ? "" : "application/json";
			ret = kit_parse(k, &op, &reply, h->name);
			if (ret.outcome == RENT_SUCCEEDED)
				kit_fault(k, "%s, status %d, %s: SUCCEEDED",
				          kit_kind_name(op.kind), (int)reply.status,
				          h->name);
			if (reply.status >= 500 && reply.status <= 599 &&
			    ret.outcome == RENT_DECLINED)
				kit_fault(
					k,
					"%s, status %d, %s: a server's error is no refusal",
					kit_kind_name(op.kind), (int)reply.status,
					h->name);
		}
	}
}

void kit_check_hostile_replies(struct kit *k)
{
	char *deep = malloc(DEEP + 1);
	struct hostile h = { "deep nesting", deep, DEEP, RENT_PAY_CHARGE };

	kit_begin(k, "replies that say nothing are never a success, 5xx never a refusal");
	for (size_t i = 0; i < COUNT(bodies) * RENT_PAY_REFUND; i++) {
		struct hostile body = bodies[i / RENT_PAY_REFUND];

		/* lookups of every kind in turn */
		body.lookup_of =
			(enum rent_payment_kind)(RENT_PAY_HOLD + i % RENT_PAY_REFUND);
		if (kit_declares(k, body.lookup_of))
			try_body(k, &body);
	}
	if (deep != NULL) {
		memset(deep, '[', DEEP);
		deep[DEEP] = '\0';
		try_body(k, &h);
		memset(deep, 'a', DEEP);
		h.name = "a long word";
		try_body(k, &h);
	}
	free(deep);
	kit_end(k);
}
