/* SPDX-License-Identifier: MIT
 *
 * signals.c - see signals.h.
 */
#include "runtime/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static void handled_signals(sigset_t *set, bool reload)
{
	(void)sigemptyset(set);
	(void)sigaddset(set, SIGTERM);
	(void)sigaddset(set, SIGINT);
	if (reload)
		(void)sigaddset(set, SIGHUP);
}

void signals_setup(void)
{
	sigset_t set;

	handled_signals(&set, true);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void signals_ignore_pipe(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
}

enum signal_event signals_wait(int64_t timeout_us)
{
	struct timespec ts = { .tv_sec = timeout_us / RENT_SECOND,
		               .tv_nsec = timeout_us % RENT_SECOND * 1000 };
	sigset_t set;
	int sig;

	handled_signals(&set, true);
	sig = timeout_us < 0 ? sigwaitinfo(&set, NULL) : sigtimedwait(&set, NULL, &ts);
	if (sig == SIGTERM || sig == SIGINT)
		return SIGNAL_END;
	return sig == SIGHUP ? SIGNAL_RELOAD : SIGNAL_NONE;
}

void signals_last_call(int64_t deadline_us, void (*late)(int))
{
	struct itimerval timer = { .it_value = { .tv_sec = deadline_us / RENT_SECOND,
		                                 .tv_usec = deadline_us % RENT_SECOND } };
	struct sigaction action = { .sa_handler = late };
	sigset_t set;

	(void)sigaction(SIGALRM, &action, NULL);
	(void)setitimer(ITIMER_REAL, &timer, NULL);
	/* The default action ends the process; only this thread lets them in. */
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	handled_signals(&set, false);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
