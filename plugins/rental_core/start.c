/* SPDX-License-Identifier: MIT
 *
 * start.c - see start.h. One transaction of the storage judges and claims the key and the quote
 * (plugins/storage/core/start.h has the rule) and records the rental with its intents. Then the
 * deposit is held and the powerbank ejected. The change that makes the rental ACTIVE (or FAILED)
 * stores the answer under the key; a repetition gets that answer.
 */
#include "start.h"

#include "action.h"
#include "debt.h"
#include "drive.h"
#include "quote.h"
#include "settle.h"
#include "start_answer.h"
#include "start_wait.h"
#include <rent/crypto.h>

#include "common/failpoint.h"

/* Most starts take about a second; storage only knows when the lease ends, which is when
 * another may take over from one that died. */
#define RUNNING_RETRY_MAX (2 * RENT_SECOND)

#define SCOPE_SIZE        128
/* Of the hash of what a start says beside its quote. */
#define SAID_BYTES 16

/* ---- deciding */

static void fail_start(struct rental_work *w, enum rent_verdict verdict,
                       const struct work_op *hold)
{
	bool holds = hold != NULL && (hold->op.state == RENT_OP_SUCCEEDED ||
	                              rent_op_is_open(hold->op.state));

	w->next.status = RENT_STATUS_FAILED;
	w->next.ended_by = RENT_ENDED_BY_START_FAILED;
	w->next.settlement = holds ? RENT_SETTLEMENT_PENDING : RENT_SETTLEMENT_DONE;
	start_answer_refused(w, verdict);
	if (holds)
		settle_next(w);
}

static bool is_undeposited(const struct work_op *hold)
{
	return hold != NULL && hold->op.state != RENT_OP_SUCCEEDED;
}

static void note_start(struct rental_work *w, const struct work_op *hold)
{
	if (is_undeposited(hold))
		work_note(w, RENT_NOTE_UNDEPOSITED,
		          "the rental goes on without its deposit of %" PRId64 ": %.80s",
		          hold->op.amount,
		          rent_op_is_open(hold->op.state)
		                  ? "nobody knows yet whether it is held"
		                  : hold->op.note);
	if (w->reissued_from[0] != '\0')
		work_note(w, RENT_NOTE_REISSUE_BEGAN,
		          "the powerbank was in rental %s, which ended with this",
		          w->reissued_from);
}

static void activate(struct rental_work *w, const struct work_op *hold,
                     const struct work_op *eject)
{
	w->next.status = RENT_STATUS_ACTIVE;
	w->next.started_at = RENT_DB_NOW;
	rent_copy(w->next.powerbank_id, sizeof(w->next.powerbank_id), eject->op.result);
	if (hold != NULL && (hold->op.state == RENT_OP_DECLINED ||
	                     hold->op.state == RENT_OP_NOT_EXECUTED))
		debt_deposit_unheld(w);
	note_start(w, hold);
	start_answer_started(w);
}

/* Only the provider's own no is the customer's affair: a hold that could not be asked for, or
 * whose end is not known, is "not now". */
static enum rent_verdict judge_deposit(const struct params *p, const struct work_op *hold)
{
	if (hold == NULL || hold->op.state == RENT_OP_SUCCEEDED)
		return RENT_DONE;
	if (hold->op.state == RENT_OP_DECLINED)
		return p->refuse_declined ? RENT_DEPOSIT_DECLINED : RENT_DONE;
	return p->refuse_unavailable ? RENT_PAYMENT_UNAVAILABLE : RENT_DONE;
}

/* A client that can make the provider stumble must not get a city's powerbanks for nothing. So a
 * start that goes on without a deposit needs one of undeposited_max places before the eject is
 * sent. A start that another process began may have given out its powerbank already, and counts. */
static void call_eject(struct rental_work *w, const struct work_op *hold,
                       const struct work_op *eject)
{
	bool held = hold == NULL || hold->op.state == RENT_OP_SUCCEEDED ||
	            hold->op.state == RENT_OP_DECLINED;

	if (!held && w->params->undeposited_max != 0 && !w->undeposited)
		w->undeposited_max =
			eject->fresh ? w->params->undeposited_max : INT64_MAX;
	work_call(w, eject);
}

/* Where a deposit may be refused the eject is not even intended before the hold was asked for,
 * so that another host that takes over knows for certain that none was sent. */
static void intend_eject(struct rental_work *w, const struct work_op *hold)
{
	enum rent_verdict verdict = judge_deposit(w->params, hold);
	struct work_op *eject;

	if (rental_is_foreign(&w->r))
		return;
	if (verdict != RENT_DONE) {
		fail_start(w, verdict, hold);
		return;
	}
	if (w->undeposited_full) {
		fail_start(w, RENT_PAYMENT_UNAVAILABLE, hold);
		return;
	}
	eject = work_add_op(w, RENT_OP_EJECT, RENT_FOR_START, 0, NULL);
	if (eject != NULL) /* the hold has moved */
		call_eject(w, work_find_op(w, RENT_OP_HOLD), eject);
}

/* The hold is not there yet, and the customer is asked for it. Too late it fails; the settlement
 * releases what he confirms after all. */
static void await_action(struct rental_work *w, const struct work_op *hold)
{
	if (w->next.now >= action_deadline(w->params, &hold->op))
		fail_start(w, RENT_DEPOSIT_DECLINED, hold);
}

/* The station named the powerbank that it gave out, and an operator decides whose it is: until then
 * nobody is told that nothing was started. */
static bool start_awaits_person(const struct rental_work *w, const struct work_op *eject)
{
	return eject->op.state == RENT_OP_MANUAL && eject->op.result[0] != '\0' &&
	       !w->params->reissue_closes;
}

static void note_wait(struct rental_work *w, const struct work_op *eject)
{
	if (eject->ended)
		work_note(w, RENT_NOTE_REISSUE_MANUAL,
		          "powerbank %.40s came out for it; an operator decides: %.90s",
		          eject->op.result, eject->op.note);
}

void start_next(struct rental_work *w)
{
	struct work_op *hold = work_find_op(w, RENT_OP_HOLD);
	struct work_op *eject = work_find_op(w, RENT_OP_EJECT);

	if (hold != NULL && work_may_call(w, hold) && !(w->only_eject && eject != NULL))
		work_call(w, hold);
	else if (eject == NULL && action_is_awaited(w, hold))
		await_action(w, hold);
	else if (eject == NULL)
		intend_eject(w, hold);
	else if (work_may_call(w, eject))
		call_eject(w, hold, eject);
	else if (eject->op.state == RENT_OP_SUCCEEDED && !w->not_his)
		activate(w, hold, eject);
	else if (eject->op.state == RENT_OP_DECLINED || w->not_his)
		fail_start(w, RENT_STATION_REFUSED, hold);
	else if (start_awaits_person(w, eject))
		note_wait(w, eject);
	else if (!rent_op_is_open(eject->op.state))
		fail_start(w,
		           w->undeposited_full ? RENT_PAYMENT_UNAVAILABLE
		                               : RENT_NOT_AVAILABLE,
		           hold);
}

/* ---- the client's request */

struct starting {
	struct rental_work work;
	const struct rent_start_request *req;
	char hold_id[RENT_ID_SIZE], eject_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
	/* Kept under the key when the quote cannot be used: the id of the request. The
	 * outcome beside it says the rest. */
	char refusal[ANSWER_SIZE];
	/* "start", and the owner of the key where callers are distinguished. */
	char scope[SCOPE_SIZE];
	/* What a repetition must say again: the quote, and a hash of the rest if there is any. */
	char said[RENT_ID_SIZE + 1 + 2 * RENT_SHA256_SIZE];
};

static const char *text_of(const char *text)
{
	return text == NULL ? "" : text;
}

static int write_said(struct core *core, struct starting *s, struct rent_error *err)
{
	const char *method = text_of(s->req->payment_method);
	const char *back = text_of(s->req->return_url);
	unsigned char hash[RENT_SHA256_SIZE];
	const char *text;
	size_t n;

	rent_copy(s->said, sizeof(s->said), s->req->quote_id);
	if (method[0] == '\0' && back[0] == '\0')
		return 0;
	text = rent_printf(s->req->arena, "%zu %s %s", strlen(method), method, back);
	if (text == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a start");
	core->host->crypto->sha256(text, strlen(text), hash);
	n = strlen(s->said);
	s->said[n++] = ' ';
	rent_hex(hash, SAID_BYTES, s->said + n);
	return 0;
}

static void write_scope(struct starting *s)
{
	const char *caller = text_of(s->req->caller);
	bool named = caller[0] != '\0';

	(void)snprintf(s->scope, sizeof(s->scope), "start%s%s", named ? " " : "", caller);
}

static struct rent_refusal refusal_of(const struct starting *s, enum rent_verdict verdict)
{
	return (struct rent_refusal){ rent_name_of(rent_verdict_names, (int)verdict),
		                      s->refusal };
}

static bool eject_comes_later(const struct starting *s)
{
	return deposit_comes_first(s->work.params) || s->work.caps->acts;
}

static struct rent_start make_start(struct core *core, struct starting *s)
{
	const struct rent_start_request *req = s->req;
	const char *instance = quote_station(req->quote_id);
	const struct station_port *station = core_station_named(core, instance);

	core->host->uuid7(core->host, s->rental_id);
	core->host->uuid7(core->host, s->hold_id);
	core->host->uuid7(core->host, s->eject_id);
	write_scope(s);
	start_answer_dump(json_pack("{s:s}", "request_id", req->request_id), s->refusal);
	return (struct rent_start){
		.struct_size = sizeof(struct rent_start),
		.key = req->key,
		.scope = s->scope,
		.fingerprint = s->said,
		.quote_id = req->quote_id,
		.rental_id = s->rental_id,
		.hold_id = s->hold_id,
		.eject_id = eject_comes_later(s) ? NULL : s->eject_id,
		.provider = s->work.provider,
		.token = s->work.token,
		.lease_us = s->work.params->start_lease,
		.unknown = refusal_of(s, RENT_NO_QUOTE),
		.expired = refusal_of(s, RENT_QUOTE_EXPIRED),
		.used = refusal_of(s, RENT_QUOTE_USED),
		.arena = req->arena,
		.station_instance = instance[0] != '\0' || station == NULL
		                            ? instance
		                            : station->instance,
		.provider_plugin = s->work.provider_plugin,
		.station_plugin = station == NULL ? "" : station->plugin,
		.user_id = req->user_id,
		.method_ref = text_of(req->payment_method),
		.return_url = text_of(req->return_url),
		.actor = req->actor,
		.fn = work_load_row,
		.arg = &s->work,
	};
}

static int drive_start(struct core *core, struct starting *s, bool resumed,
                       struct rent_start_reply *ret, struct rent_error *err)
{
	struct rental_work *w = &s->work;
	size_t i;

	if (w->r.broken[0] != '\0')
		return rent_fail(err, RENT_ECORRUPT, "rental '%s' is set aside: %s",
		                 w->r.id, w->r.broken);
	w->leased = true;
	for (i = 0; i < w->op_count; i++)
		w->ops[i].fresh = !resumed;
	RENT_FAILPOINT("start.begun");
	drive(core, &w, 1, NULL);
	if (w->error != 0)
		return rent_fail(err, w->error, "rental '%s' could not be recorded",
		                 w->r.id);
	if (w->answered) {
		start_reply_answered(w, s->req->arena, ret);
		return RENT_OK;
	}
	ret->order_id = rent_strdup(s->req->arena, w->r.id);
	if (action_awaited(w) != NULL)
		return start_reply_action(w, s->req->arena, ret, err);
	(void)start_reply_refused(ret, RENT_IN_DOUBT, w->params->resolve_base);
	start_answer_unclear(w, ret->detail);
	return RENT_OK;
}

static int reply_begun(struct core *core, struct starting *s,
                       const struct rent_start *begin, struct rent_start_reply *ret,
                       struct rent_error *err)
{
	switch (begin->ret) {
	case RENT_START_NEW:
	case RENT_START_RESUME:
		return drive_start(core, s, begin->ret == RENT_START_RESUME, ret, err);
	case RENT_START_RUNNING:
		return start_reply_refused(
			ret, RENT_KEY_RUNNING,
			rules_min(begin->ret_retry_us, RUNNING_RETRY_MAX));
	case RENT_START_REPLAY:
		start_reply_replayed(&s->work, begin, s->req->arena, ret);
		return RENT_OK;
	case RENT_START_MISMATCH:
		return start_reply_refused(ret, RENT_KEY_MISMATCH, 0);
	case RENT_START_QUOTE_UNKNOWN:
		return start_reply_refused(ret, RENT_NO_QUOTE, 0);
	case RENT_START_QUOTE_EXPIRED:
		return start_reply_refused(ret, RENT_QUOTE_EXPIRED, 0);
	case RENT_START_QUOTE_USED:
		return start_reply_refused(ret, RENT_QUOTE_USED, 0);
	}
	return rent_fail(err, RENT_ECORRUPT, "storage answered a start with %d",
	                 (int)begin->ret);
}

/* Once; waits says whether asking again in a moment may tell more. */
static int try_start(struct core *core, const struct params *params,
                     const struct rent_start_request *req, struct rent_start_reply *ret,
                     bool *waits, struct start_wait *wait, struct rent_error *err)
{
	struct starting s;
	struct rent_start begin;
	int code;

	*waits = false;
	ret->json = ret->request_id = ret->order_id = "";
	s.req = req;
	code = write_said(core, &s, err);
	if (code != 0)
		return code;
	work_init(&s.work, core, params, &core->payment.caps, GOAL_START);
	s.work.request_id = req->request_id;
	start_wait_enter(&s.work, wait);
	begin = make_start(core, &s);
	s.work.lease_ends = core->host->mono_us(core->host) + params->start_lease;
	RENT_FAILPOINT("start.beginning");
	code = core->store->start_begin(core->store_self, &begin, err);
	if (code == 0)
		code = reply_begun(core, &s, &begin, ret, err);
	if (ret->request_id[0] == '\0')
		ret->request_id = req->request_id;
	*waits = code == 0 && ret->verdict == RENT_IN_DOUBT &&
	         start_wait_goes_on(&s.work, wait);
	work_done(&s.work);
	return code;
}

#define FIRST_PAUSE (RENT_SECOND / 4)
#define MOST_PAUSE  (2 * RENT_SECOND)

/* The customer stands before a cabinet that takes some seconds, so his request waits with him. Each
 * round is what a repetition of the request would do, but for the deposit, which is not asked for
 * again; whoever ends the start meanwhile, an event or recovery, is seen by it. */
static int await_cabinet(struct core *core, const struct params *params,
                         const struct rent_start_request *req,
                         struct rent_start_reply *ret, struct start_wait *wait,
                         struct rent_error *err)
{
	const struct rent_host *host = core->host;
	const char *order_id = ret->order_id;
	int64_t ends = host->mono_us(host) + params->start_wait;
	int64_t wakes, pause = rules_max(FIRST_PAUSE, wait->poll_us);
	bool waits = true;
	int code = 0;

	while (waits && host->mono_us(host) + pause <= ends) {
		wakes = host->mono_us(host) + pause;
		host->sleep_us(host, pause);
		if (host->mono_us(host) < wakes)
			break; /* the host is draining */
		pause = rules_max(rules_min(2 * pause, MOST_PAUSE), wait->poll_us);
		code = try_start(core, params, req, ret, &waits, wait, err);
		waits = waits || (code == 0 && ret->verdict == RENT_KEY_RUNNING);
		ret->replayed = false; /* it is this request's own answer */
	}
	if (code != 0 || ret->verdict != RENT_KEY_RUNNING)
		return code;
	/* Whoever has the start now, it is what this request began. */
	ret->order_id = order_id;
	return start_reply_refused(ret, RENT_IN_DOUBT, params->resolve_base);
}

int start_rental(void *self, const struct rent_start_request *theirs,
                 struct rent_start_reply *ret, struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct start_wait wait = { 0 };
	struct rent_start_request req;
	bool waits;
	int code;

	rent_adopt(&req, sizeof(req), theirs, theirs->struct_size);
	code = try_start(core, &params, &req, ret, &waits, &wait, err);
	return waits ? await_cabinet(core, &params, &req, ret, &wait, err) : code;
}
