/* SPDX-License-Identifier: MIT
 *
 * proc.c - see proc.h. A child gets SIGKILL when the test process dies (PR_SET_PDEATHSIG), so
 * that a test that crashes or is killed by its time limit leaves nothing behind.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct proc {
	pid_t pid;
	bool ended;
	int code;
};

/* What the shipped configurations read, and failpoints: a test says these itself. */
static const char *const own_names[] = {
	"API_LISTEN=",       "STUBS_LISTEN=",
	"WORKER_LISTEN=",    "STUBS_URL=",
	"STATE_DIR=",        "DATABASE_URL=",
	"REDIS_URL=",        "REDIS_SECRET=",
	"BILLING_TICK=",     "R_BUYOUT=",
	"QUOTE_TTL=",        "DEBT_RETRY_BASE=",
	"DEBT_CHARGE_STEP=", "TARIFF_TTL=",
	"CONFIGS_REFRESH=",  "PAYMENT_BREAKER_RESET=",
	"LOG_LEVEL=",        "RENT_FAILPOINT=",
	"NOTIFY_SOCKET=",
};

static bool is_own(const char *entry)
{
	for (size_t i = 0; i < sizeof(own_names) / sizeof(own_names[0]); i++) {
		if (strncmp(entry, own_names[i], strlen(own_names[i])) == 0)
			return true;
	}
	return false;
}

static size_t count(const char *const *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	return n;
}

/* The test's environment without own_names, then the wanted ones. The first of two entries
 * of one name is what getenv finds, so the wanted ones stand first. */
static char **env_of(const char *const *wanted)
{
	size_t n = 0, own = count(wanted), all = count((const char *const *)environ);
	char **env = calloc(own + all + 1, sizeof(*env));

	if (env == NULL)
		abort();
	for (size_t i = 0; i < own; i++)
		env[n++] = strdup(wanted[i]);
	for (size_t i = 0; i < all; i++) {
		if (!is_own(environ[i]))
			env[n++] = strdup(environ[i]);
	}
	return env;
}

static char **copy_of(const char *const *list)
{
	size_t n = count(list);
	char **copy = calloc(n + 1, sizeof(*copy));

	if (copy == NULL)
		abort();
	for (size_t i = 0; i < n; i++)
		copy[i] = strdup(list[i]);
	return copy;
}

static void list_free(char **list)
{
	for (size_t i = 0; list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

/* In the child: only async-signal-safe calls, the test may have threads. */
static void become(const char *cwd, char **argv, char **env, int log, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (chdir(cwd) != 0)
		_exit(127);
	if (log >= 0 && (dup2(log, STDOUT_FILENO) < 0 || dup2(log, STDERR_FILENO) < 0))
		_exit(127);
	/* What the test has open is not the program's business. */
	(void)close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	(void)execve(argv[0], argv, env);
	_exit(127);
}

struct proc *proc_new(const struct proc_spec *spec)
{
	struct proc *p = calloc(1, sizeof(*p));
	char **env = env_of(spec->env), **argv = copy_of(spec->argv);
	const char *cwd = spec->cwd != NULL ? spec->cwd : source_dir();
	pid_t parent = getpid();
	int log = -1;

	if (p == NULL || cwd == NULL || argv[0] == NULL)
		abort();
	if (spec->log != NULL)
		log = open(spec->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	p->pid = fork();
	if (p->pid == 0)
		become(cwd, argv, env, log, parent);
	if (log >= 0)
		(void)close(log);
	list_free(env);
	list_free(argv);
	if (p->pid < 0) {
		free(p);
		return NULL;
	}
	return p;
}

pid_t proc_pid(const struct proc *p)
{
	return p->pid;
}

static bool has_ended(void *arg)
{
	struct proc *p = arg;
	int status = 0;
	pid_t got;

	if (p->ended)
		return true;
	do {
		got = waitpid(p->pid, &status, WNOHANG);
	} while (got < 0 && errno == EINTR);
	if (got == p->pid) {
		p->ended = true;
		p->code =
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	return p->ended;
}

bool proc_running(struct proc *p)
{
	return p != NULL && !has_ended(p);
}

void proc_signal(struct proc *p, int sig)
{
	if (proc_running(p))
		(void)kill(p->pid, sig);
}

int proc_join(struct proc *p, int64_t timeout_ms)
{
	return wait_until(has_ended, p, timeout_ms) ? p->code : -1;
}

void proc_free(struct proc *p)
{
	if (p == NULL)
		return;
	proc_signal(p, SIGKILL);
	(void)proc_join(p, 10000);
	free(p);
}

int proc_run(const struct proc_spec *spec, char **ret_out)
{
	struct proc_spec mine = *spec;
	char *dir = scratch_new(), *log = NULL;
	struct proc *p;
	int code = -1;

	if (asprintf(&log, "%s/out", dir) < 0)
		abort();
	mine.log = log;
	p = proc_new(&mine);
	if (p != NULL)
		code = proc_join(p, 120000);
	proc_free(p);
	if (ret_out != NULL) {
		*ret_out = file_read(log);
		if (*ret_out == NULL)
			*ret_out = strdup("");
	}
	free(log);
	scratch_free(dir);
	return code;
}
