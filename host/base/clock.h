/* SPDX-License-Identifier: MIT
 *
 * base/clock.h - the two clocks of the host, in microseconds. The only file that reads them.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

int64_t clock_wall_us(void); /* since 1970; may jump */
int64_t clock_mono_us(void); /* never goes back */

#endif
