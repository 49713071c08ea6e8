/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/kit.h - what the kits for authors of plugins share, whatever the kind of the
 * plugin: the plugin in a fake host, the report, hostile replies, events, samples, and what holds
 * for every request. payment_kit and station_kit add the checks of their interface.
 */
#ifndef CONTRACT_KIT_H
#define CONTRACT_KIT_H

#include "fake_host.h"

#include <rent/payment.h>
#include <rent/station.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

/* The operation of a kit. Sample answers are written for these. */
#define KIT_ID       "019ab0de-0000-7000-8000-000000000001"
#define KIT_OTHER_ID "019ab0de-0000-7000-8000-000000000002"
#define KIT_RENTAL   "019ab0de-0000-7000-8000-00000000000a"
#define KIT_USER     "kit-user"
#define KIT_REF      "kit-ref"
#define KIT_CREATED  INT64_C(1795392000000000)

#define KIT_SECRETS  8
#define KIT_TEXT     256

struct json_t;

struct kit {
	const struct rent_plugin *plugin;
	struct fake_host *fake;
	const struct rent_host *host;
	void *self;
	/* The interface under test and its promises, of the kind that this kit is for. */
	union {
		const struct rent_payment *payment;
		const struct rent_station *station;
	} api;
	union {
		struct rent_payment_caps payment;
		struct rent_station_caps station;
	} caps;
	/* NULL: the plugin takes no events. */
	rent_parse_event_fn parse_event;
	int exchanges; /* made by the plugin; none is allowed */
	bool ends;     /* destroy() was seen to work */
	/* Values of the options that are secret; "" ends. */
	char secrets[KIT_SECRETS][KIT_TEXT];
	bool stop;  /* --stop: at the first check that fails */
	int parent; /* the process whose children run the checks */
	/* The report. All of this lies in memory that the forked checks share. */
	int checks, failed;
	int faults;           /* of the running check */
	const char *check;    /* NULL: none runs */
	char doing[KIT_TEXT]; /* what is being tried, for the case of a crash */
};

/* ---- main.c: the program. */

struct kit_kind {
	const char *program; /* "rent-payment-kit" */
	const char *kind;    /* RENT_KIND_PAYMENT */
	/* Takes up interface and promises of the created plugin. */
	void (*adopt)(struct kit *k);
	void (*checks)(struct kit *k);
};

int kit_main(const struct kit_kind *kind, int argc, char **argv);

/* ---- report.c */

void kit_begin(struct kit *k, const char *check);
/* A fault of the running check: what, in the plugin author's terms. */
void kit_fault(struct kit *k, const char *fmt, ...) RENT_PRINTF(2, 3);
void kit_end(struct kit *k);
void kit_skip(struct kit *k, const char *check, const char *why);
/* Runs checks in a process of their own: one that crashes or hangs fails, and the report says
 * what was being tried. */
void kit_apart(struct kit *k, void (*checks)(struct kit *k));
void kit_doing(struct kit *k, const char *fmt, ...) RENT_PRINTF(2, 3);

/* ---- descriptor.c: both report under the running check, or begin their own. */

void kit_check_plugin(struct kit *k);
void kit_check_options(struct kit *k);

/* ---- request.c */

/* The fault of a request; NULL: none. */
const char *kit_request_fault(const struct rent_upstream_request *req);
bool kit_request_same(const struct rent_upstream_request *a,
                      const struct rent_upstream_request *b);
/* Whether target, headers or body have the text. */
bool kit_request_has(const struct rent_upstream_request *req, const char *text);
/* "request" of a sample: what must be sent. */
void kit_request_compare(struct kit *k, const char *name, const struct json_t *want,
                         const struct rent_upstream_request *req);

/* What a request is made of, whatever the texts in it. */
struct kit_shape {
	size_t members; /* of a form or a JSON body */
	size_t parts;   /* of the target */
};

struct kit_shape kit_request_shape(const struct rent_upstream_request *req);

/* An arena that runs out after so many allocations. */
struct kit_mean_arena {
	struct rent_arena base;
	int left;
	void *blocks[512];
	int n;
};

void kit_mean_init(struct kit_mean_arena *a, int allocations);
void kit_mean_done(struct kit_mean_arena *a);

/* What building must not change: compare before and after. */
struct kit_footprint {
	int files, threads, exchanges;
};

struct kit_footprint kit_footprint(const struct kit *k);
void kit_check_footprint(struct kit *k, const struct kit_footprint *before);

/* ---- reply.c */

struct rent_upstream_reply kit_reply(int status, const char *body, size_t size);
bool kit_reply_same(const struct rent_upstream_reply *a,
                    const struct rent_upstream_reply *b);
/* What no result of any provider may say; NULL: nothing of it. */
const char *kit_outcome_fault(enum rent_outcome outcome, enum rent_decline_reason reason,
                              bool not_found, bool is_lookup);
/* Whether text is terminated within size, and UTF-8: it goes into a database. */
bool kit_text_sound(const char *text, size_t size);
/* Whether text has a value of an option that is secret. */
bool kit_has_secret(const struct kit *k, const char *text);

/* ---- hostile.c: replies that prove nothing, whatever the dialect. */

struct kit_hostile {
	const char *name, *body;
	size_t size;
};

/* Each body in turn. */
void kit_hostile_bodies(struct kit *k,
                        void (*fn)(struct kit *k, const struct kit_hostile *h));
/* The i-th reply with this body: every status, ambiguous and not. */
#define KIT_HOSTILE_REPLIES 70
struct rent_upstream_reply kit_hostile_reply(const struct kit_hostile *h, size_t i);

/* ---- crowd.c: the same many times over. */

/* Does the same over and over and reports memory that is not given back. */
void kit_check_growth(struct kit *k, void (*round)(struct kit *k));
/* Several threads at once; how many of their rounds said false. */
int kit_crowd(struct kit *k, bool (*round)(struct kit *k, int i, const void *arg),
              const void *arg);

/* ---- events.c: what the service reports by itself. */

void kit_check_events(struct kit *k);

/* ---- samples.c: the author's samples. */

/* Reads the file; faults are printed. Call before everything else. */
bool kit_samples_open(const char *program, const char *file);
/* The list of them; NULL when none was given. */
const struct json_t *kit_samples(void);
/* The i-th; NULL: there are not so many. */
const struct json_t *kit_samples_at(size_t i);
/* Members that must be in no sample of this kind are faults: a misspelt one tests nothing. */
void kit_sample_members(struct kit *k, const struct json_t *json, const char *known);
const char *kit_outcome_name(int outcome);
const char *kit_reason_name(int reason);
const char *kit_text(const struct json_t *o, const char *name, const char *def);
/* The body of a sample as it comes, an object or a text. The caller frees it. */
char *kit_sample_body(const struct json_t *json, bool *ret_object);
/* That body as an answer, with the sample's status and doubt. */
struct rent_upstream_reply kit_sample_reply(const struct json_t *json, const char *body);

typedef void (*kit_changed_fn)(struct kit *k, const void *arg, const char *text,
                               const char *about);
/* The body with a strange value in the place of every member in turn. */
void kit_sample_mutate(struct kit *k, const struct json_t *body, kit_changed_fn fn,
                       const void *arg);
/* The body with each member of "not" set to its value in turn. */
void kit_sample_not(struct kit *k, const struct json_t *sample, kit_changed_fn fn,
                    const void *arg);
/* The body cut at every byte, and twice in one. */
void kit_sample_damage(struct kit *k, const char *body, kit_changed_fn fn,
                       const void *arg);
/* Statuses under which no body is a success; 0 ends. */
extern const int kit_failures[];

/* For jansson's loops, which take no const and change nothing. */
static inline struct json_t *kit_unconst(const struct json_t *json)
{
	union {
		const struct json_t *given;
		struct json_t *taken;
	} both = { json };

	return both.taken;
}

#endif
