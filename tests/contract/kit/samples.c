/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/samples.c - the file of samples that an author gives, and the words in it.
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

bool kit_samples_open(const char *program, const char *file)
{
	json_error_t why;

	samples = json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	if (json_is_array(samples))
		return true;
	(void)fprintf(stderr, "%s: %s:%d: %s\n", program, file,
	              samples == NULL ? why.line : 1,
	              samples == NULL ? why.text : "the samples must be a list");
	return false;
}

const struct json_t *kit_samples(void)
{
	return samples;
}

const struct json_t *kit_samples_at(size_t i)
{
	return json_array_get(samples, i);
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

static const char *const reasons[] = {
	[RENT_DECLINE_NONE] = "NONE",     [RENT_DECLINE_FUNDS] = "FUNDS",
	[RENT_DECLINE_METHOD] = "METHOD", [RENT_DECLINE_EXPIRED] = "EXPIRED",
	[RENT_DECLINE_EMPTY] = "EMPTY",   [RENT_DECLINE_OTHER] = "OTHER",
	[RENT_DECLINE_JAMMED] = "JAMMED", [RENT_DECLINE_OFFLINE] = "OFFLINE",
	[RENT_DECLINE_BUSY] = "BUSY",     [RENT_DECLINE_ACTION] = "ACTION",
};

const char *kit_reason_name(int reason)
{
	return reason >= 0 && (size_t)reason < COUNT(reasons) ? reasons[reason] : "?";
}

char *kit_sample_body(const json_t *json, bool *ret_object)
{
	const json_t *body = json_object_get(json, "body");
	const char *text = json_string_value(body);

	*ret_object = json_is_object(body);
	return *ret_object ? json_dumps(body, JSON_COMPACT)
	                   : strdup(text == NULL ? "" : text);
}

struct rent_upstream_reply kit_sample_reply(const json_t *json, const char *body)
{
	struct rent_upstream_reply reply =
		kit_reply((int)json_integer_value(json_object_get(json, "status")), body,
	                  strlen(body));

	reply.ambiguous = json_is_true(json_object_get(json, "ambiguous"));
	return reply;
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
