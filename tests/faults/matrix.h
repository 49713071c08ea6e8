/* SPDX-License-Identifier: MIT
 *
 * matrix.h - what the parts of rent-crash-matrix share: the options, the counts, one run.
 */
#ifndef FAULTS_MATRIX_H
#define FAULTS_MATRIX_H

#include "play.h"

struct options {
	enum fault_db db;
	bool pairs, cover, samples, trace, keep, verbose;
	const char *scenario, *kind, *point;
	unsigned shard, shards;
};

struct totals {
	struct options o;
	struct bench bench;
	bool open;
	unsigned runs, violations, unreached, next;
	bool fired[FAILPOINT_MAX], hit[FAILPOINT_MAX];
};

/* A bench that fits; the one at hand if it does. */
void matrix_bench(struct totals *t, const struct scenario *sc, const struct kind *kind);
/* Takes over what the bench at hand has seen. */
void matrix_merge(struct totals *t);
/* Plays it, counts it, and tells what is wrong. */
enum verdict matrix_run(struct totals *t, const struct scenario *sc,
                        const struct crash *crash, uint32_t hits[FAILPOINT_MAX]);
/* Records the failpoints that a scenario passes when nothing dies; false: not even that
 * went well. */
bool matrix_trace(struct totals *t, const struct scenario *sc,
                  uint32_t hits[FAILPOINT_MAX]);
/* Whether the kind can be dealt there in that scenario, and was asked for. */
bool matrix_fits(const struct totals *t, const struct scenario *sc,
                 const struct kind *kind, const char *name);
/* Purging passes its places all the time, and is dealt with by its own scenario. */
bool matrix_belongs(const struct scenario *sc, const char *name);
const char *matrix_name(const struct totals *t, int point);

/* --cover: what the chains of deaths left. */
void cover_rest(struct totals *t);
/* --samples: every kind of crash, each where it hurts. */
void cover_samples(struct totals *t);

#endif
