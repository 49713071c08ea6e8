/* SPDX-License-Identifier: MIT
 *
 * sim.h - the deterministic simulator: the real rental_core and billing in several hosts of
 * one process, on strands that yield at every call of an interface; one seed decides every
 * choice, so a failure is replayed by its number.
 *
 * Layers: sched.c (strands, virtual clock, events), world.c (the provider's and the station's
 * truth), cabinets.c (cabinets, where they matter), network.c (what happens to a request on its
 * way), pushes.c, forgery.c (to a report), vendors.c (the cabinets' wire), node.c (a host process: its table
 * of services, its instances, its death), asking.c, actors.c, riders.c (clients), nemesis.c,
 * check.c, check_cabinets.c (what must always hold), seed.c (a world and its run), many.c (seeds
 * in processes), main.c.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <rent/catalog.h>
#include <rent/payment.h>
#include <rent/plugin.h>
#include <rent/rental.h>
#include <rent/station.h>

#include "memstore.h"

#define SIM_NODES   4
#define SIM_EPOCH   (INT64_C(1700000000) * RENT_SECOND)
#define SIM_STRANDS 2048
#define SIM_BANK    24 /* the number of a powerbank */

/* ---- chance: splitmix64, so that a seed means the same everywhere */
uint64_t sim_random(void);
uint64_t sim_random_of(uint64_t *chance);       /* splitmix64, from a separate state */
int64_t sim_between(int64_t low, int64_t high); /* both included */
bool sim_chance(int per_mille);

/* The world of this seed; drawn at its start. */
struct sim_params {
	uint64_t seed;
	int nodes, workers, clients;
	int not_sent, lost_request, lost_reply, late,
		duplicate; /* per mille of exchanges */
	int hold_gone;     /* the provider forgets a hold, and says so */
	int acts;          /* the customer has to confirm a hold, or what he pays */
	int pending, declined, card_dead, not_executed, invalid, partial, fail_500;
	int lie, lookup_blind, catalog, held_up;
	int storage_down, storage_in_doubt_done, storage_in_doubt_not;
	int crash, refuse_eject, late_eject, wrong_powerbank;
	int64_t resend_us, lookup_settle_us, min_charge;
	bool lookup, lookup_final, capture_releases, refuse_policy, extends, cancels;
	int64_t hold_us, deposit, price, recovery_us;
	bool operator_edits, slow_tick, outages, clocks, short_memory;
	bool resolver,
		impatient; /* a person resolves what is MANUAL; which comes early */
	bool calm;         /* no host dies, no call of storage fails */
	/* Several services with cabinets, each with promises of its own (cabinets.h), take the
	 * place of the one that ejects whatever is asked for. */
	bool cabinets, crowded, stop_trusted, reissue_manual, same_numbers;
	int two_out, jam, regret, push_lost, push_late, push_day_old, push_double, forge;
	int64_t poll_us, lag_us, buyout_window_us;
};
extern struct sim_params sim;
extern bool sim_faults;        /* false: the liveness phase */
extern int64_t sim_calm_since; /* when it began */

/* ---- time and strands: each a fiber of host/runtime, with what the simulator knows of it */
extern int64_t sim_now; /* virtual, monotonic, starts at SIM_EPOCH */

/* Starts fn(arg) as a strand of node (-1: of nobody, never dies). */
void strand_start(int node, void (*fn)(void *arg), void *arg);
void strand_yield(void); /* lets others run; time may pass */
void strand_sleep(int64_t us);
void strand_wait(const bool *flag); /* until it is set; polled by the scheduler */
int strand_node(void);              /* of the running strand */
void strands_pause(int node, int64_t until); /* none of the node's runs until then */
void strands_kill(int node);                 /* all of a node's; not the running one */
void strand_exit(void); /* ends the running strand, its stack is forgotten */
/* Runs fn(arg) at a time, outside any strand. */
void event_at(int64_t when, void (*fn)(void *arg), void *arg);
/* Until `until` has passed, or nobody can go on at once and done() says so. */
void sched_run(int64_t until, bool (*done)(void));
void sched_reset(void);
/* rent/task.h: a task is a strand of the node that spawned it. */
extern const struct rent_task_api sim_tasks;
extern uint64_t sim_steps;

/* The wall clocks: of the database, and of a host. Nobody may trust them with a time-out. */
int64_t sim_database_clock(void);
extern bool sim_auditing; /* then it never goes back */
int64_t sim_wall_clock(int node);
void clocks_reset(void);
void clocks_step(int node); /* node < 0: the database's, by seconds; a host's by hours */

/* ---- the world */
enum world_state {
	WORLD_NONE = 0,
	WORLD_PENDING,
	WORLD_DONE,
	WORLD_DECLINED
};

struct world_op { /* an id the provider has heard of */
	char id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE], target_id[RENT_ID_SIZE];
	enum rent_op_kind kind;
	enum world_state state;
	int64_t amount, processed, first_at, expires_at;
	bool gone;           /* the provider does not know the hold any more */
	bool asked, cancels; /* the customer has to confirm it; it takes that back */
	bool cancelled;      /* it was taken back, for ever */
	bool on_session;     /* he is there */
	bool needs_payer;    /* declined: he would have to be there */
	char method[RENT_REF_SIZE];
	int acted; /* how often it moved something; more than once is a crime */
	char powerbank[RENT_ID_SIZE];
};

struct sim_request { /* the body of an exchange, as it is on the wire */
	bool lookup;
	enum rent_op_kind kind;
	char id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE], target_id[RENT_ID_SIZE];
	int64_t amount;
	bool cancels, on_session;
	char method[RENT_REF_SIZE];
	/* ---- of a cabinet */
	bool snapshot;
	int vendor;
	char cabinet_id[RENT_ID_SIZE], ref[RENT_ID_SIZE];
};

#define SIM_SLOTS 12 /* of a cabinet; more never lie in one */

struct sim_reply {
	enum rent_outcome outcome;
	enum rent_decline_reason reason;
	bool not_found, asks;
	int64_t processed, expires_at;
	char result[RENT_ID_SIZE];
	/* ---- of a cabinet */
	char ref[RENT_ID_SIZE], returned_to[RENT_ID_SIZE];
	int64_t returned_at;
	bool offline;
	int bank_count;
	char banks[SIM_SLOTS][SIM_BANK];
};

void world_reset(void);
struct sim_reply world_handle(const struct sim_request *rq);
/* The id of a request, known from now on. */
struct world_op *world_meet(const struct sim_request *rq);
size_t world_ops(struct world_op **ret);
struct world_op *world_find(const char *id);

/* ---- hosts */
void nodes_reset(struct memory *m);
void node_start(int node);
void node_crash(int node);
bool node_alive(int node);
void *sim_this_host(void); /* of the running strand: what sim_storage is called with */
uint64_t node_generation(int node); /* grows with every start */
const struct rent_rental_api *node_api(int node, void **ret_self);
/* Hands a message to POST /hooks/INSTANCE of a host. */
struct rent_http_request;
struct rent_http_reply;
int node_hook(int node, const struct rent_http_request *req, struct rent_http_reply *ret,
              struct rent_error *err);
struct rent_arena *sim_arena(void);
void sim_arena_free(struct rent_arena *arena);
void network_reset(void);
void network_exchange(struct rent_exchange *const *x, size_t n);
extern const struct rent_payment sim_payment;
extern const struct rent_station sim_station;
extern const struct rent_catalog sim_catalog;
extern const struct rent_storage sim_storage; /* over memstore, with faults */
void sim_plugins_load(const char *dir);
extern const struct rent_plugin *sim_core_plugin, *sim_billing_plugin, *sim_hooks_plugin;
extern struct memory *sim_store;
/* Until then no call of storage is answered, or none that writes. */
extern int64_t sim_storage_away_until, sim_disk_full_until;

/* ---- actors and checks */
void actors_start(void);
void nemesis_start(void);
void operator_start(void);
bool operator_done(void); /* nothing waits for a person, if there is one */
bool actors_done(void);
/* A customer pays what he owes, and insists under one key. */
void payer_pays(const char *order, const char *key);
/* How long a customer has to confirm (action_timeout). */
#define SIM_ACTION_TIME (2 * RENT_MINUTE)
/* The means of payment that he has beside the one he rented with. */
#define SIM_OTHER_CARD "card-2"
struct sim_counts {
	uint64_t seeds, steps, starts, stops, rentals, buyouts, crashes, faults, resumed,
		in_doubt;
	uint64_t ops[RENT_OP_EJECT + 1], manual, resolved;
	uint64_t by_fault[64];
	/* of cabinets */
	uint64_t ejects, returns, events, by_cabinet, by_customer, by_reissue, reopened;
};
extern struct sim_counts sim_counts;
void check_begin(void);
/* After every write of these rentals: the product's audit of them, and what of their
 * operations ended against the world; fails the seed. */
void check_changes(struct rent_change *const *changes, size_t n);
void check_rental(const char *rental_id);
void check_intent(const char *op_id); /* somebody outside has heard of it */
void check_final(void);               /* after the liveness phase */
bool all_settled(void);
void check_acked_start(const char *key, const char *json);

/* ---- tracing: a seed is traced only when it is run again by itself */
extern bool sim_telling;
void sim_tell(const char *fmt, ...) RENT_PRINTF(1, 2);
#define sim_trace(...)                         \
	do {                                   \
		if (sim_telling)               \
			sim_tell(__VA_ARGS__); \
	} while (0)
_Noreturn void sim_fail(const char *fmt, ...) RENT_PRINTF(1, 2);

enum sim_fault {
	FAULT_NOT_SENT,
	FAULT_LOST_REQUEST,
	FAULT_LOST_REPLY,
	FAULT_LATE,
	FAULT_DUPLICATE,
	FAULT_500,
	FAULT_NOT_EXECUTED,
	FAULT_INVALID,
	FAULT_PENDING,
	FAULT_DECLINED,
	FAULT_CARD_DEAD,
	FAULT_PARTIAL,
	FAULT_LIE,
	FAULT_LOOKUP_BLIND,
	FAULT_PRUNED,
	FAULT_HOLD_EXPIRED,
	FAULT_HOLD_GONE,
	FAULT_ACTION,
	FAULT_REFUSED,
	FAULT_TRIED_AGAIN,
	FAULT_FORGOTTEN,
	FAULT_CONFIRMED_LATE,
	FAULT_NEEDS_PAYER,
	FAULT_REFUSE_EJECT,
	FAULT_LATE_EJECT,
	FAULT_WRONG_POWERBANK,
	FAULT_CATALOG,
	FAULT_STORAGE_DOWN,
	FAULT_IN_DOUBT_DONE,
	FAULT_IN_DOUBT_NOT,
	FAULT_DB_RESTART,
	FAULT_DISK_FULL,
	FAULT_DB_CLOCK,
	FAULT_CRASH,
	FAULT_PAUSE,
	FAULT_HELD_UP,
	FAULT_SUSPEND,
	FAULT_WALL_CLOCK,
	FAULT_OPERATOR_DEBT,
	FAULT_OPERATOR_START,
	FAULT_CABINET_OFFLINE,
	FAULT_JAM,
	FAULT_TWO_OUT,
	FAULT_REGRET,
	FAULT_PUSH_LOST,
	FAULT_PUSH_LATE,
	FAULT_PUSH_DAY_OLD,
	FAULT_PUSH_DOUBLE,
	FAULT_PUSHES_STOPPED,
	FAULT_REPLAY,
	FAULT_FORGED,
	FAULT_BAD_SIGNATURE,
	FAULT_NOBODYS_BANK,
	FAULT_COUNT
};
extern const char *const sim_fault_names[FAULT_COUNT];
/* A fault of this kind, if faults are on and chance has it. */
bool sim_fault(enum sim_fault fault, int per_mille);
/* It has happened by itself. */
void sim_fault_count(enum sim_fault fault);

/* ---- which rules are tried (reference/rules.c) */
bool rules_choose(const char *name);
void rules_list(void);
const struct rent_plugin *rules_plugin(void);
uint32_t rules_sabotage(void);
void rules_calm(struct sim_params *p);

/* ---- a seed */
void seed_run(uint64_t seed);

/* ---- many seeds (many.c) */
struct many {
	const char *corpus;
	uint64_t first, seeds;
	int jobs, stop_after; /* failures; 0: run them all */
	const char *replay;   /* the command that tells one seed, without its number */
	bool keep;            /* failing seeds are added to the corpus */
};
/* How many seeds failed; sim_counts has the sums. */
unsigned many_run(const struct many *many);

#endif
