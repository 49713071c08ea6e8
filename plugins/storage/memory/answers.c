/* SPDX-License-Identifier: MIT
 *
 * answers.c - what requests were answered: kept once, read.
 */
#include "memory.h"

#include <stdlib.h>

static int put_answer(struct memory *m, const struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	struct memory_key *key;
	char *text;

	if (memory_key(m, answer->key, answer->scope) != NULL)
		return 0;
	text = strdup(answer->answer);
	if (text == NULL || !MEMORY_RESERVE(m->keys, 1)) {
		free(text);
		return rent_fail(err, RENT_ENOMEM, "answer_put: out of memory");
	}
	key = MEMORY_PUSH(m->keys);
	(void)rent_copy(key->key, sizeof(key->key), answer->key);
	(void)rent_copy(key->scope, sizeof(key->scope), answer->scope);
	(void)rent_copy(key->fingerprint, sizeof(key->fingerprint), answer->fingerprint);
	(void)rent_copy(key->rental_id, sizeof(key->rental_id), answer->rental_id);
	(void)rent_copy(key->outcome, sizeof(key->outcome), answer->outcome);
	memory_full_key(key->key, key->scope, key->full);
	key->created_at = m->now(m->now_arg);
	key->answered = true;
	key->answer = text;
	memory_index_key(m);
	return 0;
}

int memory_answer_put(struct memory *m, const struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	int code;

	lock_acquire(&m->lock);
	code = put_answer(m, answer, err);
	lock_release(&m->lock);
	return code;
}

int memory_answer_get(struct memory *m, struct rent_kept_answer *answer,
                      struct rent_error *err)
{
	const struct memory_key *key;
	int code = 1;

	lock_acquire(&m->lock);
	key = memory_key(m, answer->key, answer->scope);
	if (key != NULL && key->answered) {
		answer->ret_fingerprint = rent_strdup(answer->arena, key->fingerprint);
		answer->ret_outcome = rent_strdup(answer->arena, key->outcome);
		answer->ret_answer = rent_strdup(answer->arena, key->answer);
		code = answer_is_whole(answer, err);
	}
	lock_release(&m->lock);
	return code;
}
