/* SPDX-License-Identifier: MIT
 *
 * run.h - one run: a new customer, what happens to the customer, and what must be true at the
 * end. Scenarios are made of these steps. A step that does not come to its end within its
 * time notes why, and the run is a violation; the steps after it do nothing.
 */
#ifndef FAULTS_RUN_H
#define FAULTS_RUN_H

#include <ride.h>

#include "fault_deployment.h"
#include "records.h"

#define RUN_PATIENCE_MS 30000

struct run {
	struct deployment *deployment;
	struct records *records;
	char user[65];
	const char *station;
	struct ride ride;
	int64_t book_seq; /* entries of the stub's book that were there before */
	int64_t ejects;   /* how many powerbanks he is to have been given */
	int64_t rentals;  /* how many rentals he is to have; run_init says 1 */
	bool unaudited;   /* the audit is asked later */
	bool patient;     /* waits for recovery before asking again */
	/* Called between looks: restarts processes that died. */
	void (*tend)(struct run *r);
	void *arg;      /* of tend */
	char why[1024]; /* "" so far all is well */
};

void run_init(struct run *r, struct deployment *s, struct records *t, const char *name);
/* Notes how far the stub's book goes; everybody is up. */
void run_begin(struct run *r);

/* Notes the first reason. */
void run_fail(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Waits until done(r) says yes. what: for the message. */
bool run_wait(struct run *r, bool (*done)(struct run *r), const char *what);

/* ---- a customer that does not give up */
void run_quote(struct run *r, const char *station);
/* Asks with the same key until there is an answer that stays; its status, 0 none came. */
long run_start(struct run *r);
/* … until it is stopped, at `station`. */
void run_stop(struct run *r);

/* ---- the world around him */
void run_decline(struct run *r, bool declined);
void run_setting(struct run *r, const char *json);
/* Any call of the stubs' control side that must go well. */
void run_control(struct run *r, const char *path, const char *json);
/* Whoever has the powerbank of an order puts it into that cabinet. */
void run_put_back(struct run *r, const char *order_id, const char *station);
/* How often the cabinets report each thing; 0: never. */
void run_reports(struct run *r, int times);
/* One value of his only rental. */
int64_t run_value(struct run *r, const char *column);
int64_t run_debt(struct run *r);
/* No open operation, no PENDING rental, nothing unsettled: I7. */
bool run_rests(struct run *r);

/* ---- the end: waits for rest, then compares the stub's book, the station's and ours, id by
 * id, and asks the audit. */
void run_judge(struct run *r);

#endif
