/* SPDX-License-Identifier: MIT
 *
 * base/trace.c - see trace.h.
 */
#include "base/trace.h"

#include "base/id.h"

static _Thread_local const struct trace *current;

/* Value of n lower-case hex digits at s, or -1; *any tells whether one was not zero. */
static int read_hex(const char *s, size_t n, bool *any)
{
	int value = 0;

	*any = false;
	for (size_t i = 0; i < n; i++) {
		int digit = -1;

		if (s[i] >= '0' && s[i] <= '9')
			digit = s[i] - '0';
		else if (s[i] >= 'a' && s[i] <= 'f')
			digit = s[i] - 'a' + 10;
		if (digit < 0)
			return -1;
		*any = *any || digit != 0;
		value = (value * 16 + digit) & 0xff;
	}
	return value;
}

static bool parse_parent(struct trace *trace, const char *s)
{
	size_t size = s == NULL ? 0 : strnlen(s, 512);
	bool trace_any, span_any, any;
	int version, flags;

	if (size < TRACE_PARENT_SIZE - 1 || s[2] != '-' || s[35] != '-' || s[52] != '-')
		return false;
	version = read_hex(s, 2, &any);
	if (version < 0 || version == 0xff)
		return false;
	if (size > TRACE_PARENT_SIZE - 1 && (version == 0 || s[55] != '-'))
		return false;
	flags = read_hex(s + 53, 2, &any);
	if (flags < 0 || read_hex(s + 3, 32, &trace_any) < 0 ||
	    read_hex(s + 36, 16, &span_any) < 0 || !trace_any || !span_any)
		return false;
	memcpy(trace->trace_id, s + 3, 32);
	trace->trace_id[32] = '\0';
	trace->flags = (uint8_t)(flags & 1);
	return true;
}

bool trace_begin(struct trace *trace, const char *header)
{
	bool taken = parse_parent(trace, header);

	if (!taken) {
		id_hex(trace->trace_id, 16);
		trace->flags = 0;
	}
	id_hex(trace->span_id, 8);
	return taken;
}

void trace_parent(const struct trace *trace, char out[TRACE_PARENT_SIZE])
{
	char span[TRACE_SPAN_SIZE];

	id_hex(span, 8);
	(void)snprintf(out, TRACE_PARENT_SIZE, "00-%.32s-%.16s-%02x", trace->trace_id,
	               span, (unsigned)trace->flags);
}

void trace_enter(const struct trace *trace)
{
	current = trace;
}

const struct trace *trace_current(void)
{
	return current;
}
