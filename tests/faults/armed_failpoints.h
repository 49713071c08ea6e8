/* SPDX-License-Identifier: MIT
 *
 * armed_failpoints.h - the test's side of plugins/common/failpoint.h: the names that were
 * compiled in, how often each was reached, and arming one.
 */
#ifndef FAULTS_ARMED_FAILPOINTS_H
#define FAULTS_ARMED_FAILPOINTS_H

#include "../../plugins/common/failpoint.h"
#include "fault_deployment.h"

struct armed_failpoints {
	char path[320]; /* the file that the processes map, behind an '@' */
	struct failpoints *map;
};

/* Reads the names from the plugins of the build. False: there are none in it. */
bool armed_new(struct armed_failpoints *a, const char *dir);
void armed_free(struct armed_failpoints *a);

/* Index of a name; -1: there is none. */
int armed_find(const struct armed_failpoints *a, const char *name);

/* Disarms everything: nothing reached, all hits 0; waiting processes continue. */
void armed_clear(struct armed_failpoints *a);
/* All hits are 0 from now on. */
void armed_forget(struct armed_failpoints *a);
/* The nth time from now on. pid: only that process; 0: any. Several may be
 * armed: the first that is reached counts, the others then count as not armed. */
void armed_set(struct armed_failpoints *a, int index, int nth,
               enum failpoint_action action, int pid);
void armed_unset(struct armed_failpoints *a, int index);
/* The name that was reached, or NULL; *ret_pid: the process that reached it. */
const char *armed_reached(const struct armed_failpoints *a, int *ret_pid);
/* The waiting process continues, and the next failpoint may be armed. */
void armed_go_on(struct armed_failpoints *a);

#endif
