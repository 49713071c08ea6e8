/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/main.c - the program around the checks: options, the plugin in the fake host, its life.
 * Exit code 0: it passes, 1: it does not, 64: wrong use: no such file, no plugin of the kind, options
 * that it does not take, samples that are no list.
 */
#include "kit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS_MAX 64

static const char usage[] =
	"usage: %s PLUGIN.so [--samples=FILE] [--stop] [OPTION=VALUE …]\n"
	"  checks a %s plugin without network: descriptor, promises, requests, replies, events\n"
	"  --samples  answers of the service and what they mean (README.md)\n"
	"  --stop     ends with the first check that fails\n";

static void on_exchange(void *arg, struct rent_exchange *x)
{
	struct kit *k = arg;

	(void)x;
	k->exchanges++;
}

static void keep_secrets(struct kit *k, const struct fake_option *options)
{
	int n = 0;

	for (const struct fake_option *given = options; given->name != NULL; given++) {
		const struct rent_option *o = k->plugin->options;

		while (o != NULL && o->type != RENT_OPT_END &&
		       strcmp(o->name, given->name) != 0)
			o++;
		if (o != NULL && o->type != RENT_OPT_END &&
		    (o->flags & RENT_OPT_SECRET) != 0 && strlen(given->value) >= 6 &&
		    n < KIT_SECRETS)
			(void)rent_copy(k->secrets[n++], KIT_TEXT, given->value);
	}
}

/* The plugin in the fake host. false: it is not one, or its options are wrong. */
static bool kit_open(struct kit *k, const struct kit_kind *kind, const char *file,
                     const struct fake_option *options)
{
	struct rent_error err = { 0 };

	k->plugin = fake_host_load(file);
	if (k->plugin->kind == NULL || strcmp(k->plugin->kind, kind->kind) != 0 ||
	    k->plugin->api == NULL || k->plugin->create == NULL) {
		(void)fprintf(stderr, "%s: %s: not a %s plugin\n", kind->program, file,
		              kind->kind);
		return false;
	}
	k->fake = fake_host_new(k->plugin, options);
	k->host = fake_host_table(k->fake);
	fake_host_on_exchange(k->fake, on_exchange, k);
	if (k->plugin->create(k->host, &k->self, &err) != 0) {
		(void)fprintf(stderr, "%s: %s: create: %s\n", kind->program, file,
		              err.text);
		return false;
	}
	kind->adopt(k);
	keep_secrets(k, options);
	return true;
}

/* The fake host aborts on what it does not understand: a child finds that out. */
static bool can_open(struct kit *k, const struct kit_kind *kind, const char *file,
                     const struct fake_option *options)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(kit_open(k, kind, file, options) ? 0 : 1);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void check_life(struct kit *k)
{
	struct rent_error err = { 0 };
	void *second = NULL;

	kit_begin(k, "two instances live side by side, and end");
	if (k->plugin->create(k->host, &second, &err) != 0)
		kit_fault(k, "the second create: %s", err.text);
	else if (second == k->self && second != NULL)
		kit_fault(k, "the second instance is the first");
	else if (k->plugin->destroy != NULL)
		k->plugin->destroy(second);
	if (k->plugin->destroy != NULL)
		k->plugin->destroy(k->self);
	if (k->exchanges > 0)
		kit_fault(k, "%d exchanges were made", k->exchanges);
	k->ends = true;
	kit_end(k);
}

static void kit_run(struct kit *k, const struct kit_kind *kind)
{
	k->parent = getpid();
	kind->checks(k);
	kit_apart(k, check_life);
	(void)printf("1..%d\n%s %s: %d checks, %d failed\n", k->checks, k->plugin->name,
	             k->plugin->version, k->checks, k->failed);
}

/* The plugin of this process, which the checks used in theirs. */
static void kit_close(struct kit *k)
{
	if (k->ends && k->plugin->destroy != NULL)
		k->plugin->destroy(k->self);
	fake_host_free(k->fake);
}

/* dlopen() looks for a bare name in the system's folders only. */
static const char *path_of(const char *file)
{
	static char path[4096];

	if (strchr(file, '/') != NULL)
		return file;
	(void)snprintf(path, sizeof(path), "./%s", file);
	return path;
}

static struct kit *kit_new(void)
{
	void *memory = mmap(NULL, sizeof(struct kit), PROT_READ | PROT_WRITE,
	                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

int kit_main(const struct kit_kind *kind, int argc, char **argv)
{
	struct fake_option options[OPTIONS_MAX] = { { NULL, NULL } };
	const char *file = NULL, *samples = NULL;
	struct kit *kit = kit_new();
	bool wrong = kit == NULL;
	int n = 0;

	for (int i = 1; i < argc && !wrong; i++) {
		char *equals = strchr(argv[i], '=');

		if (strncmp(argv[i], "--samples=", 10) == 0) {
			samples = argv[i] + 10;
		} else if (kit != NULL && strcmp(argv[i], "--stop") == 0) {
			kit->stop = true;
		} else if (file == NULL && argv[i][0] != '-') {
			file = path_of(argv[i]);
		} else if (equals != NULL && argv[i][0] != '-' && n < OPTIONS_MAX - 1) {
			*equals = '\0';
			options[n++] = (struct fake_option){ argv[i], equals + 1 };
		} else {
			wrong = true;
		}
	}
	if (wrong || file == NULL) {
		(void)fprintf(stderr, usage, kind->program, kind->kind);
		return 64;
	}
	if ((samples != NULL && !kit_samples_open(kind->program, samples)) ||
	    !can_open(kit, kind, file, options) || !kit_open(kit, kind, file, options))
		return 64;
	kit_run(kit, kind);
	kit_close(kit);
	return kit->failed == 0 ? 0 : 1;
}
