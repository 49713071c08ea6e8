/* SPDX-License-Identifier: MIT
 *
 * nemesis.c - harms the hosts and the database, and edits rows as an operator may; and the
 * undertaker, which restarts hosts.
 */
#include "cabinets.h"

static int64_t soon(int64_t most)
{
	return sim_now + sim_between(1, most) * RENT_SECOND;
}

static void harm_database(void)
{
	if (!sim.outages)
		return;
	if (sim_fault(FAULT_DB_RESTART, 50)) {
		sim_storage_away_until = soon(60);
		memstore_lose_quotes(sim_store);
	}
	if (sim_fault(FAULT_DISK_FULL, 20))
		sim_disk_full_until = soon(300);
}

static void harm_clocks(void)
{
	if (!sim.clocks)
		return;
	if (sim_fault(FAULT_DB_CLOCK, 50))
		clocks_step(-1);
	if (sim_fault(FAULT_WALL_CLOCK, 100))
		clocks_step((int)sim_between(0, sim.nodes - 1));
}

static void harm_hosts(void)
{
	int node = (int)sim_between(0, sim.nodes - 1);

	if (sim_fault(FAULT_CRASH, 100)) {
		node_crash(node);
	} else if (node_alive(node) && sim_fault(FAULT_PAUSE, 100)) {
		strands_pause(node, soon(120));
	} else if (sim_fault(FAULT_SUSPEND, 10)) {
		/* The machine of all of them slept; messages on their way arrived. */
		int64_t until = soon(1800);

		for (node = 0; node < sim.nodes; node++)
			strands_pause(node, until);
	}
}

static void edit_rows(void)
{
	struct memory_rental *rentals;
	size_t n = memstore_rentals(sim_store, &rentals);
	const char *id;

	if (n == 0 || !sim.operator_edits)
		return;
	id = rentals[sim_between(0, (int64_t)n - 1)].r.id;
	if (sim_fault(FAULT_OPERATOR_DEBT, 50))
		memstore_raise_debt(sim_store, id, sim_between(1, 150));
	if (sim_fault(FAULT_OPERATOR_START, 30))
		memstore_move_start(sim_store, id, sim_between(1, 120) * RENT_MINUTE);
}

static void nemesis(void *arg)
{
	(void)arg;
	while (sim_faults && !sim.calm) {
		strand_sleep(sim_between(1, 120) * RENT_SECOND);
		harm_hosts();
		harm_database();
		harm_clocks();
		edit_rows();
		if (sim.cabinets)
			cabinets_nemesis();
	}
}

/* A dead host comes back some seconds later, whatever the cause. */
static void undertaker(void *arg)
{
	int node;

	(void)arg;
	for (;;) {
		strand_sleep(4 * RENT_SECOND);
		for (node = 0; node < sim.nodes; node++) {
			if (!node_alive(node) && (!sim_faults || sim_chance(300)))
				node_start(node);
		}
	}
}

void nemesis_start(void)
{
	strand_start(-1, nemesis, NULL);
	strand_start(-1, undertaker, NULL);
}
