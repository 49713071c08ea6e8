/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/reply.c - replies that a plugin is given, and texts that it makes of them.
 */
#include "kit.h"

#include <jansson.h>

bool kit_has_secret(const struct kit *k, const char *text)
{
	for (int i = 0; i < KIT_SECRETS && k->secrets[i][0] != '\0'; i++) {
		if (strstr(text, k->secrets[i]) != NULL)
			return true;
	}
	return false;
}

struct rent_upstream_reply kit_reply(int status, const char *body, size_t size)
{
	return (struct rent_upstream_reply){
		.struct_size = sizeof(struct rent_upstream_reply),
		.status = status,
		.body = body,
		.body_size = size,
		.content_type = "application/json",
	};
}

const char *kit_outcome_fault(enum rent_outcome outcome, enum rent_decline_reason reason,
                              bool not_found, bool is_lookup)
{
	if ((int)outcome < RENT_UNKNOWN || (int)outcome > RENT_UNSUPPORTED)
		return "the outcome is outside the set";
	if ((int)reason < RENT_DECLINE_NONE || (int)reason > RENT_DECLINE_ACTION)
		return "the decline reason is outside the set";
	if (not_found && outcome == RENT_SUCCEEDED)
		return "success and \"not found\" at once";
	return not_found && !is_lookup
	               ? "\"not found\" from an operation that is no lookup"
	               : NULL;
}

/* Text that goes into a database: terminated, and UTF-8 throughout. */
bool kit_text_sound(const char *text, size_t size)
{
	json_t *s = memchr(text, '\0', size) == NULL ? NULL : json_string(text);
	bool sound = s != NULL;

	json_decref(s);
	return sound;
}

bool kit_reply_same(const struct rent_upstream_reply *a,
                    const struct rent_upstream_reply *b)
{
	return a->struct_size == b->struct_size && a->status == b->status &&
	       a->body == b->body && a->body_size == b->body_size &&
	       a->content_type == b->content_type && a->ambiguous == b->ambiguous &&
	       a->retry_after_us == b->retry_after_us && a->arena == b->arena;
}
