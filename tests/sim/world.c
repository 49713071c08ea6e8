/* SPDX-License-Identifier: MIT
 *
 * world.c - the truth outside: a payment provider with a book, and cabinets. Its entries did
 * happen; the checks compare the beliefs of the system with them. Crimes (an id that acts
 * twice, more released than held, more refunded than taken) fail the seed on the spot.
 */
#include <stdlib.h>

#include "cabinets.h"

#define WORLD_OPS   32768
#define WORLD_SLOTS ((size_t)2 * WORLD_OPS) /* of their index */

/* A slot of the index of ids: of the seed whose number it bears. */
struct world_slot {
	uint32_t era, place; /* the place in ops */
};

static struct world_op ops[WORLD_OPS];
static size_t op_count;
static struct world_slot slots[WORLD_SLOTS];
static uint32_t era;   /* grows with every seed: the index is empty again */
static int powerbanks; /* made so far */
static int64_t card_dead_until;

void world_reset(void)
{
	memset(ops, 0, op_count * sizeof(ops[0]));
	op_count = 0;
	era++;
	powerbanks = 0;
	card_dead_until = 0;
}

size_t world_ops(struct world_op **ret)
{
	*ret = ops;
	return op_count;
}

/* The slot of an id, or the free one where it belongs. At most half of them are used. */
static struct world_slot *slot_of(const char *id)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	size_t i;

	for (const char *p = id; *p != '\0'; p++)
		hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
	for (i = hash % WORLD_SLOTS;
	     slots[i].era == era && strcmp(ops[slots[i].place].id, id) != 0;)
		i = (i + 1) % WORLD_SLOTS;
	return &slots[i];
}

struct world_op *world_find(const char *id)
{
	const struct world_slot *slot = slot_of(id);

	return slot->era == era ? &ops[slot->place] : NULL;
}

static void key_pruned(void *arg)
{
	(void)arg;
	if (sim_faults)
		sim_fault_count(FAULT_PRUNED);
}

struct world_op *world_meet(const struct sim_request *rq)
{
	struct world_op *op = world_find(rq->id);

	if (op != NULL)
		return op;
	check_intent(rq->id);
	if (rq->kind != RENT_OP_EJECT)
		event_at(sim_now + sim.resend_us, key_pruned, NULL);
	if (op_count == WORLD_OPS)
		sim_fail("the world heard of more than %d ids", WORLD_OPS);
	*slot_of(rq->id) = (struct world_slot){ era, (uint32_t)op_count };
	op = &ops[op_count++];
	rent_copy(op->id, sizeof(op->id), rq->id);
	rent_copy(op->rental_id, sizeof(op->rental_id), rq->rental_id);
	rent_copy(op->target_id, sizeof(op->target_id), rq->target_id);
	op->kind = rq->kind;
	op->amount = rq->amount;
	op->cancels = rq->cancels;
	op->on_session = rq->on_session;
	rent_copy(op->method, sizeof(op->method), rq->method);
	op->first_at = sim_now;
	return op;
}

static int64_t sum_of_children(const char *target, enum rent_op_kind kind)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < op_count; i++) {
		if (ops[i].kind == kind && ops[i].state == WORLD_DONE &&
		    strcmp(ops[i].target_id, target) == 0)
			sum += ops[i].processed;
	}
	return sum;
}

static int64_t hold_left(const char *hold_id)
{
	struct world_op *hold = world_find(hold_id);

	if (hold == NULL || hold->state != WORLD_DONE)
		return 0;
	if (hold->gone)
		return 0;
	if (hold->expires_at != 0 && hold->expires_at <= sim_now)
		return 0;
	return hold->processed - sum_of_children(hold_id, RENT_OP_CAPTURE) -
	       sum_of_children(hold_id, RENT_OP_RELEASE);
}

static int64_t allowed(const struct world_op *op)
{
	struct world_op *target;

	switch (op->kind) {
	case RENT_OP_CAPTURE:
		if (sim.capture_releases &&
		    sum_of_children(op->target_id, RENT_OP_CAPTURE) > 0)
			return 0;
		return hold_left(op->target_id);
	case RENT_OP_RELEASE:
		return hold_left(op->target_id);
	case RENT_OP_REFUND:
		target = world_find(op->target_id);
		if (target == NULL || target->state != WORLD_DONE)
			return 0;
		return target->processed - sum_of_children(op->target_id, RENT_OP_REFUND);
	case RENT_OP_HOLD: /* with a target: extends it */
		return op->target_id[0] == '\0' || hold_left(op->target_id) > 0
		               ? op->amount
		               : op->amount - 1;
	case RENT_OP_CHARGE:
		return op->amount;
	case RENT_OP_NONE:
	case RENT_OP_EJECT:
		break;
	}
	return 0;
}

static void hold_expires(void *arg)
{
	struct world_op *hold = world_find(arg);

	free(arg);
	if (sim_faults && hold != NULL && hold->expires_at <= sim_database_clock() &&
	    hold->processed > sum_of_children(hold->id, RENT_OP_CAPTURE) +
	                              sum_of_children(hold->id, RENT_OP_RELEASE))
		sim_fault_count(FAULT_HOLD_EXPIRED);
}

/* The provider refuses what its own book does not allow. For a hold that ran out, or a card
 * that is dead, that is life; a refund of more than was taken is a crime. */
static bool is_allowed(const struct world_op *op)
{
	int64_t room = allowed(op);

	if (room >= op->amount)
		return true;
	if (op->kind == RENT_OP_REFUND)
		sim_fail("refund %s asks for %" PRId64 ", only %" PRId64
		         " can be given back",
		         op->id, op->amount, room);
	return false;
}

/* The provider lost the hold, or let go of it, and says that it has ended. */
static void forget_hold(struct world_op *op)
{
	struct world_op *hold = world_find(op->target_id);

	if (op->kind != RENT_OP_RELEASE || hold == NULL || hold->state != WORLD_DONE)
		return;
	if (!hold->gone && sim_fault(FAULT_HOLD_GONE, sim.hold_gone))
		hold->gone = true;
	op->gone = hold->gone;
}

static bool is_extension(const struct world_op *op)
{
	return op->kind == RENT_OP_HOLD && op->target_id[0] != '\0';
}

static void extend(struct world_op *op)
{
	struct world_op *hold = world_find(op->target_id);

	if (hold == NULL) /* allowed() has seen it */
		abort();
	op->processed = 0;
	op->expires_at = sim_database_clock() + sim.hold_us;
	hold->expires_at = op->expires_at;
	event_at(sim_now + sim.hold_us, hold_expires, strdup(hold->id));
	sim_trace("world: hold %s extended by %s", hold->id, op->id);
}

/* Nothing is held of it, whatever its customer did meanwhile. What is charged stays charged: the cancel is
 * refused. */
static void cancel(struct world_op *op)
{
	struct world_op *target = world_find(op->target_id);

	if (target == NULL || !target->asked)
		sim_fail("%s cancels %s, which waits for nobody", op->id, op->target_id);
	if (!sim.cancels)
		sim_fail("%s cancels, at a provider that cannot", op->id);
	if (target->kind == RENT_OP_CHARGE && target->state == WORLD_DONE) {
		op->state = WORLD_DECLINED;
		sim_trace("world: %s is charged, and not cancelled", target->id);
		return;
	}
	if (op->acted++ > 0)
		sim_fail("id %s acted twice", op->id);
	op->state = WORLD_DONE;
	target->state = WORLD_DECLINED;
	target->processed = 0;
	target->cancelled = true;
	sim_trace("world: %s cancelled", target->id);
}

static void act(struct world_op *op)
{
	if (op->cancels) {
		cancel(op);
		return;
	}
	forget_hold(op);
	if (!is_allowed(op)) {
		op->state = WORLD_DECLINED;
		return;
	}
	if (op->acted++ > 0)
		sim_fail("id %s acted twice", op->id);
	op->state = WORLD_DONE;
	if (is_extension(op)) {
		extend(op);
		return;
	}
	op->processed = op->amount;
	if (op->amount > 1 && !sim.capture_releases &&
	    sim_fault(FAULT_PARTIAL, sim.partial))
		op->processed = sim_between(1, op->amount - 1);
	if (op->kind == RENT_OP_HOLD && sim.hold_us > 0) {
		op->expires_at = sim_database_clock() + sim.hold_us;
		event_at(sim_now + sim.hold_us, hold_expires, strdup(op->id));
	}
	sim_trace("world: %s %s of %" PRId64 " moved %" PRId64,
	          rent_name_of(rent_op_kind_names, (int)op->kind), op->id, op->amount,
	          op->processed);
}

static void becomes_final(void *arg)
{
	struct world_op *op = world_find(arg);

	free(arg);
	if (op == NULL || op->state != WORLD_PENDING)
		return;
	if (op->kind != RENT_OP_RELEASE && sim_chance(300))
		op->state = WORLD_DECLINED;
	else
		act(op);
}

/* Fewer than rental_core gives up after. */
#define RELEASES_DECLINED 5

static int releases_declined(const char *hold_id)
{
	int n = 0;

	for (size_t i = 0; i < op_count; i++)
		n += ops[i].kind == RENT_OP_RELEASE && ops[i].state == WORLD_DECLINED &&
		     strcmp(ops[i].target_id, hold_id) == 0;
	return n;
}

static int refunds_declined(const char *rental_id)
{
	int n = 0;

	for (size_t i = 0; i < op_count; i++)
		n += ops[i].kind == RENT_OP_REFUND && ops[i].state == WORLD_DECLINED &&
		     strcmp(ops[i].rental_id, rental_id) == 0;
	return n;
}

/* Soft: this once. Hard: the card is dead for hours, whatever is asked of it; another one is not. */
static bool is_declined(const struct world_op *op)
{
	bool on_card = op->kind == RENT_OP_HOLD || op->kind == RENT_OP_CHARGE;

	/* A provider has no reason to refuse to give a hold back for ever. */
	if (op->kind == RENT_OP_RELEASE &&
	    releases_declined(op->target_id) >= RELEASES_DECLINED)
		return false;
	/* A rental that ended by a report of earlier has many parts to give back. */
	if (op->kind == RENT_OP_REFUND &&
	    refunds_declined(op->rental_id) >= RELEASES_DECLINED)
		return false;
	if (on_card && card_dead_until <= sim_now &&
	    sim_fault(FAULT_CARD_DEAD, sim.card_dead))
		card_dead_until = sim_now + sim_between(1, 480) * RENT_MINUTE;
	if (on_card && sim_faults && card_dead_until > sim_now &&
	    strcmp(op->method, SIM_OTHER_CARD) != 0)
		return true;
	return sim_fault(FAULT_DECLINED, sim.declined);
}

/* ---- the customer has to confirm it */

static void confirms(void *arg)
{
	struct world_op *op = world_find(arg);

	free(arg);
	if (op != NULL && op->state == WORLD_PENDING)
		act(op);
}

/* With another card, while nobody has taken it back; if he has ever been sent there. */
static void tries_again(void *arg)
{
	const struct rent_op *ours = memstore_op(sim_store, arg);
	struct world_op *op = world_find(arg);

	free(arg);
	if (op == NULL || op->state != WORLD_DECLINED || op->cancelled || ours == NULL ||
	    ours->action == RENT_ACTION_NONE)
		return;
	sim_fault_count(FAULT_TRIED_AGAIN);
	act(op);
}

static void refuses(void *arg)
{
	struct world_op *op = world_find(arg);

	free(arg);
	if (op == NULL || op->state != WORLD_PENDING)
		return;
	op->state = WORLD_DECLINED;
	if (sim.cancels && sim_chance(400))
		event_at(sim_now + sim_between(1, 900) * RENT_SECOND, tries_again,
		         strdup(op->id));
}

/* A provider that cannot cancel gives up by itself. */
static void ask_customer(struct world_op *op)
{
	int way = (int)sim_between(0, 9);
	int64_t soon = sim_between(1, SIM_ACTION_TIME / RENT_SECOND - 20) * RENT_SECOND;
	int64_t late = SIM_ACTION_TIME + sim_between(1, 300) * RENT_SECOND;

	op->state = WORLD_PENDING;
	op->asked = true;
	if (way >= 7)
		sim_fault_count(way >= 8 ? FAULT_CONFIRMED_LATE : FAULT_FORGOTTEN);
	else if (way >= 5)
		sim_fault_count(FAULT_REFUSED);
	if (way < 5 || way >= 8)
		event_at(sim_now + (way < 5 ? soon : late), confirms, strdup(op->id));
	else if (way < 7)
		event_at(sim_now + soon, refuses, strdup(op->id));
	if (!sim.cancels)
		event_at(sim_now + RENT_HOUR, refuses, strdup(op->id));
}

static bool may_ask(const struct world_op *op)
{
	return op->kind == RENT_OP_CHARGE ||
	       (op->kind == RENT_OP_HOLD && op->target_id[0] == '\0');
}

static void decide(struct world_op *op)
{
	if (is_declined(op)) {
		op->state = WORLD_DECLINED;
	} else if (may_ask(op) && !op->on_session &&
	           sim_fault(FAULT_NEEDS_PAYER, sim.acts / 4)) {
		op->state = WORLD_DECLINED;
		op->needs_payer = true;
	} else if (may_ask(op) && op->on_session && sim_fault(FAULT_ACTION, sim.acts)) {
		ask_customer(op);
	} else if (sim_fault(FAULT_PENDING, sim.pending)) {
		op->state = WORLD_PENDING;
		event_at(sim_now + sim_between(1, 90) * RENT_SECOND, becomes_final,
		         strdup(op->id));
	} else {
		act(op);
	}
}

static struct sim_reply reply_of(const struct world_op *op)
{
	struct sim_reply reply = { .outcome = RENT_UNKNOWN };

	switch (op->state) {
	case WORLD_PENDING:
		reply.outcome = RENT_PENDING;
		reply.asks = op->asked;
		break;
	case WORLD_DONE:
		reply.outcome = RENT_SUCCEEDED;
		reply.processed = op->processed;
		reply.expires_at = op->expires_at;
		break;
	case WORLD_DECLINED:
		reply.outcome = RENT_DECLINED;
		reply.reason = op->gone          ? RENT_DECLINE_EXPIRED
		               : op->needs_payer ? RENT_DECLINE_ACTION
		                                 : RENT_DECLINE_NONE;
		break;
	case WORLD_NONE:
		break;
	}
	return reply;
}

static void give_out(struct world_op *op)
{
	op->state = WORLD_DONE;
	if (op->acted++ > 0)
		sim_fail("eject %s gave out two powerbanks", op->id);
	/* A cabinet that lies: it names one that somebody has. */
	if (powerbanks > 0 && sim_fault(FAULT_WRONG_POWERBANK, sim.wrong_powerbank))
		powerbanks--;
	(void)snprintf(op->powerbank, sizeof(op->powerbank), "PB-%d", powerbanks++);
	sim_trace("world: %s given out for %s", op->powerbank, op->rental_id);
}

/* The motor was slow, or got stuck after all. */
static void ejects_late(void *arg)
{
	struct world_op *op = world_find(arg);

	free(arg);
	if (sim_chance(300))
		op->state = WORLD_DECLINED;
	else
		give_out(op);
}

static struct sim_reply eject(const struct sim_request *rq)
{
	struct sim_reply reply = { .outcome = RENT_DECLINED };
	struct world_op *op = world_meet(rq);

	if (op->state == WORLD_NONE) {
		if (sim_fault(FAULT_REFUSE_EJECT, sim.refuse_eject)) {
			op->state = WORLD_DECLINED;
		} else if (sim_fault(FAULT_LATE_EJECT, sim.late_eject)) {
			op->state = WORLD_PENDING;
			event_at(sim_now + sim_between(1, 90) * RENT_SECOND, ejects_late,
			         strdup(op->id));
		} else {
			give_out(op);
		}
	}
	if (op->state == WORLD_PENDING)
		reply.outcome = RENT_PENDING;
	if (op->state == WORLD_DONE) {
		reply.outcome = RENT_SUCCEEDED;
		rent_copy(reply.result, sizeof(reply.result), op->powerbank);
	}
	return reply;
}

/* "Not found" proves nothing within the settle time, nor from a provider that never promised
 * to know. */
static struct sim_reply look_up(const struct world_op *op)
{
	const struct sim_reply not_found = { .outcome = RENT_UNKNOWN, .not_found = true };

	if (op == NULL || op->state == WORLD_NONE)
		return not_found;
	if ((!sim.lookup_final || sim_now - op->first_at < sim.lookup_settle_us) &&
	    sim_fault(FAULT_LOOKUP_BLIND, sim.lookup_blind))
		return not_found;
	return reply_of(op);
}

/* A provider has no reason to refuse to give back for ever. A rental that ended by a report of
 * earlier has more to give back than rental_core tries. */
static bool may_be_refused(const struct sim_request *rq)
{
	return rq->kind != RENT_OP_RELEASE &&
	       !(sim.cabinets && rq->kind == RENT_OP_REFUND);
}

/* The provider is busy, or pretends not to understand. Proves nothing about an earlier try. */
static bool is_turned_away(const struct sim_request *rq, struct sim_reply *reply)
{
	if (sim_fault(FAULT_NOT_EXECUTED, sim.not_executed))
		reply->outcome = RENT_NOT_EXECUTED;
	else if (may_be_refused(rq) && sim_fault(FAULT_INVALID, sim.invalid))
		reply->outcome = sim_chance(500) ? RENT_INVALID : RENT_UNSUPPORTED;
	return reply->outcome != RENT_UNKNOWN;
}

struct sim_reply world_handle(const struct sim_request *rq)
{
	struct sim_reply reply = { .outcome = RENT_UNKNOWN };
	struct world_op *op;

	if (is_turned_away(rq, &reply))
		return reply;
	if (rq->kind == RENT_OP_EJECT)
		return sim.cabinets ? cabinets_handle(rq) : eject(rq);
	op = world_find(rq->id);
	if (rq->lookup)
		return look_up(op);
	op = world_meet(rq);
	/* The key is forgotten: the provider would do it all again. Nobody may ask. */
	if (op->state != WORLD_NONE && sim_now - op->first_at > sim.resend_us)
		sim_fail("id %s was sent again %" PRId64 " s after its first time, the "
		         "provider remembers ids for %" PRId64 " s",
		         op->id, (sim_now - op->first_at) / RENT_SECOND,
		         sim.resend_us / RENT_SECOND);
	if (op->state == WORLD_NONE)
		decide(op);
	return reply_of(op);
}
