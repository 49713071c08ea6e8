/* SPDX-License-Identifier: MIT
 *
 * base/id.h - ids and randomness. Any thread, never blocks once the kernel's pool is up.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <rent/base.h>

/* A UUIDv7 (RFC 9562, 6.2 method 1: a counter in rand_a), lower case. Every id made by this
 * process sorts after all it made before, within one millisecond and across threads too;
 * when the wall clock is set back the ids go on from the highest one. */
void id_uuid7(char out[RENT_ID_SIZE]);

/* The id for a given wall time: the pure part of id_uuid7, for tests. */
void id_uuid7_at(int64_t wall_us, char out[RENT_ID_SIZE]);

/* From the kernel; aborts when it has none to give. */
void id_random(void *out, size_t size);

/* n random bytes as 2n lower-case hex digits and a NUL; n at most 32. Cheap. */
void id_hex(char *out, size_t n);

#endif
