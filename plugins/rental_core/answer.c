/* SPDX-License-Identifier: MIT
 *
 * answer.c - what a start is answered with, as it is kept under its key
 * (idempotency_keys.response_json, outcome): for a rental that began, the very body of the
 * reply; for a refusal, what the reply is made of.
 */
#include "answer.h"

#include <jansson.h>

#include "plan_parts.h"

static const struct {
	enum rent_verdict verdict;
	const char *detail;
} details[] = {
	{ RENT_NO_QUOTE, "there is no such offer; ask for a new one" },
	{ RENT_QUOTE_EXPIRED, "the offer has expired; ask for a new one" },
	{ RENT_QUOTE_USED, "the offer has already been used with another key" },
	{ RENT_DEPOSIT_DECLINED, "the deposit could not be held; no rental was started" },
	{ RENT_STATION_REFUSED, "the station does not give out a powerbank; "
	                        "try another station with a new offer" },
	{ RENT_NOT_AVAILABLE, "the station or payment service cannot be reached; "
	                      "try again with a new offer" },
};

const char *answer_detail(enum rent_verdict verdict)
{
	size_t i;

	for (i = 0; i < sizeof(details) / sizeof(details[0]); i++) {
		if (details[i].verdict == verdict)
			return details[i].detail;
	}
	return "";
}

static void dump(json_t *json, char *out, size_t size)
{
	size_t n = json == NULL ? 0 : json_dumpb(json, out, size - 1, JSON_COMPACT);

	out[n < size ? n : 0] = '\0';
	json_decref(json);
}

void answer_refusal_text(enum rent_verdict verdict, const char *order_id,
                         const char *request_id, char *out, size_t size)
{
	dump(json_pack("{s:s, s:s, s:s, s:s}", "outcome",
	               rent_name_of(rent_verdict_names, (int)verdict), "order_id",
	               order_id, "request_id", request_id, "detail",
	               answer_detail(verdict)),
	     out, size);
}

void answer_refusal(struct item *it, enum rent_verdict verdict)
{
	it->outcome = rent_name_of(rent_verdict_names, (int)verdict);
	answer_refusal_text(verdict, it->r.id,
	                    it->request_id[0] != '\0' ? it->request_id : it->r.id,
	                    it->answer, sizeof(it->answer));
}

void answer_started(struct item *it)
{
	const struct rent_rental *r = &it->next;

	it->outcome = rent_name_of(rent_verdict_names, RENT_DONE);
	dump(json_pack("{s:s, s:s, s:s, s:I, s:I}", "order_id", r->id, "status",
	               rent_name_of(rent_status_names, (int)r->status), "powerbank_id",
	               r->powerbank_id, "total_amount", (json_int_t)r->paid, "debt",
	               (json_int_t)r->debt),
	     it->answer, sizeof(it->answer));
}

static void read_text(json_t *json, const char *name, struct rent_arena *arena,
                      const char **ret)
{
	const char *s = json_string_value(json_object_get(json, name));
	const char *copy = s == NULL ? NULL : rent_strdup(arena, s);

	if (copy != NULL)
		*ret = copy;
}

void answer_read(const char *outcome, const char *text, struct rent_arena *arena,
                 struct rent_start_reply *ret)
{
	json_t *json = json_loads(text, 0, NULL);
	const char *detail = "";

	ret->verdict = (enum rent_verdict)rent_value_of(rent_verdict_names, outcome);
	if (ret->verdict == RENT_DONE && strcmp(outcome, "done") != 0)
		ret->verdict = RENT_IN_DOUBT; /* a word of a newer version */
	ret->request_id = ret->order_id = "";
	ret->json = rent_strdup(arena, text);
	read_text(json, "order_id", arena, &ret->order_id);
	read_text(json, "request_id", arena, &ret->request_id);
	read_text(json, "detail", arena, &detail);
	rent_copy(ret->detail, sizeof(ret->detail), detail);
	json_decref(json);
}
