/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/main.c - rent-station-kit: every station plugin must pass it,
 * offline.
 */
#include "kit.h"

static void adopt(struct kit *k)
{
	struct rent_station_caps *caps = &k->caps.station;

	k->api.station = k->plugin->api;
	caps->struct_size = sizeof(*caps);
	if (k->api.station->caps != NULL)
		k->api.station->caps(k->self, caps);
	else if (k->api.station->resend_us != NULL)
		caps->resend_us = k->api.station->resend_us(k->self);
	k->parse_event = k->api.station->parse_event;
}

static void station_checks(struct kit *k)
{
	kit_check_interface(k);
	kit_apart(k, kit_check_caps);
	if (k->failed > 0)
		return;
	kit_apart(k, kit_check_build);
	kit_apart(k, kit_check_slots);
	kit_apart(k, kit_check_hostile_ops);
	kit_apart(k, kit_check_hostile_replies);
	kit_apart(k, kit_check_leaks);
	if (kit_samples() == NULL) {
		kit_skip(k, "sample answers", "no --samples given");
		kit_skip(k, "events", "no --samples given");
	} else {
		kit_apart(k, kit_check_samples);
		kit_apart(k, kit_check_events);
	}
	if ((k->plugin->flags & RENT_PARALLEL) != 0)
		kit_apart(k, kit_check_threads);
	else
		kit_skip(k, "several threads at once", "the plugin is serial");
}

int main(int argc, char **argv)
{
	static const struct kit_kind kind = { "rent-station-kit", RENT_KIND_STATION,
		                              adopt, station_checks };

	return kit_main(&kind, argc, argv);
}
