/* SPDX-License-Identifier: MIT
 *
 * change.h - advance without a database: whether a change may be applied to a rental as it
 * stands, and the rows that follow from it. Values in, values out; strings point into the
 * change.
 */
#ifndef STORAGE_CORE_CHANGE_H
#define STORAGE_CORE_CHANGE_H

#include <rent/storage.h>

/* ---- callers of an older build */

/* The changes of a call, each of the size that this build knows. */
struct changes {
	struct rent_change *const *list; /* the caller's own, or copies of them */
	struct rent_change *const *given;
	struct rent_change *copies, **pointers; /* NULL: none was needed */
	size_t n;
};
/* RENT_EINVAL: too many at once. */
int changes_adopt(struct changes *changes, struct rent_change *const *given, size_t n,
                  struct rent_error *err);
/* Hands the out members back. */
void changes_done(struct changes *changes);

/* ---- guards */

/* The rental as the change finds it. */
struct change_guards {
	int64_t version, paid, lease_until;
	enum rent_status status;
	char lease_token[RENT_ID_SIZE];
};

/* True for a change that is impossible whatever the database contains: a lease without a
 * token, an operation ended twice, a resolution of an operation that the change does not
 * end for good, too many messages. */
bool change_is_void(const struct rent_change *c);

/* Version, lease and status are as stated. */
bool change_is_as_stated(const struct rent_change *c, const struct change_guards *found,
                         int64_t now);

/* The one table of what may become of a status. */
bool change_may_become(enum rent_status from, enum rent_status to);

/* Whether the change may end its i-th named operation, which stands at `state`: an open one, or
 * one in MANUAL that a person resolves. */
bool change_may_end(const struct rent_change *c, size_t i, enum rent_op_state state);

/* SUCCEEDED, DECLINED or NOT_EXECUTED: what the target was used for is given back, and a charge
 * or capture gets its payment attempt. */
bool change_ends_for_good(enum rent_op_state state);

/* Sets the out members. */
void change_set_applied(struct rent_change *c, int64_t version, int64_t now);
void change_set_refused(struct rent_change *c, enum rent_change_result result);

/* ---- rows; each fills *ret and returns true when the change has the k-th of its kind */

/* The rental's new values. Texts are NULL where nothing changes. */
struct change_rental {
	const char *id, *status, *settlement, *powerbank, *provider, *provider_plugin;
	bool sets_columns;               /* any text here, a time or a final amount */
	int64_t started_at, finished_at; /* 0: unchanged */
	bool set_final;
	int64_t final_amount;
	int64_t version, paid;
	const char *ended_by, *return_station;
	int64_t stop_asked_at; /* 0: unchanged; RENT_NO_TIME: null */
	const char *payment_method;
	int64_t payer_needed_at;                  /* likewise */
	const char *token;                        /* NULL: no lease */
	int64_t lease_until, work_at, work_tries; /* 0: none */
};
/* RENT_EINVAL: the sum paid overflows. */
int change_rental_row(const struct rent_change *c, const struct change_guards *found,
                      int64_t now, struct change_rental *ret, struct rent_error *err);

struct change_end {
	const char *rental, *id, *state, *ref, *result, *note;
	int64_t processed;                 /* 0 for all that did not succeed */
	int64_t expires_at;                /* 0: unchanged */
	const char *action, *action_value; /* NULL: unchanged */
	int64_t action_until;              /* with action */
	bool good, open; /* see change_ends_for_good(), rent_op_is_open() */
};
bool change_end_row(const struct rent_change *c, size_t k, struct change_end *ret);

struct change_new {
	const char *rental, *id, *target, *kind, *purpose; /* target NULL: none */
	int64_t amount;
	const char *method_ref, *return_url, *request_key; /* NULL: none */
};
bool change_new_row(const struct rent_change *c, size_t k, struct change_new *ret);

struct change_debt {
	const char *rental, *reason, *op; /* op: the first that ends, or NULL */
	int64_t delta;
	enum rent_debt_try attempt;
};
bool change_debt_row(const struct rent_change *c, size_t k, struct change_debt *ret);

/* The debt after the change, never below 0. RENT_EINVAL: it overflows. */
int change_debt_after(const struct rent_change *c, int64_t before, int64_t *ret,
                      struct rent_error *err);

struct change_answer {
	const char *rental, *outcome, *answer;
};
bool change_answer_row(const struct rent_change *c, size_t k, struct change_answer *ret);

/* The k-th end, if it is the one that a person made. */
struct change_resolution {
	const char *rental, *op, *state, *ref, *reason, *by; /* ref NULL: none */
	int64_t amount;
};
bool change_resolution_row(const struct rent_change *c, size_t k,
                           struct change_resolution *ret);

struct change_outside {
	const char *rental, *event, *op, *kind, *ref, *note;
	int64_t amount;
};
bool change_outside_row(const struct rent_change *c, size_t k,
                        struct change_outside *ret);

struct change_message {
	const char *rental, *id, *endpoint, *type, *data;
};
bool change_message_row(const struct rent_change *c, size_t k,
                        struct change_message *ret);

/* RENT_ENOMEM: an answer that was read lacks a text. */
int answer_is_whole(const struct rent_kept_answer *answer, struct rent_error *err);

struct change_note {
	const char *rental, *kind, *text;
};
bool change_note_row(const struct rent_change *c, size_t k, struct change_note *ret);

#endif
