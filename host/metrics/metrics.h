/* SPDX-License-Identifier: MIT
 *
 * metrics/metrics.h - the metrics of a host: families, their series, and the Prometheus text
 * of both. rent/host.h explains families and definitions. Two hosts in one process have a
 * registry each and do not see each other's families.
 *
 * All but metrics_new and metrics_free: any thread. add, set and observe take no lock and allocate nothing
 * once the series exists.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "base/dynbuf.h"

#include <rent/host.h>

#define METRICS_MAX_SERIES 500
#define METRICS_TEXT_MAX   ((size_t)32 * 1024 * 1024) /* ceiling of one rendering */

struct metrics;

/* service is copied; it is the value of the label `service` of every family with
 * RENT_METRIC_SERVICE. max_series 0: METRICS_MAX_SERIES. NULL on ENOMEM. */
struct metrics *metrics_new(const char *service, unsigned max_series);
/* No handle of it may be used afterwards. NULL is fine. */
void metrics_free(struct metrics *metrics);

/* The family of that name; made when it is new. A wrong definition, one that contradicts the
 * family of that name, or no memory give a handle that counts nothing; never NULL. */
struct rent_metric *metrics_register(struct metrics *metrics,
                                     const struct rent_metric_def *def);

void metrics_add(struct rent_metric *metric, int64_t n, const char *const *labels);
void metrics_set(struct rent_metric *metric, int64_t v, const char *const *labels);
void metrics_observe(struct rent_metric *metric, int64_t v, const char *const *labels);

/* Prometheus text format 0.0.4 of everything, process_* included. Returns out->error. */
int metrics_render(struct metrics *metrics, struct dynbuf *out);

/* The same of one family; nothing when there is none of that name. */
int metrics_render_one(struct metrics *metrics, struct dynbuf *out, const char *name);

#endif
