/* SPDX-License-Identifier: MIT
 *
 * run.h - runs the real rentald on a configuration given as text, in a temporary folder that
 * is removed afterwards, and keeps what it said.
 */
#ifndef TEST_RUN_H
#define TEST_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#define RUN_OUTPUT 65536

struct run {
	char dir[64]; /* the temporary folder; the current one of the process */
	pid_t pid;
	int fd;   /* what it says, stdout and stderr together */
	int code; /* exit code; 128 + signal */
	char out[RUN_OUTPUT];
	size_t size;
};

void run_init(struct run *run);
void run_done(struct run *run); /* kills what still runs */

/* Writes a file into the folder. rentald is always told the plugin_dir of the test plugins. */
void run_write(struct run *run, const char *name, const char *text);
void run_read(struct run *run, const char *name, char *ret, size_t size);

/* Runs rentald with up to 6 arguments (up to the first NULL) to its end. */
void run_to_end(struct run *run, const char *const *args);

void run_begin(struct run *run, const char *const *args);
/* Waits until it has said text; fails the test after 20 s or when it ends. */
void run_expect(struct run *run, const char *text);
void run_end(struct run *run); /* waits for its exit code, at most 20 s */

/* GET http://127.0.0.1:port/target; the status, 0 when nothing answered. */
int run_get(unsigned port, const char *target, char *ret, size_t size);
/* The port of the listener in the line "listening … name=NAME … port=". */
unsigned run_port(struct run *run, const char *listener);

/* Fails the test with the whole output unless it has text in it. */
void run_assert_said(const struct run *run, const char *text);
void run_assert_not_said(const struct run *run, const char *text);
void run_assert_code(const struct run *run, int code);

#endif
