/* SPDX-License-Identifier: MIT
 *
 * answers.c - what requests were answered: kept once, read. A commit whose reply was lost is not read
 * back: the caller repeats its request, and the answer is known then.
 */
#include "postgres.h"

#include "core/change.h"
#include "result.h"

struct answer_job {
	struct job job;
	const struct rent_kept_answer *answer;
};

static const struct rent_kept_answer *answer_of(const struct job *job)
{
	return ((const struct answer_job *)(const void *)job)->answer;
}

/* Two transactions with the same keys wait for each other in one order. */
static void split_answer(struct job *job, struct unit *units)
{
	units[0].order = answer_of(job)->key;
}

static void send_answers(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct rent_kept_answer *answer = answer_of(s->units[i].job);
		struct bind *a = conn_bind(s->conn);

		bind_text(a, answer->key);
		bind_text(a, answer->scope);
		bind_text(a, answer->fingerprint);
		bind_text(a, answer->rental_id);
		bind_text(a, answer->outcome);
		bind_text(a, answer->answer);
		conn_send(s->conn, SQL_ANSWER_PUT);
	}
}

static void take_answers(const struct slice *s)
{
	for (size_t i = 0; i < s->n; i++)
		conn_skip(s->conn);
}

const struct kind answer_kind = {
	.name = "answer_put",
	.split = split_answer,
	.send = send_answers,
	.take = take_answers,
};

int postgres_answer_put(struct postgres *self, const struct rent_kept_answer *answer,
                        struct rent_error *err)
{
	struct answer_job j = { .job = { .kind = JOB_ANSWER, .units = 1 },
		                .answer = answer };

	return writers_do(self->writers, &j.job, err);
}

static void bind_key(struct bind *a, void *arg)
{
	const struct rent_kept_answer *answer = arg;

	bind_text(a, answer->key);
	bind_text(a, answer->scope);
}

int postgres_answer_get(struct postgres *self, struct rent_kept_answer *answer,
                        struct rent_error *err)
{
	PGresult *res;
	int code = reading_query(&self->reading, SQL_ANSWER_GET, bind_key, answer, &res,
	                         err);

	if (code != 0)
		return code;
	code = PQntuples(res) == 0;
	if (code == 0) {
		answer->ret_fingerprint =
			rent_strdup(answer->arena, result_text(res, 0, 0));
		answer->ret_outcome = rent_strdup(answer->arena, result_text(res, 0, 1));
		answer->ret_answer = rent_strdup(answer->arena, result_text(res, 0, 2));
		code = answer_is_whole(answer, err);
	}
	PQclear(res);
	return code;
}
