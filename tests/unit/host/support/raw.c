/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/raw.c - see raw.h.
 */
#include "raw.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void die(const char *what)
{
	(void)fprintf(stderr, "raw client: %s: %s\n", what, strerror(errno));
	abort();
}

static int open_socket(unsigned port, bool must)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)port),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0)
		return fd;
	if (must)
		die("connect");
	(void)close(fd);
	return -1;
}

int raw_connect(unsigned port)
{
	return open_socket(port, true);
}

bool raw_try_connect(unsigned port)
{
	int fd = open_socket(port, false);

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

void raw_send(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

		if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
			return; /* what the server said before is still to be read */
		if (n < 0)
			die("send");
		text += n;
		left -= (size_t)n;
	}
}

/* 0 at the end of the stream, which a reset is too. */
static size_t receive(int fd, char *buf, size_t size)
{
	ssize_t n = recv(fd, buf, size, 0);

	if (n < 0 && errno != ECONNRESET)
		die("recv");
	return n < 0 ? 0 : (size_t)n;
}

static size_t read_head(int fd, struct raw_reply *ret)
{
	size_t size = 0;

	while (size < 4 || memcmp(ret->head + size - 4, "\r\n\r\n", 4) != 0) {
		if (size + 1 >= sizeof(ret->head))
			die("head too large");
		if (receive(fd, ret->head + size, 1) == 0)
			break;
		size++;
	}
	ret->head[size] = '\0';
	return size;
}

bool raw_header(const struct raw_reply *reply, const char *name, char *out, size_t size)
{
	size_t n = strlen(name);

	for (const char *p = strstr(reply->head, "\r\n"); p != NULL && p[2] != '\0';
	     p = strstr(p + 2, "\r\n")) {
		const char *line = p + 2;

		if (strncasecmp(line, name, n) == 0 && line[n] == ':') {
			line += n + 1 + strspn(line + n + 1, " ");
			(void)snprintf(out, size, "%.*s", (int)strcspn(line, "\r"), line);
			return true;
		}
	}
	return false;
}

void raw_read(int fd, struct raw_reply *ret, bool head_only)
{
	char length[32];
	size_t want = 0, n;

	do { /* interim replies are not what we asked for */
		ret->status = 0;
		ret->body_size = 0;
		ret->body[0] = '\0';
		if (read_head(fd, ret) == 0)
			return;
		ret->status = (int)strtol(ret->head + strcspn(ret->head, " "), NULL, 10);
	} while (ret->status == 100);
	if (!head_only && raw_header(ret, "Content-Length", length, sizeof(length)))
		want = strtoul(length, NULL, 10);
	if (want >= sizeof(ret->body))
		die("body too large");
	while (ret->body_size < want) {
		n = receive(fd, ret->body + ret->body_size, want - ret->body_size);
		if (n == 0)
			break;
		ret->body_size += n;
	}
	ret->body[ret->body_size] = '\0';
}

bool raw_is_readable(int fd)
{
	char c;

	return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

bool raw_is_closed(int fd)
{
	char c;

	return receive(fd, &c, 1) == 0;
}

void raw_ask(unsigned port, const char *text, struct raw_reply *ret)
{
	int fd = raw_connect(port);

	raw_send(fd, text);
	raw_read(fd, ret, strncmp(text, "HEAD ", 5) == 0);
	(void)close(fd);
}

void raw_get(unsigned port, const char *line, const char *headers, struct raw_reply *ret)
{
	char text[8192];

	(void)snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
	               line, headers);
	raw_ask(port, text, ret);
}

void raw_post(unsigned port, const char *target, const char *type, const char *body,
              struct raw_reply *ret)
{
	size_t size = strlen(body) + strlen(target) + 512;
	char *text = malloc(size);

	if (text == NULL)
		die("malloc");
	(void)snprintf(text, size,
	               "POST %s HTTP/1.1\r\nHost: localhost\r\n%s%s%sContent-Length: "
	               "%zu\r\n\r\n%s",
	               target,
	               type == NULL ? "" : "Content-Type: ", type == NULL ? "" : type,
	               type == NULL ? "" : "\r\n", strlen(body), body);
	raw_ask(port, text, ret);
	free(text);
}
