/* SPDX-License-Identifier: MIT
 *
 * fuzz_text.c - small texts that come from outside: traceparent, request targets, UTF-8, times
 * as operators and services write them. Input: which, then the text.
 */
#include <rent/time.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/trace.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/uri.h"

static bool is_hex(const char *s, size_t n)
{
	return strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static void try_trace(const char *text)
{
	char parent[TRACE_PARENT_SIZE];
	struct trace trace, again;
	bool taken = trace_begin(&trace, text);

	FUZZ_MUST(is_hex(trace.trace_id, 32) && is_hex(trace.span_id, 16));
	FUZZ_MUST(!taken || strstr(text, trace.trace_id) != NULL);
	trace_parent(&trace, parent);
	FUZZ_MUST(trace_begin(&again, parent));
	FUZZ_MUST(strcmp(again.trace_id, trace.trace_id) == 0);
}

static void try_uri(const char *text)
{
	struct rent_arena *arena = arena_new((size_t)1024 * 1024);
	struct uri uri;

	FUZZ_MUST(arena != NULL);
	if (uri_parse(arena, text, &uri) == NULL) {
		unsigned parts = uri.segment_count;

		/* One more than the most says that it matches nothing. */
		FUZZ_MUST(uri.path != NULL && parts <= HTTP_SEGMENTS_MAX + 1);
		FUZZ_MUST(uri_text_ok(uri.path));
		for (unsigned i = 0; i < parts && parts <= HTTP_SEGMENTS_MAX; i++)
			FUZZ_MUST(uri_text_ok(uri.segments[i]));
		for (uint32_t i = 0; i < uri.query_count; i++)
			FUZZ_MUST(uri_text_ok(uri.query[i].name) &&
			          uri_text_ok(uri.query[i].value));
	}
	arena_free(arena);
}

static void try_utf8(const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	while (*at != '\0') {
		size_t n = utf8_length(at);

		FUZZ_MUST(n <= 4 && n <= strlen((const char *)at));
		at += n == 0 ? 1 : n;
	}
}

static void try_time(const char *text)
{
	char again[RENT_TIME_SIZE];
	int64_t t = 7, back = 0;

	if (!rent_time_parse(text, &t)) {
		FUZZ_MUST(t == 7);
		return;
	}
	if (t < 0 || t > INT64_C(253402300799) * RENT_SECOND)
		return; /* not of four digits */
	rent_time_text(t, 'T', again);
	FUZZ_MUST(rent_time_parse(again, &back) && back == t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text) = { try_trace, try_uri, try_utf8,
		                                           try_time };
	struct fuzz f = { data, size };
	unsigned which = fuzz_byte(&f) % 4;
	char *text = fuzz_rest(&f);

	tries[which](text);
	free(text);
	return 0;
}

/* Nothing to prepare. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
