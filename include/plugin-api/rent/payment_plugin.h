/* SPDX-License-Identifier: MIT
 *
 * rent/payment_plugin.h - everything the author of a payment provider needs, in one include.
 * Read in this order: provider.h (what a provider is), payment.h (the operations), plugin.h
 * (the descriptor). docs/howto/write-a-payment-plugin.md walks through include/plugin-api/examples/
 * payment_coins, a whole one.
 */
#ifndef RENT_PAYMENT_PLUGIN_H
#define RENT_PAYMENT_PLUGIN_H

#include "crypto.h"
#include "form.h"
#include "json.h"
#include "money.h"
#include "payment.h"
#include "plugin.h"

#endif
