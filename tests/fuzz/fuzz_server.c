/* SPDX-License-Identifier: MIT
 *
 * fuzz_server.c - see fuzz_server.h.
 */
#include "fuzz_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events/events.h"
#include "fuzz.h"
#include "fuzz_rental.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/task.h"

static struct sockaddr_in address;

static bool ready(void *arg, struct http_ready *report)
{
	(void)arg;
	http_ready_add(report, "main", "fuzz", "ok", NULL);
	return true;
}

static bool draining(void *arg)
{
	(void)arg;
	return false;
}

static const struct http_probe probe = {
	.service = "fuzz", .version = "1", .ready = ready, .draining = draining
};

void fuzz_server_begin(struct http_config *config)
{
	static struct http_mount mount = { .instance = "api" };
	static const struct tasks_options tasks = { .loops = 1,
		                                    .tasks_max = 64,
		                                    .stack_size = (size_t)512 * 1024,
		                                    .blocking_threads = 1,
		                                    .blocking_queue = 64 };
	struct http_server *server;
	struct rent_error err;

	log_setup((enum rent_log_level)0, LOG_LOGFMT);
	mount.routes = fuzz_rental_routes(&mount.self);
	config->name = "fuzz";
	config->listen = "127.0.0.1:0";
	config->mounts = &mount;
	config->mount_count = 1;
	config->event_threads = 1;
	config->probe = &probe;
	FUZZ_MUST(tasks_new(&tasks, &config->tasks, &err) == 0);
	FUZZ_MUST(tasks_start(config->tasks, &err) == 0);
	config->pool = tasks_workers(config->tasks);
	config->metrics = metrics_new("fuzz", 0);
	FUZZ_MUST(config->metrics != NULL);
	config->events = events_new(NULL, config->metrics);
	FUZZ_MUST(config->events != NULL);
	FUZZ_MUST(http_server_new(config, &server, &err) == 0);
	FUZZ_MUST(http_server_start(server, &err) == 0);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)http_server_port(server));
}

int fuzz_server_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	FUZZ_MUST(fd >= 0);
	FUZZ_MUST(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

void fuzz_server_leave(int fd)
{
	const struct linger gone = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &gone, sizeof(gone));
	(void)close(fd);
}

void fuzz_server_send(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		text += sent;
		n -= (size_t)sent;
	}
}
