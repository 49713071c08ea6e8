/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/declines.c - why a card was refused, in our words.
 */
#include "stripe.h"

static const struct {
	const char *code;
	enum rent_decline_reason reason;
} declines[] = {
	{ "insufficient_funds", RENT_DECLINE_FUNDS },
	{ "withdrawal_count_limit_exceeded", RENT_DECLINE_FUNDS },
	{ "card_velocity_exceeded", RENT_DECLINE_FUNDS },
	{ "lost_card", RENT_DECLINE_METHOD },
	{ "stolen_card", RENT_DECLINE_METHOD },
	{ "pickup_card", RENT_DECLINE_METHOD },
	{ "restricted_card", RENT_DECLINE_METHOD },
	{ "do_not_honor", RENT_DECLINE_METHOD },
	{ "generic_decline", RENT_DECLINE_METHOD },
	{ "fraudulent", RENT_DECLINE_METHOD },
	{ "card_not_supported", RENT_DECLINE_METHOD },
	{ "invalid_account", RENT_DECLINE_METHOD },
	{ "expired_card", RENT_DECLINE_METHOD },
	{ "incorrect_cvc", RENT_DECLINE_METHOD },
	{ "incorrect_number", RENT_DECLINE_METHOD },
	{ "payment_intent_authentication_failure", RENT_DECLINE_METHOD },
	{ "authentication_required", RENT_DECLINE_ACTION },
};

void stripe_note_word(struct rent_payment_result *ret, const char *word)
{
	if (payment_is_word(word))
		(void)rent_copy(ret->note, sizeof(ret->note), word);
}

void stripe_decline(const struct stripe *s, const struct rent_json *error,
                    struct rent_payment_result *ret)
{
	const char *code = s->json->text(error, "code");
	const char *why = s->json->text(error, "decline_code");

	if (strcmp(code, "card_declined") != 0 || why[0] == '\0')
		why = code;
	payment_declined(ret, RENT_DECLINE_OTHER, "declined");
	for (size_t i = 0; i < sizeof(declines) / sizeof(*declines); i++) {
		if (strcmp(declines[i].code, why) == 0)
			ret->reason = declines[i].reason;
	}
	stripe_note_word(ret, why);
}
