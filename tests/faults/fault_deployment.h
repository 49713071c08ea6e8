/* SPDX-License-Identifier: MIT
 *
 * fault_deployment.h - the deployment of the crash matrix and the races: two API hosts, two
 * workers and the stubs on one SQLite file or one PostgreSQL database, with short leases and
 * back-offs. If the deployment fails, the program ends with 70: nothing can be said about
 * rentald then.
 */
#ifndef FAULTS_FAULT_DEPLOYMENT_H
#define FAULTS_FAULT_DEPLOYMENT_H

#include <deployment.h>

#define LEASE_MS 400

enum fault_db {
	DB_SQLITE,
	DB_POSTGRES
};

struct fault_spec {
	enum fault_db db;
	bool wires;      /* each process reaches PostgreSQL through a separate wire */
	bool bare;       /* without a schema */
	bool small_disk; /* the database is on a separate disk of a few MiB */
	bool refuse;     /* deposit_policy = "refuse" */
	bool stripe;     /* payments go to a provider that speaks as Stripe does */
};

/* "sqlite" and "postgres"; false: neither. */
bool fault_db_read(const char *text, enum fault_db *ret);

/* Makes the place and brings the schema up to date; starts nothing. */
void fault_deployment_init(struct deployment *d, const struct fault_spec *spec);
enum fault_db fault_deployment_db(const struct deployment *d);
/* Ends what runs and removes it; keep: kills, leaves it there and says where. False: a node did
 * not end with 0. */
bool fault_deployment_close(struct deployment *d, bool keep);

#endif
