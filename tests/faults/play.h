/* SPDX-License-Identifier: MIT
 *
 * play.h - one scenario played on a bench, with a crash or without.
 */
#ifndef FAULTS_PLAY_H
#define FAULTS_PLAY_H

#include "crash_kinds.h"

struct crash {
	const struct kind *kind; /* NULL: nothing dies */
	int point, nth;
	int second; /* a further point at which a process that reaches it dies; -1: none */
	bool follow; /* hits are what was passed after the death */
	bool chain;  /* every point at which nobody died yet is one, once */
};

enum verdict {
	PLAYED,
	VIOLATION,
	NOT_REACHED
};

/* Opens a place where this can be played. */
void bench_open(struct bench *b, const struct fault_spec *spec);
/* False: somebody did not end as it should. */
bool bench_close(struct bench *b, bool keep);

/* hits, when not NULL, is how often each point was passed. NOT_REACHED: somebody who was to
 * die at a point did not come there. */
enum verdict play(struct bench *b, const struct scenario *sc, const struct crash *crash,
                  uint32_t hits[FAILPOINT_MAX], char why[1024]);

#endif
