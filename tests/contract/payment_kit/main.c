/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/main.c - rent-payment-kit: every payment plugin must pass it,
 * offline. Exit code 0: it passes, 1: it does not, 64: usage.
 */
#include "kit.h"

#include <stdlib.h>
#include <unistd.h>

#define OPTIONS_MAX 64
#define TIME_LIMIT  100 /* seconds; a plugin that hangs is ended by SIGALRM */

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

static bool kit_open(struct kit *k, const char *file, const struct fake_option *options)
{
	struct rent_error err = { 0 };

	k->plugin = fake_host_load(file);
	if (k->plugin->kind == NULL || strcmp(k->plugin->kind, RENT_KIND_PAYMENT) != 0 ||
	    k->plugin->api == NULL || k->plugin->create == NULL) {
		(void)printf("Bail out! %s: not a payment plugin\n", file);
		return false;
	}
	k->api = k->plugin->api;
	k->fake = fake_host_new(k->plugin, options);
	k->host = fake_host_table(k->fake);
	fake_host_on_exchange(k->fake, on_exchange, k);
	if (k->plugin->create(k->host, &k->self, &err) != 0) {
		(void)printf("Bail out! %s: create: %s\n", file, err.text);
		return false;
	}
	k->caps.struct_size = sizeof(k->caps);
	if (k->api->caps != NULL)
		k->api->caps(k->self, &k->caps);
	return true;
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

static void kit_run(struct kit *k, const char *samples)
{
	kit_check_descriptor(k);
	kit_check_caps(k);
	if ((k->plugin->flags & RENT_OWN_IO) != 0) {
		kit_skip(k, "requests and replies", "the plugin does its own I/O");
	} else if (k->failed == 0) {
		kit_check_build(k);
		kit_check_hostile_ops(k);
		kit_check_hostile_replies(k);
		if (samples != NULL)
			kit_check_samples(k, samples);
		else
			kit_skip(k, "sample answers", "no --samples given");
		if ((k->plugin->flags & RENT_PARALLEL) != 0)
			kit_check_threads(k);
		else
			kit_skip(k, "several threads at once", "the plugin is serial");
	}
	check_life(k);
	(void)printf("1..%d\n%s %s: %d checks, %d failed\n", k->checks, k->plugin->name,
	             k->plugin->version, k->checks, k->failed);
}

int main(int argc, char **argv)
{
	struct fake_option options[OPTIONS_MAX] = { { NULL, NULL } };
	const char *file = NULL, *samples = NULL;
	struct kit kit = { 0 };
	int n = 0;

	for (int i = 1; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (strncmp(argv[i], "--samples=", 10) == 0) {
			samples = argv[i] + 10;
		} else if (file == NULL && argv[i][0] != '-') {
			file = argv[i];
		} else if (equals != NULL && argv[i][0] != '-' && n < OPTIONS_MAX - 1) {
			*equals = '\0';
			options[n++] = (struct fake_option){ argv[i], equals + 1 };
		} else {
			file = NULL;
			break;
		}
	}
	if (file == NULL) {
		(void)fputs(usage, stderr);
		return 64;
	}
	(void)alarm(TIME_LIMIT);
	if (!kit_open(&kit, file, options))
		return 1;
	kit_run(&kit, samples);
	fake_host_free(kit.fake);
	return kit.failed == 0 ? 0 : 1;
}
