/* SPDX-License-Identifier: MIT
 *
 * gateway.c - a proxy between rentald and a service that can be made to fail.
 *
 *     surroundings_gateway port                       prints a port that is free now
 *     surroundings_gateway HOST:PORT HOST:PORT FILE   listens on the first, passes on to the second
 *
 * While FILE exists, the gateway answers each request with the contents of FILE (head and
 * body) and closes its connection. A connection is for one request.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 65536u

static struct sockaddr_in target;
static const char *page_file;

static struct sockaddr_in address_of(const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	const char *colon = strrchr(text, ':');
	char host[32];

	(void)snprintf(host, sizeof(host), "%.*s",
	               colon == NULL ? 0 : (int)(colon - text), text);
	if (colon == NULL || inet_pton(AF_INET, host, &a.sin_addr) != 1) {
		(void)fprintf(stderr, "gateway: '%s' is no HOST:PORT\n", text);
		exit(64);
	}
	a.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
	return a;
}

static void send_all(int fd, const char *data, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return;
		data += sent;
		n -= (size_t)sent;
	}
}

/* The whole request, NUL-terminated; 0: there was none. */
static size_t read_request(int fd, char request[REQUEST_MAX])
{
	size_t n = 0, whole = REQUEST_MAX;

	while (n < whole) {
		ssize_t more = read(fd, request + n, REQUEST_MAX - 1 - n);
		const char *end, *length;

		if (more <= 0)
			return 0;
		n += (size_t)more;
		request[n] = '\0';
		end = strstr(request, "\r\n\r\n");
		if (end == NULL)
			continue;
		length = strcasestr(request, "\r\nContent-Length:");
		whole = (size_t)(end + 4 - request) +
		        (length == NULL || length > end ? 0
		                                        : strtoul(length + 17, NULL, 10));
	}
	return n;
}

static void copy(int from, int to)
{
	char data[16384];
	ssize_t n;

	while ((n = read(from, data, sizeof(data))) > 0)
		send_all(to, data, (size_t)n);
}

static void pass_on(int fd, const char *request, size_t n)
{
	static const char close_it[] = "\r\nConnection: close";
	const char *line_end = strstr(request, "\r\n");
	int up = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (up >= 0 && line_end != NULL &&
	    connect(up, (const struct sockaddr *)&target, sizeof(target)) == 0) {
		size_t line = (size_t)(line_end - request);

		send_all(up, request, line);
		send_all(up, close_it, sizeof(close_it) - 1);
		send_all(up, request + line, n - line);
		copy(up, fd);
	}
	if (up >= 0)
		(void)close(up);
}

static void *serve(void *arg)
{
	int fd = (int)(intptr_t)arg;
	static _Thread_local char request[REQUEST_MAX];
	size_t n = read_request(fd, request);
	FILE *page = n == 0 ? NULL : fopen(page_file, "re");
	char text[16384];

	if (page != NULL) {
		send_all(fd, text, fread(text, 1, sizeof(text), page));
		(void)fclose(page);
	} else if (n > 0) {
		pass_on(fd, request, n);
	}
	(void)close(fd);
	return NULL;
}

static int listen_on(const struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 ||
	    listen(fd, 128) != 0) {
		perror("gateway: listen");
		exit(74);
	}
	return fd;
}

static int print_port(void)
{
	struct sockaddr_in a = address_of("127.0.0.1:0");
	socklen_t size = sizeof(a);

	(void)getsockname(listen_on(&a), (struct sockaddr *)&a, &size);
	(void)printf("%u\n", ntohs(a.sin_port));
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in here;
	pthread_attr_t detached;
	int fd;

	if (argc == 2 && strcmp(argv[1], "port") == 0)
		return print_port();
	if (argc != 4)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	here = address_of(argv[1]);
	target = address_of(argv[2]);
	page_file = argv[3];
	fd = listen_on(&here);
	(void)pthread_attr_init(&detached);
	(void)pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	for (;;) {
		int one = accept(fd, NULL, NULL);
		pthread_t thread;

		/* NOLINTNEXTLINE(performance-no-int-to-ptr): the descriptor is the argument */
		void *arg = (void *)(intptr_t)one;

		if (one >= 0 && pthread_create(&thread, &detached, serve, arg) != 0)
			(void)close(one);
	}
}
