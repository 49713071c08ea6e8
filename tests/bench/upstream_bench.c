/* SPDX-License-Identifier: MIT
 *
 * upstream_bench.c - what an outbound exchange costs the host: callers that POST a small body to a
 * service in a process beside this one, again and again, each as a task or as a thread. Prints one
 * JSON line: exchanges a second, and the processor time that one takes of this process, the service's
 * left out.
 *
 *     upstream_bench [--callers=64] [--loops=2] [--batch=1] [--seconds=3] [--threads]
 */
#include "base/arena.h"
#include "base/clock.h"
#include "events/events.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/task.h"
#include "upstream/upstream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define BODY        "{\"amount\":1250,\"currency\":\"EUR\",\"customer\":\"u-1\",\"key\":\"k-1\"}"
#define REPLY       "{\"status\":\"succeeded\",\"id\":\"ch_0001\",\"amount\":1250}"

#define EVENTS      256
#define CALLERS_MAX 4096
#define BATCH_MAX   1024

static struct {
	unsigned callers, loops, batch, seconds;
	bool threads;
} options = { .callers = 64, .loops = 2, .batch = 1, .seconds = 3 };

/* ---- the service: a request is what one read gives ----------------------------------------- */

static void answer(int epoll_fd, int fd)
{
	static const char reply[] =
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		"Content-Length: 51\r\n\r\n" REPLY;
	char request[4096];

	static_assert(sizeof(REPLY) == 52, "Content-Length");
	if (read(fd, request, sizeof(request)) <= 0 ||
	    send(fd, reply, sizeof(reply) - 1, MSG_NOSIGNAL) < 0) {
		(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		(void)close(fd);
	}
}

static void serve(int listen_fd)
{
	struct epoll_event events[EVENTS], ev = { .events = EPOLLIN };
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	ev.data.fd = listen_fd;
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listen_fd, &ev);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd != listen_fd) {
				answer(epoll_fd, events[i].data.fd);
				continue;
			}
			ev.data.fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
			(void)epoll_ctl(epoll_fd, EPOLL_CTL_ADD, ev.data.fd, &ev);
		}
	}
}

/* The port; the process ends with this one. */
static unsigned start_service(pid_t *ret_pid)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, size) != 0 ||
	    listen(fd, 4096) != 0 || getsockname(fd, (struct sockaddr *)&a, &size) != 0)
		abort();
	*ret_pid = fork();
	if (*ret_pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(fd);
	}
	(void)close(fd);
	return ntohs(a.sin_port);
}

/* ---- the callers ----------------------------------------------------------------------------- */

static struct {
	struct tasks *tasks;
	struct upstreams *upstreams;
	struct rent_upstream *service;
	int64_t end_us;
	_Atomic uint64_t done, failed;
} bench;

static void prepare(struct rent_exchange *x)
{
	*x = (struct rent_exchange){ .struct_size = sizeof(*x),
		                     .arena = arena_new(ARENA_MAX_DEFAULT) };
	x->request = (struct rent_upstream_request){ .struct_size = sizeof(x->request),
		                                     .flags = RENT_RESEND_SAFE,
		                                     .upstream = bench.service,
		                                     .method = "POST",
		                                     .target = "/payments/charge",
		                                     .endpoint = "charge",
		                                     .body = BODY,
		                                     .body_size = sizeof(BODY) - 1 };
	x->request.headers[0] =
		(struct rent_header){ "Content-Type", "application/json" };
	x->request.headers[1] = (struct rent_header){ "Idempotency-Key", "k-1" };
}

static void call_until_the_end(void *arg)
{
	struct rent_exchange *x = calloc(options.batch, sizeof(*x));
	struct rent_exchange **all =
		calloc(options.batch, sizeof(struct rent_exchange *));

	(void)arg;
	if (x == NULL || all == NULL)
		abort();
	while (clock_mono_us() < bench.end_us) {
		for (unsigned i = 0; i < options.batch; i++) {
			prepare(&x[i]);
			all[i] = &x[i];
		}
		upstream_exchange(bench.upstreams, all, options.batch);
		for (unsigned i = 0; i < options.batch; i++) {
			bench.failed += x[i].transport != RENT_REPLIED;
			arena_free(x[i].arena);
		}
		bench.done += options.batch;
	}
	free(all);
	free(x);
}

static void *call_on_a_thread(void *arg)
{
	call_until_the_end(arg);
	return NULL;
}

static void call_on_threads(void)
{
	pthread_t threads[CALLERS_MAX];

	for (unsigned i = 0; i < options.callers; i++)
		if (pthread_create(&threads[i], NULL, call_on_a_thread, NULL) != 0)
			abort();
	for (unsigned i = 0; i < options.callers; i++)
		(void)pthread_join(threads[i], NULL);
}

static void call_in_tasks(void)
{
	for (unsigned i = 0; i < options.callers; i++)
		if (task_spawn(bench.tasks, NULL, "caller", call_until_the_end, NULL) !=
		    0)
			abort();
	while (tasks_alive(bench.tasks) > 0)
		(void)usleep(10000);
}

static int64_t cpu_us(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * RENT_SECOND +
	       usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static bool parse_options(int argc, char **argv)
{
	static const struct option known[] = {
		{ "callers", required_argument, NULL, 'c' },
		{ "loops", required_argument, NULL, 'l' },
		{ "batch", required_argument, NULL, 'b' },
		{ "seconds", required_argument, NULL, 's' },
		{ "threads", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		unsigned value = optarg == NULL ? 0 : (unsigned)strtoul(optarg, NULL, 10);

		if (c == 'c')
			options.callers = value;
		else if (c == 'l')
			options.loops = value;
		else if (c == 'b')
			options.batch = value;
		else if (c == 's')
			options.seconds = value;
		else if (c == 't')
			options.threads = true;
		else
			return false;
	}
	return options.callers > 0 && options.callers <= CALLERS_MAX &&
	       options.loops > 0 && options.loops <= TASKS_LOOPS_MAX &&
	       options.batch > 0 && options.batch <= BATCH_MAX && options.seconds > 0;
}

static void open_all(unsigned port)
{
	const struct tasks_options tasks = { .loops = options.loops,
		                             .tasks_max = CALLERS_MAX,
		                             .stack_size = (size_t)256 * 1024,
		                             .blocking_threads = 1,
		                             .blocking_queue = 1 };
	const struct upstream_limits limits = { .timeout_us = 30 * RENT_SECOND,
		                                .tries = 1,
		                                .breaker_failures = 1000000,
		                                .breaker_reset_us = RENT_SECOND,
		                                .max_in_flight = CALLERS_MAX };
	struct upstreams_config config = { .metrics = metrics_new("bench", 100) };
	char url[64];

	config.events = events_new(NULL, config.metrics);
	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	if (tasks_new(&tasks, &bench.tasks, NULL) != 0 ||
	    tasks_start(bench.tasks, NULL) != 0)
		abort();
	config.tasks = bench.tasks;
	if (upstreams_new(&config, &bench.upstreams, NULL) != 0 ||
	    upstream_open(bench.upstreams, "bench", url, &limits, &bench.service, NULL) !=
	            0)
		abort();
}

int main(int argc, char **argv)
{
	int64_t began, cpu, took;
	pid_t service;

	if (!parse_options(argc, argv)) {
		(void)fprintf(stderr, "usage: upstream_bench [--callers=N] [--loops=N] "
		                      "[--batch=N] [--seconds=N] [--threads]\n");
		return 64;
	}
	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	open_all(start_service(&service));
	began = clock_mono_us();
	cpu = cpu_us();
	bench.end_us = began + (int64_t)options.seconds * RENT_SECOND;
	if (options.threads)
		call_on_threads();
	else
		call_in_tasks();
	took = clock_mono_us() - began;
	cpu = cpu_us() - cpu;
	(void)printf(
		"{\"callers\":%u,\"as\":\"%s\",\"loops\":%u,\"batch\":%u,"
		"\"per_second\":%" PRIu64 ",\"cpu_us\":%.1f,\"failed\":%" PRIu64 "}\n",
		options.callers, options.threads ? "threads" : "tasks", options.loops,
		options.batch, bench.done * RENT_SECOND / (uint64_t)took,
		(double)cpu / (double)bench.done, bench.failed);
	upstreams_free(bench.upstreams);
	tasks_free(bench.tasks);
	(void)kill(service, SIGKILL);
	(void)waitpid(service, NULL, 0);
	return bench.failed == 0 ? 0 : 1;
}
