/* SPDX-License-Identifier: MIT
 *
 * cabinet_question.c - see cabinet_question.h.
 */
#include "cabinet_question.h"

void question_begin(struct question *q, struct core *core, struct station_port *port,
                    struct rent_arena *arena)
{
	q->core = core;
	q->port = port;
	rent_exchange_init(&q->x, arena);
	pthread_mutex_lock(&port->lock);
}

bool question_send(struct question *q, int built)
{
	struct rent_exchange *x = &q->x;

	pthread_mutex_unlock(&q->port->lock);
	if (built != 0)
		return false;
	x->request.flags |= RENT_JUDGED;
	q->core->host->exchange(q->core->host, &x, 1);
	if (x->transport != RENT_REPLIED)
		return false;
	x->reply.arena = x->arena;
	pthread_mutex_lock(&q->port->lock);
	return true;
}

void question_read(struct question *q, bool answered)
{
	pthread_mutex_unlock(&q->port->lock);
	core_judged(q->core, &q->x, answered);
}
