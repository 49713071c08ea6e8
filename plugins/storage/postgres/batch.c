/* SPDX-License-Identifier: MIT
 *
 * batch.c - jobs, their units, and the slices of them that are of a kind; see batch.h.
 */
#include "batch.h"

#include <stdlib.h>

const struct kind *const kinds[JOB_KINDS] = {
	[JOB_QUOTE] = &quote_kind,         [JOB_START] = &start_kind,
	[JOB_ADVANCE] = &advance_kind,     [JOB_CLAIM] = &claim_kind,
	[JOB_PURGE] = &purge_kind,         [JOB_EVENT] = &event_kind,
	[JOB_INVENTORY] = &inventory_kind, [JOB_OUTBOX] = &outbox_kind,
	[JOB_ANSWER] = &answer_kind,       [JOB_SEAL] = &seal_kind,
};

void unit_fail(struct unit *unit, int code, const struct rent_error *err)
{
	struct queue_job *queued = &unit->job->queued;

	if (queued->code != 0)
		return;
	queued->code = code;
	queued->err = *err;
	queued->err.code = code;
}

void units_fail(struct unit *units, size_t n, int code, const struct rent_error *err)
{
	for (size_t i = 0; i < n; i++)
		unit_fail(&units[i], code, err);
}

void *slice_rows(const struct slice *s, size_t n, size_t size)
{
	void *rows = calloc(n, size);

	if (rows == NULL)
		s->conn->end =
			rent_fail(&s->conn->err, RENT_ENOMEM, "batch: out of memory");
	return rows;
}

/* Units of a kind stand together. */
void batch_each(struct batch *b, struct unit *units, size_t n,
                void (*fn)(const struct kind *kind, struct slice *s, void *arg),
                void *arg)
{
	size_t from = 0;

	while (from < n) {
		enum job_kind kind = units[from].job->kind;
		struct slice s = { .conn = b->conn, .units = units + from };

		while (from + s.n < n && units[from + s.n].job->kind == kind)
			s.n++;
		memcpy(s.mark, b->mark, sizeof(s.mark));
		s.mark[BATCH_MARK - 1] = (unsigned char)kind;
		fn(kinds[kind], &s, arg);
		from += s.n;
	}
}

void batch_add(struct batch *b, struct job *job)
{
	struct unit *units = b->units + b->n;

	for (size_t i = 0; i < job->units; i++)
		units[i] = (struct unit){ .job = job, .order = "" };
	if (kinds[job->kind]->split != NULL)
		kinds[job->kind]->split(job, units);
	b->n += job->units;
	job->queued.code = 0;
	job->applied = false;
}

bool batch_claims(struct job *job, bool (*add)(void *arg, char type, const char *text),
                  void *arg)
{
	const struct kind *kind = kinds[job->kind];

	return kind->claims == NULL || kind->claims(job, add, arg);
}
