/* SPDX-License-Identifier: MIT
 *
 * http/mhd/bind.c - see bind.h.
 */
#include "http/mhd/bind.h"

#include "base/cleanup.h"
#include "http/limits.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Cuts "host:port" and "[v6]:port". */
static bool split(const char *address, char host[64], char port[8])
{
	const char *colon = strrchr(address, ':');
	size_t n = colon == NULL ? 0 : (size_t)(colon - address);

	if (colon == NULL || n >= 64 || strlen(colon + 1) == 0 || strlen(colon + 1) > 5 ||
	    strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtol(colon + 1, NULL, 10) > 65535)
		return false;
	(void)rent_copy(port, 8, colon + 1);
	if (*address == '[') {
		if (n < 3 || colon[-1] != ']')
			return false;
		address++;
		n -= 2;
	} else if (memchr(address, ':', n) != NULL) {
		return false; /* a v6 address wants brackets */
	}
	memcpy(host, address, n);
	host[n] = '\0';
	return true;
}

/* Addresses of a name that are not listened on: a client that resolves it may try them first. */
static void name_others(const struct addrinfo *list, const struct addrinfo *bound,
                        char out[BIND_OTHERS_SIZE])
{
	char host[64];
	size_t n = 0;

	out[0] = '\0';
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (ai == bound || n + sizeof(host) + 1 > BIND_OTHERS_SIZE ||
		    getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host), NULL, 0,
		                NI_NUMERICHOST) != 0)
			continue;
		n += (size_t)snprintf(out + n, BIND_OTHERS_SIZE - n, "%s%s",
		                      n == 0 ? "" : " ", host);
	}
}

static void describe(int fd, char out[BIND_ADDRESS_SIZE], unsigned *port)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	socklen_t size = sizeof(addr);
	char host[64] = "?", service[8] = "0";

	(void)getsockname(fd, (struct sockaddr *)&addr, &size);
	(void)getnameinfo((struct sockaddr *)&addr, size, host, sizeof(host), service,
	                  sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(out, BIND_ADDRESS_SIZE,
	               addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
	*port = (unsigned)strtoul(service, NULL, 10);
}

static int try_listen(const struct addrinfo *ai)
{
	cleanup_close int fd =
		socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
	               ai->ai_protocol);
	int one = 1, saved;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 || listen(fd, HTTP_BACKLOG) != 0) {
		saved = errno;
		(void)close(steal_fd(&fd));
		errno = saved;
		return -1;
	}
	return steal_fd(&fd);
}

int bind_listen(const char *address, int *ret_fd, char ret_address[BIND_ADDRESS_SIZE],
                char ret_others[BIND_OTHERS_SIZE], unsigned *ret_port,
                struct rent_error *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		                  .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char host[64], port[8];
	int fd, rc, saved;

	if (!split(address, host, port))
		return rent_fail(
			err, RENT_EINVAL,
			"address '%s': expected HOST:PORT, as in 127.0.0.1:8000 or "
			"[::1]:8000",
			address);
	rc = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
	if (rc != 0)
		return rent_fail(err, RENT_EUNAVAIL, "address '%s': %s", address,
		                 gai_strerror(rc));
	fd = try_listen(list);
	saved = errno;
	name_others(list, list, ret_others);
	freeaddrinfo(list);
	errno = saved;
	if (fd < 0) {
		bool taken = saved == EADDRINUSE || saved == EADDRNOTAVAIL;
		char text[128];

		(void)rent_fail(err, taken ? RENT_EUNAVAIL : RENT_EFAIL,
		                "address '%s': cannot listen: %s", address,
		                strerror_r(saved, text, sizeof(text)));
		errno = saved;
		return taken ? RENT_EUNAVAIL : RENT_EFAIL;
	}
	describe(fd, ret_address, ret_port);
	*ret_fd = fd;
	return 0;
}
