/* SPDX-License-Identifier: MIT
 *
 * seed.c - a seed: draws its world, runs it with faults (safety), then without (liveness), and
 * checks. Tells what happens when it is asked to.
 */
#include <stdlib.h>
#include <unistd.h>

#include "cabinets.h"

#define TOLD_SIZE 256
#define SAFETY    (12 * RENT_HOUR)
#define LIVENESS  (120 * RENT_HOUR)

struct sim_params sim;
bool sim_faults, sim_telling;
int64_t sim_calm_since;
struct sim_counts sim_counts;
static uint64_t state;

const char *const sim_fault_names[FAULT_COUNT] = {
	[FAULT_NOT_SENT] = "not sent",
	[FAULT_LOST_REQUEST] = "not acted, reply lost",
	[FAULT_LOST_REPLY] = "acted, reply lost",
	[FAULT_LATE] = "late, the caller gone",
	[FAULT_DUPLICATE] = "delivered twice",
	[FAULT_500] = "HTTP 500, acted or not",
	[FAULT_NOT_EXECUTED] = "turned away: busy",
	[FAULT_INVALID] = "turned away: invalid",
	[FAULT_PENDING] = "pending, then final",
	[FAULT_DECLINED] = "declined, soft",
	[FAULT_CARD_DEAD] = "declined, hard",
	[FAULT_PARTIAL] = "a smaller amount",
	[FAULT_LIE] = "success without sense",
	[FAULT_LOOKUP_BLIND] = "look-up finds nothing",
	[FAULT_PRUNED] = "key pruned",
	[FAULT_HOLD_EXPIRED] = "hold expired",
	[FAULT_HOLD_GONE] = "hold forgotten",
	[FAULT_ACTION] = "the customer must confirm",
	[FAULT_REFUSED] = "he refuses",
	[FAULT_TRIED_AGAIN] = "he refuses, and confirms after all",
	[FAULT_FORGOTTEN] = "he forgets it",
	[FAULT_CONFIRMED_LATE] = "he confirms too late",
	[FAULT_NEEDS_PAYER] = "declined: he is not there",
	[FAULT_REFUSE_EJECT] = "eject refused",
	[FAULT_LATE_EJECT] = "ejects late, or not",
	[FAULT_WRONG_POWERBANK] = "wrong slot",
	[FAULT_CATALOG] = "catalogue away",
	[FAULT_STORAGE_DOWN] = "database call fails",
	[FAULT_IN_DOUBT_DONE] = "commit in doubt, done",
	[FAULT_IN_DOUBT_NOT] = "commit in doubt, not done",
	[FAULT_DB_RESTART] = "database restarts",
	[FAULT_DISK_FULL] = "disk full",
	[FAULT_DB_CLOCK] = "database clock steps",
	[FAULT_CRASH] = "host dies",
	[FAULT_PAUSE] = "host paused",
	[FAULT_HELD_UP] = "held up before sending",
	[FAULT_SUSPEND] = "all hosts asleep",
	[FAULT_WALL_CLOCK] = "host clock steps",
	[FAULT_OPERATOR_DEBT] = "operator raises a debt",
	[FAULT_OPERATOR_START] = "operator moves a begin",
	[FAULT_CABINET_OFFLINE] = "cabinet offline",
	[FAULT_JAM] = "slot jammed",
	[FAULT_TWO_OUT] = "two powerbanks out",
	[FAULT_REGRET] = "brought back at once",
	[FAULT_PUSH_LOST] = "report lost",
	[FAULT_PUSH_LATE] = "report late",
	[FAULT_PUSH_DAY_OLD] = "report a day old",
	[FAULT_PUSH_DOUBLE] = "report twice",
	[FAULT_PUSHES_STOPPED] = "reports stopped",
	[FAULT_REPLAY] = "report replayed",
	[FAULT_FORGED] = "report forged",
	[FAULT_BAD_SIGNATURE] = "report with a bad signature",
	[FAULT_NOBODYS_BANK] = "report of nobody's bank",
};

uint64_t sim_random_of(uint64_t *chance)
{
	uint64_t z = (*chance += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

uint64_t sim_random(void)
{
	return sim_random_of(&state);
}

int64_t sim_between(int64_t low, int64_t high)
{
	return low + (int64_t)(sim_random() % (uint64_t)(high - low + 1));
}

bool sim_chance(int per_mille)
{
	return sim_between(0, 999) < per_mille;
}

void sim_fault_count(enum sim_fault fault)
{
	sim_counts.faults++;
	sim_counts.by_fault[fault]++;
	sim_trace("fault: %s", sim_fault_names[fault]);
}

bool sim_fault(enum sim_fault fault, int per_mille)
{
	if (!sim_faults || per_mille == 0 || !sim_chance(per_mille))
		return false;
	sim_fault_count(fault);
	return true;
}

void sim_tell(const char *fmt, ...)
{
	char line[TOLD_SIZE];
	int64_t t = sim_now - SIM_EPOCH;
	va_list ap;
	int n = snprintf(line, sizeof(line),
	                 "%3" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64 " ",
	                 t / RENT_HOUR, t / RENT_MINUTE % 60, t / RENT_SECOND % 60,
	                 t / 1000 % 1000);

	if (strand_node() >= 0)
		n += snprintf(line + n, sizeof(line) - (size_t)n, "host %d  ",
		              strand_node());
	else
		n += snprintf(line + n, sizeof(line) - (size_t)n, "        ");
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	va_end(ap);
	printf("%s\n", line);
}

static int some(int per_mille)
{
	return sim_chance(400) ? 0 : (int)sim_between(1, per_mille);
}

/* Of the seed, so that those from before there were cabinets keep their meaning: theirs are the
 * remainders that are not in here. */
static bool has_cabinets(uint64_t seed)
{
	return (UINT32_C(0xd53ee919) >> (seed % 32) & 1) != 0;
}

static void draw_cabinets(void)
{
	static const int64_t polls[] = { 0, 2 * RENT_MINUTE, 10 * RENT_MINUTE };

	sim.cabinets = true;
	sim.wrong_powerbank = 0;
	sim.stop_trusted = sim_chance(150);
	sim.reissue_manual = sim_chance(100);
	sim.same_numbers = sim_chance(100);
	sim.crowded = sim_chance(500);
	sim.two_out = sim_chance(150) ? 200 : 0;
	sim.jam = some(100);
	sim.regret = some(200);
	sim.push_lost = some(300);
	sim.push_late = some(300);
	sim.push_day_old = some(100);
	sim.push_double = some(300);
	sim.forge = some(300);
	sim.poll_us = polls[sim_between(0, 2)];
	sim.lag_us = sim_between(0, 20) * RENT_SECOND;
	sim.buyout_window_us = sim_chance(500) ? 12 * RENT_HOUR : 0;
}

static void draw_world(uint64_t seed)
{
	static const int64_t windows[] = { 0, 10 * RENT_MINUTE, RENT_HOUR, 24 * RENT_HOUR,
		                           24 * RENT_HOUR };
	static const int64_t recoveries[] = { RENT_SECOND, 5 * RENT_SECOND,
		                              5 * RENT_SECOND, 15 * RENT_SECOND };

	state = seed * UINT64_C(0xd1342543de82ef95) + 1;
	sim = (struct sim_params){
		.seed = seed,
		.nodes = (int)sim_between(1, SIM_NODES),
		.clients = (int)sim_between(1, 5),
		.not_sent = some(100),
		.lost_request = some(60),
		.lost_reply = some(60),
		.late = some(60),
		.duplicate = some(60),
		.pending = some(100),
		.declined = some(200),
		.card_dead = some(60),
		.not_executed = some(100),
		.invalid = some(40),
		.partial = some(60),
		.fail_500 = some(60),
		.lie = some(40),
		.lookup_blind = some(300),
		.catalog = some(60),
		.held_up = some(30),
		.storage_down = some(20),
		.storage_in_doubt_done = some(10),
		.storage_in_doubt_not = some(10),
		.crash = some(8),
		.refuse_eject = some(150),
		.late_eject = some(150),
		.wrong_powerbank = sim_chance(300) ? 200 : 0,
		.resend_us = windows[sim_between(0, 4)],
		.lookup_settle_us = RENT_MINUTE,
		.lookup = sim_chance(700),
		.lookup_final = sim_chance(700),
		.capture_releases = sim_chance(250),
		.refuse_policy = sim_chance(200),
		.min_charge = sim_chance(200) ? sim_between(1, 50) : 0,
		.hold_us = sim_chance(150) ? sim_between(1, 3) * RENT_HOUR : 0,
		.deposit = sim_chance(100) ? 0 : sim_between(1, 600),
		.price = sim_between(1, 3000),
		.operator_edits = sim_chance(200),
		.slow_tick = sim_chance(700),
		.outages = sim_chance(400),
		.clocks = sim_chance(300),
		.short_memory = sim_chance(300),
		.recovery_us = recoveries[sim_between(0, 3)],
	};
	sim.workers = (int)sim_between(1, sim.nodes);
	/* of the seed itself: what chance gives for the rest stays the same */
	sim.resolver = seed % 3 != 0;
	sim.impatient =
		sim.resolver && seed % 3 == 1 && !(sim.lookup && sim.lookup_final);
	sim.hold_gone = seed % 9 == 7 ? 300 : 0;
	if (seed % 11 == 5 && sim.hold_us == 0)
		sim.hold_us = (int64_t)(1 + seed % 3) * RENT_HOUR;
	sim.extends = sim.hold_us > 0 && seed % 3 == 0;
	sim.acts = seed % 13 == 6 ? 400 : 0;
	sim.cancels = sim.acts > 0 && seed % 3 != 0;
	if (has_cabinets(seed))
		draw_cabinets();
	sim.resolver |=
		sim.reissue_manual; /* whoever wants to decide is there to decide */
	rules_calm(&sim);
}

static void tell_world(void)
{
	sim_trace("seed %" PRIu64 ": %d hosts, %d billing, %d clients, price %" PRId64
	          ", deposit %" PRId64 "; the provider knows an id for %" PRId64
	          " s, %s be asked%s",
	          sim.seed, sim.nodes, sim.workers, sim.clients, sim.price, sim.deposit,
	          sim.resend_us / RENT_SECOND, sim.lookup ? "can" : "cannot",
	          sim.lookup && sim.lookup_final ? " and knows for sure" : "");
}

static void tell_cabinets(void)
{
	if (sim.cabinets)
		sim_trace("several services with cabinets: stop = %s, reissue = %s, "
		          "poll_interval = %" PRId64 " s%s%s",
		          sim.stop_trusted ? "trusted" : "auto",
		          sim.reissue_manual ? "manual" : "close_old",
		          sim.poll_us / RENT_SECOND,
		          sim.two_out > 0 ? ", two may come out" : "",
		          sim.same_numbers ? ", two services number alike" : "");
}

static int64_t store_clock(void *arg)
{
	(void)arg;
	return sim_database_clock();
}

void seed_run(uint64_t seed)
{
	struct memory *m;
	int node;

	draw_world(seed);
	sched_reset();
	clocks_reset();
	world_reset();
	network_reset();
	cabinets_reset();
	pushes_reset();
	check_begin();
	tell_world();
	tell_cabinets();
	m = memory_new(store_clock, NULL);
	m->sabotage = rules_sabotage();
	nodes_reset(m);
	sim_faults = true;
	for (node = 0; node < sim.nodes; node++)
		node_start(node);
	actors_start();
	nemesis_start();
	operator_start();
	sched_run(SIM_EPOCH + SAFETY, actors_done);
	sim_trace("no more faults");
	sim_faults = false;
	sim_calm_since = sim_now;
	sched_run(sim_now + LIVENESS, all_settled);
	if (!actors_done())
		sim_fail("a client is still waiting");
	check_final();
	sim_counts.seeds++;
	sim_counts.steps += sim_steps;
	sim_trace("at rest");
	memory_free(m);
}
