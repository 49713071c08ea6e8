/* SPDX-License-Identifier: MIT
 *
 * site_conf.c - see site_conf.h. Waits are short, so that what is left behind is found within
 * a test's patience; the rules are the shipped ones.
 */
#include "site_conf.h"

#include <inttypes.h>
#include <proxy.h>
#include <stdio.h>
#include <stdlib.h>

static const char stubs_text[] =
	"service = \"stubs\";\n"
	"log = { level = \"error\"; };\n"
	"runtime = { workers = 96; queue = 512; };\n"
	"listeners = ( { name = \"stubs\"; listen = \"%s\"; routes = [ \"stubs\" ];"
	" system = true; } );\n"
	"instances = ( { name = \"stubs\"; plugin = \"stubs\"; options = {\n"
	"\tdata = \"tests/faults/city.json\"; book = \"%s/book.jsonl\"; endless = true; }; } "
	");\n";

static const char head_text[] =
	"service = \"%s\";\n"
	"log = { level = \"warn\"; };\n"
	"runtime = { workers = 96; queue = 512; drain_timeout = \"10s\"; };\n"
	"listeners = ( { name = \"main\"; listen = \"%s\"; routes = [ %s ]; system = true; } "
	");\n"
	"instances = (\n";

static const char core_text[] =
	"\t{ name = \"catalog\"; plugin = \"catalog_http\"; options = { url = \"%s\";\n"
	"\t\tstation = { breaker_reset = \"50ms\"; }; tariff = { breaker_reset = \"50ms\"; };\n"
	"\t\tprofile = { breaker_reset = \"50ms\"; }; configs = { breaker_reset = \"50ms\"; }; "
	"}; },\n"
	"\t{ name = \"station\"; plugin = \"station_http\"; options = { url = \"%s\";\n"
	"\t\teject = { breaker_reset = \"50ms\"; backoff = \"50ms\"; }; }; },\n"
	"\t{ name = \"payment\"; plugin = \"payment_http\"; options = { url = \"%s\";\n"
	"\t\tpayment = { breaker_reset = \"50ms\"; backoff = \"50ms\"; }; }; },\n"
	"\t{ name = \"core\"; plugin = \"rental_core\";\n"
	"\t\tuses = { storage = \"main\"; catalog = \"catalog\"; station = \"station\";\n"
	"\t\t\tpayment = \"payment\"; };\n"
	"\t\toptions = { quote_ttl = \"600s\"; start_lease = \"%dms\"; resolve_base = "
	"\"50ms\";\n"
	"\t\t\tresolve_max = \"200ms\"; debt_retry_base = \"50ms\"; debt_retry_max = "
	"\"200ms\";\n\t\t\tcharge_min_amount = 150; debt_charge_step = 2500;\n"
	"\t\t\tquote_retention = \"1s\"; }; },\n";

static const char *const tail_texts[] = {
	"\t{ name = \"api\"; plugin = \"http_api\"; uses = { rental = \"core\"; }; }\n);\n",
	"\t{ name = \"billing\"; plugin = \"billing\"; uses = { rental = \"core\"; };\n"
	"\t\toptions = { tick = \"40ms\"; recovery_interval = \"40ms\";\n"
	"\t\t\thousekeeping_interval = \"500ms\"; }; }\n);\n",
};

static void put_storage(const struct site *s, enum site_role role, FILE *f)
{
	if (s->spec.db == SITE_SQLITE) {
		(void)fprintf(f,
		              "\t{ name = \"main\"; plugin = \"storage_sqlite\";\n"
		              "\t\toptions = { path = \"%s/rentald.db\"; }; },\n",
		              s->data);
		return;
	}
	(void)fprintf(f,
	              "\t{ name = \"main\"; plugin = \"storage_postgres\";\n"
	              "\t\toptions = { dsn = \"%s",
	              s->dsn);
	if (s->wires[role] != NULL) /* of two ports the last counts */
		(void)fprintf(f, " port=%d", proxy_port(s->wires[role]));
	(void)fprintf(f, "\"; application_name = \"%s\"; }; },\n", site_role_names[role]);
}

void site_conf_write(const struct site *s, enum site_role role, const char *path)
{
	bool worker = role == SITE_WORKER || role == SITE_WORKER2;
	const char *url = s->urls[SITE_STUBS];
	FILE *f = fopen(path, "we");

	if (f == NULL)
		abort();
	if (role == SITE_STUBS) {
		(void)fprintf(f, stubs_text, s->urls[role] + 7, s->dir);
	} else {
		(void)fprintf(f, head_text, site_role_names[role], s->urls[role] + 7,
		              worker ? "" : "\"api\"");
		put_storage(s, role, f);
		(void)fprintf(f, core_text, url, url, url, SITE_LEASE_MS);
		(void)fputs(tail_texts[worker], f);
	}
	if (fclose(f) != 0)
		abort();
}
