/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/token.h - the last part of the addresses that the service calls us
 * at, "NAME.HMAC". The service signs nothing, so the address itself must be what nobody else
 * can know. It has no '&': in a query that came back as "&amp;".
 */
#ifndef CHARGENOW_TOKEN_H
#define CHARGENOW_TOKEN_H

#include "chargenow.h"

/* The name in the token of the address for pushes; no order has it. */
#define TOKEN_PUSH "push"

/* "NAME.HMAC", encoded for a path. NULL: the arena is full. */
char *token_make(const struct chargenow *c, struct rent_arena *arena, const char *name);
/* The address in full. NULL: the arena is full. */
char *token_url(const struct chargenow *c, struct rent_arena *arena, const char *name);
/* The name in a token, in the arena. NULL: it was not made with our key. */
const char *token_open(const struct chargenow *c, struct rent_arena *arena,
                       const char *token);

#endif
