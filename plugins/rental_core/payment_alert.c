/* SPDX-License-Identifier: MIT
 *
 * payment_alert.c - see payment_alert.h.
 */
#include "payment_alert.h"
#include "observers.h"

void payment_alert_heed(struct core *core, struct payment_port *port,
                        const struct rent_payment_result *res,
                        const struct rent_field *fields)
{
	const char *what = res->note[0] == '\0' ? "no reason given" : res->note;

	if (!res->alert && res->outcome != RENT_SUCCEEDED)
		return;
	pthread_mutex_lock(&port->lock);
	if (res->alert)
		rent_copy(port->alert, sizeof(port->alert), what);
	else
		port->alert[0] = '\0';
	pthread_mutex_unlock(&port->lock);
	if (!res->alert)
		return;
	observers_error(core->observers, "alert");
	core->host->log(
		core->host, RENT_LOG_ERROR, fields,
		"the payment provider '%s' does not serve us until a person sees to "
		"it: \"%s\"",
		port->instance, what);
}

bool payment_alert_health(struct payment_port *port, struct rent_health *ret)
{
	bool alerted;

	pthread_mutex_lock(&port->lock);
	alerted = port->alert[0] != '\0';
	if (alerted) {
		ret->state = RENT_DEGRADED;
		(void)snprintf(ret->why, sizeof(ret->why),
		               "payment provider '%.30s': %.100s", port->instance,
		               port->alert);
	}
	pthread_mutex_unlock(&port->lock);
	return alerted;
}
