/* SPDX-License-Identifier: MIT
 *
 * history.h - what the clients of a soak did and heard, as it is written down: one JSON line
 * when a call begins, one when it ends, and one for each fault and phase. Any thread.
 *
 *   {"e":"invoke","op":7,"t":…,"w":…,"user":"u-3","what":"start","host":1,"key":…}
 *   {"e":"ok","op":7,"t":…,"w":…,"status":200,"replayed":true,"body":"{…}"}
 *
 * t is monotonic, w the wall clock, both in microseconds. "ok": it happened; "fail": a refusal
 * that promises that nothing was changed; "unknown": no answer, or one that promises nothing.
 */
#ifndef SOAK_HISTORY_H
#define SOAK_HISTORY_H

#include "client.h"

struct history;

int64_t mono_us(void);
int64_t wall_us(void);

/* Aborts when the file cannot be written. */
struct history *history_new(const char *path);
void history_free(struct history *h);

/* Steals about, which says what is called; the number of the call. */
int64_t history_invoke(struct history *h, json_t *about);
void history_end(struct history *h, int64_t op, const struct answer *a);
/* A line of another kind; steals note. */
void history_note(struct history *h, const char *event, json_t *note);

#endif
