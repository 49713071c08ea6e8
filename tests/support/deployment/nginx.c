/* SPDX-License-Identifier: MIT
 *
 * nginx.c - see nginx.h. One process without master or workers, which also a test without
 * root can run; a change is a restart on the same port.
 */
#include "nginx.h"

#include "client.h"
#include "proc.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READY_MS INT64_C(20000)

struct nginx {
	char *dir, *config, *log;
	char url[64];
	unsigned port;
	int port_fd;
	struct proc *proc;
};

static void write_config(const struct nginx *n, const char *server)
{
	FILE *f = fopen(n->config, "we");

	if (f == NULL)
		abort();
	(void)fprintf(
		f,
		"daemon off; master_process off; pid %s/pid; error_log stderr;\n"
		"events { worker_connections 512; }\n"
		"http { access_log off; client_body_temp_path %s/1; proxy_temp_path %s/2;\n"
		"fastcgi_temp_path %s/3; uwsgi_temp_path %s/4; scgi_temp_path %s/5;\n"
		"server { listen 127.0.0.1:%u;\nlocation = /nginx-is-up { return 204; }\n"
		"%s\n} }\n",
		n->dir, n->dir, n->dir, n->dir, n->dir, n->dir, n->port, server);
	if (fclose(f) != 0)
		abort();
}

static bool is_up(void *arg)
{
	const struct nginx *n = arg;
	struct client *c = client_new(n->url);
	bool up = client_get(c, "/nginx-is-up")->status == 204;

	client_free(c);
	return up || !proc_running(n->proc);
}

static void start(struct nginx *n)
{
	const char *argv[] = {
		NGINX, "-p", n->dir, "-e", "stderr", "-c", n->config, NULL
	};

	n->proc = proc_new(&(struct proc_spec){ .argv = argv, .log = n->log });
	if (!wait_until(is_up, n, READY_MS) || !proc_running(n->proc)) {
		char *log = file_read(n->log);

		(void)fprintf(stderr, "nginx (" NGINX ") does not answer: %s\n",
		              log != NULL ? log : "");
		abort();
	}
}

struct nginx *nginx_new(const char *server)
{
	struct nginx *n = calloc(1, sizeof(*n));

	if (n == NULL)
		abort();
	n->dir = scratch_new();
	n->port_fd = port_reserve(&n->port);
	(void)snprintf(n->url, sizeof(n->url), "http://127.0.0.1:%u", n->port);
	if (asprintf(&n->config, "%s/nginx.conf", n->dir) < 0 ||
	    asprintf(&n->log, "%s/log", n->dir) < 0)
		abort();
	write_config(n, server);
	start(n);
	return n;
}

void nginx_change(struct nginx *n, const char *server)
{
	proc_free(n->proc);
	write_config(n, server);
	start(n);
}

void nginx_free(struct nginx *n)
{
	if (n == NULL)
		return;
	proc_free(n->proc);
	(void)close(n->port_fd);
	free(n->config);
	free(n->log);
	scratch_free(n->dir);
	free(n);
}

const char *nginx_url(const struct nginx *n)
{
	return n->url;
}
