/* SPDX-License-Identifier: MIT
 *
 * rent/station.h - the cabinets: kind "station", interface struct rent_station. Read
 * rent/provider.h first.
 *
 *   eject      gives a powerbank out, for the order `id`
 *   lookup     finds out what became of the order `id`
 *   snapshot   shows what is in a cabinet now
 *   list       shows the orders that the service knows, a page at a time
 *   command    opens, locks, unlocks or restarts, for those who look after the cabinets
 *   event      reads what the service reports on its own (rent/event.h)
 *
 * Only eject is required. The more a plugin has, the more ejects with an unknown end resolve
 * themselves: by the same id again inside resend_us, else by the lookup, else by two snapshots,
 * before and after. If none of them answers, the eject waits for a person.
 *
 * Some services keep our order id, so that a cabinet that gets it twice ejects once. Most keep
 * none: their plugin says resend_us = 0, answers PENDING with the service's `ref`, and the
 * caller asks by that.
 *
 * Slots are numbered as the service numbers them, from 1. 0 is never a slot: services take it
 * for "all of them", and a plugin refuses to send it where a slot is meant (RENT_EINVAL).
 */
#ifndef RENT_STATION_H
#define RENT_STATION_H

#include "event.h"
#include "provider.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_STATION "station"

/* Slots in a snapshot. */
#define RENT_STATION_SLOTS_MAX 4096

enum rent_station_command {
	/* Opens the slot; the powerbank in it comes out, and no rental begins. */
	RENT_STATION_OPEN = 1,
	/* The slot gives nothing out, or does again. */
	RENT_STATION_LOCK,
	RENT_STATION_UNLOCK,
	/* The whole cabinet; slot is 0. */
	RENT_STATION_RESTART,
};

#define RENT_STATION_BIT(command) (1u << (command))

/* The promises of this service. The caller asks once, after create(). All zero is the least
 * that a plugin can promise. */
struct rent_station_caps {
	uint32_t struct_size;
	/* RENT_STATION_BIT() of the commands it has. */
	uint32_t commands;
	/* How long the same order id surely ejects once and repeats its answer; 0: never safe. */
	int64_t resend_us;
	/* After this time an eject has happened or will not any more: from then on "not found"
	 * and a snapshot speak about it. */
	int64_t settle_us;
	/* The least time between two questions about the same order or cabinet. */
	int64_t poll_us;
	/* After settle_us, "not found" proves that the order was not executed. false: it proves
	 * nothing. */
	bool not_found_is_final;
	/* An order may name the slot, or the powerbank. */
	bool slot_can_be_chosen, powerbank_can_be_chosen;
	/* The cabinet itself does not open after not_after. false: only the sending is stopped. */
	bool obeys_not_after;
	/* Returns are reported by events; false: they must be asked for. */
	bool reports_returns;
	/* An order can be looked up by our id alone. false: only once the service gave a ref. */
	bool lookup_by_id;
};

/* An order. Strings may be NULL from slot `cabinet_id` on, which is "". */
struct rent_station_op {
	uint32_t struct_size;
	/* ours: the order id, durable before it is sent. */
	const char *id;
	const char *rental_id, *user_id, *station_id;
	int64_t created_at;
	/* The service's name of the cabinet; "": it is station_id. */
	const char *cabinet_id;
	/* The service's reference of this order, where it gave one (PENDING, lookup). */
	const char *ref;
	/* Wall time from which on the cabinet must not open; 0: no limit. */
	int64_t not_after;
	/* The powerbank, or the slot, that is wanted; ""/0: any. One that cannot be chosen is
	 * RENT_EUNSUPPORTED. */
	const char *powerbank_id;
	int32_t slot;
};

/* Zeroed (UNKNOWN) by the caller except struct_size. */
struct rent_station_result {
	uint32_t struct_size;
	/* DECLINED: the cabinet refuses, with a reason: EMPTY, JAMMED, OFFLINE, BUSY, OTHER.
	 * PENDING: accepted; with ref, ask by it. */
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	/* SUCCEEDED: required. */
	char powerbank_id[RENT_ID_SIZE];
	char note[RENT_NOTE_SIZE];
	/* lookup: the service does not know this order; the caller judges by caps whether that is
	 * an answer. */
	bool not_found;
	/* The service's reference; "" none. */
	char ref[RENT_REF_SIZE];
	/* Where the powerbank came out, and its charge in per cent; 0: not said. */
	int32_t slot, charge;
	/* It came out and is back: wall time, and the service's name of the cabinet; 0: it is
	 * out, or the service does not say. */
	int64_t returned_at;
	char returned_to[RENT_ID_SIZE];
};

enum rent_station_state {
	/* The service does not say. */
	RENT_STATION_STATE_UNKNOWN = 0,
	RENT_STATION_ONLINE,
	RENT_STATION_OFFLINE,
};

struct rent_station_slot {
	uint32_t struct_size;
	/* From 1. */
	int32_t slot;
	/* "": the slot is empty. */
	char powerbank_id[RENT_ID_SIZE];
	/* Per cent, 1..100; 0 not said. */
	int32_t charge;
	/* It gives nothing out and takes nothing. */
	bool faulty;
};

/* The content of a cabinet now. Zeroed (UNKNOWN) by the caller except struct_size. DECLINED: the
 * service has no such cabinet. */
struct rent_station_snapshot {
	uint32_t struct_size;
	enum rent_outcome outcome;
	enum rent_station_state state;
	/* Slots in all; powerbanks that could be given out; slots that could take one. Of a
	 * cabinet that is offline they are what it said last. */
	int32_t slots, available, free_slots;
	/* `list` has every slot with a powerbank. false: a powerbank that it does not show may be
	 * in the cabinet all the same. */
	bool complete;
	/* slot_count pointers, in the reply's arena; each slot and each powerbank once. */
	const struct rent_station_slot *const *list;
	size_t slot_count;
	char note[RENT_NOTE_SIZE];
};

/* A page of the orders that the service knows. */
struct rent_station_page {
	uint32_t struct_size;
	/* Wall times: orders made in [since, until]; until 0: now. */
	int64_t since, until;
	/* Of this cabinet only, where the service can tell them apart; "" of all. */
	const char *cabinet_id;
	/* "" begins; else what the last page gave. */
	const char *cursor;
	/* Entries wanted; the service may give fewer. */
	uint32_t limit;
};

/* An order that the service knows. Valid during the callback. */
struct rent_station_entry {
	uint32_t struct_size;
	/* SUCCEEDED, PENDING or DECLINED. */
	enum rent_outcome outcome;
	/* ours; "": it was sent none. */
	const char *id;
	/* The service's; required. */
	const char *ref;
	/* "" not known. */
	const char *cabinet_id, *powerbank_id;
	/* Wall times; 0 not known. */
	int64_t at, returned_at;
};
typedef int (*rent_station_entry_fn)(void *arg, const struct rent_station_entry *entry);

/* A command of a person who looks after the cabinets. */
struct rent_station_work {
	uint32_t struct_size;
	enum rent_station_command command;
	/* ours, for the trail. */
	const char *id;
	const char *station_id;
	/* The service's name of the cabinet; NULL or "": it is station_id. */
	const char *cabinet_id;
	/* From 1; with RESTART 0. */
	int32_t slot;
	/* Why; "" nobody said. */
	const char *reason;
};

struct rent_station {
	uint32_t struct_size;
	/* NULL with caps(), which says it too. Without both: 0. */
	int64_t (*resend_us)(void *self);
	/* Required. See rent/provider.h. */
	int (*build_eject)(void *self, const struct rent_station_op *op,
	                   struct rent_arena *arena, struct rent_upstream_request *ret,
	                   struct rent_error *err);
	void (*parse_eject)(void *self, const struct rent_station_op *op,
	                    const struct rent_upstream_reply *reply,
	                    struct rent_station_result *ret);

	/* Never fails. NULL: resend_us() is all that is promised. */
	void (*caps)(void *self, struct rent_station_caps *ret);

	/* Both or NULL: an order cannot be looked up. By op->ref where the service gave one, else
	 * by op->id; RENT_EUNSUPPORTED where it needs the reference and has none. */
	int (*build_lookup)(void *self, const struct rent_station_op *op,
	                    struct rent_arena *arena, struct rent_upstream_request *ret,
	                    struct rent_error *err);
	void (*parse_lookup)(void *self, const struct rent_station_op *op,
	                     const struct rent_upstream_reply *reply,
	                     struct rent_station_result *ret);

	/* Both or NULL: cabinets cannot be looked into. cabinet_id: the service's name. */
	int (*build_snapshot)(void *self, const char *cabinet_id,
	                      struct rent_arena *arena, struct rent_upstream_request *ret,
	                      struct rent_error *err);
	void (*parse_snapshot)(void *self, const char *cabinet_id,
	                       const struct rent_upstream_reply *reply,
	                       struct rent_station_snapshot *ret);

	/* Both or NULL: the service does not list its orders. As build_list and parse_list of
	 * rent/payment.h: fn for each entry (a non-zero value ends it and is returned), then the
	 * next page's cursor, "" at the end; negative when the reply is not a page. */
	int (*build_list)(void *self, const struct rent_station_page *page,
	                  struct rent_arena *arena, struct rent_upstream_request *ret,
	                  struct rent_error *err);
	int (*parse_list)(void *self, const struct rent_station_page *page,
	                  const struct rent_upstream_reply *reply,
	                  rent_station_entry_fn fn, void *arg,
	                  char ret_cursor[RENT_REF_SIZE], struct rent_error *err);

	/* Both or NULL: the service takes no commands (caps.commands is 0). A command is sent
	 * once; of its result only outcome, reason and note count. */
	int (*build_command)(void *self, const struct rent_station_work *work,
	                     struct rent_arena *arena, struct rent_upstream_request *ret,
	                     struct rent_error *err);
	void (*parse_command)(void *self, const struct rent_station_work *work,
	                      const struct rent_upstream_reply *reply,
	                      struct rent_station_result *ret);

	/* NULL: the service reports nothing on its own. */
	rent_parse_event_fn parse_event;
};

RENT_EXTERN_C_END
#endif
