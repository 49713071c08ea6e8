/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/main.c - rent-payment-kit: every payment plugin must pass it,
 * offline.
 */
#include "kit.h"

static void adopt(struct kit *k)
{
	k->api.payment = k->plugin->api;
	k->caps.payment.struct_size = sizeof(k->caps.payment);
	if (k->api.payment->caps != NULL)
		k->api.payment->caps(k->self, &k->caps.payment);
	k->parse_event = k->api.payment->parse_event;
}

static void check_requests_and_replies(struct kit *k)
{
	static const struct {
		const char *name;
		void (*checks)(struct kit *k);
		bool samples;
	} groups[] = {
		/* with what the author says himself: his words name a mistake best */
		{ "sample answers", kit_check_samples, true },
		{ "the list", kit_check_list, true },
		{ "events", kit_check_events, true },
		{ "requests", kit_check_build, false },
		{ "hostile operations", kit_check_hostile_ops, false },
		{ "hostile replies", kit_check_hostile_replies, false },
		{ "leaks", kit_check_leaks, false },
	};

	for (size_t i = 0; i < COUNT(groups); i++) {
		if (groups[i].samples && kit_samples() == NULL)
			kit_skip(k, groups[i].name, "no --samples given");
		else
			kit_apart(k, groups[i].checks);
	}
	if (k->stop && k->failed > 0)
		return;
	if ((k->plugin->flags & RENT_PARALLEL) != 0)
		kit_apart(k, kit_check_threads);
	else
		kit_skip(k, "several threads at once", "the plugin is serial");
}

static void payment_checks(struct kit *k)
{
	kit_check_descriptor(k);
	kit_apart(k, kit_check_caps);
	if ((k->plugin->flags & RENT_OWN_IO) != 0)
		kit_skip(k, "requests and replies", "the plugin does its own I/O");
	else if (k->failed == 0)
		check_requests_and_replies(k);
}

int main(int argc, char **argv)
{
	static const struct kit_kind kind = { "rent-payment-kit", RENT_KIND_PAYMENT,
		                              adopt, payment_checks };

	return kit_main(&kind, argc, argv);
}
