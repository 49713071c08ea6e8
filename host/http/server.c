/* SPDX-License-Identifier: MIT
 *
 * http/server.c - see server.h: puts a listener together and takes it apart.
 */
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "http/clients.h"
#include "http/mhd/answer.h"
#include "http/mhd/bind.h"
#include "http/mhd/crowd.h"
#include "http/mhd/door.h"
#include "http/mhd/tls.h"
#include "http/observe.h"
#include "http/proven.h"
#include "http/static/files.h"
#include "http/static/packed.h"
#include "http/system.h"
#include "runtime/task.h"

#include <assert.h>
#include <stdlib.h>

static void fill_defaults(struct http_config *c)
{
	if (c->body_max == 0)
		c->body_max = (size_t)64 * 1024;
	if (c->arena_max == 0)
		c->arena_max = ARENA_MAX_DEFAULT;
	c->arena_max += 3 * c->body_max; /* a chunked body doubles as it grows */
	if (c->max_connections == 0)
		c->max_connections = 4096;
	if (c->connections_per_client == 0)
		c->connections_per_client = c->max_connections;
	if (c->header_timeout_us <= 0)
		c->header_timeout_us = 10 * RENT_SECOND;
	if (c->idle_timeout_us <= 0)
		c->idle_timeout_us = RENT_MINUTE;
	if (c->receive_timeout_us <= 0)
		c->receive_timeout_us = 30 * RENT_SECOND;
	if (c->event_threads == 0 || c->event_threads > tasks_loop_count(c->tasks))
		c->event_threads = tasks_loop_count(c->tasks);
	if (c->system_pool == NULL)
		c->system_pool = c->pool;
	if (c->streams_max == 0)
		c->streams_max = 1000;
	if (c->mode == 0)
		c->mode = 0660;
	if (c->stream_life_us <= 0)
		c->stream_life_us = 5 * RENT_MINUTE;
	if (c->heartbeat_us <= 0)
		c->heartbeat_us = 15 * RENT_SECOND;
	if (c->stall_us <= 0)
		c->stall_us = 30 * RENT_SECOND;
}

static int add_mounts(struct http_server *server, struct rent_error *err)
{
	const struct http_config *c = &server->config;

	server->mounts = calloc(c->mount_count + 1, sizeof(*server->mounts));
	if (server->mounts == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (c->system_routes != 0) {
		assert(c->probe != NULL);
		system_setup(server);
		server->mounts[server->mount_count++] = (struct http_mount){
			.routes = &server->system_table,
			.self = server,
			.instance = "host",
			.workers = c->system_pool,
		};
	}
	for (size_t i = 0; i < c->mount_count; i++)
		server->mounts[server->mount_count++] = c->mounts[i];
	return router_new(server->mounts, server->mount_count, &server->router, err);
}

static int add_files(struct http_server *server, struct rent_error *err)
{
	if (server->config.static_root == NULL)
		return 0;
	server->files_mount = (struct http_mount){ .self = server,
		                                   .instance = "static",
		                                   .workers = server->config.pool };
	server->files = (struct route){ .mount = &server->files_mount,
		                        .def = files_route,
		                        .access = &files_access };
	server->packed = packed_new();
	if (server->packed == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	return files_open_root(server->config.static_root, &server->static_fd, err);
}

static bool any_origin(const struct http_config *c)
{
	for (const char *const *o = c->cors_origins; o != NULL && *o != NULL; o++)
		if (strcmp(*o, "*") == 0)
			return true;
	return false;
}

static int open_socket(struct http_server *server, struct rent_error *err)
{
	const struct http_config *c = &server->config;
	struct bound bound = { .fd = -1 };
	int rc = bind_listen(c->listen, c->mode, &bound, err);

	if (rc != 0)
		return rc;
	server->listen_fd = bound.fd;
	server->port = bound.port;
	server->unix_inode = bound.inode;
	server->loopback = c->hosts_default && bound.loopback;
	(void)rent_copy(server->unix_path, sizeof(server->unix_path), bound.path);
	(void)rent_copy(server->address, sizeof(server->address), bound.address);
	(void)rent_copy(server->others, sizeof(server->others), bound.others);
	return 0;
}

static void server_cleanup(struct http_server **server)
{
	http_server_free(*server);
}

int http_server_new(const struct http_config *config, struct http_server **ret,
                    struct rent_error *err)
{
	cleanup_with(server_cleanup) struct http_server *server =
		calloc(1, sizeof(*server));
	struct rent_error why = { .code = 0 };
	int rc;

	if (server == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	server->static_fd = server->listen_fd = -1;
	server->config = *config;
	fill_defaults(&server->config);
	server->cors_any = any_origin(config);
	server->began_us = clock_mono_us();
	server->doors = calloc(server->config.event_threads, sizeof(*server->doors));
	/* The analyzer does not know the attribute that frees server. */
	server->clients = clients_new(server);
	server->proven = proven_new();
	if (server->doors == NULL || server->clients == NULL || server->proven == NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	observe_setup(server);
	crowd_setup(server);
	clients_setup(server);
	rc = add_mounts(server, &why);
	if (rc == 0)
		rc = add_files(server, &why);
	if (rc == 0 && config->tls_certificate != NULL)
		rc = tls_new(config->tls_certificate, config->tls_key,
		             config->tls_client_ca, &server->tls, &why);
	if (rc == 0)
		rc = open_socket(server, &why);
	if (rc != 0)
		return rent_fail(err, rc, "listener '%s': %s", config->name, why.text);
	*ret = steal(&server);
	return 0;
}

int http_server_start(struct http_server *server, struct rent_error *err)
{
	static const struct door_calls calls = { .accept = answer_accept,
		                                 .target = answer_target,
		                                 .request = answer_request,
		                                 .completed = answer_completed,
		                                 .connection = answer_connection,
		                                 .unescape = answer_unescape,
		                                 .turn = crowd_turn };
	int rc = 0;

	for (unsigned i = 0; i < server->config.event_threads && rc == 0; i++)
		rc = door_init(&server->doors[i], server, &calls,
		               tasks_loop(server->config.tasks, i), server->listen_fd,
		               err);
	for (unsigned i = 0; i < server->config.event_threads && rc == 0; i++)
		rc = door_open(&server->doors[i], err);
	if (rc != 0) {
		for (unsigned i = 0; i < server->config.event_threads; i++)
			door_free(&server->doors[i]);
		return rc;
	}
	(void)close(steal_fd(&server->listen_fd));
	server->started = true;
	return 0;
}

unsigned http_server_port(const struct http_server *server)
{
	return server->port;
}

const char *http_server_others(const struct http_server *server)
{
	return server->others;
}

const char *http_server_address(const struct http_server *server)
{
	return server->address;
}

int http_server_reload(struct http_server *server, struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	int r = server->tls == NULL ? 0 : tls_reload(server->tls, &why);

	return r == 0 ? 0
	              : rent_fail(err, r, "listener '%s': %s", server->config.name,
	                          why.text);
}

int http_server_drain(struct http_server *server, int64_t timeout_us)
{
	int64_t deadline = clock_mono_us() + timeout_us;
	bool empty = true;

	atomic_store(&server->draining, true);
	if (!server->started)
		return 0;
	for (unsigned i = 0; i < server->config.event_threads; i++)
		door_command(&server->doors[i], DOOR_DRAIN);
	for (unsigned i = 0; i < server->config.event_threads; i++)
		empty = door_wait_empty(&server->doors[i], deadline) && empty;
	return empty ? 0 : RENT_ETIMEOUT;
}

void http_server_free(struct http_server *server)
{
	if (server == NULL)
		return;
	for (unsigned i = 0; server->started && i < server->config.event_threads; i++)
		door_free(&server->doors[i]);
	if (server->listen_fd >= 0)
		(void)close(server->listen_fd);
	bind_remove(server->unix_path, server->unix_inode);
	tls_free(server->tls);
	clients_free(server->clients);
	proven_free(server->proven);
	if (server->static_fd >= 0)
		(void)close(server->static_fd);
	packed_free(server->packed);
	router_free(server->router);
	free(server->mounts);
	free(server->doors);
	free(server);
}
