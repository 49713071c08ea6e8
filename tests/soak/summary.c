/* SPDX-License-Identifier: MIT
 *
 * summary.c - the numbers of a soak: faults by kind, what became of calls without an answer, how
 * long answers took in calm and in trouble.
 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A fault still counts as present this long after its end. */
#define AFTER_US INT64_C(1000000)

/* ---- calls without an answer */

struct unknown {
	int64_t calls;    /* without an answer */
	int64_t happened; /* … that had done it */
	int64_t told; /* … and a later request under the same key, or id, was answered so */
	int64_t alone;    /* … and nobody asked again */
	int64_t repeated; /* that had not done it, and a later try did */
	int64_t refused;  /* that had not done it, and a later try was refused */
	int64_t nothing;  /* that had not done it, nor did any other */
};

/* Whether what has come of it (at that time, 0: never) is this call's doing: no other of the
 * same kind was made between this call and that time. */
static bool did(const json_t *call, const json_t *calls, int64_t at)
{
	json_t *other;
	size_t i;

	if (at == 0 || at < num(call, "w"))
		return false;
	json_array_foreach(calls, i, other)
	{
		if (is(other, "what", str(call, "what")) &&
		    num(other, "w") > num(call, "w") && num(other, "w") <= at)
			return false;
	}
	return true;
}

static const json_t *final_after(const json_t *call, const json_t *calls)
{
	json_t *other;
	size_t i;

	json_array_foreach(calls, i, other)
	{
		if (is(other, "what", str(call, "what")) &&
		    num(other, "t1") > num(call, "t1") && is_final(other))
			return other;
	}
	return NULL;
}

static void count(struct unknown *u, const json_t *call, const json_t *calls, int64_t at)
{
	const json_t *later = final_after(call, calls);

	u->calls++;
	if (did(call, calls, at)) {
		u->happened++;
		u->told += later != NULL;
		u->alone += later == NULL;
	} else if (later != NULL && num(later, "status") == 200) {
		u->repeated++;
	} else if (later != NULL) {
		u->refused++;
	} else {
		u->nothing++;
	}
}

static void print_unknown(struct check *c, const char *what, const struct unknown *u)
{
	(void)fprintf(c->out,
	              "  %-6s %6" PRId64 " without an answer; %5" PRId64
	              " had happened (%" PRId64 " told later, %" PRId64
	              " finished alone); of the others a later try did it for %" PRId64
	              ", was refused for %" PRId64 ", nothing came of %" PRId64 "\n",
	              what, u->calls, u->happened, u->told, u->alone, u->repeated,
	              u->refused, u->nothing);
}

void summary_unknown(struct check *c)
{
	struct unknown starts = { 0 }, stops = { 0 };
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		const json_t *row;

		if (!is(call, "result", "unknown") || is_final(call))
			continue;
		if (is(call, "what", "start")) {
			row = json_object_get(c->key_by_key, str(call, "key"));
			count(&starts, call, of(c->calls_of_key, str(call, "key")),
			      num(row, "created_at_us"));
		} else if (is(call, "what", "stop")) {
			row = json_object_get(c->rental_by_id, str(call, "order_id"));
			count(&stops, call, of(c->calls_of, str(call, "order_id")),
			      num(row, "finished_at_us"));
		}
	}
	(void)fprintf(c->out, "calls whose outcome was not known to the client:\n");
	print_unknown(c, "start", &starts);
	print_unknown(c, "stop", &stops);
}

/* ---- faults */

static void count_faults(struct check *c)
{
	json_t *kinds = json_object(), *line, *n;
	const char *kind;
	int64_t all = 0;
	size_t i;

	json_array_foreach(c->faults, i, line)
	{
		kind = str(line, "fault");
		if (!is(line, "phase", "begin"))
			continue;
		(void)json_object_set_new(kinds, kind,
		                          json_integer(num(kinds, kind) + 1));
		all++;
	}
	(void)fprintf(c->out, "faults: %" PRId64 " of %zu kinds:", all,
	              json_object_size(kinds));
	json_object_foreach(kinds, kind, n)(void)
		fprintf(c->out, " %s %" PRId64, kind, (int64_t)json_integer_value(n));
	(void)fputc('\n', c->out);
	json_decref(kinds);
}

/* Whether a fault was there at some time between these. */
static bool in_trouble(const struct check *c, int64_t from, int64_t to)
{
	json_t *line, *later;
	size_t i, k;

	json_array_foreach(c->faults, i, line)
	{
		int64_t end = INT64_MAX;

		if (!is(line, "phase", "begin") || num(line, "t") > to)
			continue;
		for (k = i + 1; k < json_array_size(c->faults); k++) {
			later = json_array_get(c->faults, k);
			if (is(later, "phase", "end") &&
			    is(later, "fault", str(line, "fault"))) {
				end = num(later, "t") + AFTER_US;
				break;
			}
		}
		if (end >= from)
			return true;
	}
	return false;
}

/* ---- latencies */

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print_latency(struct check *c, const char *what, const char *when,
                          int64_t *took, size_t n)
{
	if (n == 0)
		return;
	qsort(took, n, sizeof(*took), compare);
	(void)fprintf(c->out,
	              "  %-6s %-10s %7zu answers  p50 %5" PRId64 " ms  p95 %5" PRId64
	              "  p99 %5" PRId64 "  max %5" PRId64 "\n",
	              what, when, n, took[n / 2] / 1000, took[n * 95 / 100] / 1000,
	              took[n * 99 / 100] / 1000, took[n - 1] / 1000);
}

static void latency_of(struct check *c, const char *what)
{
	size_t n = json_array_size(c->calls), calm = 0, troubled = 0, i;
	int64_t *in = calloc(n + 1, sizeof(*in)), *out = calloc(n + 1, sizeof(*out));
	int64_t results[3] = { 0 };
	json_t *call;

	if (in == NULL || out == NULL)
		abort();
	json_array_foreach(c->calls, i, call)
	{
		int64_t took = num(call, "t1") - num(call, "t");

		if (!is(call, "what", what))
			continue;
		results[is(call, "result", "ok")     ? 0
		        : is(call, "result", "fail") ? 1
		                                     : 2]++;
		if (is(call, "result", "unknown"))
			continue;
		if (in_trouble(c, num(call, "t"), num(call, "t1")))
			in[troubled++] = took;
		else
			out[calm++] = took;
	}
	(void)fprintf(c->out,
	              "  %-6s %" PRId64 " ok, %" PRId64 " refused, %" PRId64 " unknown\n",
	              what, results[0], results[1], results[2]);
	print_latency(c, "", "in calm", out, calm);
	print_latency(c, "", "in faults", in, troubled);
	free(in);
	free(out);
}

void summary_latency(struct check *c)
{
	static const char *const kinds[] = { "quote", "start", "status", "stop" };

	count_faults(c);
	(void)fprintf(c->out, "calls:\n");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		latency_of(c, kinds[i]);
}
