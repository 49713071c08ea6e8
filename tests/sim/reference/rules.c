/* SPDX-License-Identifier: MIT
 *
 * rules.c - which rules are tried: ours in any world, the reference in one without crashes
 * and storage faults, where only the rule that is named can be to blame.
 */
#include "reference.h"

static const struct rules {
	const char *name, *text;
	uint32_t python;   /* enum python_rule */
	uint32_t sabotage; /* constraints that its tables did not have */
} table[] = {
	{ "ours", "rental_core", 0, 0 },
	{ "reference", "the reference without any of them", 0, 0 },
	{ "python-stop-charges-all", "charges the whole rental again at stop",
	  PYTHON_STOP_CHARGES_ALL, 0 },
	{ "python-start-debt-lost", "loses debts written at start",
	  PYTHON_START_DEBT_LOST, 0 },
	{ "python-timeout-is-debt", "turns time-outs into debt and charges again",
	  PYTHON_TIMEOUT_IS_DEBT, 0 },
	{ "python-eject-retried", "ejects through a retried GET", PYTHON_EJECT_RETRIED,
	  0 },
	{ "python-key-race", "two requests with one key start two rentals",
	  PYTHON_KEY_RACE, MEMORY_NO_SINGLE_QUOTE },
	{ "python-quote-race", "two keys with one quote start two rentals",
	  PYTHON_QUOTE_RACE, MEMORY_NO_SINGLE_QUOTE },
	{ "python-two-workers", "bills double with two workers", PYTHON_TWO_WORKERS,
	  MEMORY_NO_ONE_TAKE },
	{ "python-debt-forgotten", "never collects the debt of a finished rental",
	  PYTHON_DEBT_FORGOTTEN, 0 },
	{ "python", "all of them", 0xff, MEMORY_NO_SINGLE_QUOTE | MEMORY_NO_ONE_TAKE },
};
static const struct rules *chosen = table;

bool python(enum python_rule rule)
{
	return (chosen->python & (uint32_t)rule) != 0;
}

bool rules_choose(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].name, name) == 0) {
			chosen = &table[i];
			return true;
		}
	}
	return false;
}

void rules_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		printf("%-26s %s\n", table[i].name, table[i].text);
}

const struct rent_plugin *rules_plugin(void)
{
	return chosen == table ? sim_core_plugin : &reference_plugin;
}

uint32_t rules_sabotage(void)
{
	return chosen->sabotage;
}

/* Leaves only clients that race, cards that decline, messages that get lost. */
void rules_calm(struct sim_params *p)
{
	if (chosen == table)
		return;
	*p = (struct sim_params){
		.seed = p->seed,
		.nodes = p->nodes,
		.workers = p->workers,
		.clients = p->clients,
		.not_sent = p->not_sent,
		.lost_request = p->lost_request,
		.lost_reply = p->lost_reply,
		.declined = p->declined,
		.card_dead = p->card_dead,
		.resend_us = 24 * RENT_HOUR,
		.deposit = p->deposit,
		.price = p->price,
		.slow_tick = p->slow_tick,
		.recovery_us = p->recovery_us,
		.calm = true,
	};
}
