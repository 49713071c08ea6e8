/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/hostile.c - replies that prove nothing, whatever the dialect.
 */
#include "kit.h"

#include <stdlib.h>

#define DEEP 100000

static const int statuses[] = { -1,  0,   99,  100, 200, 201, 202, 204, 299,
	                        300, 301, 304, 400, 401, 402, 403, 404, 405,
	                        408, 409, 410, 412, 415, 422, 425, 429, 499,
	                        500, 501, 502, 503, 504, 520, 599, 999 };

#define TEXT(name, text)                     \
	{                                    \
		name, text, sizeof(text) - 1 \
	}

static const struct kit_hostile bodies[] = {
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

_Static_assert(KIT_HOSTILE_REPLIES == 2 * COUNT(statuses), "every status, twice");

struct rent_upstream_reply kit_hostile_reply(const struct kit_hostile *h, size_t i)
{
	struct rent_upstream_reply reply = kit_reply(statuses[i / 2], h->body, h->size);

	reply.ambiguous = i % 2 == 1;
	reply.content_type = i % 3 == 0 ? "" : "application/json";
	return reply;
}

void kit_hostile_bodies(struct kit *k,
                        void (*fn)(struct kit *k, const struct kit_hostile *h))
{
	char *deep = malloc(DEEP + 1);
	struct kit_hostile h = { "deep nesting", deep, DEEP };

	for (size_t i = 0; i < COUNT(bodies); i++)
		fn(k, &bodies[i]);
	if (deep != NULL) {
		memset(deep, '[', DEEP);
		deep[DEEP] = '\0';
		fn(k, &h);
		memset(deep, 'a', DEEP);
		h.name = "a long word";
		fn(k, &h);
	}
	free(deep);
}
