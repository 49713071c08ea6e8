/* SPDX-License-Identifier: MIT
 *
 * forgery.c - cabinets that cannot be reached, and reports that are not so: of a powerbank that
 * somebody has or that never left, without a signature or with a wrong one; and of nobody's.
 */
#include "cabinets.h"

/* The number of a powerbank: of one that somebody has, that lies in a slot, or of none. */
static void lie_of_return(int cabinet)
{
	struct push p = cabinets_push(cabinet, RENT_EVENT_RETURNED);
	int bank = (int)p.vendor * CABINETS_EACH * BANKS_EACH +
	           (int)sim_between(0, CABINETS_EACH * BANKS_EACH - 1);

	p.badly_signed = p.proven && sim_chance(500);
	p.proven = p.badly_signed;
	sim_fault_count(p.badly_signed ? FAULT_BAD_SIGNATURE : FAULT_FORGED);
	rent_copy(p.powerbank_id, sizeof(p.powerbank_id), cabinets_bank(bank));
	if (cabinets_holder(bank) != NULL && p.vendor == VENDOR_REFS && sim_chance(500))
		cabinets_name_order(&p, cabinets_holder(bank));
	cabinets_send(&p, cabinet);
}

static void show_strange_bank(int cabinet)
{
	struct push p = cabinets_push(cabinet, RENT_EVENT_RETURNED);

	(void)snprintf(p.powerbank_id, sizeof(p.powerbank_id), "NB-%.40s", p.event_id);
	cabinets_send(&p, cabinet);
}

void cabinets_nemesis(void)
{
	int cabinet = (int)sim_between(0, CABINETS - 1);

	if (sim_fault(FAULT_CABINET_OFFLINE, 60))
		cabinets_go_offline(cabinet, sim_now + sim_between(1, 40) * RENT_MINUTE);
	if (sim_fault(FAULT_PUSHES_STOPPED, 30))
		pushes_stop(cabinet_vendor(cabinet),
		            sim_now + sim_between(1, 120) * RENT_MINUTE);
	if (sim_faults && sim_chance(sim.forge))
		lie_of_return(cabinet);
	if (sim_fault(FAULT_NOBODYS_BANK, 20))
		show_strange_bank(cabinet);
}
