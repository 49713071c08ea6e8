/* SPDX-License-Identifier: MIT
 *
 * stubs/switch_rows.h - for the tables of rows: their operations, and the rows that every dialect has.
 */
#ifndef STUBS_SWITCH_ROWS_H
#define STUBS_SWITCH_ROWS_H

#include "switches.h"

#define CAPTURE SW_BIT(KIND_CAPTURE)
#define REFUND  SW_BIT(KIND_REFUND)
#define CHARGE  SW_BIT(KIND_CHARGE)
#define HOLD    SW_BIT(KIND_HOLD)
#define REPORT  SW_BIT(SW_REPORT)

/* clang-format off */
/* What happens on the way, and to reports; DOES(name, ops, does) makes a row of the dialect. */
#define SWITCH_ROWS_OF_ALL(DOES)                                    \
	DOES("lost_request", SW_MONEY | SW_ASK, DOES_LOSE_REQUEST),     \
	DOES("lost_reply", SW_MONEY | SW_ASK, DOES_LOSE_REPLY),         \
	DOES("late", SW_MONEY | SW_ASK, DOES_LATE),                     \
	DOES("page", SW_MONEY | SW_ASK, DOES_PAGE),                     \
	DOES("cut", SW_MONEY | SW_ASK, DOES_CUT),                       \
	DOES("other_currency", SW_MONEY | SW_ASK, DOES_CURRENCY),       \
	DOES("other_payment", SW_CHANGE, DOES_OTHER),                   \
	DOES("more_than_asked", SW_CREATE | CAPTURE | REFUND, DOES_MORE), \
	DOES("never", REPORT, DOES_NEVER),                              \
	DOES("twice", REPORT, DOES_TWICE),                              \
	DOES("late", REPORT, DOES_TELL_LATE),                           \
	DOES("reversed", REPORT, DOES_REVERSE),                         \
	DOES("forged", REPORT, DOES_FORGE)
/* clang-format on */

#endif
