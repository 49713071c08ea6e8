/* SPDX-License-Identifier: MIT
 *
 * arms.h - the test's side of plugins/common/failpoint.h: the names that were compiled in, how often
 * each was reached, and arming one.
 */
#ifndef FAULTS_ARMS_H
#define FAULTS_ARMS_H

#include "../../plugins/common/failpoint.h"
#include "site.h"

struct arms {
	char path[320]; /* the file that the processes map, behind an '@' */
	struct failpoints *map;
};

/* Reads the names from the plugins of the build. False: there are none in it. */
bool arms_new(struct arms *a, const char *dir);
void arms_free(struct arms *a);

/* Index of a name; -1: there is none. */
int arms_find(const struct arms *a, const char *name);

/* Nothing is armed, nothing reached, all hits are 0; who waits goes on. */
void arms_clear(struct arms *a);
/* All hits are 0 from now on. */
void arms_forget(struct arms *a);
/* The nth time from now on. pid: only that process; 0: whoever it is. Several may be armed,
 * the first that is reached counts and the others are as good as not armed. */
void arms_set(struct arms *a, int index, int nth, enum failpoint_action action, int pid);
void arms_unset(struct arms *a, int index);
/* The name that was reached, or NULL; *ret_pid by whom. */
const char *arms_reached(const struct arms *a, int *ret_pid);
/* Who waits goes on, and the next may be armed. */
void arms_go_on(struct arms *a);

#endif
