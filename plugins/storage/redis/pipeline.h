/* SPDX-License-Identifier: MIT
 *
 * pipeline.h - calls on their way: made by a caller, sent by the link's thread, answered in the
 * order they were sent. No lock, no waiting: connection.c says who owns a call at which time.
 */
#ifndef STORAGE_REDIS_PIPELINE_H
#define STORAGE_REDIS_PIPELINE_H

#include "common/wait.h"
#include "connection.h"

struct redis_call {
	struct redis_call *next;
	char *bytes; /* the command as it is sent */
	size_t size;
	struct wait woken;
	bool done;      /* the thread has answered it: it is the caller's */
	bool abandoned; /* the caller has left: it is the thread's */
	int code;
	char why[RENT_NOTE_SIZE]; /* with a code that the reply gave */
	struct connection_reply reply;
	int64_t sent_at;
};

struct call_list {
	struct redis_call *first, **last; /* last: where the next one goes */
};

void calls_init(struct call_list *list);
void calls_push(struct call_list *list, struct redis_call *call);
struct redis_call *calls_shift(struct call_list *list); /* NULL: empty */

/* NULL when there is no memory. */
struct redis_call *call_new(const struct rent_task_api *task, int argc,
                            const char *const *argv, const size_t *lengths);
void call_free(struct redis_call *call);

enum pipeline_verdict {
	PIPELINE_GOOD,
	PIPELINE_FAILED, /* this call only */
	PIPELINE_LOST,   /* and this connection is of no use any more */
};

/* Judges the reply for its call. why is filled unless it is good. */
enum pipeline_verdict call_answer(struct redis_call *call, const redisReply *reply,
                                  char why[RENT_NOTE_SIZE]);

#endif
