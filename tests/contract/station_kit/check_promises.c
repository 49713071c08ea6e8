/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/check_promises.c - the interface, and the promises of caps().
 */
#include "kit.h"

void kit_check_interface(struct kit *k)
{
	const struct rent_station *s = k->api.station;

	kit_begin(k, "the descriptor is sound");
	kit_check_plugin(k);
	if (s->struct_size < offsetof(struct rent_station, caps))
		kit_fault(k, "struct_size of the interface is %u",
		          (unsigned)s->struct_size);
	if (s->build_eject == NULL || s->parse_eject == NULL)
		kit_fault(k, "build_eject and parse_eject are required");
	if ((s->build_lookup == NULL) != (s->parse_lookup == NULL) ||
	    (s->build_snapshot == NULL) != (s->parse_snapshot == NULL) ||
	    (s->build_list == NULL) != (s->parse_list == NULL) ||
	    (s->build_command == NULL) != (s->parse_command == NULL))
		kit_fault(k, "build and parse of an operation go together");
	kit_end(k);
	kit_check_options(k);
}

static void check_together(struct kit *k)
{
	const struct rent_station_caps *c = &k->caps.station;
	const struct rent_station *s = k->api.station;

	if ((c->commands & ~UINT32_C(0x1e)) != 0)
		kit_fault(k, "commands has unknown bits: 0x%x", (unsigned)c->commands);
	if ((c->commands != 0) != (s->build_command != NULL))
		kit_fault(k, "commands goes with build_command");
	if (c->not_found_is_final && s->build_lookup == NULL)
		kit_fault(k, "not_found_is_final without a lookup");
	if (c->lookup_by_id && s->build_lookup == NULL)
		kit_fault(k, "lookup_by_id without a lookup");
	if (c->reports_returns && s->parse_event == NULL)
		kit_fault(k, "reports_returns without parse_event");
	if (s->resend_us != NULL && s->caps != NULL &&
	    s->resend_us(k->self) != c->resend_us)
		kit_fault(k, "resend_us() and caps() promise different windows");
	if (c->settle_us == 0 && (s->build_lookup != NULL || s->build_snapshot != NULL))
		kit_fault(k, "settle_us is 0: no lookup or snapshot could tell that an "
		             "eject will not happen any more");
}

void kit_check_caps(struct kit *k)
{
	const struct rent_station_caps *c = &k->caps.station;
	struct rent_station_caps again = { .struct_size = sizeof(again) };

	kit_begin(k, "the promises make sense, and are the same when asked again");
	if (c->resend_us < 0 || c->settle_us < 0 || c->poll_us < 0)
		kit_fault(k, "a duration is negative");
	check_together(k);
	if (k->api.station->caps != NULL) {
		k->api.station->caps(k->self, &again);
		if (again.commands != c->commands || again.resend_us != c->resend_us ||
		    again.settle_us != c->settle_us || again.poll_us != c->poll_us ||
		    again.not_found_is_final != c->not_found_is_final ||
		    again.reports_returns != c->reports_returns ||
		    again.lookup_by_id != c->lookup_by_id)
			kit_fault(k, "caps() answered something else the second time");
	}
	kit_end(k);
}
