/* SPDX-License-Identifier: MIT
 *
 * metrics/registry.h - what the files of this folder share.
 */
#ifndef METRICS_REGISTRY_H
#define METRICS_REGISTRY_H

#include "base/dynbuf.h"
#include "metrics/family.h"

/* HELP, TYPE and every series of a family. A family without series shows nothing, one
 * without labels always shows its value. */
void render_family(struct dynbuf *out, struct rent_metric *m, const char *service);

/* v / scale as a decimal number, exactly. scale is a power of ten. */
void render_number(struct dynbuf *out, int64_t v, int64_t scale);

/* process_*: processor time, memory, descriptors, start time, from /proc. */
void process_render(struct dynbuf *out);

#endif
