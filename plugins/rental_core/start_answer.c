/* SPDX-License-Identifier: MIT
 *
 * start_answer.c - see start_answer.h.
 */
#include "start_answer.h"

#include <stdlib.h>

#include "action.h"

/* ---- as it is kept: idempotency_keys.response_json */

void start_answer_dump(json_t *json, char out[ANSWER_SIZE])
{
	size_t n =
		json == NULL ? 0 : json_dumpb(json, out, ANSWER_SIZE - 1, JSON_COMPACT);

	out[n < ANSWER_SIZE ? n : 0] = '\0';
	json_decref(json);
}

void start_answer_started(struct rental_work *w)
{
	const struct rent_rental *r = &w->next;
	const char *status = rent_name_of(rent_status_names, (int)r->status);

	w->answers = true;
	w->answer.verdict = RENT_DONE;
	w->answer.detail[0] = '\0';
	start_answer_dump(json_pack("{s:s, s:s, s:s, s:I, s:I}", "order_id", r->id,
	                            "status", status, "powerbank_id", r->powerbank_id,
	                            "total_amount", (json_int_t)r->paid, "debt",
	                            (json_int_t)r->debt),
	                  w->answer.text);
}

/* The customer may hold a powerbank: one that another rental has, or nobody can tell. */
void start_answer_unclear(struct rental_work *w, char ret_detail[RENT_DETAIL_SIZE])
{
	const struct work_op *eject = work_find_op(w, RENT_OP_EJECT);

	ret_detail[0] = '\0';
	if (eject == NULL || eject->op.state != RENT_OP_MANUAL)
		return;
	if (eject->op.result[0] != '\0')
		(void)snprintf(
			ret_detail, RENT_DETAIL_SIZE,
			"the station gave out powerbank '%s', which is still in "
			"another rental; an operator finds out whose it is. Until then "
			"nothing is charged to you for it",
			eject->op.result);
	else
		rent_copy(ret_detail, RENT_DETAIL_SIZE,
		          "nobody can tell yet whether the station gave out a powerbank; "
		          "an operator finds out. Until then nothing is charged to you "
		          "for it");
}

void start_answer_refused(struct rental_work *w, enum rent_verdict verdict)
{
	const char *request_id = w->request_id[0] != '\0' ? w->request_id : w->r.id;

	w->answers = true;
	w->answer.verdict = verdict;
	start_answer_unclear(w, w->answer.detail);
	start_answer_dump(json_pack("{s:s, s:s, s:s, s:s}", "outcome",
	                            rent_name_of(rent_verdict_names, (int)verdict),
	                            "order_id", w->r.id, "request_id", request_id,
	                            "detail", w->answer.detail),
	                  w->answer.text);
}

/* ---- as the caller gets it */

int start_reply_refused(struct rent_start_reply *ret, enum rent_verdict verdict,
                        int64_t retry_us)
{
	ret->verdict = verdict;
	ret->retry_after_us = retry_us;
	ret->detail[0] = '\0';
	return RENT_OK;
}

static const char *kept_text(const json_t *json, const char *name,
                             struct rent_arena *arena)
{
	const char *s = json_string_value(json_object_get(json, name));
	const char *copy = s == NULL ? NULL : rent_strdup(arena, s);

	return copy == NULL ? "" : copy;
}

static bool may_try_later(enum rent_verdict verdict)
{
	return verdict == RENT_NOT_AVAILABLE || verdict == RENT_PAYMENT_UNAVAILABLE;
}

void start_reply_replayed(const struct rental_work *w, const struct rent_start *begin,
                          struct rent_arena *arena, struct rent_start_reply *ret)
{
	json_t *json = json_loads(begin->ret_answer, 0, NULL);

	ret->replayed = true;
	ret->verdict =
		(enum rent_verdict)rent_value_of(rent_verdict_names, begin->ret_outcome);
	if (ret->verdict == RENT_DONE && strcmp(begin->ret_outcome, "done") != 0)
		ret->verdict = RENT_IN_DOUBT; /* a word of a newer version */
	ret->json = rent_strdup(arena, begin->ret_answer);
	ret->order_id = kept_text(json, "order_id", arena);
	ret->request_id = kept_text(json, "request_id", arena);
	rent_copy(ret->detail, sizeof(ret->detail), kept_text(json, "detail", arena));
	if (may_try_later(ret->verdict))
		ret->retry_after_us = w->params->resolve_base;
	json_decref(json);
}

void start_reply_answered(const struct rental_work *w, struct rent_arena *arena,
                          struct rent_start_reply *ret)
{
	ret->verdict = w->answer.verdict;
	ret->json = rent_strdup(arena, w->answer.text);
	ret->order_id = rent_strdup(arena, w->r.id);
	rent_copy(ret->detail, sizeof(ret->detail), w->answer.detail);
	if (may_try_later(ret->verdict))
		ret->retry_after_us =
			w->retry_us > 0 ? w->retry_us : w->params->resolve_base;
}

int start_reply_action(struct rental_work *w, struct rent_arena *arena,
                       struct rent_start_reply *ret, struct rent_error *err)
{
	json_t *json = json_pack(
		"{s:s, s:s, s:o}", "order_id", w->r.id, "status", "PENDING", "action",
		action_json(w->params, &work_find_op(w, RENT_OP_HOLD)->op));
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);

	json_decref(json);
	ret->json = text == NULL ? NULL : rent_strdup(arena, text);
	free(text);
	if (ret->json == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for the answer of a start");
	return start_reply_refused(ret, RENT_ACTION_NEEDED, w->params->resolve_base);
}
