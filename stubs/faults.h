/* SPDX-License-Identifier: MIT
 *
 * stubs/faults.h - what is wrong with each endpoint at the moment: disabled, slow, failing,
 * losing requests or replies. Has its own lock.
 */
#ifndef STUBS_FAULTS_H
#define STUBS_FAULTS_H

#include "text.h"

#include <jansson.h>
#include <pthread.h>
#include <rent/base.h>

enum endpoint {
	EP_STATION_DATA,
	EP_TARIFF,
	EP_USER_PROFILE,
	EP_CONFIGS,
	EP_EJECT,
	EP_HOLD,
	EP_CLEAR,
	EP_NAMED, /* those before are the seven that the contract lists as available */
	EP_RELEASE = EP_NAMED,
	EP_REFUND,
	EP_STATUS,
	ENDPOINTS,
};

extern const char *const endpoint_names[ENDPOINTS];

enum setting {
	SET_LATENCY_MS,
	SET_FAILURE_PERCENT,
	SET_LOSE_REPLY_PERCENT,
	SET_LOSE_REPLY_NEXT,
	SET_LOSE_REQUEST_NEXT,
	SET_FAIL_NEXT,
	SET_STATUS, /* what a failure answers */
	SET_PROCESSED_PERCENT,
	SETTINGS,
};

struct faults {
	pthread_mutex_t lock;
	int64_t set[ENDPOINTS][SETTINGS];
	bool disabled[ENDPOINTS];
	uint64_t random;
};

/* The faults that one request meets. */
struct fault_plan {
	int64_t latency_us;
	int status;        /* answer this, do nothing; 0: go on */
	bool lose_request; /* drop it before it acts */
	bool lose_reply;   /* act, then drop the connection */
	int64_t processed_percent;
};

void faults_init(struct faults *f, uint64_t seed);
void faults_done(struct faults *f);
void faults_reset(struct faults *f);

/* Draws the fate of a request. One that was counted out by a "next" is used up. */
void faults_plan(struct faults *f, enum endpoint ep, struct fault_plan *ret);

/* Negative, with the reason: nothing was changed. */
int faults_disable(struct faults *f, const json_t *body, struct rent_error *err);
int faults_set(struct faults *f, const json_t *body, struct rent_error *err);

void faults_render_status(struct faults *f, struct text *t);
void faults_render_settings(struct faults *f, struct text *t);

#endif
