/* SPDX-License-Identifier: MIT
 *
 * http/proven.h - credentials that were good a short while ago at the same address. They are looked at
 * even if others have sent too many bad ones from there. They prove nothing: the auth instances are asked
 * as ever. Kept are hashes, of the header Authorization only. Any thread.
 */
#ifndef HTTP_PROVEN_H
#define HTTP_PROVEN_H

#include "http/call.h"

struct proven;

/* NULL: no memory. */
struct proven *proven_new(void);
void proven_free(struct proven *proven); /* NULL is fine */

/* Whether those of a call were good at the monotonic time now, or up to HTTP_PROVEN_US before. */
bool proven_has(const struct call *call, int64_t now);
/* They were found to be good, or bad. */
void proven_note(const struct call *call, bool good, int64_t now);

#endif
