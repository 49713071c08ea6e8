/* SPDX-License-Identifier: MIT
 *
 * proc.c - see proc.h. A child gets SIGKILL when the test process dies (PR_SET_PDEATHSIG), so
 * that a test that crashes or is killed by its time limit leaves nothing behind.
 */
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit code of a child that could not become the program. */
#define CANNOT_START 127
#define RUN_MS       INT64_C(120000)

struct proc {
	pid_t pid;
	bool ended;
	int code;
};

/* Variables of the shipped configurations, and failpoints: a test sets these itself. */
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
	"NOTIFY_SOCKET=",    "UNDEPOSITED_MAX=",
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
 * of one name is what getenv finds, so the wanted ones come first. */
static char **env_of(const char *const *wanted)
{
	size_t n = 0, own = count(wanted), all = count((const char *const *)environ);
	char **env = calloc(own + all + 2, sizeof(*env));

	if (env == NULL)
		abort();
	for (size_t i = 0; i < own; i++)
		env[n++] = strdup(wanted[i]);
	/* Whoever wants to see rentals refused says so. */
	env[n++] = strdup("UNDEPOSITED_MAX=0");
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

/* ---- in the child: only async-signal-safe calls, the test may have threads */

struct child {
	const char *cwd;
	char **argv, **env;
	struct surroundings around;
	int output; /* -1: the test's */
	pid_t parent;
};

/* A mount that only this process and its children see. */
static bool see_hosts(const char *path)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount(path, "/etc/hosts", NULL, MS_BIND, NULL) == 0;
}

static bool limit_files(unsigned max)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return false;
	limit.rlim_cur = max;
	return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

static bool put_into(const struct surroundings *around)
{
	return (around->hosts == NULL || see_hosts(around->hosts)) &&
	       (around->files_max == 0 || limit_files(around->files_max));
}

static void become(const struct child *c)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != c->parent || chdir(c->cwd) != 0 || !put_into(&c->around))
		_exit(CANNOT_START);
	if (c->output >= 0 &&
	    (dup2(c->output, STDOUT_FILENO) < 0 || dup2(c->output, STDERR_FILENO) < 0))
		_exit(CANNOT_START);
	/* The program must not inherit the test's descriptors. */
	(void)close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	(void)execve(c->argv[0], c->argv, c->env);
	_exit(CANNOT_START);
}

/* ---- in the test */

struct proc *proc_new(const struct proc_spec *spec)
{
	struct proc *p = calloc(1, sizeof(*p));
	struct child child = { .cwd = spec->cwd != NULL ? spec->cwd : source_dir(),
		               .argv = copy_of(spec->argv),
		               .env = env_of(spec->env),
		               .around = spec->around,
		               .output = -1,
		               .parent = getpid() };
	int log = -1;

	if (p == NULL || child.cwd == NULL || child.argv[0] == NULL)
		abort();
	if (spec->around.output > 0)
		child.output = spec->around.output;
	else if (spec->log != NULL)
		child.output = log =
			open(spec->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	p->pid = fork();
	if (p->pid == 0)
		become(&child);
	if (log >= 0)
		(void)close(log);
	list_free(child.env);
	list_free(child.argv);
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

int proc_collect(struct proc *p, const char *log, char **ret_out)
{
	int code = p != NULL ? proc_join(p, RUN_MS) : -1;

	proc_free(p);
	if (ret_out != NULL) {
		*ret_out = file_read(log);
		if (*ret_out == NULL)
			*ret_out = strdup("");
	}
	return code;
}

int proc_run(const struct proc_spec *spec, char **ret_out)
{
	struct proc_spec mine = *spec;
	char *dir = scratch_new(), *log = NULL;
	int code;

	if (asprintf(&log, "%s/out", dir) < 0)
		abort();
	mine.log = log;
	code = proc_collect(proc_new(&mine), log, ret_out);
	free(log);
	scratch_free(dir);
	return code;
}
