/* SPDX-License-Identifier: MIT
 *
 * pipeline.c - see pipeline.h.
 */
#include "pipeline.h"

#include <stdlib.h>

void calls_init(struct call_list *list)
{
	list->first = NULL;
	list->last = &list->first;
}

void calls_push(struct call_list *list, struct redis_call *call)
{
	call->next = NULL;
	*list->last = call;
	list->last = &call->next;
}

struct redis_call *calls_shift(struct call_list *list)
{
	struct redis_call *call = list->first;

	if (call == NULL)
		return NULL;
	list->first = call->next;
	if (list->first == NULL)
		list->last = &list->first;
	return call;
}

struct redis_call *call_new(const struct rent_task_api *task, int argc,
                            const char *const *argv, const size_t *lengths)
{
	struct redis_call *call = calloc(1, sizeof(*call));
	const char *copy[8];
	int n = -1;

	if (call == NULL)
		return NULL;
	for (int i = 0; i < argc; i++)
		copy[i] = argv[i];
	n = redisFormatCommandArgv(&call->bytes, argc, copy, lengths);
	if (n < 0) {
		free(call);
		return NULL;
	}
	call->size = (size_t)n;
	wait_init(&call->woken, task);
	return call;
}

void call_free(struct redis_call *call)
{
	if (call == NULL)
		return;
	redisFreeCommand(call->bytes);
	free(call->reply.text);
	free(call);
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Errors that say that another connection may do better. */
static bool is_fatal(const char *error)
{
	static const char *const codes[] = { "READONLY",   "LOADING",     "NOAUTH",
		                             "MASTERDOWN", "CLUSTERDOWN", "UNBLOCKED" };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (begins(error, codes[i]))
			return true;
	}
	return false;
}

/* Of errors that stay until somebody does something. */
static const char *cure_of(const char *error)
{
	static const struct {
		const char *code, *cure;
	} cures[] = {
		{ "OOM", "raise maxmemory, or set a maxmemory-policy that evicts" },
		{ "NOPERM", "allow its user +getrange +set +ping on ~PREFIX*" },
		{ "MISCONF", "it cannot save: look at its disk and its log" },
		{ "", "see the log of redis" },
	};
	size_t i = 0;

	while (!begins(error, cures[i].code))
		i++;
	return cures[i].cure;
}

static enum pipeline_verdict take_error(struct redis_call *call, const char *error,
                                        char why[RENT_NOTE_SIZE])
{
	if (begins(error, "WRONGTYPE")) {
		call->reply.kind = CONNECTION_REFUSED;
		return PIPELINE_GOOD;
	}
	call->code = is_fatal(error) ? RENT_EUNAVAIL : RENT_EFAIL;
	(void)snprintf(why, RENT_NOTE_SIZE, "answered \"%.80s\"; %s", error,
	               cure_of(error));
	/* The connection is in step: what another command gets may be right. */
	return is_fatal(error) ? PIPELINE_LOST : PIPELINE_FAILED;
}

static enum pipeline_verdict take_text(struct redis_call *call, const redisReply *reply,
                                       char why[RENT_NOTE_SIZE])
{
	char *text = malloc(reply->len + 1);

	if (text == NULL) {
		call->code = RENT_ENOMEM;
		(void)rent_copy(why, RENT_NOTE_SIZE, "out of memory");
		return PIPELINE_FAILED;
	}
	memcpy(text, reply->str, reply->len);
	text[reply->len] = '\0';
	call->reply.kind = CONNECTION_TEXT;
	call->reply.text = text;
	call->reply.length = reply->len;
	return PIPELINE_GOOD;
}

enum pipeline_verdict call_answer(struct redis_call *call, const redisReply *reply,
                                  char why[RENT_NOTE_SIZE])
{
	call->code = 0;
	switch (reply->type) {
	case REDIS_REPLY_STATUS:
		call->reply.kind = CONNECTION_DONE;
		return PIPELINE_GOOD;
	case REDIS_REPLY_STRING:
		return take_text(call, reply, why);
	case REDIS_REPLY_ERROR:
		return take_error(call, reply->str, why);
	default:
		call->code = RENT_EFAIL;
		(void)snprintf(why, RENT_NOTE_SIZE,
		               "answered with a reply of type %d; is it a Redis?",
		               reply->type);
		return PIPELINE_LOST;
	}
}
