/* SPDX-License-Identifier: MIT
 *
 * base/trace.h - W3C trace context, version 00: reading and writing `traceparent`, and which
 * trace the calling thread works for. http sets it around a handler, upstream sends it on.
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include <rent/base.h>

#define TRACE_ID_SIZE     33 /* 32 hex digits */
#define TRACE_SPAN_SIZE   17
#define TRACE_PARENT_SIZE 56 /* "00-" trace "-" span "-" flags */

struct trace {
	const char *request_id; /* for the log, not copied; NULL: none */
	char trace_id[TRACE_ID_SIZE];
	char span_id[TRACE_SPAN_SIZE]; /* ours */
	uint8_t flags;                 /* bit 0: sampled */
};

/* Takes over the trace of a header value, strictly by the specification (lower-case hex, no
 * all-zero ids, version ff refused, a later version read as 00 when it continues with '-').
 * header may be NULL. Returns false when there was none to take, and a new trace was made.
 * The span id is always new. */
bool trace_begin(struct trace *trace, const char *header);

/* The header for a request made on behalf of the trace, with a new span id. */
void trace_parent(const struct trace *trace, char out[TRACE_PARENT_SIZE]);

/* The calling thread's trace: the runner of a handler sets it (NULL: none). It is not copied. */
void trace_enter(const struct trace *trace);
const struct trace *trace_current(void);

#endif
