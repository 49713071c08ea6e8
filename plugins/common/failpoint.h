/* SPDX-License-Identifier: MIT
 *
 * failpoint.h - named places at which a build with -DRENT_FAILPOINTS=ON can be made to die,
 * to stop or to wait, so that a test knows to the line where it was. In other builds there
 * is nothing here. The names can be read from the plugin's file: each stands behind
 * FAILPOINT_MARK.
 *
 * RENT_FAILPOINT in the environment says what shall happen:
 *
 *   NAME[:NTH][:exit|:stop]   at the NTH time (1) NAME is reached the process ends as if the
 *                             power had gone (exit code 137), or stops until SIGCONT
 *   @FILE                     a struct failpoints that a test maps, too: it sees what is
 *                             reached how often, and arms places while the process runs
 */
#ifndef RENT_FAILPOINT_H
#define RENT_FAILPOINT_H

#ifdef RENT_FAILPOINTS
#include <fcntl.h>
#include <rent/task.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define FAILPOINT_MARK "rent-failpoint="
#define FAILPOINT_MAX  128
#define FAILPOINT_NAME 40
#define FAILPOINT_DIED 137

enum failpoint_action {
	FAILPOINT_EXIT = 1,
	FAILPOINT_STOP, /* the whole process, by SIGSTOP */
	FAILPOINT_WAIT, /* the task or thread, until the test says go on */
};

struct failpoint_slot {
	char name[FAILPOINT_NAME]; /* written by the test before the process starts */
	_Atomic uint32_t hits;
	_Atomic int32_t fuse; /* 1: the next time is the one; 0: not armed */
	_Atomic int32_t only; /* for this process; 0: for all */
	_Atomic uint32_t action;
};

struct failpoints {
	_Atomic uint32_t count;   /* of slots */
	_Atomic uint32_t reached; /* index + 1 of the slot that fired; 0: none did */
	_Atomic uint32_t turn;    /* grows when those that wait shall go on */
	_Atomic int32_t pid;      /* who fired */
	struct failpoint_slot slots[FAILPOINT_MAX];
};

/* How those wait that reach one; NULL: as threads. In wait.c, one for each plugin. */
extern const struct rent_task_api *failpoint_task;

static inline void failpoint_act(uint32_t action)
{
	if (action == FAILPOINT_EXIT)
		_exit(FAILPOINT_DIED);
	if (action == FAILPOINT_STOP)
		(void)raise(SIGSTOP);
}

#define FAILPOINT_STEP 500 /* us */

static inline void failpoint_wait(struct failpoints *all, uint32_t turn)
{
	const struct timespec step = { .tv_nsec = FAILPOINT_STEP * 1000 };
	struct timespec now;

	while (atomic_load(&all->turn) == turn) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (failpoint_task != NULL)
			(void)failpoint_task->park((int64_t)now.tv_sec * 1000000 +
			                           now.tv_nsec / 1000 + FAILPOINT_STEP);
		else
			(void)nanosleep(&step, NULL);
	}
}

/* The first that fires is the one; what else is armed stays quiet until the test has
 * taken notice. */
static inline void failpoint_slot_hit(struct failpoints *all, uint32_t i)
{
	struct failpoint_slot *slot = &all->slots[i];
	int32_t only = atomic_load(&slot->only);
	uint32_t turn = atomic_load(&all->turn), none = 0;

	(void)atomic_fetch_add(&slot->hits, 1);
	if (atomic_load(&slot->fuse) <= 0 || (only != 0 && only != (int32_t)getpid()) ||
	    atomic_fetch_sub(&slot->fuse, 1) != 1 ||
	    !atomic_compare_exchange_strong(&all->reached, &none, UINT32_MAX))
		return;
	atomic_store(&all->pid, (int32_t)getpid());
	atomic_store(&all->reached, i + 1);
	failpoint_act(atomic_load(&slot->action));
	if (atomic_load(&slot->action) == FAILPOINT_WAIT)
		failpoint_wait(all, turn);
}

/* Maps the file on first use; a second mapping does no harm. */
static inline struct failpoints *failpoint_map(const char *path)
{
	static _Atomic(void *) mapped;
	void *at = atomic_load(&mapped);
	int fd;

	if (at != NULL)
		return (struct failpoints *)at;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		abort();
	at = mmap(NULL, sizeof(struct failpoints), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
	          0);
	(void)close(fd);
	if (at == MAP_FAILED)
		abort();
	atomic_store(&mapped, at);
	return (struct failpoints *)at;
}

/* "NAME[:NTH][:ACTION]" against a name. */
static inline void failpoint_word(const char *want, const char *name,
                                  _Atomic uint32_t *hits)
{
	size_t n = strcspn(want, ":");
	const char *rest = want + n;
	unsigned long nth = 1;

	if (strlen(name) != n || strncmp(want, name, n) != 0)
		return;
	if (rest[0] == ':' && rest[1] >= '0' && rest[1] <= '9') {
		nth = strtoul(rest + 1, NULL, 10);
		rest += 1 + strspn(rest + 1, "0123456789");
	}
	if (atomic_fetch_add(hits, 1) + 1 == nth)
		failpoint_act(strcmp(rest, ":stop") == 0 ? FAILPOINT_STOP
		                                         : FAILPOINT_EXIT);
}

static inline void failpoint_reached(const char *marked, _Atomic uint32_t *hits)
{
	const char *name = marked + sizeof(FAILPOINT_MARK) - 1;
	const char *want = getenv("RENT_FAILPOINT");
	struct failpoints *all;

	if (want == NULL || want[0] != '@') {
		if (want != NULL)
			failpoint_word(want, name, hits);
		return;
	}
	all = failpoint_map(want + 1);
	for (uint32_t i = 0; i < atomic_load(&all->count); i++) {
		if (strcmp(all->slots[i].name, name) == 0) {
			failpoint_slot_hit(all, i);
			return;
		}
	}
}

/* In create() of a plugin whose failpoints are reached by tasks. */
#define RENT_FAILPOINT_TASKS(host) (failpoint_task = (host)->task)

#define RENT_FAILPOINT(name)                                                \
	do {                                                                \
		static const char failpoint_marked[] = FAILPOINT_MARK name; \
		static _Atomic uint32_t failpoint_hits;                     \
		failpoint_reached(failpoint_marked, &failpoint_hits);       \
	} while (0)

/* One of a table of names, which all stand behind FAILPOINT_MARK; NULL is nothing. */
#define RENT_FAILPOINT_OF(marked)                                         \
	do {                                                              \
		static _Atomic uint32_t failpoint_hits[1];                \
		const char *failpoint_one = (marked);                     \
		if (failpoint_one != NULL)                                \
			failpoint_reached(failpoint_one, failpoint_hits); \
	} while (0)
#else
#define FAILPOINT_MARK             ""
#define RENT_FAILPOINT(name)       ((void)0)
#define RENT_FAILPOINT_OF(marked)  ((void)(marked))
#define RENT_FAILPOINT_TASKS(host) ((void)(host))
#endif

#endif
