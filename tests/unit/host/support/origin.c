/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/origin.c - see origin.h.
 */
#include "origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNS_MAX   16384
#define REQUEST_MAX 16384
#define COUNTS_MAX  256

struct peer {
	int fd; /* 0: free */
	char *buf;
	size_t size;
	bool dies;      /* at its next request */
	bool gathering; /* waits for the others */
	int64_t due_ms; /* 0: no answer is due */
};

struct count {
	char target[128];
	int hits;
};

struct origin {
	int listen_fd, epoll_fd, stop_fd;
	unsigned port;
	pthread_t thread;
	struct peer *peers; /* by descriptor */
	int gathered;
	int due; /* peers with due_ms */

	pthread_mutex_t lock;
	struct count counts[COUNTS_MAX];
	int count, connections, endings, most_waiting;
	char last[4096];
};

static void die(const char *what)
{
	(void)fprintf(stderr, "origin: %s: %s\n", what, strerror(errno));
	abort();
}

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void end_peer(struct origin *o, struct peer *p, bool reset)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 0 };

	if (reset)
		(void)setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	o->gathered -= p->gathering;
	o->due -= p->due_ms != 0;
	(void)close(p->fd);
	free(p->buf);
	*p = (struct peer){ .fd = 0 };
	(void)pthread_mutex_lock(&o->lock);
	o->endings++;
	(void)pthread_mutex_unlock(&o->lock);
}

static void put(const struct peer *p, const char *text, size_t size)
{
	while (size > 0) {
		ssize_t n = send(p->fd, text, size, MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN)
			continue; /* loopback drains soon */
		if (n < 0)
			return;
		text += n;
		size -= (size_t)n;
	}
}

static void answer(const struct peer *p, int status, const char *headers,
                   const char *body, size_t size)
{
	char head[512];
	int n = snprintf(head, sizeof(head),
	                 "HTTP/1.1 %d Some Phrase\r\nContent-Length: %zu\r\n%s\r\n",
	                 status, size, headers);

	put(p, head, (size_t)n);
	put(p, body, size);
}

static void answer_ok(const struct peer *p)
{
	answer(p, 200, "Content-Type: application/json\r\n", "{\"ok\":true}", 11);
}

/* Counts the target; the result is how often it was asked before. */
static int count_hit(struct origin *o, const char *target, const char *request)
{
	struct count *c = NULL;
	int before;

	(void)pthread_mutex_lock(&o->lock);
	(void)snprintf(o->last, sizeof(o->last), "%s", request);
	for (int i = 0; i < o->count && c == NULL; i++)
		if (strcmp(o->counts[i].target, target) == 0)
			c = &o->counts[i];
	if (c == NULL) {
		if (o->count == COUNTS_MAX)
			die("too many targets");
		c = &o->counts[o->count++];
		(void)snprintf(c->target, sizeof(c->target), "%s", target);
	}
	before = c->hits++;
	(void)pthread_mutex_unlock(&o->lock);
	return before;
}

static int nth_status(const char *list, int n)
{
	for (; n > 0 && list[strcspn(list, ",/")] == ','; n--)
		list += strcspn(list, ",/") + 1;
	return (int)strtol(list, NULL, 10);
}

static void gather(struct origin *o, struct peer *p, int wanted)
{
	p->gathering = true;
	if (++o->gathered < wanted)
		return;
	for (int i = 0; i < CONNS_MAX; i++) {
		if (!o->peers[i].gathering)
			continue;
		o->peers[i].gathering = false;
		answer_ok(&o->peers[i]);
	}
	o->gathered = 0;
}

static void answer_later(struct origin *o, struct peer *p, int ms)
{
	p->due_ms = now_ms() + ms;
	o->due++;
	(void)pthread_mutex_lock(&o->lock);
	if (o->due > o->most_waiting)
		o->most_waiting = o->due;
	(void)pthread_mutex_unlock(&o->lock);
}

static void huge(const struct peer *p)
{
	size_t size = 1024 * 1024 + 1;
	char *body = malloc(size);

	if (body == NULL)
		die("malloc");
	memset(body, 'h', size);
	answer(p, 200, "", body, size);
	free(body);
}

/* What ends with the connection. */
static bool act_badly(struct origin *o, struct peer *p, const char *t)
{
	static const struct {
		const char *target, *text;
	} rows[] = {
		{ "/close", "" },
		{ "/rst", "" },
		{ "/cut", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half\":1," },
		{ "/chunkcut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		               "64\r\n{\"half\":1," },
		{ "/bye", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}" },
		{ "/head", "HTTP/1.1 200 OK\r\nContent-Le" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(t, rows[i].target) != 0)
			continue;
		put(p, rows[i].text, strlen(rows[i].text));
		end_peer(o, p, strcmp(t, "/rst") == 0);
		return true;
	}
	return false;
}

static void act(struct origin *o, struct peer *p, const char *t, int before,
                const char *body, size_t size)
{
	if (p->dies) {
		end_peer(o, p, false);
		return;
	}
	if (act_badly(o, p, t) || strcmp(t, "/never") == 0)
		return;
	if (strcmp(t, "/echo") == 0)
		answer(p, 200, "Content-Type: text/x-echo\r\n", body, size);
	else if (strncmp(t, "/status/", 8) == 0)
		answer(p, nth_status(t + 8, 0), "", "{}", 2);
	else if (strncmp(t, "/seq/", 5) == 0)
		answer(p, nth_status(t + 5, before), "", "{}", 2);
	else if (strcmp(t, "/retry") == 0)
		answer(p, 503, "Retry-After: 7\r\n", "{}", 2);
	else if (strcmp(t, "/huge") == 0)
		huge(p);
	else if (strncmp(t, "/gather/", 8) == 0)
		gather(o, p, nth_status(t + 8, 0));
	else if (strncmp(t, "/after/", 7) == 0)
		answer_later(o, p, nth_status(t + 7, 0));
	else
		answer_ok(p);
	p->dies = p->fd != 0 && strcmp(t, "/dienext") == 0;
}

/* One request, if it is complete. */
static bool take_request(struct origin *o, struct peer *p)
{
	char *end = memmem(p->buf, p->size, "\r\n\r\n", 4), *length, target[128];
	size_t head, body = 0;
	int before;

	if (end == NULL)
		return false;
	head = (size_t)(end - p->buf) + 4;
	*end = '\0';
	length = strcasestr(p->buf, "\r\nContent-Length:");
	if (length != NULL)
		body = strtoul(length + 17, NULL, 10);
	*end = '\r';
	if (p->size < head + body)
		return false;
	p->buf[head + body] = '\0'; /* requests do not overlap: clients wait */
	if (sscanf(p->buf, "%*s %127s", target) != 1)
		die("request line");
	before = count_hit(o, target, p->buf);
	p->size = 0;
	act(o, p, target, before, p->buf + head, body);
	return true;
}

static void accept_all(struct origin *o)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd, one = 1;

	while ((fd = accept4(o->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >=
	       0) {
		if (fd >= CONNS_MAX)
			die("too many connections");
		o->peers[fd] = (struct peer){ .fd = fd, .buf = malloc(REQUEST_MAX + 1) };
		ev.data.fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		(void)epoll_ctl(o->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
		(void)pthread_mutex_lock(&o->lock);
		o->connections++;
		(void)pthread_mutex_unlock(&o->lock);
	}
}

static void read_peer(struct origin *o, struct peer *p)
{
	ssize_t n = recv(p->fd, p->buf + p->size, REQUEST_MAX - p->size, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end_peer(o, p, false);
		return;
	}
	p->size += (size_t)n;
	(void)take_request(o, p);
}

static void answer_due(struct origin *o)
{
	int64_t now = now_ms();

	for (int i = 0; i < CONNS_MAX && o->due > 0; i++) {
		if (o->peers[i].due_ms == 0 || o->peers[i].due_ms > now)
			continue;
		o->peers[i].due_ms = 0;
		o->due--;
		answer_ok(&o->peers[i]);
	}
}

static void *run(void *arg)
{
	struct origin *o = arg;
	struct epoll_event events[256];

	for (;;) {
		int n = epoll_wait(o->epoll_fd, events, 256, o->due > 0 ? 2 : -1);

		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;

			if (fd == o->stop_fd)
				return NULL;
			if (fd == o->listen_fd)
				accept_all(o);
			else if (o->peers[fd].fd != 0)
				read_peer(o, &o->peers[fd]);
		}
		answer_due(o);
	}
}

static int listen_on(unsigned port, unsigned *ret_port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, 4096) != 0 ||
	    getsockname(fd, (struct sockaddr *)&addr, &size) != 0)
		die("listen");
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

unsigned origin_free_port(void)
{
	unsigned port;

	(void)close(listen_on(0, &port));
	return port;
}

static void watch(struct origin *o, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .fd = fd } };

	if (epoll_ctl(o->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0)
		die("epoll_ctl");
}

struct origin *origin_new(unsigned port)
{
	struct origin *o = calloc(1, sizeof(*o));

	if (o == NULL)
		die("calloc");
	o->peers = calloc(CONNS_MAX, sizeof(*o->peers));
	o->listen_fd = listen_on(port, &o->port);
	o->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	o->stop_fd = eventfd(0, EFD_CLOEXEC);
	(void)pthread_mutex_init(&o->lock, NULL);
	watch(o, o->listen_fd);
	watch(o, o->stop_fd);
	if (o->peers == NULL || pthread_create(&o->thread, NULL, run, o) != 0)
		die("start");
	return o;
}

void origin_free(struct origin *o)
{
	uint64_t one = 1;

	if (write(o->stop_fd, &one, sizeof(one)) < 0)
		die("stop");
	(void)pthread_join(o->thread, NULL);
	for (int i = 0; i < CONNS_MAX; i++)
		if (o->peers[i].fd != 0)
			end_peer(o, &o->peers[i], false);
	(void)close(o->listen_fd);
	(void)close(o->epoll_fd);
	(void)close(o->stop_fd);
	(void)pthread_mutex_destroy(&o->lock);
	free(o->peers);
	free(o);
}

unsigned origin_port(const struct origin *o)
{
	return o->port;
}

int origin_hits(struct origin *o, const char *target)
{
	int hits = 0;

	(void)pthread_mutex_lock(&o->lock);
	for (int i = 0; i < o->count; i++)
		if (strcmp(o->counts[i].target, target) == 0)
			hits = o->counts[i].hits;
	(void)pthread_mutex_unlock(&o->lock);
	return hits;
}

static int read_number(struct origin *o, const int *number)
{
	int n;

	(void)pthread_mutex_lock(&o->lock);
	n = *number;
	(void)pthread_mutex_unlock(&o->lock);
	return n;
}

int origin_connections(struct origin *o)
{
	return read_number(o, &o->connections);
}

int origin_endings(struct origin *o)
{
	return read_number(o, &o->endings);
}

int origin_most_waiting(struct origin *o)
{
	return read_number(o, &o->most_waiting);
}

void origin_last(struct origin *o, char *out, size_t size)
{
	(void)pthread_mutex_lock(&o->lock);
	(void)snprintf(out, size, "%s", o->last);
	(void)pthread_mutex_unlock(&o->lock);
}
