/* SPDX-License-Identifier: MIT
 *
 * bouncer.c - a pooler for tests; see bouncer.h. Its files lie in the server's folder.
 */
#include "bouncer.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_internal.h"

struct bouncer {
	pid_t pid;
	int port;
};

#ifdef RENT_TEST_PGBOUNCER
static void write_users(struct pg *pg)
{
	char name[320];
	FILE *file;

	(void)snprintf(name, sizeof(name), "%.280s/pgbouncer.users", pg_folder(pg));
	file = fopen(name, "we");
	pg_must(file != NULL, "pgbouncer.users");
	(void)fputs("\"rent\" \"\"\n", file);
	(void)fclose(file);
}

static void write_config(struct pg *pg, int port, char name[320])
{
	FILE *file;

	(void)snprintf(name, 320, "%.280s/pgbouncer.ini", pg_folder(pg));
	file = fopen(name, "we");
	pg_must(file != NULL, "pgbouncer.ini");
	(void)fprintf(
		file,
		"[databases]\n* = host=127.0.0.1 port=%d\n[pgbouncer]\n"
		"listen_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\n"
		"auth_type = trust\nauth_file = %s/pgbouncer.users\npool_mode = transaction\ndefault_pool_size = 8\n"
		"max_client_conn = 200\nlogfile = %s/pgbouncer.log\n",
		pg_port(pg), port, pg_folder(pg), pg_folder(pg));
	(void)fclose(file);
}

struct bouncer *bouncer_new(struct pg *pg)
{
	struct bouncer *b = calloc(1, sizeof(*b));
	char path[] = RENT_TEST_PGBOUNCER, quiet[] = "-q", config[320], info[128];
	char *argv[] = { path, quiet, config, NULL };

	if (b == NULL)
		abort();
	b->port = pg_free_port();
	write_users(pg);
	write_config(pg, b->port, config);
	b->pid = pg_spawn(pg_folder(pg), path, argv);
	(void)snprintf(info, sizeof(info),
	               "host=127.0.0.1 port=%d user=rent dbname=postgres", b->port);
	for (int i = 0; PQping(info) != PQPING_OK; i++) {
		pg_must(i < 500, "pgbouncer does not answer; see its log");
		(void)usleep(20000);
	}
	return b;
}
#else
struct bouncer *bouncer_new(struct pg *pg)
{
	(void)pg;
	return NULL;
}
#endif

void bouncer_free(struct bouncer *b)
{
	if (b == NULL)
		return;
	(void)kill(b->pid, SIGKILL);
	(void)waitpid(b->pid, NULL, 0);
	free(b);
}

int bouncer_port(const struct bouncer *b)
{
	return b->port;
}
