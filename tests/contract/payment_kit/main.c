/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/main.c - rent-payment-kit: every payment plugin must pass it,
 * offline. Exit code 0: it passes, 1: it does not, 64: wrong use: no such file, no payment plugin,
 * options that it does not take, samples that are no list.
 */
#include "kit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS_MAX 64

static const char usage[] =
	"usage: rent-payment-kit PLUGIN.so [--samples=FILE] [OPTION=VALUE …]\n"
	"  checks a payment plugin without network: descriptor, promises, requests, replies\n"
	"  --samples  answers of the provider and what they mean (README.md)\n";

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
static bool kit_open(struct kit *k, const char *file, const struct fake_option *options)
{
	struct rent_error err = { 0 };

	k->plugin = fake_host_load(file);
	if (k->plugin->kind == NULL || strcmp(k->plugin->kind, RENT_KIND_PAYMENT) != 0 ||
	    k->plugin->api == NULL || k->plugin->create == NULL) {
		(void)fprintf(stderr, "rent-payment-kit: %s: not a payment plugin\n",
		              file);
		return false;
	}
	k->api = k->plugin->api;
	k->fake = fake_host_new(k->plugin, options);
	k->host = fake_host_table(k->fake);
	fake_host_on_exchange(k->fake, on_exchange, k);
	if (k->plugin->create(k->host, &k->self, &err) != 0) {
		(void)fprintf(stderr, "rent-payment-kit: %s: create: %s\n", file,
		              err.text);
		return false;
	}
	k->caps.struct_size = sizeof(k->caps);
	if (k->api->caps != NULL)
		k->api->caps(k->self, &k->caps);
	keep_secrets(k, options);
	return true;
}

/* The fake host aborts on what it does not understand: a child finds that out. */
static bool can_open(struct kit *k, const char *file, const struct fake_option *options)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(kit_open(k, file, options) ? 0 : 1);
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
	kit_end(k);
}

static void check_requests_and_replies(struct kit *k)
{
	static const struct {
		const char *name;
		void (*checks)(struct kit *k);
		bool samples;
	} groups[] = {
		{ "requests", kit_check_build, false },
		{ "hostile operations", kit_check_hostile_ops, false },
		{ "hostile replies", kit_check_hostile_replies, false },
		{ "leaks", kit_check_leaks, false },
		{ "sample answers", kit_check_samples, true },
		{ "the list", kit_check_list, true },
		{ "events", kit_check_events, true },
	};

	for (size_t i = 0; i < COUNT(groups); i++) {
		if (groups[i].samples && kit_samples() == NULL)
			kit_skip(k, groups[i].name, "no --samples given");
		else
			kit_apart(k, groups[i].checks);
	}
	if ((k->plugin->flags & RENT_PARALLEL) != 0)
		kit_apart(k, kit_check_threads);
	else
		kit_skip(k, "several threads at once", "the plugin is serial");
}

static void kit_run(struct kit *k)
{
	kit_check_descriptor(k);
	kit_apart(k, kit_check_caps);
	if ((k->plugin->flags & RENT_OWN_IO) != 0)
		kit_skip(k, "requests and replies", "the plugin does its own I/O");
	else if (k->failed == 0)
		check_requests_and_replies(k);
	kit_apart(k, check_life);
	(void)printf("1..%d\n%s %s: %d checks, %d failed\n", k->checks, k->plugin->name,
	             k->plugin->version, k->checks, k->failed);
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

int main(int argc, char **argv)
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
		(void)fputs(usage, stderr);
		return 64;
	}
	if ((samples != NULL && !kit_samples_open(samples)) ||
	    !can_open(kit, file, options) || !kit_open(kit, file, options))
		return 64;
	kit_run(kit);
	fake_host_free(kit->fake);
	return kit->failed == 0 ? 0 : 1;
}
