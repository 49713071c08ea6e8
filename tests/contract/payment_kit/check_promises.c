/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_promises.c - the descriptor, and the promises of caps().
 */
#include "kit.h"

void kit_check_descriptor(struct kit *k)
{
	const struct rent_plugin *p = k->plugin;
	bool own_io = (p->flags & RENT_OWN_IO) != 0;

	kit_begin(k, "the descriptor is sound");
	kit_check_plugin(k);
	if (k->api.payment->struct_size < offsetof(struct rent_payment, perform))
		kit_fault(k, "struct_size of the interface is %u",
		          (unsigned)k->api.payment->struct_size);
	if (k->api.payment->caps == NULL)
		kit_fault(k, "caps is required");
	if (!own_io && (k->api.payment->build == NULL || k->api.payment->parse == NULL))
		kit_fault(k, "build and parse are required without RENT_OWN_IO");
	if (own_io != (k->api.payment->perform != NULL))
		kit_fault(k, "perform goes with RENT_OWN_IO, and with it only");
	kit_end(k);
	kit_check_options(k);
}

static bool has(const struct kit *k, enum rent_payment_kind kind)
{
	return kit_declares(k, kind);
}

static void check_operations(struct kit *k)
{
	kit_begin(k, "the operations declared make sense together");
	if ((k->caps.payment.operations & ~UINT32_C(0xfe)) != 0)
		kit_fault(k, "operations has unknown bits: 0x%x",
		          (unsigned)k->caps.payment.operations);
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
	if (k->caps.payment.capture_releases_rest && !has(k, RENT_PAY_CAPTURE))
		kit_fault(k, "capture_releases_rest without capture");
	if (k->caps.payment.resend_us == 0 && !has(k, RENT_PAY_LOOKUP))
		kit_fault(k,
		          "neither resending nor lookup: an unknown end stays unknown");
	if (k->caps.payment.lookup_not_found_is_final && !has(k, RENT_PAY_LOOKUP))
		kit_fault(k, "lookup_not_found_is_final without lookup");
	kit_end(k);
}

void kit_check_caps(struct kit *k)
{
	struct rent_payment_caps again = { .struct_size = sizeof(again) };
	const struct rent_payment_caps *c = &k->caps.payment;
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
	k->api.payment->caps(k->self, &again);
	if (again.operations != c->operations || again.resend_us != c->resend_us ||
	    again.lookup_settle_us != c->lookup_settle_us ||
	    again.lookup_not_found_is_final != c->lookup_not_found_is_final ||
	    again.capture_releases_rest != c->capture_releases_rest ||
	    again.min_charge != c->min_charge || again.exponent != c->exponent)
		kit_fault(k, "caps() answered something else the second time");
	kit_end(k);
}
