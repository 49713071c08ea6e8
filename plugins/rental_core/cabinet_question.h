/* SPDX-License-Identifier: MIT
 *
 * cabinet_question.h - a question to the cabinets' service that changes nothing there: the plugin
 * builds it, the host sends it, the plugin reads the reply. The plugin is called under the lock of
 * its port.
 *
 *     question_begin(&q, core, port, arena);
 *     built = port->api->build_…(port->self, …, arena, &q.x.request, &err);
 *     if (question_send(&q, built)) {
 *             port->api->parse_…(port->self, …, &q.x.reply, &res);
 *             question_read(&q, res.outcome != RENT_UNKNOWN);
 *     }
 */
#ifndef CORE_CABINET_QUESTION_H
#define CORE_CABINET_QUESTION_H

#include "core.h"

struct question {
	struct core *core;
	struct station_port *port;
	struct rent_exchange x;
};

/* Whatever the reply holds lives in the arena. */
void question_begin(struct question *q, struct core *core, struct station_port *port,
                    struct rent_arena *arena);

/* built: what building the request came to. Whether there is a reply to read; then
 * question_read() must follow. */
bool question_send(struct question *q, int built);

/* answered: whether the reply was an answer of the service. */
void question_read(struct question *q, bool answered);

#endif
