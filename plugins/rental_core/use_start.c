/* SPDX-License-Identifier: MIT
 *
 * use_start.c - the idempotent start: claims key and quote in one transaction, then drives
 * the rental with the engine; a repetition gets the kept answer.
 */
#include "answer.h"
#include "engine.h"
#include "use_cases.h"

#include "common/failpoint.h"

/* Most starts take about a second; storage only knows when the lease ends, which is when
 * another may take over from one that died. */
#define RUNNING_RETRY_MAX (2 * RENT_SECOND)

struct starting {
	struct item item;
	char hold_id[RENT_ID_SIZE], eject_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
	char unknown[ANSWER_SIZE], expired[ANSWER_SIZE], used[ANSWER_SIZE];
};

static int take_rental(void *arg, const struct rent_rental *r,
                       const struct rent_op *const *ops, size_t n)
{
	return item_load(arg, r, ops, n);
}

static struct rent_refusal refusal(enum rent_verdict verdict, const char *request_id,
                                   char out[ANSWER_SIZE])
{
	answer_refusal_text(verdict, "", request_id, out, ANSWER_SIZE);
	return (struct rent_refusal){ rent_name_of(rent_verdict_names, (int)verdict),
		                      out };
}

static struct rent_start start_of(struct core *core, const struct rent_start_request *req,
                                  struct starting *s)
{
	core->host->uuid7(core->host, s->rental_id);
	core->host->uuid7(core->host, s->hold_id);
	core->host->uuid7(core->host, s->eject_id);
	return (struct rent_start){
		.struct_size = sizeof(struct rent_start),
		.key = req->key,
		.scope = "start",
		.fingerprint = req->quote_id,
		.quote_id = req->quote_id,
		.rental_id = s->rental_id,
		.hold_id = s->hold_id,
		.eject_id = s->item.params->refuse_undeposited ? NULL : s->eject_id,
		.provider = core->payment.instance == NULL ? "" : core->payment.instance,
		.token = s->item.token,
		.lease_us = s->item.params->start_lease,
		.unknown = refusal(RENT_NO_QUOTE, req->request_id, s->unknown),
		.expired = refusal(RENT_QUOTE_EXPIRED, req->request_id, s->expired),
		.used = refusal(RENT_QUOTE_USED, req->request_id, s->used),
		.arena = req->arena,
		.fn = take_rental,
		.arg = &s->item,
	};
}

static void refused(struct rent_start_reply *ret, enum rent_verdict verdict,
                    const char *detail, int64_t retry_us)
{
	ret->verdict = verdict;
	ret->retry_after_us = retry_us;
	rent_copy(ret->detail, sizeof(ret->detail), detail);
}

static int drive(struct core *core, struct starting *s, bool resumed,
                 const struct rent_start_request *req, struct rent_start_reply *ret,
                 struct rent_error *err)
{
	struct item *it = &s->item;
	struct payment_port *port = core_payment_of(core, &it->r);
	size_t i;

	if (it->r.broken[0] != '\0')
		return rent_fail(err, RENT_ECORRUPT, "rental '%s' is set aside: %s",
		                 it->r.id, it->r.broken);
	it->leased = true;
	if (port != NULL)
		it->caps = &port->caps;
	for (i = 0; i < it->op_count; i++)
		it->ops[i].fresh = !resumed;
	RENT_FAILPOINT("start.begun");
	engine_run(core, &it, 1, NULL);
	if (it->error != 0)
		return rent_fail(err, it->error, "rental '%s' could not be recorded",
		                 it->r.id);
	if (it->recorded != NULL) {
		answer_read(it->recorded, it->answer, req->arena, ret);
		if (ret->verdict == RENT_NOT_AVAILABLE)
			ret->retry_after_us = it->retry_us > 0 ? it->retry_us
			                                       : it->params->resolve_base;
		return RENT_OK;
	}
	refused(ret, RENT_IN_DOUBT,
	        "the start is recorded and its outcome is not known yet; repeat the request "
	        "with the same key",
	        it->params->resolve_base);
	ret->order_id = rent_strdup(req->arena, it->r.id);
	return RENT_OK;
}

static int answer_begin(struct core *core, struct starting *s,
                        const struct rent_start *begin,
                        const struct rent_start_request *req,
                        struct rent_start_reply *ret, struct rent_error *err)
{
	switch (begin->ret) {
	case RENT_START_NEW:
	case RENT_START_RESUME:
		return drive(core, s, begin->ret == RENT_START_RESUME, req, ret, err);
	case RENT_START_RUNNING:
		refused(ret, RENT_KEY_RUNNING,
		        "the first request with this key is still being worked on",
		        begin->ret_retry_us < RUNNING_RETRY_MAX ? begin->ret_retry_us
		                                                : RUNNING_RETRY_MAX);
		return RENT_OK;
	case RENT_START_REPLAY:
		answer_read(begin->ret_outcome, begin->ret_answer, req->arena, ret);
		ret->replayed = true;
		if (ret->verdict == RENT_NOT_AVAILABLE)
			ret->retry_after_us = s->item.params->resolve_base;
		return RENT_OK;
	case RENT_START_MISMATCH:
		refused(ret, RENT_KEY_MISMATCH,
		        "this key has been used with another request; use a new key", 0);
		return RENT_OK;
	case RENT_START_QUOTE_UNKNOWN:
		answer_read(begin->unknown.outcome, begin->unknown.answer, req->arena,
		            ret);
		return RENT_OK;
	case RENT_START_QUOTE_EXPIRED:
		answer_read(begin->expired.outcome, begin->expired.answer, req->arena,
		            ret);
		return RENT_OK;
	case RENT_START_QUOTE_USED:
		answer_read(begin->used.outcome, begin->used.answer, req->arena, ret);
		return RENT_OK;
	}
	return rent_fail(err, RENT_ECORRUPT, "storage answered a start with %d",
	                 (int)begin->ret);
}

int use_start(void *self, const struct rent_start_request *req,
              struct rent_start_reply *ret, struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct starting s;
	struct rent_start begin;
	int code;

	ret->json = ret->request_id = ret->order_id = "";
	item_init(&s.item, core, &params, &core->payment.caps, GOAL_START);
	s.item.request_id = req->request_id;
	begin = start_of(core, req, &s);
	s.item.lease_ends = core->host->mono_us(core->host) + params.start_lease;
	RENT_FAILPOINT("start.beginning");
	code = core->store->start_begin(core->store_self, &begin, err);
	if (code == 0)
		code = answer_begin(core, &s, &begin, req, ret, err);
	if (ret->request_id[0] == '\0')
		ret->request_id = req->request_id;
	item_done(&s.item);
	return code;
}
