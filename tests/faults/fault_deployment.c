/* SPDX-License-Identifier: MIT
 *
 * fault_deployment.c - see fault_deployment.h: what it consists of, and the configurations of
 * its nodes, as text.
 */
#include "fault_deployment.h"

#include <pg.h>
#include <proxy.h>
#include <stdlib.h>
#include <string.h>

/* How a failpoint ends a process. */
#define DIED 137

/* ---- configurations */

static const char stubs_text[] =
	"service = \"stubs\";\n"
	"log = { level = \"error\"; };\n"
	"listeners = ( { name = \"stubs\"; listen = \"%s\"; routes = [ \"stubs\" ];"
	" system = true; } );\n"
	"instances = ( { name = \"stubs\"; plugin = \"stubs\"; options = {\n"
	"\tdata = \"tests/faults/city.json\"; book = \"%s/book.jsonl\"; hooks_url = "
	"\"%s\"; payments = \"stripe\"; }; } );\n";

static const char head_text[] =
	"service = \"%s\";\n"
	"log = { level = \"warn\"; };\n"
	"runtime = { drain_timeout = \"10s\"; };\n"
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
	"\t{ name = \"cabinets\"; plugin = \"station_chargenow\";\n"
	"\t\toptions = { url = \"%s/cdb-open-api/v1\"; user = \"u\"; password = \"p\";\n"
	"\t\thooks_url = \"%s\"; callback_key = \"0123456789abcdef0123456789abcdef\";\n"
	"\t\tsettle = \"1s\"; poll = \"50ms\"; chargenow = { breaker_reset = \"50ms\"; }; }; },\n"
	"\t{ name = \"payment\"; plugin = \"payment_http\"; options = { url = \"%s\";\n"
	"\t\tpayment = { breaker_reset = \"50ms\"; backoff = \"50ms\"; }; }; },\n"
	"\t{ name = \"stripe\"; plugin = \"payment_stripe\";\n"
	"\t\toptions = { url = \"%s\"; secret_key = \"sk_test_1\"; webhook_secret = \"whsec_1\";\n"
	"\t\tcurrency = \"RUB\"; payer = \"user_id\"; payment_method = \"pm_card_visa\";\n"
	"\t\tlookup_settle = \"0s\"; stripe = { breaker_reset = \"50ms\"; backoff = \"50ms\"; }; }; },\n"
	"\t{ name = \"core\"; plugin = \"rental_core\";\n"
	"\t\tuses = { storage = \"main\"; catalog = \"catalog\";\n"
	"\t\t\tstation = [ \"station\", \"cabinets\" ];\n"
	"\t\t\tpayment = \"payment\"; };\n"
	"\t\toptions = { quote_ttl = \"600s\"; start_lease = \"%dms\"; resolve_base = "
	"\"50ms\";\n"
	"\t\t\tresolve_max = \"200ms\"; debt_retry_base = \"50ms\"; debt_retry_max = "
	"\"200ms\";\n\t\t\tcharge_min_amount = 150; debt_charge_step = 2500;\n"
	"\t\t\tquote_retention = \"1s\"; }; },\n";

static const char *const tail_texts[] = {
	"\t{ name = \"api\"; plugin = \"http_api\"; uses = { rental = \"core\"; }; },\n"
	"\t{ name = \"hooks\"; plugin = \"webhooks\";\n"
	"\t\tuses = { storage = \"main\"; rental = \"core\"; station = \"cabinets\"; };\n"
	"\t\toptions = { retry = \"100ms\"; }; }\n);\n",
	"\t{ name = \"billing\"; plugin = \"billing\"; uses = { rental = \"core\"; };\n"
	"\t\toptions = { tick = \"40ms\"; recovery_interval = \"40ms\";\n"
	"\t\t\thousekeeping_interval = \"500ms\"; }; }\n);\n",
};

static void put_storage(const struct node *n, FILE *f)
{
	const struct deployment *d = n->deployment;

	if (fault_deployment_db(d) == DB_SQLITE) {
		(void)fprintf(f,
		              "\t{ name = \"main\"; plugin = \"storage_sqlite\";\n"
		              "\t\toptions = { path = \"%s\"; }; },\n",
		              d->db);
		return;
	}
	/* A ride has one quote, which must outlive the server: tests/cluster asks again for one that is lost. */
	(void)fprintf(f,
	              "\t{ name = \"main\"; plugin = \"storage_postgres\";\n"
	              "\t\toptions = { dsn = \"%s",
	              d->db);
	if (n->wires[0] != NULL) /* of two ports the last counts */
		(void)fprintf(f, " port=%d", proxy_port(n->wires[0]));
	(void)fprintf(f, "\"; application_name = \"%s\"; quotes_durable = true; }; },\n",
	              n->name);
}

static void configure(const struct node *n, FILE *f)
{
	const struct deployment *d = n->deployment;
	const char *url = d->nodes[NODE_STUBS].url, *hooks = d->nodes[NODE_API].url;
	bool worker = n->role == ROLE_WORKER;

	if (n->role == ROLE_STUBS) {
		(void)fprintf(f, stubs_text, n->url + 7, d->dir, hooks);
		return;
	}
	(void)fprintf(f, head_text, n->name, n->url + 7,
	              worker ? "" : "\"api\", \"hooks\"");
	put_storage(n, f);
	(void)fprintf(f, core_text, url, url, url, hooks, url, url, LEASE_MS);
	(void)fputs(tail_texts[worker], f);
}

/* ---- the whole */

bool fault_db_read(const char *text, enum fault_db *ret)
{
	*ret = strcmp(text, "postgres") == 0 ? DB_POSTGRES : DB_SQLITE;
	return *ret == DB_POSTGRES || strcmp(text, "sqlite") == 0;
}

enum fault_db fault_deployment_db(const struct deployment *d)
{
	return d->spec.variant->postgres ? DB_POSTGRES : DB_SQLITE;
}

static void give_up(struct deployment *d)
{
	d->stopped = true; /* its log has been shown */
	deployment_free(d);
	exit(70);
}

/* Pages that take two rows only, so that hardly anything can be written without a new one. */
static void make_pages_small(const struct deployment *d)
{
	static const char *const tables[] = { "rentals",         "operations",
		                              "quotes",          "idempotency_keys",
		                              "debts",           "debt_journal",
		                              "payment_attempts" };
	char text[128];

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		(void)snprintf(text, sizeof(text), "ALTER TABLE %s SET (fillfactor = 10)",
		               tables[i]);
		pg_sql(d->db, text);
	}
}

void fault_deployment_init(struct deployment *d, const struct fault_spec *spec)
{
	static const char *const settings[] = { "max_connections=200", NULL };
	static const char policy[] = "--set=instances.core.options.deposit_policy=refuse";
	static const char provider[] = "--set=instances.core.uses.payment=stripe";
	static const char *const args[][3] = {
		{ NULL }, { policy, NULL }, { provider, NULL }, { policy, provider, NULL }
	};
	bool postgres = spec->db == DB_POSTGRES;
	struct deployment_spec all = {
		.split = true,
		.args = args[(spec->stripe ? 2 : 0) + (spec->refuse ? 1 : 0)],
		.expected_end = DIED,
		.variant = variant_named(postgres ? "postgres" : "demo"),
		.configure = configure,
		.city = "",
		.migrated = !spec->bare,
		.disk_kib = !spec->small_disk ? 0
		            : postgres        ? 48 * 1024
		                              : 2 * 1024,
		.give_up = give_up,
	};

	if (postgres)
		(void)database_server(settings);
	if (spec->wires)
		all.wire_ports[0] = pg_port(database_server(NULL));
	deployment_init(d, &all);
	for (int i = 0; i < NODES; i++) {
		if (d->nodes[i].client != NULL)
			client_timeout(d->nodes[i].client, 15000);
	}
	if (postgres && spec->small_disk)
		make_pages_small(d);
}

bool fault_deployment_close(struct deployment *d, bool keep)
{
	bool good = true;

	for (int i = NODES - 1; i >= 0 && !keep; i--) {
		int code = node_terminate(&d->nodes[i]);

		if (code != 0)
			(void)fprintf(stderr, "%s ended with %d after SIGTERM\n",
			              d->nodes[i].name, code);
		good = good && code == 0;
	}
	d->stopped = true;
	d->keep = keep;
	deployment_free(d);
	return good;
}
