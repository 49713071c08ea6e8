/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/report.c - the report in TAP, and processes for what may crash or hang.
 */
#include "kit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULTS_SHOWN 5
#define TIME_LIMIT   100 /* seconds for a group of checks */

void kit_begin(struct kit *k, const char *check)
{
	k->check = check;
	k->faults = 0;
	k->doing[0] = '\0';
}

void kit_doing(struct kit *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(k->doing, sizeof(k->doing), fmt, ap);
	va_end(ap);
}

void kit_apart(struct kit *k, void (*checks)(struct kit *k))
{
	int status = 0;
	pid_t child;

	if (k->stop && k->failed > 0)
		return;
	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)alarm(TIME_LIMIT);
		checks(k);
		(void)fflush(stdout);
		_exit(0);
	}
	if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
		return;
	if (k->check == NULL)
		kit_begin(k, "the checks run to their end");
	kit_fault(k, "the plugin %s%d%s%s",
	          WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hangs, signal "
	                                                             : "crashes, status ",
	          WIFSIGNALED(status) ? WTERMSIG(status) : status,
	          k->doing[0] == '\0' ? "" : " at: ", k->doing);
	kit_end(k);
}

void kit_fault(struct kit *k, const char *fmt, ...)
{
	va_list ap;

	if (k->faults++ >= FAULTS_SHOWN)
		return;
	va_start(ap, fmt);
	(void)printf("#   ");
	(void)vprintf(fmt, ap);
	(void)printf("\n");
	va_end(ap);
}

void kit_end(struct kit *k)
{
	k->checks++;
	k->failed += k->faults > 0;
	if (k->faults > FAULTS_SHOWN)
		(void)printf("#   … and %d more\n", k->faults - FAULTS_SHOWN);
	(void)printf("%s %d - %s\n", k->faults > 0 ? "not ok" : "ok", k->checks,
	             k->check);
	(void)fflush(stdout);
	k->check = NULL;
	if (k->stop && k->failed > 0 && getpid() != k->parent)
		_exit(0);
}

void kit_skip(struct kit *k, const char *check, const char *why)
{
	k->checks++;
	(void)printf("ok %d - %s # SKIP %s\n", k->checks, check, why);
}
