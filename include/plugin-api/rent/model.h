/* SPDX-License-Identifier: MIT
 *
 * rent/model.h - the nouns that storage, rules and drivers share: rentals, quotes,
 * operations, debts. Plain values; strings are inside the structs, NUL-terminated, "" when
 * there is none. The words in the name tables are those of the database and of the wire.
 */
#ifndef RENT_MODEL_H
#define RENT_MODEL_H

#include "base.h"
#include "event.h"

RENT_EXTERN_C_BEGIN

enum rent_status {
	RENT_STATUS_NONE = 0,
	/* Start recorded, powerbank not out yet. */
	RENT_STATUS_PENDING,
	/* Running. */
	RENT_STATUS_ACTIVE,
	/* Stopped. */
	RENT_STATUS_FINISHED,
	/* Ran into r_buyout: the powerbank is sold. */
	RENT_STATUS_BUYOUT,
	/* Never began. */
	RENT_STATUS_FAILED,
};

/* How far the money of a rental is settled. OPEN on a row that is FINISHED, BUYOUT or
 * FAILED means that another program ended the rental: rentald settles nothing for it. */
enum rent_settlement {
	RENT_SETTLEMENT_NONE = 0,
	/* Not ended. */
	RENT_SETTLEMENT_OPEN,
	/* Ended; captures, charges, refunds, releases under way. */
	RENT_SETTLEMENT_PENDING,
	/* Paid + debt = final, the hold is resolved. */
	RENT_SETTLEMENT_DONE,
};

/* By whom or what a rental ended. */
enum rent_ended_by {
	/* It runs, or another program ended it. */
	RENT_ENDED_BY_NONE = 0,
	RENT_ENDED_BY_CUSTOMER,
	/* The cabinet has the powerbank. */
	RENT_ENDED_BY_CABINET,
	/* The cabinet gave the powerbank to somebody else. */
	RENT_ENDED_BY_REISSUE,
	RENT_ENDED_BY_OPERATOR,
	RENT_ENDED_BY_BUYOUT,
	/* It never began. */
	RENT_ENDED_BY_START_FAILED,
};

enum rent_op_kind {
	RENT_OP_NONE = 0,
	RENT_OP_HOLD,
	RENT_OP_CAPTURE,
	RENT_OP_RELEASE,
	RENT_OP_CHARGE,
	RENT_OP_REFUND,
	RENT_OP_EJECT,
};

/* INTENT → SUCCEEDED | DECLINED | NOT_EXECUTED | PENDING | UNKNOWN
 * PENDING | UNKNOWN → SUCCEEDED | DECLINED | NOT_EXECUTED | MANUAL
 * "open" below: INTENT, PENDING or UNKNOWN. */
enum rent_op_state {
	RENT_OP_STATE_NONE = 0,
	RENT_OP_INTENT,
	RENT_OP_SUCCEEDED,
	RENT_OP_DECLINED,
	RENT_OP_NOT_EXECUTED,
	RENT_OP_PENDING,
	RENT_OP_UNKNOWN,
	/* The outcome could not be found out; a person must look. */
	RENT_OP_MANUAL,
};

/* Why a charge or capture is made; decides what its end means for the debt. */
enum rent_purpose {
	RENT_FOR_NONE = 0,
	/* Hold, eject. */
	RENT_FOR_START,
	/* Takes what became due; failure becomes debt. */
	RENT_FOR_ACCRUAL,
	/* Collects debt; success lowers it, failure is counted. */
	RENT_FOR_DEBT,
	/* Capture, charge, refund, release at the end. */
	RENT_FOR_SETTLE,
};

static const struct rent_name rent_status_names[] = {
	{ RENT_STATUS_PENDING, "PENDING" },   { RENT_STATUS_ACTIVE, "ACTIVE" },
	{ RENT_STATUS_FINISHED, "FINISHED" }, { RENT_STATUS_BUYOUT, "BUYOUT" },
	{ RENT_STATUS_FAILED, "FAILED" },     RENT_NAMES_END,
};

static const struct rent_name rent_settlement_names[] = {
	{ RENT_SETTLEMENT_OPEN, "OPEN" },
	{ RENT_SETTLEMENT_PENDING, "PENDING" },
	{ RENT_SETTLEMENT_DONE, "DONE" },
	RENT_NAMES_END,
};

static const struct rent_name rent_ended_by_names[] = {
	{ RENT_ENDED_BY_CUSTOMER, "customer" },
	{ RENT_ENDED_BY_CABINET, "cabinet" },
	{ RENT_ENDED_BY_REISSUE, "reissue" },
	{ RENT_ENDED_BY_OPERATOR, "operator" },
	{ RENT_ENDED_BY_BUYOUT, "buyout" },
	{ RENT_ENDED_BY_START_FAILED, "start_failed" },
	RENT_NAMES_END,
};

/* What a line of a rental's notes is about: what happened to it that no operation says. */
enum rent_note_kind {
	RENT_NOTE_NONE = 0,
	/* It goes on though its deposit could not be held. */
	RENT_NOTE_UNDEPOSITED,
	/* Its deposit is not held any more. */
	RENT_NOTE_HOLD_GONE,
	/* Its deposit was about to end, and was extended, held anew, or given up. */
	RENT_NOTE_HOLD_EXTENDED,
	RENT_NOTE_HOLD_RENEWED,
	RENT_NOTE_HOLD_ENDS,
	/* Its powerbank was given out again: it ended by that, it began by that, a person decides. */
	RENT_NOTE_REISSUE_ENDED,
	RENT_NOTE_REISSUE_BEGAN,
	RENT_NOTE_REISSUE_MANUAL,
	/* Its powerbank came back after it was bought out. */
	RENT_NOTE_AFTER_BUYOUT,
	/* It ended at a time that the report of the return did not say as it stands. */
	RENT_NOTE_RETURN_TIME,
};

static const struct rent_name rent_note_kind_names[] = {
	{ RENT_NOTE_UNDEPOSITED, "undeposited" },
	{ RENT_NOTE_HOLD_GONE, "hold_gone" },
	{ RENT_NOTE_HOLD_EXTENDED, "hold_extended" },
	{ RENT_NOTE_HOLD_RENEWED, "hold_renewed" },
	{ RENT_NOTE_HOLD_ENDS, "hold_ends" },
	{ RENT_NOTE_REISSUE_ENDED, "reissue_ended" },
	{ RENT_NOTE_REISSUE_BEGAN, "reissue_began" },
	{ RENT_NOTE_REISSUE_MANUAL, "reissue_manual" },
	{ RENT_NOTE_AFTER_BUYOUT, "after_buyout" },
	{ RENT_NOTE_RETURN_TIME, "return_time" },
	RENT_NAMES_END,
};

/* A line in the trail of a rental, for people. Rows are added, and never changed. */
struct rent_note {
	uint32_t struct_size;
	enum rent_note_kind kind;
	char rental_id[RENT_ID_SIZE];
	char text[RENT_NOTE_SIZE];
	int64_t created_at;
};

static const struct rent_name rent_op_kind_names[] = {
	{ RENT_OP_HOLD, "hold" },
	{ RENT_OP_CAPTURE, "capture" },
	{ RENT_OP_RELEASE, "release" },
	{ RENT_OP_CHARGE, "charge" },
	{ RENT_OP_REFUND, "refund" },
	{ RENT_OP_EJECT, "eject" },
	RENT_NAMES_END,
};

static const struct rent_name rent_op_state_names[] = {
	{ RENT_OP_INTENT, "INTENT" },     { RENT_OP_SUCCEEDED, "SUCCEEDED" },
	{ RENT_OP_DECLINED, "DECLINED" }, { RENT_OP_NOT_EXECUTED, "NOT_EXECUTED" },
	{ RENT_OP_PENDING, "PENDING" },   { RENT_OP_UNKNOWN, "UNKNOWN" },
	{ RENT_OP_MANUAL, "MANUAL" },     RENT_NAMES_END,
};

static const struct rent_name rent_purpose_names[] = {
	{ RENT_FOR_START, "start" },
	{ RENT_FOR_ACCRUAL, "accrual" },
	{ RENT_FOR_DEBT, "debt" },
	{ RENT_FOR_SETTLE, "settle" },
	RENT_NAMES_END,
};

static const struct rent_name rent_action_names[] = {
	{ RENT_ACTION_REDIRECT, "redirect" },
	{ RENT_ACTION_CLIENT_TOKEN, "client_token" },
	{ RENT_ACTION_CONFIRM_ELSEWHERE, "confirm_elsewhere" },
	RENT_NAMES_END,
};

struct rent_quote {
	uint32_t struct_size;
	char id[RENT_ID_SIZE], user_id[RENT_ID_SIZE], station_id[RENT_ID_SIZE];
	int64_t price_per_hour, free_period_min, deposit;
	/* The database's clock. */
	int64_t created_at, expires_at;
};

/* The table's rentals.powerbank_id until a powerbank was ejected; so none can have this name. */
#define RENT_NO_POWERBANK "PENDING"

/* A rental with what the rules need to know of its money, as of `now`. */
struct rent_rental {
	uint32_t struct_size;
	char id[RENT_ID_SIZE], user_id[RENT_ID_SIZE], station_id[RENT_ID_SIZE];
	/* "" until ejected (RENT_NO_POWERBANK in the table). */
	char powerbank_id[RENT_ID_SIZE];
	char quote_id[RENT_ID_SIZE];
	/* Instance of the payment provider that its money operations went to, "" when
	 * none did. */
	char provider[RENT_ID_SIZE];
	int64_t price_per_hour, free_period_min, deposit;
	enum rent_status status;
	enum rent_settlement settlement;
	/* The table's total_amount. */
	int64_t paid;
	/* 0: not set. */
	int64_t created_at, started_at, finished_at;

	/* The rental ended under our rules; final_amount is min(due(finished_at),
	 * r_buyout) as it was then. */
	bool has_final;
	int64_t final_amount;

	int64_t debt, debt_attempts;
	/* 0: null. */
	int64_t debt_last_attempt_at;

	/* Sum of open charges and captures. */
	int64_t in_flight;
	/* … of those that collect debt; `debt` still contains it. */
	int64_t in_flight_debt;
	/* Sum of charges and captures in MANUAL: perhaps taken, so never charged again. */
	int64_t in_doubt;
	/* How many operations of any kind are open. */
	int64_t open_ops;

	/* Grows with every change through advance(). */
	int64_t version;
	char lease_token[RENT_ID_SIZE];
	/* 0: no lease. In the past: free to take. */
	int64_t lease_until;
	/* When claim() gives it out; 0: never. */
	int64_t work_at;
	/* How often work was put off in a row. */
	int64_t work_tries;

	/* The database's clock when this was read. */
	int64_t now;
	/* Not "": the row contradicts itself (says where): set aside, no money moves. */
	char broken[RENT_NOTE_SIZE];

	/* The service's name of the cabinet it began at ("": station_id), and the instance of the
	 * station provider that ejected for it; "" not known. */
	char cabinet_id[RENT_ID_SIZE], station_instance[RENT_ID_SIZE];
	enum rent_ended_by ended_by;
	/* Where the powerbank came back, according to whoever ended the rental; while it still runs,
	 * according to the customer who wanted to end it (stop_asked_at). "" not known. */
	char return_station_id[RENT_ID_SIZE];
	/* When the customer said that it is back while the cabinet of return_station_id could not be
	 * asked; 0: never, or the cabinet has since answered that it is not there. */
	int64_t stop_asked_at;
	/* The plugins of provider and of station_instance, as their instances were bound when they
	 * were recorded; "" not known. */
	char provider_plugin[RENT_ID_SIZE], station_plugin[RENT_ID_SIZE];
	/* What a charge without the customer is paid with, as the provider names it: what he named
	 * last, or what the provider saved of it; "" nobody said. */
	char payment_method[RENT_REF_SIZE];
	/* When the provider said last that a charge needs the customer (RENT_DECLINE_ACTION); 0: it did
	 * not, or one was made since. */
	int64_t payer_needed_at;
	/* The part of what we took that the provider gave back by itself (struct rent_outside), and is
	 * not in `paid` any more; and when that was last reported, 0: never. */
	int64_t outside, outside_at;
};

/* A call that moves money or hardware. */
struct rent_op {
	uint32_t struct_size;
	/* Ours; the provider's idempotency key. */
	char id[RENT_ID_SIZE];
	char rental_id[RENT_ID_SIZE];
	/* Capture, release: the hold; refund: the charge or capture. */
	char target_id[RENT_ID_SIZE];
	/* The provider's reference. */
	char ref[RENT_REF_SIZE];
	/* Eject: the powerbank. Release: "expired" when the hold had already ended. Payment that
	 * is open: "ask:" and a wall time when it is only looked up from then on. */
	char result[RENT_ID_SIZE];
	/* The provider's or rentald's words for the outcome: the reason of a failure, or how a
	 * success came about. */
	char note[RENT_NOTE_SIZE];
	enum rent_op_kind kind;
	enum rent_purpose purpose;
	enum rent_op_state state;
	/* Asked; 0 for an eject. */
	int64_t amount;
	/* Moved; with SUCCEEDED. */
	int64_t processed;
	/* Hold: captured or released; charge and capture: refunded. Includes open operations.
	 * Never above processed. */
	int64_t used;
	/* Outcomes recorded for it, those of waits and of giving up included. */
	int64_t tries;
	/* resolved_at 0: open. */
	int64_t created_at, resolved_at;
	/* Hold: 0 not known. */
	int64_t expires_at;
	/* What the customer has to do while it is open, and his deadline (wall time; 0: the provider
	 * sets none). Stays when the operation ends. */
	enum rent_payment_action action;
	char action_value[RENT_ACTION_SIZE];
	int64_t action_until;
	/* Hold, charge: what it is paid with ("": nobody said), and where the provider sends a
	 * customer who has confirmed. */
	char method_ref[RENT_REF_SIZE];
	char return_url[RENT_URL_SIZE];
	/* A charge that the customer asked for: under which key, as a word that is no other's. "":
	 * nobody asked, he is not there. */
	char request_key[RENT_ID_SIZE];
};

/* Which rentals to list, newest first, keyset by (created_at, id). */
struct rent_list_query {
	uint32_t struct_size;
	/* "" any. */
	const char *user_id;
	/* 0 any. */
	enum rent_status status;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
	/* keyset: rows created before this one, newest first; created_at 0: from the newest */
	int64_t before_created_at;
	const char *before_id;
};

static const struct rent_name rent_event_kind_names[] = {
	{ RENT_EVENT_OTHER, "OTHER" },
	{ RENT_EVENT_EJECTED, "EJECTED" },
	{ RENT_EVENT_EJECT_FAILED, "EJECT_FAILED" },
	{ RENT_EVENT_RETURNED, "RETURNED" },
	{ RENT_EVENT_STATION_ONLINE, "STATION_ONLINE" },
	{ RENT_EVENT_STATION_OFFLINE, "STATION_OFFLINE" },
	{ RENT_EVENT_STATION_CHANGED, "STATION_CHANGED" },
	{ RENT_EVENT_SLOT_FAULTY, "SLOT_FAULTY" },
	{ RENT_EVENT_POWERBANK_FAULTY, "POWERBANK_FAULTY" },
	{ RENT_EVENT_OPERATION, "OPERATION" },
	{ RENT_EVENT_ACTION_NEEDED, "ACTION_NEEDED" },
	{ RENT_EVENT_HOLD_ENDED, "HOLD_ENDED" },
	{ RENT_EVENT_REFUNDED_OUTSIDE, "REFUNDED_OUTSIDE" },
	{ RENT_EVENT_DISPUTE_OPENED, "DISPUTE_OPENED" },
	{ RENT_EVENT_DISPUTE_TOOK, "DISPUTE_TOOK" },
	{ RENT_EVENT_DISPUTE_RETURNED, "DISPUTE_RETURNED" },
	{ RENT_EVENT_DISPUTE_CLOSED, "DISPUTE_CLOSED" },
	RENT_NAMES_END,
};

static const struct rent_name rent_outcome_names[] = {
	{ RENT_UNKNOWN, "UNKNOWN" },           { RENT_SUCCEEDED, "SUCCEEDED" },
	{ RENT_PENDING, "PENDING" },           { RENT_DECLINED, "DECLINED" },
	{ RENT_NOT_EXECUTED, "NOT_EXECUTED" }, { RENT_INVALID, "INVALID" },
	{ RENT_UNSUPPORTED, "UNSUPPORTED" },   RENT_NAMES_END,
};

static const struct rent_name rent_decline_names[] = {
	{ RENT_DECLINE_NONE, "NONE" },
	{ RENT_DECLINE_FUNDS, "FUNDS" },
	{ RENT_DECLINE_METHOD, "METHOD" },
	{ RENT_DECLINE_EXPIRED, "EXPIRED" },
	{ RENT_DECLINE_EMPTY, "EMPTY" },
	{ RENT_DECLINE_OTHER, "OTHER" },
	{ RENT_DECLINE_JAMMED, "JAMMED" },
	{ RENT_DECLINE_OFFLINE, "OFFLINE" },
	{ RENT_DECLINE_BUSY, "BUSY" },
	{ RENT_DECLINE_ACTION, "ACTION" },
	RENT_NAMES_END,
};
#ifndef __cplusplus
_Static_assert(sizeof(rent_decline_names) / sizeof(rent_decline_names[0]) ==
                       RENT_DECLINE_REASONS + 1,
               "a reason has no name");
#endif

enum rent_event_trust {
	/* It makes us ask. */
	RENT_EVENT_HINT = 0,
	/* It is believed as it stands. */
	RENT_EVENT_PROVEN,
};

static const struct rent_name rent_event_trust_names[] = {
	{ RENT_EVENT_HINT, "hint" },
	{ RENT_EVENT_PROVEN, "proven" },
	RENT_NAMES_END,
};

/* A line of the debt journal: what changed the debt of a rental, and to what. Never changed. */
struct rent_debt_line {
	uint32_t struct_size;
	char rental_id[RENT_ID_SIZE];
	/* The operation whose outcome, or beside whose intent, it changed; "" none is named. */
	char op_id[RENT_ID_SIZE];
	/* For people. */
	char reason[RENT_NOTE_SIZE];
	int64_t delta, after;
	/* The database's clock. */
	int64_t created_at;
};

/* An event that a service reported (rent/event.h), as it is recorded. Never changed afterwards
 * but for handled_at and outcome. */
struct rent_inbound {
	uint32_t struct_size;
	/* Ours; sorts by the time of its arrival. */
	char id[RENT_ID_SIZE];
	/* The instance that took it in, and the service's id of it: unique together. */
	char instance[RENT_ID_SIZE];
	char event_id[RENT_EVENT_ID_SIZE];
	enum rent_event_kind kind;
	enum rent_event_trust trust;
	/* "" and 0: not said. */
	char operation_id[RENT_ID_SIZE], ref[RENT_REF_SIZE];
	char station_id[RENT_ID_SIZE], powerbank_id[RENT_ID_SIZE];
	int64_t slot, charge, amount, at;
	enum rent_outcome verdict;
	enum rent_decline_reason reason;
	char note[RENT_NOTE_SIZE];
	/* Of the message's body, in hex. */
	char sha256[RENT_ID_SIZE];
	/* The database's clock; handled_at 0: nobody has acted on it. */
	int64_t received_at, handled_at;
	/* The result of acting on it: "applied", "orphan", … */
	char outcome[RENT_NOTE_SIZE];
};

/* The content of a cabinet just before an eject was sent to it. */
struct rent_inventory {
	uint32_t struct_size;
	/* The eject, the provider's instance, and the service's name of the cabinet. */
	char op_id[RENT_ID_SIZE], instance[RENT_ID_SIZE], cabinet_id[RENT_ID_SIZE];
	/* `powerbanks` is complete; false: the cabinet did not say what was in it. */
	bool known;
	/* Ids separated by spaces; never NULL. */
	const char *powerbanks;
	/* ---- read back only. The database's clock. */
	int64_t taken_at;
	/* Of the eject, as it is now. */
	enum rent_op_state state;
	char result[RENT_ID_SIZE];
};

/* What a payment provider does by itself with money that we took. */
enum rent_outside_kind {
	RENT_OUTSIDE_NONE = 0,
	/* A dispute was opened; no money has moved. */
	RENT_OUTSIDE_DISPUTE,
	/* A dispute took money. */
	RENT_OUTSIDE_CHARGEBACK,
	/* A refund was made by hand. */
	RENT_OUTSIDE_REFUND,
	/* Money that a dispute had taken came back. */
	RENT_OUTSIDE_REVERSAL,
};

static const struct rent_name rent_outside_kind_names[] = {
	{ RENT_OUTSIDE_DISPUTE, "DISPUTE" },
	{ RENT_OUTSIDE_CHARGEBACK, "CHARGEBACK" },
	{ RENT_OUTSIDE_REFUND, "EXTERNAL_REFUND" },
	{ RENT_OUTSIDE_REVERSAL, "REVERSAL" },
	RENT_NAMES_END,
};

/* An outside movement, never changed once it is recorded. */
struct rent_outside {
	uint32_t struct_size;
	/* The event that reported it (struct rent_inbound.id): each is recorded once. */
	char event_id[RENT_ID_SIZE];
	char rental_id[RENT_ID_SIZE];
	/* The charge or capture that it is about. */
	char op_id[RENT_ID_SIZE];
	enum rent_outside_kind kind;
	/* Lowers what is paid; of a REVERSAL negative, of a DISPUTE 0. */
	int64_t amount;
	/* The provider's. */
	char ref[RENT_REF_SIZE];
	char note[RENT_NOTE_SIZE];
	/* The database's clock; read back only. */
	int64_t created_at;
};

/* How the delivery of a message stands. */
enum rent_message_state {
	RENT_MESSAGE_NONE = 0,
	/* To be sent, perhaps again. */
	RENT_MESSAGE_OPEN,
	/* The receiver has taken it. */
	RENT_MESSAGE_DELIVERED,
	/* Not tried any more; an operator sees it, and may let it be tried again. */
	RENT_MESSAGE_SET_ASIDE,
};

static const struct rent_name rent_message_state_names[] = {
	{ RENT_MESSAGE_OPEN, "OPEN" },
	{ RENT_MESSAGE_DELIVERED, "DELIVERED" },
	{ RENT_MESSAGE_SET_ASIDE, "SET_ASIDE" },
	RENT_NAMES_END,
};

/* A row of the outbox: what one other system is told of a rental. */
struct rent_message {
	uint32_t struct_size;
	/* The same in every try, and at every endpoint; unique together with the endpoint. */
	char id[RENT_ID_SIZE];
	/* The instance that delivers it. */
	char endpoint[RENT_ID_SIZE];
	/* Messages of a rental to one endpoint are delivered in the order they were recorded. */
	char rental_id[RENT_ID_SIZE];
	/* "rental.started", … */
	char type[RENT_ID_SIZE];
	/* One JSON object; never NULL. Valid as long as whoever handed it out says. */
	const char *data;
	/* ---- read back only */
	enum rent_message_state state;
	/* Tries begun since it was recorded, or opened again. */
	int64_t tries;
	/* The database's clock. next_at: with OPEN. ended_at: 0 while OPEN. */
	int64_t created_at, next_at, ended_at;
	/* How the last try ended. */
	char note[RENT_NOTE_SIZE];
};

static inline bool rent_op_is_open(enum rent_op_state s)
{
	return s == RENT_OP_INTENT || s == RENT_OP_PENDING || s == RENT_OP_UNKNOWN;
}

/* Takes money: what payment_attempts lists. */
static inline bool rent_op_takes(enum rent_op_kind k)
{
	return k == RENT_OP_CHARGE || k == RENT_OP_CAPTURE;
}

/* The amount that clients see as in flight: it is being taken, or may have been (MANUAL). A
 * charge that collects debt is not counted, since the debt still contains it. */
static inline int64_t rent_in_flight(const struct rent_rental *r)
{
	return r->in_flight - r->in_flight_debt + r->in_doubt;
}

/* What we took and did not give back ourselves: what the customer has to pay goes by it. */
static inline int64_t rent_kept(const struct rent_rental *r)
{
	return r->paid + r->outside;
}

/* ---- who did what */

enum rent_deed_kind {
	RENT_DEED_NONE = 0,
	RENT_DEED_START,
	RENT_DEED_STOP,
	RENT_DEED_PAY,
	RENT_DEED_RESOLVE,
};

static const struct rent_name rent_deed_names[] = {
	{ RENT_DEED_START, "start" },
	{ RENT_DEED_STOP, "stop" },
	{ RENT_DEED_PAY, "pay" },
	{ RENT_DEED_RESOLVE, "resolve" },
	RENT_NAMES_END,
};

/* Who asks for something, as the driver of a use case knows it. The texts are the driver's; NULL or
 * "" where one is not known. */
struct rent_actor {
	uint32_t struct_size;
	/* What was proven: of the principal (rent/auth.h), or the login on the command line, whose
	 * issuer is the machine. */
	const char *subject, *role, *issuer, *key_id;
	/* The other end: "192.0.2.1", "uid:1000". */
	const char *peer;
	const char *request_id;
	/* What they say of themselves and of the reason; nobody has checked it. */
	const char *by, *reason;
};

/* Something that an actor did to a rental. */
struct rent_deed {
	uint32_t struct_size;
	enum rent_deed_kind kind;
	/* The operation that it is about; NULL: the rental as a whole. */
	const char *op_id;
	const struct rent_actor *actor;
	/* Read back only. at: the database's clock. */
	int64_t id, at;
	const char *rental_id;
};

RENT_EXTERN_C_END
#endif
