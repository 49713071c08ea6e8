/* SPDX-License-Identifier: MIT
 *
 * proxy.c - the wire; see proxy.h. One thread, one poll() over all connections.
 */
#include "proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINKS 64

struct link {
	int client, server; /* 0: free. client -1: cut, the server still works */
	bool cut_reply;
};

struct proxy {
	int listener, port, server_port;
	atomic_int cut, refuse, cut_all, stop;
	struct link links[LINKS];
	pthread_t thread;
	char data[1 << 16]; /* on its way; each proxy has a thread */
};

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	addr.sin_port = htons((uint16_t)port);
	return addr;
}

static void hang_up(struct link *l)
{
	/* A reset, as when the other side's machine is gone. */
	struct linger hard = { 1, 0 };

	if (l->client > 0) {
		(void)setsockopt(l->client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
		(void)close(l->client);
	}
	l->client = -1;
}

static void drop(struct link *l)
{
	hang_up(l);
	if (l->server > 0)
		(void)close(l->server);
	*l = (struct link){ 0 };
}

static void send_all(int fd, const char *data, ssize_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, data, (size_t)n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		data += sent;
		n -= sent;
	}
}

static void take_connection(struct proxy *p)
{
	struct sockaddr_in addr = loopback(p->server_port);
	int client = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
	int server;

	if (client < 0)
		return;
	server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (!p->refuse && connect(server, (struct sockaddr *)&addr, sizeof(addr)) == 0) {
		for (int i = 0; i < LINKS; i++) {
			if (p->links[i].server == 0) {
				p->links[i] = (struct link){ client, server, false };
				return;
			}
		}
	}
	(void)close(client);
	(void)close(server);
}

static void from_client(struct proxy *p, struct link *l)
{
	ssize_t n = recv(l->client, p->data, sizeof(p->data), 0);
	enum proxy_cut cut;

	if (n <= 0) {
		drop(l);
		return;
	}
	cut = (enum proxy_cut)atomic_exchange(&p->cut, PROXY_PASS);
	if (cut == PROXY_CUT_REQUEST) {
		drop(l);
		return;
	}
	send_all(l->server, p->data, n);
	l->cut_reply = l->cut_reply || cut == PROXY_CUT_REPLY;
	if (cut == PROXY_CUT_WAITING)
		hang_up(l);
}

static void from_server(struct proxy *p, struct link *l)
{
	ssize_t n = recv(l->server, p->data, sizeof(p->data), 0);

	if (n <= 0) {
		drop(l);
	} else if (l->client < 0) {
		return;
	} else if (l->cut_reply) {
		/* ReadyForQuery, idle: all of it has been done. */
		if (n >= 6 && memcmp(p->data + n - 6, "Z\0\0\0\5I", 6) == 0)
			drop(l);
	} else {
		send_all(l->client, p->data, n);
	}
}

static void serve(struct proxy *p)
{
	struct pollfd fds[2 * LINKS + 1] = { { .fd = p->listener, .events = POLLIN } };

	for (int i = 0; i < LINKS; i++) {
		const struct link *l = &p->links[i];

		fds[1 + 2 * i] =
			(struct pollfd){ l->client > 0 ? l->client : -1, POLLIN, 0 };
		fds[2 + 2 * i] =
			(struct pollfd){ l->server > 0 ? l->server : -1, POLLIN, 0 };
	}
	if (poll(fds, 2 * LINKS + 1, 10) <= 0)
		return;
	for (int i = 0; i < LINKS; i++) {
		struct link *l = &p->links[i];

		if (fds[2 + 2 * i].revents != 0 && l->server > 0)
			from_server(p, l);
		if (fds[1 + 2 * i].revents != 0 && l->client > 0)
			from_client(p, l);
	}
	if (fds[0].revents != 0)
		take_connection(p);
}

static void drop_all(struct proxy *p)
{
	for (int i = 0; i < LINKS; i++) {
		if (p->links[i].server > 0)
			drop(&p->links[i]);
	}
}

static void *proxy_main(void *arg)
{
	struct proxy *p = arg;

	while (!p->stop) {
		serve(p);
		if (atomic_exchange(&p->cut_all, 0) != 0)
			drop_all(p);
	}
	return NULL;
}

struct proxy *proxy_new(int server_port)
{
	struct proxy *p = calloc(1, sizeof(*p));
	struct sockaddr_in addr = loopback(0);
	socklen_t size = sizeof(addr);

	if (p == NULL)
		abort();
	p->server_port = server_port;
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->listener < 0 || bind(p->listener, (struct sockaddr *)&addr, size) != 0 ||
	    listen(p->listener, LINKS) != 0 ||
	    getsockname(p->listener, (struct sockaddr *)&addr, &size) != 0 ||
	    pthread_create(&p->thread, NULL, proxy_main, p) != 0)
		abort();
	p->port = ntohs(addr.sin_port);
	return p;
}

void proxy_free(struct proxy *p)
{
	p->stop = 1;
	(void)pthread_join(p->thread, NULL);
	drop_all(p);
	(void)close(p->listener);
	free(p);
}

int proxy_port(const struct proxy *p)
{
	return p->port;
}

void proxy_arm(struct proxy *p, enum proxy_cut cut)
{
	p->cut = (int)cut;
}

void proxy_refuse(struct proxy *p, int refuse)
{
	p->refuse = refuse;
}

void proxy_cut_all(struct proxy *p)
{
	p->cut_all = 1;
}
