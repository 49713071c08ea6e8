/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_threads.c - a plugin declared parallel is called by
 * several threads at once, and each gets what it would have got alone.
 */
#include "kit.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS 4
#define ROUNDS  200

struct crowd {
	struct kit *k;
	struct rent_upstream_request alone[KIT_LAST + 1];
	atomic_int differ;
};

static bool build_alone(struct kit *k, enum rent_payment_kind kind,
                        struct rent_arena *arena, struct rent_upstream_request *ret)
{
	struct rent_payment_op op = kit_op(kind);
	struct rent_error err = { 0 };

	*ret = (struct rent_upstream_request){ .struct_size = sizeof(*ret) };
	return k->api->build(k->self, &op, arena, ret, &err) == 0;
}

static void *crowd_member(void *arg)
{
	static const char body[] = "{\"status\":\"kit-unknown\"}";
	struct crowd *crowd = arg;
	struct kit *k = crowd->k;
	struct rent_upstream_reply reply = kit_reply(200, body, sizeof(body) - 1);

	for (int i = 0; i < ROUNDS; i++) {
		enum rent_payment_kind kind =
			(enum rent_payment_kind)(RENT_PAY_HOLD + i % KIT_LAST);
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct rent_payment_op op = kit_op(kind);
		struct rent_payment_result ret = { .struct_size = sizeof(ret) };
		struct rent_upstream_request req;

		if (kit_declares(k, kind)) {
			if (!build_alone(k, kind, arena, &req) ||
			    !kit_request_same(&req, &crowd->alone[kind]))
				(void)atomic_fetch_add(&crowd->differ, 1);
			reply.arena = arena;
			k->api->parse(k->self, &op, &reply, &ret);
			if (ret.outcome == RENT_SUCCEEDED)
				(void)atomic_fetch_add(&crowd->differ, 1);
		}
		k->host->arena_free(k->host, arena);
	}
	return NULL;
}

void kit_check_threads(struct kit *k)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct crowd crowd = { .k = k };
	pthread_t threads[THREADS];
	int started = 0;

	kit_begin(k, "several threads at once get what each would get alone");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++)
		(void)build_alone(k, (enum rent_payment_kind)kind, arena,
		                  &crowd.alone[kind]);
	while (started < THREADS &&
	       pthread_create(&threads[started], NULL, crowd_member, &crowd) == 0)
		started++;
	for (int i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	if (started < THREADS)
		kit_fault(k, "threads could not be started");
	if (atomic_load(&crowd.differ) > 0)
		kit_fault(k, "%d calls came out differently", atomic_load(&crowd.differ));
	kit_end(k);
	k->host->arena_free(k->host, arena);
}
