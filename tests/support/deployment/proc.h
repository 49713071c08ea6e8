/* SPDX-License-Identifier: MIT
 *
 * proc.h - processes of a test: scratch folders, free ports, starting, watching and ending a
 * program, waiting for a condition with a deadline. Knows nothing of rentald but where it is.
 */
#ifndef TEST_PROC_H
#define TEST_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A new empty folder under $TMPDIR or /tmp; removed with all that is in it by scratch_free,
 * which also frees the name. Aborts when it cannot. */
char *scratch_new(void);
void scratch_free(char *dir);

/* The whole file, NUL-terminated, or NULL. */
char *file_read(const char *path);
/* Replaces the file. Aborts when it cannot. */
void file_write(const char *path, const char *text);

/* A loopback port for a server of the test, kept for it as long as the returned descriptor is
 * open: it is bound and never listens, and both sides set SO_REUSEADDR, so that the server can
 * bind it, again and again, while nobody else is given it. Aborts when there is none. */
int port_reserve(unsigned *ret_port);
/* One that nobody listens on now, but that nothing keeps. */
unsigned port_free(void);

int64_t now_ms(void); /* monotonic */

/* Asks done(arg) every few milliseconds until it says yes (true) or the time is over. */
bool wait_until(bool (*done)(void *arg), void *arg, int64_t timeout_ms);

/* Folder of the build ($RENT_BUILD_DIR or where the tests were built) and of the sources. */
const char *build_dir(void);
const char *source_dir(void);

struct proc;

/* The surroundings of a process; zeroes are the test's own. */
struct surroundings {
	int output;         /* stdout and stderr go to this descriptor, not to the log */
	unsigned files_max; /* soft limit of open descriptors, as `ulimit -S -n` */
	const char *hosts;  /* the file that it sees as /etc/hosts; needs root */
};

struct proc_spec {
	/* argv[0] is the path; ends with NULL */
	const char *const *argv;
	/* "NAME=value" over the test's own environment; NULL: none. The names that
	 * configurations read are never inherited. */
	const char *const *env;
	const char *cwd; /* NULL: the source folder */
	const char *log; /* file for stdout and stderr, appended */
	struct surroundings around;
};

/* Starts it; the child dies with the test. NULL when it cannot be started. */
struct proc *proc_new(const struct proc_spec *spec);
pid_t proc_pid(const struct proc *p);
bool proc_running(struct proc *p);
void proc_signal(struct proc *p, int sig);
/* Waits for its end: the exit code, 128 + signal, or -1 when the time is over. */
int proc_join(struct proc *p, int64_t timeout_ms);
/* Kills what still runs. Accepts NULL. */
void proc_free(struct proc *p);

/* Waits for its end (two minutes at most) and frees it: what proc_join gives, -1 for p NULL;
 * *ret_out (may be NULL) is what it wrote to its log, to be freed. */
int proc_collect(struct proc *p, const char *log, char **ret_out);
/* Starts and collects; spec->log is not used. */
int proc_run(const struct proc_spec *spec, char **ret_out);

#endif
