/* SPDX-License-Identifier: MIT
 *
 * rent/event.h - what a service reports on its own: a cabinet reports a return, a payment
 * service a confirmation, a dispute or the end of a hold. Station and payment plugins share it.
 *
 * A provider that is called by its service has parse_event(), as pure as parse(): it gets the
 * message as it came, checks the signature with its secret, hands out the events in it, and
 * names the answer that the service expects. The caller makes the events durable before it
 * sends that answer, and gives each an effect once, by its id.
 *
 *     message ─▶ parse_event ─▶ events ─▶ recorded ─▶ answered ─▶ acted on
 *
 * An event is a hint unless the plugin marks it proven. A hint makes us ask (lookup, snapshot)
 * at once and changes nothing by itself; only what is proven is believed as it stands.
 */
#ifndef RENT_EVENT_H
#define RENT_EVENT_H

#include "provider.h"

RENT_EXTERN_C_BEGIN

/* Bytes of a message; the caller refuses a longer one (413). */
#define RENT_EVENT_BODY_MAX ((size_t)256 * 1024)
/* Events in one message; a message with more is RENT_EFULL. */
#define RENT_EVENTS_MAX 64
/* The service's id of an event: 1..128 visible ASCII characters, and the NUL. */
#define RENT_EVENT_ID_SIZE 129

/* Numbers are kept in databases: none is ever given to another kind. A report that fits no kind
 * is RENT_EVENT_OTHER: it is recorded, and nothing acts on it. */
enum rent_event_kind {
	RENT_EVENT_OTHER = 0,

	/* ---- cabinets. */
	/* A powerbank left a cabinet: ref or operation_id, powerbank_id, station_id. */
	RENT_EVENT_EJECTED = 1,
	/* The cabinet could not give one out: ref or operation_id, reason. */
	RENT_EVENT_EJECT_FAILED = 2,
	/* A powerbank is in a cabinet: powerbank_id, station_id, at. */
	RENT_EVENT_RETURNED = 3,
	/* The cabinet can be reached again, or cannot: station_id. */
	RENT_EVENT_STATION_ONLINE = 4,
	RENT_EVENT_STATION_OFFLINE = 5,
	/* The content of the cabinet changed: station_id; ask for a snapshot. */
	RENT_EVENT_STATION_CHANGED = 6,
	/* A slot, or a powerbank, must not be used: station_id and slot, or powerbank_id. */
	RENT_EVENT_SLOT_FAULTY = 7,
	RENT_EVENT_POWERBANK_FAULTY = 8,

	/* ---- payments: operation_id or ref names the operation. */
	/* It has another state: look it up. With proven and an outcome: it ended so. */
	RENT_EVENT_OPERATION = 20,
	/* The customer must act. */
	RENT_EVENT_ACTION_NEEDED = 21,
	/* A hold is over and nothing more can be taken from it. */
	RENT_EVENT_HOLD_ENDED = 22,
	/* Money given back by hand at the provider: amount. With operation_id: by hand unless that is
	 * a refund of ours, and then as OPERATION. */
	RENT_EVENT_REFUNDED_OUTSIDE = 23,
	/* A dispute took amount, or gave it back, or was merely opened or closed. */
	RENT_EVENT_DISPUTE_OPENED = 24,
	RENT_EVENT_DISPUTE_TOOK = 25,
	RENT_EVENT_DISPUTE_RETURNED = 26,
	RENT_EVENT_DISPUTE_CLOSED = 27,
};

/* A message as it came. The caller's; nothing in it outlives the call. */
struct rent_event_message {
	uint32_t struct_size;
	/* Wall time of its arrival: for signatures that carry a time. */
	int64_t now;
	/* "POST". */
	const char *method;
	/* The path after "/hooks/INSTANCE/", decoded; "" it ends there. */
	const char *rest;
	/* The query as it came, without '?'; "" none. */
	const char *query;
	/* NUL-terminated besides its size; never NULL. */
	const char *body;
	size_t body_size;
	/* "" when there was none. */
	const char *content_type;
	/* Where the message came from, as rent_peer.client; "" not known. */
	const char *peer;
	/* The value of a header, or NULL; name is compared without case. arg: header_arg. */
	const char *(*header)(const void *arg, const char *name);
	const void *header_arg;
	/* Room for what the plugin reads; dies after the message has been answered. */
	struct rent_arena *arena;
};

/* One event. The plugin's, valid during the callback. Strings may be NULL, which is "". */
struct rent_event {
	uint32_t struct_size;
	enum rent_event_kind kind;
	/* The signature covers all that this event says. */
	bool proven;
	/* The service's id of this event, which a repetition carries again. "": it has none. The
	 * caller then makes one from the whole message, and recognises a repetition only if it is
	 * the same byte for byte. */
	const char *event_id;
	/* Our id of the operation it is about. Only an id that came back signed, or inside the
	 * service's object, belongs here. */
	const char *operation_id;
	/* The service's reference of the operation. */
	const char *ref;
	/* When it happened, by the service: wall time; 0 it does not say. The caller believes no
	 * time in the future, and none before the thing that the event is about. */
	int64_t at;

	/* ---- cabinets. station_id: the service's name of the cabinet. slot: its number there,
	 * from 1; 0 not said. */
	const char *station_id;
	const char *powerbank_id;
	int32_t slot;
	/* Per cent, 1..100; 0 not said. */
	int32_t charge;

	/* ---- payments; EJECT_FAILED: reason. amount: currency units; 0 not said. */
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	int64_t amount;

	/* For a person; no secrets. REFUNDED_OUTSIDE that is not proven: the service's reference of the
	 * refund itself, by which the caller looks it up (rent/payment.h). */
	const char *note;
};

/* The answer that the service expects once the events are durable. Zeroed by the caller
 * except struct_size; strings live in the message's arena or are literals. */
struct rent_event_answer {
	uint32_t struct_size;
	/* 0: 200. */
	int32_t status;
	/* NULL: application/json. */
	const char *content_type;
	/* NULL: an empty body. */
	const char *body;
	size_t body_size;
};

/* Non-zero ends the message: parse_event() returns it unchanged. */
typedef int (*rent_event_fn)(void *arg, const struct rent_event *event);

/* The slot parse_event of struct rent_station and struct rent_payment. Neither blocks nor keeps
 * state; called by several threads at once for plugins declared parallel. Calls fn for each
 * event, in their order; none is fine (a ping). Returns 0 with *ret filled in, or
 *   RENT_EPERM    the signature is missing or wrong: nothing is recorded, answered 401
 *   RENT_EINVAL   this is no message of the service: answered 400
 *   another code  not now: answered 503, the service sends it again
 * A bad signature never calls fn. */
typedef int (*rent_parse_event_fn)(void *self, const struct rent_event_message *message,
                                   rent_event_fn fn, void *arg,
                                   struct rent_event_answer *ret, struct rent_error *err);

RENT_EXTERN_C_END
#endif
