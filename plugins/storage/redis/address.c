/* SPDX-License-Identifier: MIT
 *
 * address.c - reading addresses; see address.h.
 */
#include "address.h"

#include <stdlib.h>

#define REDIS_PORT   6379
#define DATABASE_MAX 1000000

static bool read_number(const char *text, size_t n, int64_t max, int64_t *ret)
{
	int64_t v = 0;

	if (n == 0 || n > 10)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (text[i] - '0');
	}
	*ret = v;
	return v <= max;
}

/* Copies n bytes that are wanted whole; false when they do not fit. */
static bool copy_whole(const char *from, size_t n, char *out, size_t size)
{
	if (n >= size)
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return true;
}

static bool is_host(const char *text, size_t n)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789.-_:%";

	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\0' || strchr(allowed, text[i]) == NULL)
			return false;
	}
	return true;
}

static bool host_of(const char *text, size_t n, int default_port,
                    struct address_host *ret)
{
	const char *end = text + n, *colon;
	int64_t port = default_port;
	size_t length;

	if (n > 0 && text[0] == '[') {
		const char *close = memchr(text, ']', n);

		if (close == NULL || (close + 1 < end && close[1] != ':'))
			return false;
		colon = close + 1;
		text++;
		length = (size_t)(close - text);
	} else {
		colon = memchr(text, ':', n);
		colon = colon == NULL ? end : colon;
		length = (size_t)(colon - text);
	}
	if (colon < end &&
	    (!read_number(colon + 1, (size_t)(end - colon - 1), 65535, &port) ||
	     port < 1))
		return false;
	ret->port = (int)port;
	return is_host(text, length) &&
	       copy_whole(text, length, ret->host, sizeof(ret->host));
}

int address_host(const char *text, int default_port, struct address_host *ret,
                 struct rent_error *err)
{
	struct address_host host = { .port = 0 };

	if (!host_of(text, strlen(text), default_port, &host) || host.host[0] == '\0')
		return rent_fail(err, RENT_EINVAL, "\"%.100s\": not \"host:port\"", text);
	*ret = host;
	return 0;
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	if (at == NULL)
		return -1;
	return (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

static bool decode(const char *from, size_t n, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		char c = from[i];

		if (c == '%') {
			if (n - i < 3 || hex(from[i + 1]) < 0 || hex(from[i + 2]) < 0)
				return false;
			c = (char)(hex(from[i + 1]) * 16 + hex(from[i + 2]));
			i += 2;
		}
		if (c == '\0' || used + 1 >= size)
			return false;
		out[used++] = c;
	}
	out[used] = '\0';
	return true;
}

/* "[user]:password@" or "password@" in front; moves *at behind it. */
static bool read_login(const char **at, const char *end, struct address *ret)
{
	const char *stop = memchr(*at, '@', (size_t)(end - *at)), *colon;

	if (stop == NULL)
		return true;
	colon = memchr(*at, ':', (size_t)(stop - *at));
	if (colon != NULL &&
	    !decode(*at, (size_t)(colon - *at), ret->user, sizeof(ret->user)))
		return false;
	colon = colon == NULL ? *at : colon + 1;
	if (!decode(colon, (size_t)(stop - colon), ret->password, sizeof(ret->password)))
		return false;
	*at = stop + 1;
	return true;
}

static const char *read_tcp(const char *rest, struct address *ret)
{
	const char *end = rest + strcspn(rest, "/");

	if (!read_login(&rest, end, ret))
		return "user or password is malformed or too long";
	if (!host_of(rest, (size_t)(end - rest), REDIS_PORT, &ret->at))
		return "host or port is malformed";
	if (end[0] == '/' && end[1] != '\0' &&
	    !read_number(end + 1, strlen(end + 1), DATABASE_MAX, &ret->database))
		return "what follows the host is not the number of a database";
	return NULL;
}

static const char *read_unix(const char *rest, struct address *ret)
{
	const char *end = rest + strcspn(rest, "?"), *path;

	path = strchr(rest, '@') == NULL ? rest : strchr(rest, '@') + 1;
	if (path[0] != '/' || path >= end)
		return "the path of a socket begins with \"/\"";
	if (!read_login(&rest, path, ret))
		return "user or password is malformed or too long";
	if (!decode(path, (size_t)(end - path), ret->path, sizeof(ret->path)))
		return "the path is malformed or too long";
	if (end[0] == '?' &&
	    (strncmp(end, "?db=", 4) != 0 ||
	     !read_number(end + 4, strlen(end + 4), DATABASE_MAX, &ret->database)))
		return "the path may be followed by \"?db=number\" only";
	return NULL;
}

int address_url(const char *url, struct address *ret, struct rent_error *err)
{
	struct address address = { .at.port = REDIS_PORT };
	const char *wrong;

	if (strncmp(url, "redis://", 8) == 0)
		wrong = read_tcp(url + 8, &address);
	else if (strncmp(url, "unix://", 7) == 0)
		wrong = read_unix(url + 7, &address);
	else if (strncmp(url, "rediss://", 9) == 0)
		wrong = "TLS is not built in; use a socket of this machine, a private "
			"network, or a tunnel (stunnel)";
	else
		wrong = "does not begin with \"redis://\" or \"unix://\"";
	if (wrong != NULL)
		return rent_fail(err, RENT_EINVAL, "url: %s", wrong);
	*ret = address;
	return 0;
}

void address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE])
{
	if (address->path[0] != '\0')
		(void)rent_copy(out, ADDRESS_TEXT_SIZE, address->path);
	else
		(void)snprintf(out, ADDRESS_TEXT_SIZE, "%s:%d", address->at.host,
		               address->at.port);
}
