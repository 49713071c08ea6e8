/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/sse.c - see sse.h.
 */
#include "sse.h"

#include "raw.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
	(void)fprintf(stderr, "stream client: %s: %s\n", what, strerror(errno));
	abort();
}

/* One byte; false: the end. */
static bool byte(struct sse *s, char *ret)
{
	ssize_t n = recv(s->fd, ret, 1, 0);

	if (n < 0 && errno != ECONNRESET)
		die("nothing came");
	return n == 1;
}

static void read_head(struct sse *s)
{
	size_t n = 0;

	while (n < 4 || memcmp(s->head + n - 4, "\r\n\r\n", 4) != 0)
		if (n + 1 >= sizeof(s->head) || !byte(s, &s->head[n++]))
			break;
	s->head[n] = '\0';
	if (n > 12)
		s->status = (int)strtol(s->head + 9, NULL, 10);
	s->chunked = strstr(s->head, "Transfer-Encoding: chunked") != NULL;
}

struct sse *sse_open(unsigned port, const char *target, const char *headers)
{
	struct sse *s = calloc(1, sizeof(*s));
	char request[1024];

	if (s == NULL)
		die("calloc");
	s->fd = raw_connect(port);
	(void)snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n",
	               target, headers);
	raw_send(s->fd, request);
	read_head(s);
	return s;
}

void sse_close(struct sse *s)
{
	(void)close(s->fd);
	free(s);
}

/* The line with the size of the next chunk. */
static bool begin_chunk(struct sse *s)
{
	char line[32];
	size_t n = 0;

	while (n < sizeof(line) - 1 && byte(s, &line[n])) {
		n++;
		if (n == 2 && memcmp(line, "\r\n", 2) == 0)
			n = 0; /* that of the chunk before */
		else if (n > 2 && memcmp(line + n - 2, "\r\n", 2) == 0)
			break;
	}
	line[n] = '\0';
	if (n == 0)
		return false;
	s->chunk_left = strtoul(line, NULL, 16);
	s->ended = s->chunk_left == 0;
	return !s->ended;
}

/* Some more text; false: the end. */
static bool more(struct sse *s)
{
	size_t room = sizeof(s->text) - 1 - s->size;
	ssize_t n;

	if (s->ended || (s->chunked && s->chunk_left == 0 && !begin_chunk(s)))
		return false;
	if (s->chunked && room > s->chunk_left)
		room = s->chunk_left;
	if (room == 0)
		die("a block that does not end");
	n = recv(s->fd, s->text + s->size, room, 0);
	if (n < 0 && errno != ECONNRESET)
		die("nothing came");
	if (n <= 0)
		return false;
	s->size += (size_t)n;
	s->text[s->size] = '\0';
	if (s->chunked)
		s->chunk_left -= (size_t)n;
	return true;
}

static void field(struct sse *s, const char *line, size_t n, struct sse_event *ret)
{
	int size = (int)n;

	if (n > 0 && line[0] == ':')
		s->comments++;
	else if (n >= 4 && memcmp(line, "id: ", 4) == 0)
		(void)snprintf(ret->id, sizeof(ret->id), "%.*s", size - 4, line + 4);
	else if (n >= 7 && memcmp(line, "event: ", 7) == 0)
		(void)snprintf(ret->type, sizeof(ret->type), "%.*s", size - 7, line + 7);
	else if (n >= 6 && memcmp(line, "data: ", 6) == 0)
		(void)snprintf(ret->data, sizeof(ret->data), "%.*s", size - 6, line + 6);
	else if (n < 7 || memcmp(line, "retry: ", 7) != 0)
		die("a line of no field");
}

/* One block, up to its empty line; false: the end. */
static bool block(struct sse *s, struct sse_event *ret)
{
	char *end;
	size_t n;

	*ret = (struct sse_event){ .id = "" };
	s->text[s->size] = '\0';
	while ((end = strstr(s->text, "\n\n")) == NULL)
		if (!more(s))
			return false;
	for (char *line = s->text; line < end; line += strcspn(line, "\n") + 1)
		field(s, line, strcspn(line, "\n"), ret);
	n = (size_t)(end + 2 - s->text);
	s->size -= n;
	memmove(s->text, s->text + n, s->size);
	if (ret->id[0] != '\0')
		memcpy(s->last_id, ret->id, sizeof(s->last_id));
	return true;
}

bool sse_next(struct sse *s, struct sse_event *ret)
{
	while (block(s, ret))
		if (ret->data[0] != '\0')
			return true;
	return false;
}

void sse_expect(struct sse *s, const char *type, struct sse_event *ret)
{
	if (sse_next(s, ret) && strcmp(ret->type, type) == 0)
		return;
	(void)fprintf(stderr, "stream client: '%s' instead of '%s': %s\n", ret->type,
	              type, ret->data);
	abort();
}

void sse_comment(struct sse *s)
{
	struct sse_event event;
	int before = s->comments;

	while (s->comments == before)
		if (!block(s, &event))
			die("the end instead of a comment");
}

void sse_to_end(struct sse *s)
{
	struct sse_event event;

	while (sse_next(s, &event)) {
	}
}

int64_t sse_number(const char *id)
{
	const char *dash = strrchr(id, '-');

	return dash == NULL ? -1 : strtoll(dash + 1, NULL, 10);
}
