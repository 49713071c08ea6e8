/* SPDX-License-Identifier: MIT
 *
 * rent/provider.h - what payment, station and catalog providers have in common: the closed
 * set of outcomes, and the rule by which transport and answer become one.
 *
 * A provider is two pure functions per operation,
 *
 *     build(self, operation, arena, &request, err)   operation → HTTP request
 *     parse(self, operation, &reply, &result)        HTTP reply → outcome
 *
 * that neither block nor keep state about an operation. build returns RENT_EINVAL (the
 * operation makes no sense: outcome INVALID), RENT_EUNSUPPORTED (UNSUPPORTED) or another
 * negative code (NOT_EXECUTED: nothing was sent). parse is called for complete answers only
 * and always gets a result that already says UNKNOWN; whatever it does not understand it
 * leaves so. Both may be called by several threads at once for plugins declared parallel.
 *
 * The caller (not the plugin) turns transport into outcome:
 *     RENT_NO_ANSWER → UNKNOWN
 *     RENT_NOT_SENT  → NOT_EXECUTED of an id that was never sent before, else UNKNOWN
 *     RENT_REPLIED   → what parse says, but NOT_EXECUTED of an ambiguous reply or of an id
 *                      that had been sent before is UNKNOWN, and so is a value outside the
 *                      set, a processed amount outside 1..asked, and a success without what
 *                      a success must carry.
 */
#ifndef RENT_PROVIDER_H
#define RENT_PROVIDER_H

#include "base.h"
#include "upstream.h"

RENT_EXTERN_C_BEGIN

enum rent_outcome {
	/* Everything else, and the default. */
	RENT_UNKNOWN = 0,
	/* It happened. */
	RENT_SUCCEEDED = 1,
	/* accepted, the end is not known yet; ask again. */
	RENT_PENDING = 2,
	/* Refused for good; nothing happened under this id. */
	RENT_DECLINED = 3,
	/* Nothing happened; the same id may be sent again. */
	RENT_NOT_EXECUTED = 4,
	/* The request is wrong; alert, do not resend. */
	RENT_INVALID = 5,
	/* This provider cannot do that. */
	RENT_UNSUPPORTED = 6,
};

enum rent_decline_reason {
	RENT_DECLINE_NONE = 0,
	/* Not enough money, limit reached. */
	RENT_DECLINE_FUNDS,
	/* Card or account invalid, blocked or expired. */
	RENT_DECLINE_METHOD,
	/* The hold this refers to is no longer there. */
	RENT_DECLINE_EXPIRED,
	/* station: nothing to eject. */
	RENT_DECLINE_EMPTY,
	RENT_DECLINE_OTHER,
	/* station: the slot did not open, or the powerbank did not come out. */
	RENT_DECLINE_JAMMED,
	/* station: the cabinet cannot be reached by its service. */
	RENT_DECLINE_OFFLINE,
	/* station: it serves somebody else; the next one may be served. */
	RENT_DECLINE_BUSY,
	/* payment: the customer would have to confirm, and is not there. A payment under another
	 * id, with him before the screen, may succeed. */
	RENT_DECLINE_ACTION,
};

/* How many reasons there are, NONE included. */
#define RENT_DECLINE_REASONS (RENT_DECLINE_ACTION + 1)

/* How the customer confirms a payment. */
enum rent_payment_action {
	RENT_ACTION_NONE = 0,
	/* He opens action_value, an https address; the provider sends him to return_url. */
	RENT_ACTION_REDIRECT,
	/* The page hands action_value to the provider's own script. */
	RENT_ACTION_CLIENT_TOKEN,
	/* In his bank's app; action_value may be "". */
	RENT_ACTION_CONFIRM_ELSEWHERE,
};

/* An address or a token of an action, with the NUL. */
#define RENT_ACTION_SIZE 1024

RENT_EXTERN_C_END
#endif
