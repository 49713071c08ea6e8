/* SPDX-License-Identifier: MIT
 *
 * run.c - see run.h.
 */
#include "run.h"

#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 20000

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void run_init(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->fd = -1;
	(void)snprintf(run->dir, sizeof(run->dir), "/tmp/rentald-api-XXXXXX");
	assert_non_null(mkdtemp(run->dir));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void run_done(struct run *run)
{
	if (run->pid > 0) {
		(void)kill(run->pid, SIGKILL);
		(void)waitpid(run->pid, NULL, 0);
	}
	if (run->fd >= 0)
		(void)close(run->fd);
	(void)nftw(run->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void path_of(const struct run *run, const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s/%s", run->dir, name);
}

void run_write(struct run *run, const char *name, const char *text)
{
	char path[160];
	FILE *out;

	path_of(run, name, path, sizeof(path));
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

void run_read(struct run *run, const char *name, char *ret, size_t size)
{
	char path[160];
	size_t n = 0;
	FILE *in;

	path_of(run, name, path, sizeof(path));
	in = fopen(path, "re");
	if (in != NULL) {
		n = fread(ret, 1, size - 1, in);
		(void)fclose(in);
	}
	ret[n] = '\0';
}

static void child(struct run *run, const char *const *args, int out)
{
	char *argv[12] = { NULL };
	int n = 0;

	argv[n++] = strdup(RENTALD);
	argv[n++] = strdup("--set=plugin_dir=" API_PLUGIN_DIR);
	for (int i = 0; args[i] != NULL && n < 11; i++)
		argv[n++] = strdup(args[i]);
	if (chdir(run->dir) != 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(126);
	(void)execv(RENTALD, argv);
	_exit(127);
}

void run_begin(struct run *run, const char *const *args)
{
	int fds[2];

	if (run->fd >= 0)
		(void)close(run->fd);
	run->size = 0;
	run->out[0] = '\0';
	assert_int_equal(pipe(fds), 0);
	(void)fflush(NULL);
	run->pid = fork();
	assert_true(run->pid >= 0);
	if (run->pid == 0)
		child(run, args, fds[1]);
	(void)close(fds[1]);
	run->fd = fds[0];
}

/* One piece of output; false at its end. */
static bool more(struct run *run, int64_t until_ms)
{
	struct pollfd p = { .fd = run->fd, .events = POLLIN };
	int64_t left = until_ms - now_ms();
	ssize_t n;

	if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
		print_error("no end in sight; so far:\n%s\n", run->out);
		fail();
	}
	if (run->size + 1 >= sizeof(run->out))
		return false;
	n = read(run->fd, run->out + run->size, sizeof(run->out) - 1 - run->size);
	if (n <= 0)
		return false;
	run->size += (size_t)n;
	run->out[run->size] = '\0';
	return true;
}

void run_expect(struct run *run, const char *text)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (strstr(run->out, text) == NULL) {
		if (!more(run, until)) {
			print_error("it ended without saying '%s':\n%s\n", text,
			            run->out);
			fail();
		}
	}
}

void run_end(struct run *run)
{
	int64_t until = now_ms() + PATIENCE_MS;
	int status = 0;

	while (more(run, until)) {
	}
	assert_int_equal(waitpid(run->pid, &status, 0), run->pid);
	run->pid = 0;
	run->code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void run_to_end(struct run *run, const char *const *args)
{
	run_begin(run, args);
	run_end(run);
}

int run_get(unsigned port, const char *target, char *ret, size_t size)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	char request[256];
	size_t used = 0;
	ssize_t n = 1;

	ret[0] = '\0';
	(void)snprintf(request, sizeof(request),
	               "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
	               target);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 &&
	    send(fd, request, strlen(request), MSG_NOSIGNAL) > 0) {
		for (; n > 0 && used<size - 1; used += n> 0 ? (size_t)n : 0)
			n = read(fd, ret + used, size - 1 - used);
		ret[used] = '\0';
	}
	(void)close(fd);
	if (strncmp(ret, "HTTP/1.1 ", 9) == 0)
		status = (int)strtol(ret + 9, NULL, 10);
	return status;
}

unsigned run_port(struct run *run, const char *listener)
{
	char key[80];
	const char *line, *port;

	(void)snprintf(key, sizeof(key), "name=%s ", listener);
	line = strstr(run->out, key);
	assert_non_null(line);
	port = strstr(line, "port=");
	assert_non_null(port);
	return (unsigned)strtoul(port + 5, NULL, 10);
}

void run_assert_said(const struct run *run, const char *text)
{
	if (strstr(run->out, text) != NULL)
		return;
	print_error("it did not say '%s' but:\n%s\n", text, run->out);
	fail();
}

void run_assert_not_said(const struct run *run, const char *text)
{
	if (strstr(run->out, text) == NULL)
		return;
	print_error("it did say '%s':\n%s\n", text, run->out);
	fail();
}

void run_assert_code(const struct run *run, int code)
{
	if (run->code != code)
		print_error("exit code %d, it said:\n%s\n", run->code, run->out);
	assert_int_equal(run->code, code);
}
