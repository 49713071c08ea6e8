/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/sample.c - the file of samples, and one of them: an operation, and
 * an answer to it. Members and their meaning: README.md.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const outcomes[] = {
	[RENT_UNKNOWN] = "UNKNOWN",           [RENT_SUCCEEDED] = "SUCCEEDED",
	[RENT_PENDING] = "PENDING",           [RENT_DECLINED] = "DECLINED",
	[RENT_NOT_EXECUTED] = "NOT_EXECUTED", [RENT_INVALID] = "INVALID",
	[RENT_UNSUPPORTED] = "UNSUPPORTED",
};

static json_t *samples;

bool kit_samples_open(const char *file)
{
	json_error_t why;

	samples = json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	if (json_is_array(samples))
		return true;
	(void)fprintf(stderr, "rent-payment-kit: %s:%d: %s\n", file,
	              samples == NULL ? why.line : 1,
	              samples == NULL ? why.text : "the samples must be a list");
	return false;
}

const struct json_t *kit_samples(void)
{
	return samples;
}

const char *kit_outcome_name(int outcome)
{
	return outcome >= 0 && (size_t)outcome < COUNT(outcomes) ? outcomes[outcome]
	                                                         : "?";
}

const char *kit_text(const json_t *o, const char *name, const char *def)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? def : s;
}

/* "op": members of the operation that are other than those of kit.h. */
static void change_op(struct rent_payment_op *op, const json_t *json)
{
	const struct {
		const char *name, **member;
	} texts[] = {
		{ "ref", &op->ref },
		{ "target_ref", &op->target_ref },
		{ "user_id", &op->user_id },
		{ "payer_ref", &op->payer_ref },
		{ "method_ref", &op->method_ref },
		{ "return_url", &op->return_url },
		{ "contact", &op->contact },
		{ "description", &op->description },
		{ "cursor", &op->cursor },
	};

	for (size_t i = 0; i < COUNT(texts); i++)
		*texts[i].member = kit_text(json, texts[i].name, *texts[i].member);
	op->on_session = json_is_true(json_object_get(json, "on_session"));
}

bool kit_sample_read(struct kit_sample *s, const json_t *json)
{
	const json_t *body = json_object_get(json, "body");
	enum rent_payment_kind kind = kit_kind_value(kit_text(json, "kind", ""));

	*s = (struct kit_sample){ .json = json,
		                  .name = kit_text(json, "name", "sample") };
	s->object = json_is_object(body);
	s->body = s->object ? json_dumps(body, JSON_COMPACT)
	                    : strdup(json_is_string(body) ? json_string_value(body) : "");
	if (s->body == NULL || kind == 0)
		return false;
	s->op = kind == RENT_PAY_LOOKUP ? kit_lookup(kit_kind_value(
						  kit_text(json, "lookup_of", "charge")))
	                                : kit_op(kind);
	change_op(&s->op, json_object_get(json, "op"));
	s->reply = kit_reply((int)json_integer_value(json_object_get(json, "status")),
	                     s->body, strlen(s->body));
	s->reply.ambiguous = json_is_true(json_object_get(json, "ambiguous"));
	return true;
}

void kit_sample_done(struct kit_sample *s)
{
	free(s->body);
	s->body = NULL;
}

void kit_sample_members(struct kit *k, const json_t *json, const char *known)
{
	const char *name;
	json_t *value;

	json_object_foreach(kit_unconst(json), name, value)
	{
		char padded[64];

		(void)snprintf(padded, sizeof(padded), " %s ", name);
		if (strstr(known, padded) == NULL)
			kit_fault(k, "%s: there is no member \"%s\"",
			          kit_text(json, "name", "sample"), name);
	}
}
