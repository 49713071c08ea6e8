/* SPDX-License-Identifier: MIT
 *
 * crash.c - see crash.h. Only async-signal-safe calls after a signal.
 */
#include "plugin/crash.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "log/log.h"

#include <rent/base.h>

#define CRASH_EXIT        70
#define CRASH_STACK_SIZE  (64 * 1024)
#define CRASH_STACK_WORDS 256 /* of the stack, that are looked at for a caller */

struct step {
	const char *plugin, *instance, *file, *name; /* name NULL: in none */
};

static _Thread_local volatile struct step current;

#define OBJECTS_MAX 64 /* further ones crash without a name */

static struct object {
	const char *file;
	uintptr_t from, to;
	char plugin[64], instances[96]; /* the plugin's own strings go with its file */
	struct stat loaded;             /* the file, as it was */
} objects[OBJECTS_MAX];
static _Atomic unsigned object_count;

void crash_object(const char *plugin, const char *file, uintptr_t from, uintptr_t to)
{
	struct object *o = &objects[object_count];

	if (object_count == OBJECTS_MAX)
		return;
	*o = (struct object){ .file = file, .from = from, .to = to };
	(void)rent_copy(o->plugin, sizeof(o->plugin), plugin);
	(void)stat(file, &o->loaded);
	object_count++;
}

void crash_object_used(const char *file, const char *instance)
{
	for (unsigned i = 0; i < object_count; i++) {
		struct object *o = &objects[i];
		size_t n = strlen(o->instances);

		if (strcmp(o->file, file) == 0)
			(void)snprintf(o->instances + n, sizeof(o->instances) - n, "%s%s",
			               n == 0 ? "" : ", ", instance);
	}
}

void crash_objects_done(void)
{
	object_count = 0;
}

static const struct {
	int number;
	const char *name;
} fatal[] = {
	{ SIGSEGV, "SIGSEGV" }, { SIGBUS, "SIGBUS" },   { SIGFPE, "SIGFPE" },
	{ SIGILL, "SIGILL" },   { SIGABRT, "SIGABRT" },
};

static void write_text(const char *s)
{
	if (s != NULL)
		log_last_words(s);
}

void crash_say(const char *what)
{
	write_text("rentald: plugin '");
	write_text(current.plugin);
	write_text("' (instance '");
	write_text(current.instance);
	write_text("', ");
	write_text(current.file);
	write_text(") ");
	write_text(what);
	write_text(" in ");
	write_text(current.name == NULL ? "?" : current.name);
}

static const struct object *object_at(uintptr_t address)
{
	for (unsigned i = 0; i < object_count; i++)
		if (address >= objects[i].from && address < objects[i].to)
			return &objects[i];
	return NULL;
}

static void registers(const void *context, uintptr_t *ret_pc, const uintptr_t **ret_stack)
{
	const ucontext_t *c = context;

	*ret_pc = 0;
	*ret_stack = NULL;
#if defined(__x86_64__)
	*ret_pc = (uintptr_t)c->uc_mcontext.gregs[REG_RIP];
	/* A register is a number. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	*ret_stack = (const uintptr_t *)c->uc_mcontext.gregs[REG_RSP];
#elif defined(__aarch64__)
	*ret_pc = (uintptr_t)c->uc_mcontext.pc;
	/* NOLINTNEXTLINE(performance-no-int-to-ptr) */
	*ret_stack = (const uintptr_t *)c->uc_mcontext.sp;
#else
	(void)c;
#endif
}

static bool is_overwritten(const struct object *o)
{
	struct stat now;

	return stat(o->file, &now) == 0 && now.st_dev == o->loaded.st_dev &&
	       now.st_ino == o->loaded.st_ino &&
	       (now.st_size != o->loaded.st_size ||
	        now.st_mtim.tv_sec != o->loaded.st_mtim.tv_sec ||
	        now.st_mtim.tv_nsec != o->loaded.st_mtim.tv_nsec);
}

/* The plugin whose code ran or whose memory was touched, else the one that called. */
static const struct object *object_of(const siginfo_t *info, const void *context)
{
	static _Thread_local volatile bool looking;
	const struct object *o;
	const uintptr_t *stack;
	uintptr_t pc;

	registers(context, &pc, &stack);
	o = object_at(pc);
	if (o == NULL && info->si_code > 0)
		o = object_at((uintptr_t)info->si_addr);
	if (looking) /* the stack itself cannot be read */
		return NULL;
	looking = true;
	for (size_t i = 0; o == NULL && stack != NULL && i < CRASH_STACK_WORDS; i++)
		o = object_at(stack[i]);
	looking = false;
	return o;
}

/* A plugin whose file was overwritten is to blame, wherever the thread ended up. */
static const struct object *culprit_of(const siginfo_t *info, const void *context)
{
	for (unsigned i = 0; i < object_count; i++)
		if (is_overwritten(&objects[i]))
			return &objects[i];
	return object_of(info, context);
}

static void write_signal(int sig)
{
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		if (fatal[i].number == sig) {
			write_text(" (");
			write_text(fatal[i].name);
			write_text(")");
		}
	}
}

static void on_fatal(int sig, siginfo_t *info, void *context)
{
	const struct object *o;

	if (current.name != NULL) {
		crash_say("crashed");
		write_signal(sig);
		write_text("; it cannot be used\n");
		_exit(CRASH_EXIT);
	}
	o = culprit_of(info, context);
	if (o != NULL) {
		write_text("rentald: plugin '");
		write_text(o->plugin);
		write_text("' (instance '");
		write_text(o->instances);
		write_text("', ");
		write_text(o->file);
		write_text(") crashed in a call");
		write_signal(sig);
		if (is_overwritten(o))
			write_text("; the file was written to since it was loaded: "
			           "install plugins with mv, never by copying over them");
		write_text("\n");
	}
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

void crash_setup(void)
{
	static _Alignas(16) char stack[CRASH_STACK_SIZE];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = on_fatal,
		                    .sa_flags =
		                            (int)(SA_ONSTACK | SA_NODEFER | SA_SIGINFO) };

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
