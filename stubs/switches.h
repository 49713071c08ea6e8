/* SPDX-License-Identifier: MIT
 *
 * stubs/switches.h - what goes wrong with a payment provider: the rows of its dialect's table,
 * switched on for an operation, for one user or for all, so many times or until further
 * notice; and how long things take. Called under the lock of the stubs.
 */
#ifndef STUBS_SWITCHES_H
#define STUBS_SWITCHES_H

#include "book.h"

#include <jansson.h>

#define SWITCHES_MAX 512

/* An operation that switches are for. Those that move money are the kinds of the book. */
enum switch_op {
	SW_LOOKUP = KINDS,
	SW_LIST,
	SW_REPORT,
	SWITCH_OPS,
};

#define SW_BIT(op) (1u << (op))
#define SW_CREATE  (SW_BIT(KIND_HOLD) | SW_BIT(KIND_CHARGE))
#define SW_CHANGE  (SW_BIT(KIND_CAPTURE) | SW_BIT(KIND_RELEASE))
#define SW_MONEY   (SW_CREATE | SW_CHANGE | SW_BIT(KIND_REFUND))
#define SW_ASK     (SW_BIT(SW_LOOKUP) | SW_BIT(SW_LIST))

enum switch_does {
	/* ---- with what is asked for */
	DOES_ANSWER,       /* nothing happens; the row's answer */
	DOES_ACT,          /* it happens; the row's answer all the same */
	DOES_REFUSE,       /* the card is refused, with the row's word */
	DOES_ACTION,       /* the customer must act, on a page … */
	DOES_SDK,          /* … or with a token */
	DOES_PENDING,      /* its end comes later */
	DOES_FALL,         /* its end comes later, and is no */
	DOES_FALL_AFTER,   /* a refund that succeeds, and fails later */
	DOES_IGNORE,       /* nothing happens; the answer is the payment as it is */
	DOES_END,          /* the hold's time is over just then */
	DOES_TAKE,         /* what was to be held is taken */
	DOES_HOLD,         /* what was to be taken is held */
	DOES_PART,         /* half of it */
	DOES_SHORT,        /* the hold lasts for short_ms only */
	DOES_HAND_CAPTURE, /* somebody takes half by hand just before */
	DOES_HAND_CANCEL,  /* somebody releases it by hand just before */
	/* ---- with the answer */
	DOES_LOSE_REQUEST,
	DOES_LOSE_REPLY,
	DOES_LATE,     /* late_ms later */
	DOES_PAGE,     /* a proxy's page, 200 */
	DOES_CUT,      /* half of its bytes */
	DOES_CURRENCY, /* in another currency */
	DOES_OTHER,    /* of another payment */
	DOES_MORE,     /* of twice the amount */
	/* ---- with reports */
	DOES_NEVER,
	DOES_TWICE,
	DOES_TELL_LATE,
	DOES_REVERSE,
	DOES_FORGE,
	DOES_STALE, /* signed ten minutes ago */
};

/* A row of a dialect's table. */
struct switch_row {
	const char *name;
	uint32_t ops; /* SW_BIT() of what it can be switched on for */
	enum switch_does does;
	/* The answer, where the row has one: words of the dialect; NULL none. */
	int status;
	const char *type, *code, *word, *param;
	bool kept;   /* under the key: a repetition is answered so, too */
	bool embeds; /* the payment is in it */
};

enum switch_number {
	NUM_SETTLE_MS,  /* from "pending" to the end */
	NUM_HOLD_MS,    /* how long a hold lasts */
	NUM_SHORT_MS,   /* one that lasts shortly */
	NUM_CONFIRM_MS, /* how long a customer may think, where the provider says */
	NUM_LATE_MS,    /* what is late */
	SWITCH_NUMBERS,
};

struct switch_set {
	uint32_t op;
	const struct switch_row *row;
	char user[RENT_KEY_MAX + 1]; /* "": anybody */
	int64_t times;               /* -1: until further notice */
};

struct switches {
	const struct switch_row *rows; /* of the dialect */
	size_t row_count;
	struct switch_set set[SWITCHES_MAX];
	size_t n;
	int64_t numbers[SWITCH_NUMBERS];
};

void switches_init(struct switches *s, const struct switch_row *rows, size_t count);
/* NULL: nothing is wrong. One that was switched on for a number of times is used up. */
const struct switch_row *switches_draw(struct switches *s, uint32_t op, const char *user);
/* The row of that name for that operation, or NULL. */
const struct switch_row *switches_row(const struct switches *s, uint32_t op,
                                      const char *name);
/* {"hold": NAME or "" for nothing, …, "user_id", "times", "settle_ms", …}. Negative with the reason:
 * nothing was changed. Beyond SWITCHES_MAX the oldest goes. */
int switches_set(struct switches *s, json_t *body, struct rent_error *err);
/* A new object: what can be switched, what is, the numbers. NULL: out of memory. */
json_t *switches_json(const struct switches *s);

#endif
