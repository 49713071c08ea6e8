/* SPDX-License-Identifier: MIT
 *
 * wire.c - see wire.h.
 */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

bool wire_address(const char *url, struct sockaddr_in *ret)
{
	char host[32];
	const char *colon;
	long port;

	if (strncmp(url, "http://127.", 11) != 0)
		return false;
	url += strlen("http://");
	colon = strchr(url, ':');
	if (colon == NULL || (size_t)(colon - url) >= sizeof(host))
		return false;
	memcpy(host, url, (size_t)(colon - url));
	host[colon - url] = '\0';
	port = strtol(colon + 1, NULL, 10);
	*ret = (struct sockaddr_in){ .sin_family = AF_INET,
		                     .sin_port = htons((uint16_t)port) };
	return port > 0 && port < 65536 && inet_pton(AF_INET, host, &ret->sin_addr) == 1;
}

bool wire_open(struct wire *w, const struct sockaddr_in *to, int epoll_fd, void *arg)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = arg } };
	int one = 1;

	w->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (w->fd < 0)
		return false;
	if (connect(w->fd, (const struct sockaddr *)to, sizeof(*to)) != 0 ||
	    setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) != 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, w->fd, &ev) != 0) {
		wire_close(w);
		return false;
	}
	return true;
}

void wire_close(struct wire *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

/* A request is smaller than any socket buffer: it goes at once or the connection is gone. */
bool wire_send(struct wire *w, const char *request, size_t size)
{
	w->got = 0;
	w->status = 0;
	w->body = "";
	return send(w->fd, request, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static const char *header(const char *head, const char *end, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = head; p < end; p = strstr(p, "\r\n") + 2)
		if (strncasecmp(p, name, n) == 0 && p[n] == ':')
			return p + n + 1;
	return NULL;
}

static enum wire_state parse(struct wire *w)
{
	const char *end, *length;
	size_t head;

	w->reply[w->got] = '\0';
	end = strstr(w->reply, "\r\n\r\n");
	if (end == NULL)
		return w->got == WIRE_REPLY_MAX ? WIRE_BROKEN : WIRE_MORE;
	head = (size_t)(end - w->reply) + 4;
	length = header(w->reply, end, "Content-Length");
	if (length == NULL || w->got < 12)
		return WIRE_BROKEN;
	if (w->got < head + strtoul(length, NULL, 10))
		return w->got == WIRE_REPLY_MAX ? WIRE_BROKEN : WIRE_MORE;
	w->status = (int)strtol(w->reply + 9, NULL, 10);
	w->body = end + 4;
	return WIRE_WHOLE;
}

enum wire_state wire_read(struct wire *w)
{
	ssize_t n = recv(w->fd, w->reply + w->got, WIRE_REPLY_MAX - w->got, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WIRE_MORE;
	if (n <= 0)
		return WIRE_BROKEN;
	w->got += (size_t)n;
	return parse(w);
}

bool wire_member(const struct wire *w, const char *name, char *ret, size_t size)
{
	char key[64];
	const char *at, *end;

	(void)snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(w->body, key);
	if (at == NULL)
		return false;
	at += strlen(key);
	end = strchr(at, '"');
	if (end == NULL || (size_t)(end - at) >= size)
		return false;
	memcpy(ret, at, (size_t)(end - at));
	ret[end - at] = '\0';
	return true;
}
