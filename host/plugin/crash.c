/* SPDX-License-Identifier: MIT
 *
 * crash.c - see crash.h. Only async-signal-safe calls after a signal.
 */
#include "plugin/crash.h"

#include <signal.h>
#include <unistd.h>

#include "log/log.h"

#define CRASH_EXIT       70
#define CRASH_STACK_SIZE (64 * 1024)

struct step {
	const char *plugin, *instance, *file, *name; /* name NULL: in none */
};

static _Thread_local volatile struct step current;

static const struct {
	int number;
	const char *name;
} fatal[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },   { SIGABRT, "SIGABRT" },
};

static void say(const char *s)
{
	if (s != NULL)
		log_last_words(s);
}

void crash_say(const char *what)
{
	say("rentald: plugin '");
	say(current.plugin);
	say("' (instance '");
	say(current.instance);
	say("', ");
	say(current.file);
	say(") ");
	say(what);
	say(" in ");
	say(current.name == NULL ? "?" : current.name);
}

static void on_fatal(int sig)
{
	if (current.name == NULL) {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
		return;
	}
	crash_say("crashed");
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		if (fatal[i].number == sig) {
			say(" (");
			say(fatal[i].name);
			say(")");
		}
	}
	say("; it cannot be used\n");
	_exit(CRASH_EXIT);
}

void crash_setup(void)
{
	static char stack[CRASH_STACK_SIZE];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = on_fatal,
		                    .sa_flags = (int)(SA_ONSTACK | SA_NODEFER) };

	/* A plugin that ran out of stack has none left for a handler. */
	(void)sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		(void)sigaction(fatal[i].number, &action, NULL);
}

void crash_enter(const char *plugin, const char *instance, const char *file,
                 const char *step)
{
	current.plugin = plugin;
	current.instance = instance;
	current.file = file;
	current.name = step;
}

void crash_leave(void)
{
	current.name = NULL;
}
