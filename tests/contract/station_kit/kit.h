/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/kit.h - what the checks of the station kit share: the order that
 * every check uses, the operations of a station as one set, and their answers.
 */
#ifndef STATION_KIT_H
#define STATION_KIT_H

#include "kit/kit.h"

#define KIT_CABINET   "KIT00001"
#define KIT_OTHER_CAB "KIT00002"
#define KIT_BANK      "KITBANK01"
#define KIT_SLOT      3

enum kit_what {
	KIT_EJECT,
	KIT_LOOKUP,
	KIT_SNAPSHOT,
	KIT_LIST,
	KIT_COMMAND,
	KIT_WHATS,
};

/* An operation of whatever kind; what does not concern it is ignored. */
struct kit_op {
	enum kit_what what;
	struct rent_station_op order;
	const char *cabinet; /* of a snapshot */
	struct rent_station_page page;
	struct rent_station_work work;
};

struct kit_op kit_op(enum kit_what what);
const char *kit_what_name(enum kit_what what);
/* KIT_WHATS: there is none */
enum kit_what kit_what_value(const char *name);
/* Whether the plugin has it. */
bool kit_has(const struct kit *k, enum kit_what what);
bool kit_has_command(const struct kit *k, enum rent_station_command command);

int kit_build(struct kit *k, const struct kit_op *op, struct rent_arena *arena,
              struct rent_upstream_request *ret);

/* What became of an answer. Faults of what every result must be are reported under `about`. */
struct kit_answer {
	struct rent_station_result result;     /* eject, lookup, command */
	struct rent_station_snapshot snapshot; /* its list is gone: see on_slots */
	enum rent_outcome outcome;             /* of either */
	int page;                              /* of list: what parse_list returned */
	size_t entries;
	char cursor[RENT_REF_SIZE];
};

/* Is shown what dies with the answer's arena. NULL members: nobody wants to know. */
struct kit_viewer {
	void (*slots)(void *arg, const struct rent_station_snapshot *s);
	void (*entry)(void *arg, const struct rent_station_entry *entry);
	void *arg;
};

struct kit_answer kit_parse(struct kit *k, const struct kit_op *op,
                            const struct rent_upstream_reply *reply,
                            const struct kit_viewer *viewer, const char *about);
/* Whether the answer claims that something happened, or is there. */
bool kit_claims(const struct kit_op *op, const struct kit_answer *answer);
/* The fault of a snapshot's numbers; NULL: none. */
const char *kit_snapshot_fault(const struct rent_station_snapshot *s);

void kit_check_interface(struct kit *k);
void kit_check_caps(struct kit *k);
void kit_check_build(struct kit *k);
void kit_check_slots(struct kit *k);
void kit_check_hostile_ops(struct kit *k);
void kit_check_hostile_replies(struct kit *k);
void kit_check_samples(struct kit *k);
void kit_check_leaks(struct kit *k);
void kit_check_threads(struct kit *k);

/* ---- sample.c: a sample as an operation, and an answer to it. */

struct kit_sample {
	const char *name;
	const struct json_t *json;
	struct kit_op op;
	struct rent_upstream_reply reply;
	char *body;
	bool object; /* the body is JSON */
};

/* false: its kind is none of kit_what_name(). Done with kit_sample_done(). */
bool kit_sample_read(struct kit_sample *s, const struct json_t *json);
void kit_sample_done(struct kit_sample *s);

#endif
