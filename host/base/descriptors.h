/* SPDX-License-Identifier: MIT
 *
 * base/descriptors.h - how many file descriptors this process may have and has.
 */
#ifndef BASE_DESCRIPTORS_H
#define BASE_DESCRIPTORS_H

/* Raises the soft limit to the hard one, which anybody may: shells and service managers keep the
 * soft one at 1024 for programs that use select(). Returns the limit that counts now. */
unsigned descriptors_raise(void);

unsigned descriptors_limit(void);

/* Open ones, as /proc counts them; 0 when it does not say. */
unsigned descriptors_open(void);

#endif
