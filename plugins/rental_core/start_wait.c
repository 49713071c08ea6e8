/* SPDX-License-Identifier: MIT
 *
 * start_wait.c - see start_wait.h.
 */
#include "start_wait.h"

#include "core.h"

void start_wait_enter(struct rental_work *w, const struct start_wait *wait)
{
	const struct rent_host *host = w->core->host;

	w->only_eject = wait->again;
	w->wait_us = rules_max(wait->deposit_from - host->mono_us(host), 0);
}

bool start_wait_goes_on(struct rental_work *w, struct start_wait *wait)
{
	const struct rent_host *host = w->core->host;
	const struct work_op *eject = work_find_op(w, RENT_OP_EJECT);
	const struct station_port *port = core_station_of(w->core, &w->r);

	if (eject == NULL || eject->op.state != RENT_OP_PENDING)
		return false;
	if (!wait->again && w->wait_us > 0)
		wait->deposit_from = host->mono_us(host) + w->wait_us;
	wait->again = true;
	wait->poll_us = port == NULL ? 0 : port->caps.poll_us;
	return true;
}
