/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/confirm.c - the customer's part: a program of the operator's that confirms a
 * payment. The address or token goes to its standard input: it is in no list of processes and in no
 * report of the ride.
 */
#include "ride.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16
#define LOOK      (RENT_SECOND / 20)

extern char **environ;

static int spawn(const struct ride *r, int in, pid_t *ret, struct rent_error *err)
{
	char *words[WORDS_MAX + 1] = { NULL };
	posix_spawn_file_actions_t actions;
	const char *word;
	int code = posix_spawn_file_actions_init(&actions);

	for (size_t i = 0; i < WORDS_MAX && code == 0 &&
	                   (word = r->host->opt_list(r->host, "confirm", i)) != NULL;
	     i++) {
		words[i] = strdup(word);
		code = words[i] == NULL ? ENOMEM : 0;
	}
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	/* What it prints is no result of the ride's. */
	if (code == 0)
		code = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO,
		                                        STDOUT_FILENO);
	if (code == 0)
		code = posix_spawnp(ret, words[0], &actions, NULL, words, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (code != 0)
		(void)rent_fail(err, RENT_EINVAL, "confirm: \"%s\" cannot be run: %s",
		                words[0] == NULL ? "" : words[0], strerror(code));
	for (size_t i = 0; i < WORDS_MAX; i++)
		free(words[i]);
	return code == 0 ? 0 : RENT_EINVAL;
}

/* Its exit status; -1: it did not end in time, and was ended. */
static int wait_for(const struct ride *r, pid_t child)
{
	int64_t until = r->host->mono_us(r->host) + r->wait_us;
	int status = 0;

	while (waitpid(child, &status, WNOHANG) == 0) {
		if (r->host->mono_us(r->host) > until) {
			(void)kill(child, SIGKILL);
			(void)waitpid(child, &status, 0);
			return -1;
		}
		r->host->sleep_us(r->host, LOOK);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool ride_confirm(const struct ride *r, const struct rent_payment_result *action,
                  struct rent_error *err)
{
	const char *value = action->action_value;
	size_t size = strlen(value);
	int ends[2], status;
	bool written;
	pid_t child;

	if (pipe(ends) != 0)
		return rent_fail(err, RENT_EIO, "confirm: no pipe") == 0;
	/* It fits into the pipe: nobody need read it yet. */
	written = write(ends[1], value, size) == (ssize_t)size;
	(void)close(ends[1]);
	if (!written || spawn(r, ends[0], &child, err) != 0) {
		(void)close(ends[0]);
		return false;
	}
	(void)close(ends[0]);
	status = wait_for(r, child);
	if (status != 0)
		(void)rent_fail(err, RENT_EINVAL, "confirm: the program ended with %d",
		                status);
	return status == 0;
}
