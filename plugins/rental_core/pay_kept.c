/* SPDX-License-Identifier: MIT
 *
 * pay_kept.c - see pay_kept.h. What is kept of an answer that is done is its body; of a refusal the id of
 * the request and its sentence.
 */
#include "pay_kept.h"

#include <jansson.h>
#include <stdlib.h>

#define SCOPE "pay"

static bool can_keep(const struct core *core)
{
	return core->store->answer_put != NULL && core->store->answer_get != NULL;
}

static bool is_final(const struct rent_pay_reply *ret)
{
	return ret->verdict == RENT_DONE || ret->verdict == RENT_PAYMENT_DECLINED ||
	       ret->verdict == RENT_PAYMENT_UNAVAILABLE;
}

/* NULL: out of memory. */
static const char *write_refusal(const struct pay_key *key,
                                 const struct rent_pay_reply *ret)
{
	json_t *json = json_pack("{s:s, s:s}", "request_id", key->request_id, "detail",
	                         ret->detail);
	char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
	const char *copy = text == NULL ? NULL : rent_strdup(key->arena, text);

	json_decref(json);
	free(text);
	return copy;
}

static void read_refusal(const struct pay_key *key, const char *text,
                         struct rent_pay_reply *ret)
{
	json_t *json = json_loads(text, 0, NULL);
	const char *id = json_string_value(json_object_get(json, "request_id"));
	const char *detail = json_string_value(json_object_get(json, "detail"));

	ret->request_id = id == NULL ? NULL : rent_strdup(key->arena, id);
	rent_copy(ret->detail, sizeof(ret->detail), detail == NULL ? "" : detail);
	json_decref(json);
}

int pay_kept_find(struct core *core, const struct pay_key *key,
                  struct rent_pay_reply *ret, struct rent_error *err)
{
	struct rent_kept_answer kept = { .struct_size = sizeof(kept),
		                         .key = key->key,
		                         .scope = SCOPE,
		                         .arena = key->arena };
	int code = can_keep(core) ? core->store->answer_get(core->store_self, &kept, err)
	                          : 1;

	if (code != 0)
		return code;
	ret->detail[0] = '\0';
	ret->replayed = strcmp(kept.ret_fingerprint, key->said) == 0;
	if (!ret->replayed) {
		ret->verdict = RENT_KEY_MISMATCH;
		return 0;
	}
	ret->verdict =
		(enum rent_verdict)rent_value_of(rent_verdict_names, kept.ret_outcome);
	if (ret->verdict == RENT_DONE && strcmp(kept.ret_outcome, "done") == 0)
		ret->json = kept.ret_answer;
	else if (ret->verdict == RENT_DONE)
		ret->verdict = RENT_IN_DOUBT; /* a word of a newer version */
	else
		read_refusal(key, kept.ret_answer, ret);
	return 0;
}

bool pay_kept_is_nothing(const struct rent_pay_reply *ret)
{
	json_t *json = ret->verdict == RENT_DONE && ret->json != NULL
	                       ? json_loads(ret->json, 0, NULL)
	                       : NULL;
	bool is = json != NULL && json_integer_value(json_object_get(json, "paid")) == 0;

	json_decref(json);
	return is;
}

int pay_kept_put(struct core *core, const struct pay_key *key, struct rent_pay_reply *ret,
                 struct rent_error *err)
{
	struct rent_kept_answer mine = {
		.struct_size = sizeof(mine),
		.key = key->key,
		.scope = SCOPE,
		.fingerprint = key->said,
		.rental_id = key->order_id,
		.outcome = rent_name_of(rent_verdict_names, (int)ret->verdict),
	};
	const struct rent_pay_reply said = *ret;
	int code;

	if (!is_final(ret) || !can_keep(core))
		return 0;
	mine.answer = ret->verdict == RENT_DONE ? ret->json : write_refusal(key, ret);
	if (mine.answer == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a payment");
	code = core->store->answer_put(core->store_self, &mine, err);
	if (code != 0)
		return code;
	code = pay_kept_find(core, key, ret, err);
	if (code == 1)
		return rent_fail(err, RENT_EFAIL, "the answer of a payment was not kept");
	ret->replayed = said.replayed;
	if (code == 0 && pay_kept_is_nothing(ret) && !pay_kept_is_nothing(&said))
		*ret = said;
	return code;
}
