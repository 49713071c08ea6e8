/* SPDX-License-Identifier: MIT
 *
 * test_failover.c - the primary goes away under load, in one way after the other, on a cluster
 * that Patroni runs (etc/patroni/patroni.yml). After each round: nothing that was
 * acknowledged is lost, nobody was charged twice, the provider never saw an id whose row the
 * new primary does not have, the audit is clean, the old primary follows the new one. Prints
 * for each round how long it took until a start was acknowledged again.
 *
 *     build/cluster_failover --rounds=20
 *
 * Ways: kill (SIGKILL of Patroni and PostgreSQL), switchover and failover (patronictl), hang
 * (everything stopped for longer than its lease on the cluster, then continued), crash (SIGKILL
 * of PostgreSQL alone). --ways=kill,hang names some, and two more that need no new primary:
 * standby (SIGKILL of the synchronous standby), etcd (etcd is away for longer than ttl).
 */
#include <cmocka_all.h>
#include <getopt.h>
#include <patroni.h>
#include <pg.h>
#include <ride.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster.h"
#include "ledger.h"
#include "traffic.h"

#define WAIT_MS    INT64_C(120000)
#define ROUNDS_MAX 200

static struct {
	unsigned rounds, rate, apis, workers;
	char ways[64];
} opt = { .rounds = 20,
	  .rate = 20,
	  .apis = 2,
	  .workers = 2,
	  .ways = "kill,switchover,hang,failover,crash" };

static struct patroni *cluster;
static struct deployment deployment;
static struct ledger *ledger;
static struct traffic *traffic;
static int64_t outages[ROUNDS_MAX];
static struct traffic_sum total;

/* ---- ways to lose a primary; each begins it, and each ends it */
struct way {
	const char *name;
	void (*begin)(unsigned leader, unsigned standby);
	void (*end)(unsigned leader, unsigned standby);
	bool may_stay; /* the old primary may be the new one */
};

static void kill_it(unsigned leader, unsigned standby)
{
	(void)standby;
	patroni_kill(cluster, leader);
}

static void bring_back(unsigned leader, unsigned standby)
{
	(void)standby;
	patroni_start(cluster, leader);
}

static void switch_over(unsigned leader, unsigned standby)
{
	assert_int_equal(patroni_ctl(cluster, "switchover", leader, standby), 0);
}

static void fail_over(unsigned leader, unsigned standby)
{
	assert_int_equal(patroni_ctl(cluster, "failover", leader, standby), 0);
}

static void hang(unsigned leader, unsigned standby)
{
	(void)standby;
	patroni_freeze(cluster, leader);
}

static void crash(unsigned leader, unsigned standby)
{
	(void)standby;
	patroni_crash(cluster, leader);
}

static void go_on(unsigned leader, unsigned standby)
{
	(void)standby;
	patroni_thaw(cluster, leader);
}

static void nothing(unsigned leader, unsigned standby)
{
	(void)leader;
	(void)standby;
}

/* The one that the primary waits for: another takes its place. */
static void lose_standby(unsigned leader, unsigned standby)
{
	(void)leader;
	patroni_kill(cluster, standby);
}

static void regain_standby(unsigned leader, unsigned standby)
{
	(void)leader;
	patroni_start(cluster, standby);
}

/* Longer than ttl: in failsafe mode the primary goes on while it sees all the others. */
static void lose_etcd(unsigned leader, unsigned standby)
{
	(void)leader;
	(void)standby;
	patroni_etcd(cluster, false);
	(void)sleep(15);
}

static void regain_etcd(unsigned leader, unsigned standby)
{
	(void)leader;
	(void)standby;
	patroni_etcd(cluster, true);
}

static const struct way ways[] = {
	{ "kill", kill_it, bring_back, false },
	{ "switchover", switch_over, nothing, false },
	{ "hang", hang, go_on, false },
	{ "failover", fail_over, nothing, false },
	{ "crash", crash, nothing, true },
	{ "standby", lose_standby, regain_standby, true },
	{ "etcd", lose_etcd, regain_etcd, true },
};

/* The n-th of those that were asked for, round and round. */
static const struct way *way_of(unsigned n)
{
	const struct way *wanted[sizeof(ways) / sizeof(*ways)];
	unsigned count = 0;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		if (strstr(opt.ways, ways[i].name) != NULL)
			wanted[count++] = &ways[i];
	}
	return count == 0 ? NULL : wanted[n % count];
}

/* ---- waiting */
static bool is_steady(void *arg)
{
	(void)arg;
	return patroni_steady(cluster);
}

struct change {
	const struct way *way;
	unsigned leader; /* before */
	int now;         /* … and after */
	int64_t at;      /* when there was one again */
};

/* There is a primary, and a start was acknowledged that was asked for since. */
static bool has_resumed(void *arg)
{
	struct change *c = arg;

	if (c->at == 0) {
		c->now = patroni_leader(cluster);
		if (c->now < 0 || (c->now == (int)c->leader && !c->way->may_stay))
			return false;
		c->at = now_ms();
	}
	return traffic_resumed(traffic, c->at);
}

static bool is_settled(void *arg)
{
	static const char sql[] =
		"SELECT (SELECT count(*) FROM operations WHERE state IN ('INTENT', 'PENDING', "
		"'UNKNOWN')) + (SELECT count(*) FROM rentals WHERE status IN ('PENDING', "
		"'ACTIVE') OR settlement = 'PENDING') + (SELECT count(*) FROM debts WHERE "
		"amount_total > 0)";

	(void)arg;
	return pg_int(patroni_dsn(cluster), sql) == 0;
}

/* Some load before, and some after. */
static bool has_started(void *arg)
{
	const unsigned *least = arg;

	return traffic_sum(traffic).starts >= *least;
}

static void let_start(unsigned more)
{
	unsigned least = traffic_sum(traffic).starts + more;

	assert_true(wait_until(has_started, &least, WAIT_MS));
}

/* ---- a round */
/* While everything goes on: the book first, then the database. */
static void check_rows(void)
{
	ledger_read_book(ledger, cluster_book(&deployment));
	ledger_read_database(ledger, patroni_dsn(cluster));
	assert_int_equal(ledger_unknown_ids(ledger), 0);
}

static void check_all(void)
{
	assert_true(wait_until(is_settled, NULL, WAIT_MS));
	ledger_read_book(ledger, cluster_book(&deployment));
	ledger_read_database(ledger, patroni_dsn(cluster));
	assert_int_equal(traffic_broken_promises(traffic, ledger), 0);
	assert_int_equal(ledger_differences(ledger), 0);
	expect_audit(&deployment);
}

static void print_round(unsigned n, const struct change *c)
{
	struct traffic_sum sum = traffic_sum(traffic);

	(void)printf(
		"# round %2u %-10s pg%u -> pg%d: no start acknowledged for %lld ms; %u "
		"starts and %u stops acknowledged, %u requests asked again\n",
		n + 1, c->way->name, c->leader + 1, c->now + 1, (long long)outages[n],
		sum.starts, sum.stops, sum.troubled);
	(void)fflush(stdout);
	total.starts += sum.starts;
	total.stops += sum.stops;
	total.payments += sum.payments;
	total.troubled += sum.troubled;
}

static void round_of(unsigned n)
{
	struct change c = { .way = way_of(n) };
	unsigned standby;
	int64_t began;

	assert_true(wait_until(is_steady, NULL, WAIT_MS));
	traffic = traffic_start(&deployment, "second", opt.rate);
	let_start(3 * opt.rate);
	c.leader = (unsigned)patroni_leader(cluster);
	standby = (unsigned)patroni_sync(cluster);
	began = now_ms();
	c.way->begin(c.leader, standby);
	assert_true(wait_until(has_resumed, &c, WAIT_MS));
	check_rows();
	c.way->end(c.leader, standby);
	let_start(2 * opt.rate);
	assert_true(wait_until(is_steady, NULL, WAIT_MS));
	assert_true(traffic_end(traffic, WAIT_MS));
	check_all();
	outages[n] = traffic_gap(traffic, began);
	print_round(n, &c);
	traffic_free(traffic);
	traffic = NULL;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_sum(void)
{
	qsort(outages, opt.rounds, sizeof(*outages), by_size);
	(void)printf(
		"# %u rounds: %u starts, %u stops, %u payments shown; %u requests asked "
		"again; the provider moved money %lld times\n",
		opt.rounds, total.starts, total.stops, total.payments, total.troubled,
		(long long)ledger_int(ledger, "SELECT count(*) FROM book WHERE kind "
	                                      "<> 'eject'"));
	(void)printf("# lost 0, doubled 0; time to resume: median %lld ms, max %lld ms\n",
	             (long long)outages[opt.rounds / 2],
	             (long long)outages[opt.rounds - 1]);
}

static void primaries_go_away(void **state)
{
	(void)state;
	cluster_init(&deployment, &(struct cluster_spec){ .dsn = patroni_dsn(cluster),
	                                                  .apis = opt.apis,
	                                                  .workers = opt.workers });
	deployment_start_all(&deployment);
	for (unsigned n = 0; n < opt.rounds; n++)
		round_of(n);
	assert_true(total.payments > 0);
	deployment_stop(&deployment);
	print_sum();
}

static int open_all(void **state)
{
	(void)state;
	cluster = patroni_new(PATRONI_NODES);
	ledger = ledger_new();
	return 0;
}

static int free_all(void **state)
{
	(void)state;
	if (traffic != NULL) { /* a round has failed */
		patroni_show(cluster);
		(void)traffic_end(traffic, 0);
	}
	traffic_free(traffic);
	deployment_free(&deployment);
	ledger_free(ledger);
	patroni_free(cluster);
	return 0;
}

static bool read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "rounds", required_argument, NULL, 'r' },
		{ "rate", required_argument, NULL, 'p' },
		{ "ways", required_argument, NULL, 'w' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 'w')
			(void)snprintf(opt.ways, sizeof(opt.ways), "%s", optarg);
		else if (c == 'r')
			opt.rounds = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			opt.rate = (unsigned)strtoul(optarg, NULL, 10);
		else
			return false;
	}
	return opt.rounds > 0 && opt.rounds <= ROUNDS_MAX && opt.rate > 0 &&
	       way_of(0) != NULL;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(primaries_go_away),
	};

	if (!read_options(argc, argv)) {
		(void)fprintf(
			stderr,
			"usage: %s [--rounds=1..%d] [--rate=PER_SECOND] "
			"[--ways=kill,switchover,hang,failover,crash,standby,etcd]\n",
			argv[0], ROUNDS_MAX);
		return 64;
	}
	return cmocka_run_group_tests_name("failover", tests, open_all, free_all);
}
