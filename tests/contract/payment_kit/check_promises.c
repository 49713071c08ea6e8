/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_promises.c - the descriptor, and the promises of caps().
 */
#include "kit.h"

static void check_option(struct kit *k, const struct rent_option *o)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789_.";

	if (o->name == NULL || o->name[0] == '\0' ||
	    o->name[strspn(o->name, plain)] != '\0') {
		kit_fault(k, "option '%s': names are of [a-z0-9_.]",
		          o->name == NULL ? "" : o->name);
		return;
	}
	if ((int)o->type < RENT_OPT_STRING || (int)o->type > RENT_OPT_PATH)
		kit_fault(k, "option '%s': unknown type %d", o->name, (int)o->type);
	if ((o->flags & RENT_OPT_REQUIRED) != 0 && o->def != NULL)
		kit_fault(k, "option '%s': required, and has a default", o->name);
	if (o->type == RENT_OPT_ENUM && (o->choices == NULL || o->choices[0] == '\0'))
		kit_fault(k, "option '%s': an enum without choices", o->name);
	if (o->help == NULL || o->help[0] == '\0')
		kit_fault(k, "option '%s': no help", o->name);
}

static void check_options(struct kit *k)
{
	const struct rent_option *all = k->plugin->options;

	kit_begin(k, "the option table is sound");
	for (const struct rent_option *o = all; o != NULL && o->type != RENT_OPT_END;
	     o++) {
		check_option(k, o);
		for (const struct rent_option *p = all; p != o; p++) {
			if (o->name != NULL && p->name != NULL &&
			    strcmp(o->name, p->name) == 0)
				kit_fault(k, "option '%s': twice", o->name);
		}
	}
	kit_end(k);
}

void kit_check_descriptor(struct kit *k)
{
	const struct rent_plugin *p = k->plugin;
	bool own_io = (p->flags & RENT_OWN_IO) != 0;

	kit_begin(k, "the descriptor is sound");
	if (p->struct_size < offsetof(struct rent_plugin, create) + sizeof(p->create))
		kit_fault(k, "struct_size is %u", (unsigned)p->struct_size);
	if (p->name == NULL || p->name[0] == '\0' || p->version == NULL ||
	    p->version[0] == '\0' || p->summary == NULL || p->summary[0] == '\0')
		kit_fault(k, "name, version and summary must be given");
	if (k->api->struct_size < offsetof(struct rent_payment, perform))
		kit_fault(k, "struct_size of the interface is %u",
		          (unsigned)k->api->struct_size);
	if (k->api->caps == NULL)
		kit_fault(k, "caps is required");
	if (!own_io && (k->api->build == NULL || k->api->parse == NULL))
		kit_fault(k, "build and parse are required without RENT_OWN_IO");
	if (own_io != (k->api->perform != NULL))
		kit_fault(k, "perform goes with RENT_OWN_IO, and with it only");
	kit_end(k);
	check_options(k);
}

static bool has(const struct kit *k, enum rent_payment_kind kind)
{
	return kit_declares(k, kind);
}

static void check_operations(struct kit *k)
{
	kit_begin(k, "the operations declared make sense together");
	if ((k->caps.operations & ~UINT32_C(0xfe)) != 0)
		kit_fault(k, "operations has unknown bits: 0x%x",
		          (unsigned)k->caps.operations);
	if (!has(k, RENT_PAY_CHARGE))
		kit_fault(k, "a provider that cannot charge is of no use");
	if (has(k, RENT_PAY_HOLD) && !has(k, RENT_PAY_RELEASE))
		kit_fault(
			k,
			"money could be held and never given back: hold without release");
	if (!has(k, RENT_PAY_HOLD) &&
	    (has(k, RENT_PAY_CAPTURE) || has(k, RENT_PAY_RELEASE)))
		kit_fault(k, "capture or release without hold");
	if (!has(k, RENT_PAY_HOLD) && has(k, RENT_PAY_EXTEND))
		kit_fault(k, "extend without hold");
	if (k->caps.capture_releases_rest && !has(k, RENT_PAY_CAPTURE))
		kit_fault(k, "capture_releases_rest without capture");
	if (k->caps.resend_us == 0 && !has(k, RENT_PAY_LOOKUP))
		kit_fault(k,
		          "neither resending nor lookup: an unknown end stays unknown");
	if (k->caps.lookup_not_found_is_final && !has(k, RENT_PAY_LOOKUP))
		kit_fault(k, "lookup_not_found_is_final without lookup");
	kit_end(k);
}

void kit_check_caps(struct kit *k)
{
	struct rent_payment_caps again = { .struct_size = sizeof(again) };
	const struct rent_payment_caps *c = &k->caps;
	size_t n = strnlen(c->currency, sizeof(c->currency));

	check_operations(k);
	kit_begin(k, "the promises are in range, and the same when asked again");
	if (c->resend_us < 0 || c->lookup_settle_us < 0 || c->min_charge < 0 ||
	    c->hold_us < 0)
		kit_fault(k, "a duration or amount is negative");
	if (n != 0 && n != 3)
		kit_fault(k, "currency must be \"\" or three letters");
	for (size_t i = 0; i < n; i++) {
		if (c->currency[i] < 'A' || c->currency[i] > 'Z')
			kit_fault(k, "currency must be of capital letters");
	}
	if (c->exponent < 0 || c->exponent > 4)
		kit_fault(k, "exponent %d", (int)c->exponent);
	k->api->caps(k->self, &again);
	if (again.operations != c->operations || again.resend_us != c->resend_us ||
	    again.lookup_settle_us != c->lookup_settle_us ||
	    again.lookup_not_found_is_final != c->lookup_not_found_is_final ||
	    again.capture_releases_rest != c->capture_releases_rest ||
	    again.min_charge != c->min_charge || again.exponent != c->exponent)
		kit_fault(k, "caps() answered something else the second time");
	kit_end(k);
}
