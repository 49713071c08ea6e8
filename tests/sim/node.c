/* SPDX-License-Identifier: MIT
 *
 * node.c - a host process of the simulation: the services it hands to rental_core and
 * billing, their instances, and its death. The first sim.workers nodes bill; all serve.
 */
#include <stdlib.h>

#include <rent/http.h>

#include "cabinets.h"
#include "fake_host.h"

#define TIMERS_MAX 10
/* The look at the configs is not what is tried here. */
#define CONFIGS_INTERVAL (60 * RENT_SECOND)
/* Nor that returns are asked for a few each second. */
#define POLL_INTERVAL (20 * RENT_SECOND)
/* How many times less often timers run without faults: then nothing surprising happens, and
 * days may pass quickly. */
#define HURRY      6
#define HURRY_MORE 60

struct timer {
	int64_t interval;
	void (*fn)(void *arg);
	void *arg;
};

struct node {
	int index;
	bool alive, workers;
	uint64_t generation;
	struct rent_host core_host, billing_host, hooks_host;
	struct fake_host *core_fake, *billing_fake,
		*hooks_fake; /* of a dead node until it starts again */
	void *core, *billing, *hooks;
	struct timer timers[TIMERS_MAX];
	size_t timer_count;
};

static struct node nodes[SIM_NODES];
static uint64_t ids;
struct memory *sim_store;
const struct rent_plugin *sim_core_plugin, *sim_billing_plugin, *sim_hooks_plugin;

void sim_plugins_load(const char *dir)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/rental_core.so", dir);
	sim_core_plugin = fake_host_load(path);
	(void)snprintf(path, sizeof(path), "%s/billing.so", dir);
	sim_billing_plugin = fake_host_load(path);
	(void)snprintf(path, sizeof(path), "%s/webhooks.so", dir);
	sim_hooks_plugin = fake_host_load(path);
}

/* ---- services */

static int64_t sim_mono(const struct rent_host *host)
{
	(void)host;
	return sim_now;
}

static int64_t sim_wall(const struct rent_host *host)
{
	(void)host;
	return sim_wall_clock(strand_node());
}

static char *put_hex(char *at, uint64_t value, int digits)
{
	static const char hex[] = "0123456789abcdef";
	int i;

	for (i = digits - 1; i >= 0; i--, value >>= 4)
		at[i] = hex[value & 15];
	return at + digits;
}

/* Ordered by time like a UUIDv7, and the same for the same seed. By hand: each look at a
 * rental makes one. */
static void sim_uuid(const struct rent_host *host, char out[RENT_ID_SIZE])
{
	uint64_t ms = (uint64_t)(sim_now / 1000), n = ids++;
	char *at = out;

	(void)host;
	at = put_hex(at, ms >> 16, 8);
	*at++ = '-';
	at = put_hex(at, ms, 4);
	*at++ = '-';
	*at++ = '7';
	at = put_hex(at, n >> 12, 3);
	*at++ = '-';
	*at++ = '8';
	at = put_hex(at, n, 3);
	*at++ = '-';
	at = put_hex(at, n, 12);
	*at = '\0';
}

static void sim_bytes(const struct rent_host *host, void *out, size_t size)
{
	unsigned char *p = out;

	(void)host;
	while (size-- > 0)
		*p++ = (unsigned char)sim_random();
}

static void sim_sleep(const struct rent_host *host, int64_t us)
{
	(void)host;
	strand_sleep(us);
}

static void sim_log(const struct rent_host *host, enum rent_log_level level,
                    const struct rent_field *fields, const char *fmt, ...)
	RENT_PRINTF(4, 5);
static void sim_log(const struct rent_host *host, enum rent_log_level level,
                    const struct rent_field *fields, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	(void)host;
	(void)fields;
	if (level > RENT_LOG_WARN || !sim_telling)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sim_trace("node %d logs: %s", strand_node(), text);
}

static void sim_exchange(const struct rent_host *host, struct rent_exchange *const *x,
                         size_t n)
{
	(void)host;
	strand_yield();
	if (sim_fault(FAULT_HELD_UP, sim.held_up))
		strand_sleep(sim_between(1, 240) * RENT_SECOND);
	network_exchange(x, n);
	strand_yield();
}

static struct node *starting;

static int sim_timer(const struct rent_host *host, const char *name, int64_t interval_us,
                     void (*fn)(void *arg), void *arg, struct rent_error *err)
{
	(void)host;
	(void)err;
	if (strcmp(name, "configs") == 0)
		interval_us = CONFIGS_INTERVAL;
	if (strcmp(name, "returns") == 0)
		interval_us = POLL_INTERVAL;
	starting->timers[starting->timer_count++] =
		(struct timer){ interval_us, fn, arg };
	return 0;
}

static struct fake_host *fake_new(const struct rent_plugin *plugin,
                                  const struct fake_option *options,
                                  struct rent_host *ret)
{
	struct fake_host *fake = fake_host_new(plugin, options);

	*ret = *fake_host_table(fake);
	ret->wall_us = sim_wall;
	ret->mono_us = sim_mono;
	ret->uuid7 = sim_uuid;
	ret->random = sim_bytes;
	ret->sleep_us = sim_sleep;
	ret->log = sim_log;
	ret->exchange = sim_exchange;
	ret->timer = sim_timer;
	ret->task = &sim_tasks;
	return fake;
}

/* ---- life and death */

static int64_t until_next(const struct timer *t, int64_t took)
{
	int64_t left = t->interval > took ? t->interval - took : 0;
	int64_t more = sim_now - sim_calm_since > RENT_HOUR ? HURRY_MORE : HURRY;

	if (sim_faults)
		return left;
	left *= more;
	return left > 20 * RENT_MINUTE ? 20 * RENT_MINUTE : left;
}

static void timer_strand(void *arg)
{
	struct timer *t = arg;

	strand_sleep(sim_between(0, t->interval));
	for (;;) {
		int64_t began = sim_now;

		t->fn(t->arg);
		strand_sleep(until_next(t, sim_now - began));
	}
}

static void check_code(int code, const struct rent_error *err, const char *what)
{
	if (code != 0)
		sim_fail("%s: %s", what, err->text);
}

static void node_bury(struct node *n)
{
	if (n->core_fake != NULL)
		fake_host_free(n->core_fake);
	if (n->billing_fake != NULL)
		fake_host_free(n->billing_fake);
	if (n->hooks_fake != NULL)
		fake_host_free(n->hooks_fake);
	n->core_fake = n->billing_fake = n->hooks_fake = NULL;
}

/* Drawn from nothing but the seed, so that the older ones keep their meaning. */
static bool refuses(uint64_t one, uint64_t other)
{
	return sim.seed % 16 == one || sim.seed % 16 == other;
}

static void bind_cabinets(struct fake_host *fake)
{
	for (int v = 0; v < VENDORS; v++)
		fake_host_bind(fake, vendor_instance((enum vendor)v), &sim_vendors[v],
		               vendor_self((enum vendor)v));
}

static void start_hooks(struct node *n)
{
	static const struct fake_option options[] = { { "retry", "15s" },
		                                      { NULL, NULL } };
	struct rent_error err = { 0 };
	struct fake_host *fake = fake_new(sim_hooks_plugin, options, &n->hooks_host);

	n->hooks_fake = fake;
	fake_host_bind(fake, "storage", &sim_storage, n);
	fake_host_bind(fake, "rental", rules_plugin()->api, n->core);
	bind_cabinets(fake);
	check_code(sim_hooks_plugin->create(&n->hooks_host, &n->hooks, &err), &err,
	           "create webhooks");
	check_code(sim_hooks_plugin->start(n->hooks, &err), &err, "start webhooks");
}

int node_hook(int node, const struct rent_http_request *req, struct rent_http_reply *ret,
              struct rent_error *err)
{
	const struct rent_http_routes *routes = sim_hooks_plugin->api;

	return routes->routes[0].handle(nodes[node].hooks, req, ret, err);
}

void node_start(int node)
{
	static const struct fake_option none[] = { { NULL, NULL } };
	const struct rent_plugin *core = rules_plugin();
	char recovery[16], poll[16], window[16];
	const struct fake_option options[] = {
		{ "tariff_cache", "4" },
		{ "key_retention", sim.short_memory ? "1m" : "7d" },
		{ "totals_interval", "0s" }, /* nobody reads metrics here */
		{ "quote_retention", sim.short_memory ? "1s" : "1d" },
		{ "deposit_policy", sim.refuse_policy ? "refuse" : "debt" },
		{ "deposit_declined", refuses(3, 8) ? "refuse" : "deposit_policy" },
		{ "deposit_unavailable", refuses(4, 14) ? "refuse" : "deposit_policy" },
		{ "undeposited_max", refuses(5, 11) ? "1" : "0" },
		{ "charge", refuses(6, 9) ? "at_end" : "running" },
		{ "action_timeout", sim.acts > 0 ? "2m" : "15m" },
		{ "charge_margin", refuses(6, 12) ? "20" : "0" },
		{ "manual_after", sim.impatient ? "20m" : "1d" },
		{ "stop", sim.stop_trusted ? "trusted" : "auto" },
		{ "reissue", sim.reissue_manual ? "manual" : "close_old" },
		{ "poll_interval", poll },
		{ "buyout_return_window", window },
		{ NULL, NULL },
	};
	const struct fake_option billing[] = {
		{ "tick", sim.slow_tick ? "10m" : "30s" },
		{ "recovery_interval", recovery },
		{ "runners", "1" },
		{ "page", "3" },
		{ "audit_interval", "0s" }, /* check.c's, after every write */
		{ NULL, NULL },
	};
	struct node *n = &nodes[node];
	struct rent_error err = { 0 };
	struct fake_host *fake;
	size_t i;

	(void)snprintf(recovery, sizeof(recovery), "%" PRId64 "s",
	               sim.recovery_us / RENT_SECOND);
	(void)snprintf(poll, sizeof(poll), "%" PRId64 "s", sim.poll_us / RENT_SECOND);
	(void)snprintf(window, sizeof(window), "%" PRId64 "s",
	               sim.buyout_window_us / RENT_SECOND);
	node_bury(n);
	n->index = node;
	n->generation++;
	n->timer_count = 0;
	n->alive = true;
	starting = n;
	fake = fake_new(core, core->options == NULL ? none : options, &n->core_host);
	n->core_fake = fake;
	fake_host_bind(fake, "storage", &sim_storage, n);
	fake_host_bind(fake, "payment", &sim_payment, NULL);
	if (sim.cabinets)
		bind_cabinets(fake);
	else
		fake_host_bind(fake, "station", &sim_station, NULL);
	fake_host_bind(fake, "catalog", &sim_catalog, NULL);
	check_code(core->create(&n->core_host, &n->core, &err), &err, "create");
	check_code(core->start(n->core, &err), &err, "start");
	if (node < sim.workers) {
		fake = fake_new(sim_billing_plugin, billing, &n->billing_host);
		n->billing_fake = fake;
		fake_host_bind(fake, "rental", core->api, n->core);
		check_code(
			sim_billing_plugin->create(&n->billing_host, &n->billing, &err),
			&err, "create billing");
		check_code(sim_billing_plugin->start(n->billing, &err), &err,
		           "start billing");
	}
	if (sim.cabinets)
		start_hooks(n);
	for (i = 0; i < n->timer_count; i++)
		strand_start(node, timer_strand, &n->timers[i]);
}

void node_crash(int node)
{
	struct node *n = &nodes[node];

	if (!n->alive)
		return;
	sim_trace("node %d dies", node);
	sim_counts.crashes++;
	n->alive = false;
	strands_kill(node);
	if (strand_node() == node)
		strand_exit();
}

void *sim_this_host(void)
{
	return &nodes[strand_node()];
}

bool node_alive(int node)
{
	return nodes[node].alive;
}

uint64_t node_generation(int node)
{
	return nodes[node].generation;
}

const struct rent_rental_api *node_api(int node, void **ret_self)
{
	*ret_self = nodes[node].core;
	return rules_plugin()->api;
}

static void database_reset(struct memory *m);

void nodes_reset(struct memory *m)
{
	size_t i;

	for (i = 0; i < SIM_NODES; i++)
		node_bury(&nodes[i]);
	memset(nodes, 0, sizeof(nodes));
	ids = 0;
	sim_storage_away_until = sim_disk_full_until = 0;
	database_reset(m);
}

struct rent_arena *sim_arena(void)
{
	return nodes[0].core_host.arena_new(&nodes[0].core_host);
}

void sim_arena_free(struct rent_arena *arena)
{
	nodes[0].core_host.arena_free(&nodes[0].core_host, arena);
}

/* ---- the database over the network */

int64_t sim_storage_away_until, sim_disk_full_until;

/* What a process reads while it starts is not driven by the seed: no strand of it runs yet. */
static bool begins(void)
{
	return strand_node() < 0;
}

static int network_enter(void *self, bool writes, struct rent_error *err)
{
	struct node *n = self;

	if (begins())
		return 0;
	strand_yield();
	if (sim_fault(FAULT_CRASH, sim.crash))
		node_crash(n->index);
	if (sim_faults && sim_now < sim_storage_away_until)
		return rent_fail(err, RENT_EUNAVAIL, "simulated: the database restarts");
	if (writes && sim_faults && sim_now < sim_disk_full_until)
		return rent_fail(err, RENT_EFULL, "simulated: the disk is full");
	if (sim_fault(FAULT_STORAGE_DOWN, sim.storage_down))
		return rent_fail(err, RENT_EUNAVAIL, "simulated: the database is away");
	if (writes && sim_fault(FAULT_IN_DOUBT_NOT, sim.storage_in_doubt_not))
		return rent_fail(err, RENT_EINDOUBT, "simulated: lost before the commit");
	return 0;
}

static int network_leave(void *self, int code, bool wrote, struct rent_error *err)
{
	struct node *n = self;

	if (begins())
		return code;
	strand_yield();
	if (sim_fault(FAULT_CRASH, sim.crash))
		node_crash(n->index);
	if (wrote && code >= 0 &&
	    sim_fault(FAULT_IN_DOUBT_DONE, sim.storage_in_doubt_done))
		return rent_fail(err, RENT_EINDOUBT, "simulated: lost after the commit");
	return code;
}

/* The memstore, with what is looked at after its changes. */
static struct rent_storage database;

static int checked_start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	int code = memstore_api.start_begin(self, s, err);

	if (code == 0 && s->ret == RENT_START_NEW)
		check_rental(s->rental_id);
	return code;
}

static void trace_change(const struct rent_change *c)
{
	size_t i;

	sim_trace("%s of %.36s: %s%s",
	          c->ret == RENT_CHANGE_APPLIED ? "change" : "conflict", c->rental_id,
	          rent_name_of(rent_status_names, (int)c->status),
	          rent_name_of(rent_settlement_names, (int)c->settlement));
	for (i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->ends[i].id != NULL)
			sim_trace(
				"  end %s %s %s", c->ends[i].id,
				rent_name_of(rent_op_state_names, (int)c->ends[i].state),
				c->ends[i].note);
		if (c->news[i].id != NULL)
			sim_trace("  new %s %s %" PRId64, c->news[i].id,
			          rent_name_of(rent_op_kind_names, (int)c->news[i].kind),
			          c->news[i].amount);
	}
}

static int checked_advance(void *self, struct rent_change *const *changes, size_t n,
                           struct rent_error *err)
{
	int code = memstore_api.advance(self, changes, n, err);

	for (size_t i = 0; sim_telling && i < n && code == 0; i++)
		trace_change(changes[i]);
	if (code == 0)
		check_changes(changes, n);
	return code;
}

static void database_reset(struct memory *m)
{
	sim_store = m;
	database = memstore_api;
	database.start_begin = checked_start_begin;
	database.advance = checked_advance;
}

/* Every slot goes over the network to the one database. */
#define INTENTION(name, access, commit, parameters, arguments)                         \
	static int sim_##name(void *self, STORAGE_LIST parameters,                     \
	                      struct rent_error *err)                                  \
	{                                                                              \
		bool writes = INTENTION_##access == INTENTION_WRITE;                   \
		int code = network_enter(self, writes, err);                           \
                                                                                       \
		if (code == 0)                                                         \
			code = network_leave(                                          \
				self,                                                  \
				database.name(sim_store, STORAGE_LIST arguments, err), \
				writes, err);                                          \
		return code;                                                           \
	}
#define INTENTION_CACHE(name, access, commit, parameters, arguments)
#include "core/intentions.def"
#undef INTENTION

#define INTENTION(name, access, commit, parameters, arguments) .name = sim_##name,
const struct rent_storage sim_storage = {
	.struct_size = sizeof(struct rent_storage),
#include "core/intentions.def"
};
