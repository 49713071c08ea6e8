/* SPDX-License-Identifier: MIT
 *
 * fleet.c - see fleet.h.
 */
#include "fleet.h"

#include "city.h"
#include "proxy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define READY_MS      INT64_C(60000)
#define AGAIN_MS      300
#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)

static const char *const constants[] = { "R_BUYOUT=" TEXT(CITY_BUYOUT),
	                                 "QUOTE_TTL=" TEXT(CITY_QUOTE_TTL_S) "s", NULL };

static const struct deployment_spec spec = {
	.split = true,
	.apis = FLEET_APIS,
	.workers = FLEET_WORKERS,
	.env = constants,
	.logs_apart = true,
	.expected_end = FLEET_UNAVAILABLE,
	.again_after_ms = AGAIN_MS,
	.configs = { "tests/soak/api.conf", "tests/soak/worker.conf",
	             "tests/soak/stubs.conf" },
	.city = "",
};

struct node *fleet_node(struct fleet *f, unsigned member)
{
	int place = NODE_STUBS;

	if (member < FLEET_APIS)
		place = NODE_API + (int)member;
	else if (member < FLEET_STUBS)
		place = NODE_WORKER + (int)member - FLEET_APIS;
	return &f->deployment.nodes[place];
}

/* A command goes past the wires, which may be cut. */
static void environment(const struct deployment *d, const struct node *n,
                        struct environment *env)
{
	const struct fleet *f = (const struct fleet *)d;
	int ports[PAIR_NODES];

	if (n != NULL && n->role == ROLE_STUBS) {
		environment_add(env, "HOOKS_URL=%s", d->nodes[NODE_API].url);
		return;
	}
	for (int i = 0; i < PAIR_NODES; i++)
		ports[i] = n != NULL ? proxy_port(n->wires[i]) : f->pair->ports[i];
	environment_add(
		env,
		"DATABASE_URL=host=127.0.0.1,127.0.0.1 port=%d,%d user=rent dbname=postgres",
		ports[0], ports[1]);
	environment_add(env, "REDIS_URL=%s", redis_url(f->redis));
	if (n == NULL)
		return;
	environment_add(env, "LD_PRELOAD=%s/libsoak_skew.so", build_dir());
	environment_add(env, "SOAK_SKEW=%s/clock-%s", d->dir, n->name);
}

struct proc *fleet_audit(struct fleet *f, const char *log)
{
	return deployment_command(&f->deployment,
	                          (const char *const[]){ "--audit", NULL }, log);
}

struct proc *fleet_reconcile(struct fleet *f, const char *log)
{
	return deployment_command(&f->deployment,
	                          (const char *const[]){ "--reconcile=stations", NULL },
	                          log);
}

static int64_t *open_clock(const struct node *n)
{
	char path[300];
	void *at;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/clock-%s", n->deployment->dir, n->name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)sizeof(int64_t)) != 0)
		abort();
	at = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		abort();
	return at;
}

static void write_city(const char *dir)
{
	json_t *city = city_data();
	char path[300];

	(void)snprintf(path, sizeof(path), "%s/city.json", dir);
	if (json_dump_file(city, path, JSON_INDENT(1)) != 0)
		abort();
	json_decref(city);
}

bool fleet_open(struct fleet *f, const char *dir, const struct pair *pair)
{
	struct deployment_spec all = spec;

	memset(f, 0, sizeof(*f));
	f->pair = pair;
	f->redis = redis_new(NULL);
	write_city(dir);
	all.variant = variant_named("demo"); /* its own file is not used */
	all.folder = dir;
	all.environment = environment;
	for (int i = 0; i < PAIR_NODES; i++)
		all.wire_ports[i] = pair->ports[i];
	deployment_init(&f->deployment, &all);
	/* All at once: each brings the schema up to date, one of them does it. */
	for (unsigned i = FLEET_MEMBERS; i-- > 0;) {
		struct node *n = fleet_node(f, i);

		client_timeout(n->client, 2000);
		if (i != FLEET_STUBS)
			f->skew[i] = open_clock(n);
		node_spawn(n, NULL);
	}
	return deployment_ready(&f->deployment, READY_MS);
}

void fleet_close(struct fleet *f)
{
	f->deployment.stopped = true; /* the logs are files that a soak keeps */
	deployment_free(&f->deployment);
	for (unsigned i = 0; i < FLEET_MEMBERS; i++) {
		if (f->skew[i] != NULL)
			(void)munmap(f->skew[i], sizeof(*f->skew[i]));
	}
	if (f->redis != NULL)
		redis_free(f->redis);
	memset(f, 0, sizeof(*f));
}
