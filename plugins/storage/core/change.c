/* SPDX-License-Identifier: MIT
 *
 * change.c - whether a change may be applied, and its rows; see change.h.
 */
#include "core/change.h"

#include <stdlib.h>

/* ---- callers of an older build */

static bool are_of_this_build(struct rent_change *const *given, size_t n)
{
	size_t i = 0;

	while (i < n && given[i]->struct_size >= sizeof(**given))
		i++;
	return i == n;
}

int changes_adopt(struct changes *changes, struct rent_change *const *given, size_t n,
                  struct rent_error *err)
{
	*changes = (struct changes){ .list = given, .given = given, .n = n };
	if (n > RENT_ADVANCE_MAX)
		return rent_fail(err, RENT_EINVAL, "advance: %zu changes, allowed are %d",
		                 n, RENT_ADVANCE_MAX);
	if (are_of_this_build(given, n))
		return 0;
	changes->copies = calloc(n, sizeof(*changes->copies));
	changes->pointers = calloc(n, sizeof(struct rent_change *));
	if (changes->copies == NULL || changes->pointers == NULL) {
		changes_done(changes);
		return rent_fail(err, RENT_ENOMEM, "advance: out of memory");
	}
	for (size_t i = 0; i < n; i++) {
		changes->pointers[i] = &changes->copies[i];
		rent_adopt(changes->pointers[i], sizeof(*changes->copies), given[i],
		           given[i]->struct_size);
	}
	changes->list = changes->pointers;
	return 0;
}

void changes_done(struct changes *changes)
{
	for (size_t i = 0; changes->list != changes->given && i < changes->n; i++) {
		changes->given[i]->ret = changes->list[i]->ret;
		changes->given[i]->ret_version = changes->list[i]->ret_version;
		changes->given[i]->ret_now = changes->list[i]->ret_now;
	}
	free(changes->copies);
	free(changes->pointers);
}

/* ---- transitions */

/* Rows: from, columns: to. A rental that has ended does not run again. */
static const bool may_become[RENT_STATUS_FAILED + 1][RENT_STATUS_FAILED + 1] = {
	[RENT_STATUS_PENDING] = { [RENT_STATUS_PENDING] = true,
	                          [RENT_STATUS_ACTIVE] = true,
	                          [RENT_STATUS_FAILED] = true },
	[RENT_STATUS_ACTIVE] = { [RENT_STATUS_ACTIVE] = true,
	                         [RENT_STATUS_FINISHED] = true,
	                         [RENT_STATUS_BUYOUT] = true },
	[RENT_STATUS_FINISHED] = { [RENT_STATUS_FINISHED] = true },
	[RENT_STATUS_BUYOUT] = { [RENT_STATUS_BUYOUT] = true,
	                         [RENT_STATUS_FINISHED] =
	                                 true }, /* it came back after all */
	[RENT_STATUS_FAILED] = { [RENT_STATUS_FAILED] = true },
};

bool change_may_become(enum rent_status from, enum rent_status to)
{
	return to == RENT_STATUS_NONE ||
	       ((unsigned)from <= RENT_STATUS_FAILED &&
	        (unsigned)to <= RENT_STATUS_FAILED && may_become[from][to]);
}

bool change_ends_for_good(enum rent_op_state state)
{
	return state == RENT_OP_SUCCEEDED || state == RENT_OP_DECLINED ||
	       state == RENT_OP_NOT_EXECUTED;
}

/* ---- guards */

static bool names_one_twice(const struct rent_change *c)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		for (size_t k = 0; k < i; k++) {
			if (c->ends[i].id != NULL && c->ends[k].id != NULL &&
			    strcmp(c->ends[i].id, c->ends[k].id) == 0)
				return true;
		}
	}
	return false;
}

/* The k-th end is the one that a person made. */
static bool is_resolved(const struct rent_change *c, size_t k)
{
	return c->resolution != NULL && c->ends[k].id != NULL &&
	       strcmp(c->ends[k].id, c->resolution->op_id) == 0;
}

static bool resolution_fits(const struct rent_change *c)
{
	bool fits = c->resolution == NULL;

	for (size_t k = 0; k < RENT_CHANGE_OPS && !fits; k++)
		fits = is_resolved(c, k) && change_ends_for_good(c->ends[k].state);
	return fits;
}

bool change_is_void(const struct rent_change *c)
{
	return (c->lease != RENT_LEASE_NONE && c->token == NULL) || names_one_twice(c) ||
	       !resolution_fits(c) || c->message_count > RENT_CHANGE_MESSAGES;
}

static bool lease_allows(const struct rent_change *c, const struct change_guards *found,
                         int64_t now)
{
	bool ours = c->token != NULL && found->lease_token[0] != '\0' &&
	            strcmp(found->lease_token, c->token) == 0;
	bool free = found->lease_token[0] == '\0' || found->lease_until <= now;

	return c->lease == RENT_LEASE_NONE || ours ||
	       (c->lease == RENT_LEASE_TAKE && free && c->token != NULL);
}

bool change_is_as_stated(const struct rent_change *c, const struct change_guards *found,
                         int64_t now)
{
	return found->version == c->expect_version && lease_allows(c, found, now) &&
	       change_may_become(found->status, c->status);
}

bool change_may_end(const struct rent_change *c, size_t i, enum rent_op_state state)
{
	return is_resolved(c, i) ? state == RENT_OP_MANUAL : rent_op_is_open(state);
}

void change_set_applied(struct rent_change *c, int64_t version, int64_t now)
{
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = version;
	c->ret_now = now;
}

void change_set_refused(struct rent_change *c, enum rent_change_result result)
{
	c->ret = result;
	c->ret_version = c->ret_now = 0;
}

/* ---- rows */

static const char *name_or_null(const struct rent_name *names, int value)
{
	return value == 0 ? NULL : rent_name_of(names, value);
}

static const char *text_or_null(const char *text)
{
	return text == NULL || text[0] == '\0' ? NULL : text;
}

static int64_t time_at(int64_t t, int64_t now)
{
	return t == RENT_DB_NOW ? now : t;
}

/* The lease after the change. */
static void set_lease(const struct rent_change *c, const struct change_guards *found,
                      int64_t now, struct change_rental *ret)
{
	if (c->lease == RENT_LEASE_TAKE || c->lease == RENT_LEASE_KEEP) {
		ret->token = c->token;
		ret->lease_until = now + c->lease_us;
	} else if (c->lease == RENT_LEASE_NONE) {
		ret->token = text_or_null(found->lease_token);
		ret->lease_until = found->lease_until;
	}
}

int change_rental_row(const struct rent_change *c, const struct change_guards *found,
                      int64_t now, struct change_rental *ret, struct rent_error *err)
{
	*ret = (struct change_rental){
		.id = c->rental_id,
		.status = name_or_null(rent_status_names, (int)c->status),
		.settlement = name_or_null(rent_settlement_names, (int)c->settlement),
		.powerbank = c->powerbank_id,
		.provider = c->provider,
		.provider_plugin = c->provider_plugin,
		.started_at = time_at(c->started_at, now),
		.finished_at = time_at(c->finished_at, now),
		.ended_by = name_or_null(rent_ended_by_names, (int)c->ended_by),
		.return_station = c->return_station_id,
		.stop_asked_at = time_at(c->stop_asked_at, now),
		.payment_method = c->payment_method,
		.payer_needed_at = time_at(c->payer_needed_at, now),
		.set_final = c->set_final,
		.final_amount = c->final_amount,
		.version = found->version + 1,
		.work_at = c->work_in_us == RENT_NO_WORK ? 0 : now + c->work_in_us,
		.work_tries = c->work_tries,
	};
	if (ret->powerbank != NULL && ret->powerbank[0] == '\0')
		ret->powerbank = RENT_NO_POWERBANK;
	ret->sets_columns = ret->status != NULL || ret->settlement != NULL ||
	                    ret->powerbank != NULL || ret->provider != NULL ||
	                    ret->started_at != 0 || ret->finished_at != 0 ||
	                    ret->set_final || ret->ended_by != NULL ||
	                    ret->return_station != NULL || ret->stop_asked_at != 0 ||
	                    ret->payment_method != NULL || ret->payer_needed_at != 0;
	set_lease(c, found, now, ret);
	if (__builtin_add_overflow(found->paid, c->paid_delta, &ret->paid))
		return rent_fail(err, RENT_EINVAL,
		                 "rental \"%s\": total_amount overflows", c->rental_id);
	return 0;
}

bool change_end_row(const struct rent_change *c, size_t k, struct change_end *ret)
{
	const struct rent_op_end *e = &c->ends[k];

	if (e->id == NULL)
		return false;
	*ret = (struct change_end){
		.rental = c->rental_id,
		.id = e->id,
		.state = rent_name_of(rent_op_state_names, (int)e->state),
		.ref = e->ref,
		.result = e->result,
		.note = e->note,
		.processed = e->state == RENT_OP_SUCCEEDED ? e->processed : 0,
		.expires_at = e->expires_at,
		.good = change_ends_for_good(e->state),
		.open = rent_op_is_open(e->state),
	};
	if (c->action != NULL && strcmp(c->action->op_id, e->id) == 0) {
		ret->action = name_or_null(rent_action_names, (int)c->action->action);
		ret->action_value = c->action->value;
		ret->action_until = c->action->until;
	}
	return true;
}

bool change_new_row(const struct rent_change *c, size_t k, struct change_new *ret)
{
	const struct rent_op_new *n = &c->news[k];

	if (n->id == NULL)
		return false;
	*ret = (struct change_new){
		.rental = c->rental_id,
		.id = n->id,
		.target = text_or_null(n->target_id),
		.kind = rent_name_of(rent_op_kind_names, (int)n->kind),
		.purpose = rent_name_of(rent_purpose_names, (int)n->purpose),
		.amount = n->amount,
	};
	if (c->request != NULL && strcmp(c->request->op_id, n->id) == 0) {
		ret->method_ref = text_or_null(c->request->method_ref);
		ret->return_url = text_or_null(c->request->return_url);
		ret->request_key = text_or_null(c->request->key);
	}
	return true;
}

/* The operation that a change of debt follows from: the first that the change ends. */
static const char *cause_of(const struct rent_change *c)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->ends[i].id != NULL)
			return c->ends[i].id;
	}
	return NULL;
}

bool change_debt_row(const struct rent_change *c, size_t k, struct change_debt *ret)
{
	if (k > 0 || (c->debt_delta == 0 && c->debt_try == RENT_DEBT_TRY_NONE))
		return false;
	*ret = (struct change_debt){
		.rental = c->rental_id,
		.reason = c->debt_reason == NULL ? "" : c->debt_reason,
		.op = cause_of(c),
		.delta = c->debt_delta,
		.attempt = c->debt_try,
	};
	return true;
}

int change_debt_after(const struct rent_change *c, int64_t before, int64_t *ret,
                      struct rent_error *err)
{
	int64_t after;

	if (__builtin_add_overflow(before, c->debt_delta, &after))
		return rent_fail(err, RENT_EINVAL, "rental \"%s\": debt overflows",
		                 c->rental_id);
	*ret = after < 0 ? 0 : after;
	return 0;
}

bool change_answer_row(const struct rent_change *c, size_t k, struct change_answer *ret)
{
	if (k > 0 || c->outcome == NULL)
		return false;
	*ret = (struct change_answer){ c->rental_id, c->outcome, c->answer };
	return true;
}

bool change_resolution_row(const struct rent_change *c, size_t k,
                           struct change_resolution *ret)
{
	const struct rent_op_end *e = &c->ends[k];

	if (!is_resolved(c, k))
		return false;
	*ret = (struct change_resolution){
		.rental = c->rental_id,
		.op = e->id,
		.state = rent_name_of(rent_op_state_names, (int)e->state),
		.ref = text_or_null(e->ref),
		.reason = c->resolution->reason,
		.by = c->resolution->by,
		.amount = e->state == RENT_OP_SUCCEEDED ? e->processed : 0,
	};
	return true;
}

bool change_message_row(const struct rent_change *c, size_t k, struct change_message *ret)
{
	const struct rent_message *m = c->messages;

	if (k >= c->message_count)
		return false;
	*ret = (struct change_message){ c->rental_id, m[k].id, m[k].endpoint, m[k].type,
		                        m[k].data };
	return true;
}

bool change_outside_row(const struct rent_change *c, size_t k, struct change_outside *ret)
{
	const struct rent_outside *o = c->outside;

	if (o == NULL || k > 0)
		return false;
	*ret = (struct change_outside){
		.rental = c->rental_id,
		.event = o->event_id,
		.op = o->op_id,
		.kind = rent_name_of(rent_outside_kind_names, (int)o->kind),
		.ref = o->ref,
		.note = o->note,
		.amount = o->amount,
	};
	return true;
}

bool change_note_row(const struct rent_change *c, size_t k, struct change_note *ret)
{
	const struct rent_note_new *note = &c->notes[k];

	if (note->kind == RENT_NOTE_NONE)
		return false;
	*ret = (struct change_note){
		.rental = c->rental_id,
		.kind = rent_name_of(rent_note_kind_names, (int)note->kind),
		.text = note->text,
	};
	return true;
}

int answer_is_whole(const struct rent_kept_answer *answer, struct rent_error *err)
{
	if (answer->ret_fingerprint != NULL && answer->ret_outcome != NULL &&
	    answer->ret_answer != NULL)
		return 0;
	return rent_fail(err, RENT_ENOMEM, "answer_get: out of memory");
}
