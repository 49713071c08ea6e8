/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/programs.c - programs of the operator's that a ride runs: one does the customer's
 * part. An address or token goes to its standard input: it is in no list of processes and in no report
 * of the ride.
 */
#include "ride.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS_MAX 16
#define LOOK      (RENT_SECOND / 20)

/* What it prints is no result of the ride's: it goes where errors go, unless it is read. */
static int set_ends(posix_spawn_file_actions_t *actions, int in, int out)
{
	int code = posix_spawn_file_actions_adddup2(
		actions, out < 0 ? STDERR_FILENO : out, STDOUT_FILENO);

	if (code == 0 && in >= 0)
		code = posix_spawn_file_actions_adddup2(actions, in, STDIN_FILENO);
	return code;
}

static int run(const struct ride *r, const char *option, int in, int out, pid_t *ret,
               struct rent_error *err)
{
	char *words[WORDS_MAX + 1] = { NULL };
	posix_spawn_file_actions_t actions;
	const char *word;
	int code = posix_spawn_file_actions_init(&actions);

	for (size_t i = 0; i < WORDS_MAX && code == 0 &&
	                   (word = r->host->opt_list(r->host, option, i)) != NULL;
	     i++) {
		words[i] = strdup(word);
		code = words[i] == NULL ? ENOMEM : 0;
	}
	if (code == 0)
		code = set_ends(&actions, in, out);
	if (code == 0)
		code = words[0] == NULL ? EINVAL
		                        : posix_spawnp(ret, words[0], &actions, NULL,
		                                       words, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	if (code != 0)
		(void)rent_fail(err, RENT_EINVAL, "%s: \"%s\" cannot be run: %s", option,
		                words[0] == NULL ? "" : words[0], strerror(code));
	for (size_t i = 0; i < WORDS_MAX; i++)
		free(words[i]);
	return code == 0 ? 0 : RENT_EINVAL;
}

int ride_spawn(const struct ride *r, const char *option, int in, int *ret_out,
               pid_t *ret_child, struct rent_error *err)
{
	int ends[2] = { -1, -1 }, code;

	if (ret_out != NULL && pipe2(ends, O_CLOEXEC) != 0)
		return rent_fail(err, RENT_EIO, "%s: no pipe", option);
	code = run(r, option, in, ends[1], ret_child, err);
	if (ret_out != NULL)
		(void)close(ends[1]);
	if (ret_out != NULL && code != 0)
		(void)close(ends[0]);
	else if (ret_out != NULL)
		*ret_out = ends[0];
	return code;
}

int ride_wait(const struct ride *r, pid_t child)
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

	if (pipe2(ends, O_CLOEXEC) != 0)
		return rent_fail(err, RENT_EIO, "confirm: no pipe") == 0;
	/* It fits into the pipe: nobody need read it yet. */
	written = write(ends[1], value, size) == (ssize_t)size;
	(void)close(ends[1]);
	if (!written || ride_spawn(r, "confirm", ends[0], NULL, &child, err) != 0) {
		(void)close(ends[0]);
		return false;
	}
	(void)close(ends[0]);
	status = ride_wait(r, child);
	if (status != 0)
		(void)rent_fail(err, RENT_EINVAL, "confirm: the program ended with %d",
		                status);
	return status == 0;
}
