/* SPDX-License-Identifier: MIT
 *
 * http/hosts.c - see hosts.h.
 */
#include "http/hosts.h"

#include "http/mhd/conn.h"

#include <arpa/inet.h>
#include <strings.h>

#define NAME_MAX_SIZE 256

/* Without port, brackets and the dot at the end. false: it is too long or no name. */
static bool bare_name(const char *host, size_t n, char ret[NAME_MAX_SIZE])
{
	const char *end;

	if (n > 0 && *host == '[') {
		end = memchr(host, ']', n);
		if (end == NULL)
			return false;
		n = (size_t)(end - host) - 1;
		host++;
	} else {
		end = memchr(host, ':', n);
		n = end == NULL ? n : (size_t)(end - host);
	}
	if (n > 0 && host[n - 1] == '.')
		n--;
	if (n == 0 || n >= NAME_MAX_SIZE)
		return false;
	memcpy(ret, host, n);
	ret[n] = '\0';
	return true;
}

static bool is_local(const char *name)
{
	size_t n = strlen(name), tail = strlen(".localhost");
	struct in6_addr v6;
	struct in_addr v4;

	if (inet_pton(AF_INET, name, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	if (inet_pton(AF_INET6, name, &v6) == 1)
		return IN6_IS_ADDR_LOOPBACK(&v6);
	return strcasecmp(name, "localhost") == 0 ||
	       (n > tail && strcasecmp(name + n - tail, ".localhost") == 0);
}

static bool allow(const char *const *list, bool loopback, const char *host, size_t n)
{
	char name[NAME_MAX_SIZE], known[NAME_MAX_SIZE];

	if (list == NULL || list[0] == NULL) {
		if (!loopback)
			return true;
		return bare_name(host, n, name) && is_local(name);
	}
	for (size_t i = 0; list[i] != NULL; i++) {
		if (strcmp(list[i], "*") == 0)
			return true;
		if (bare_name(host, n, name) &&
		    bare_name(list[i], strlen(list[i]), known) &&
		    strcasecmp(name, known) == 0)
			return true;
	}
	return false;
}

bool hosts_allow(const char *const *list, bool loopback, const char *host)
{
	return allow(list, loopback, host, strlen(host));
}

/* A client of a unix socket has no name to call it by; no page gets there, nor owns this name. */
static bool is_socket_itself(const struct call *call, const char *host)
{
	return call->conn != NULL && call->conn->addr.ss_family == AF_UNIX &&
	       strcasecmp(host, "localhost") == 0;
}

void hosts_check(struct call *call)
{
	const struct http_server *server = call->server;
	const char *const *list = server->config.hosts;
	const char *host = call_header(call, "Host");
	const char *target = strstr(call->target, "://");
	bool ok = host == NULL || hosts_allow(list, server->loopback, host) ||
	          is_socket_itself(call, host);

	/* "GET http://name/path": the name there counts, whatever the header says. */
	if (ok && target != NULL && call->target[0] != '/' && call->target[0] != '*')
		ok = allow(list, server->loopback, target + 3,
		           strcspn(target + 3, "/?#"));
	if (!ok)
		call_refuse(
			call, 421, "misdirected-request",
			"this listener is not called by that name; its option `hosts` "
			"lists the names");
}
