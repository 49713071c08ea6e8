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
#include <sys/stat.h>
#include <sys/un.h>

#define BIND_UNIX "unix:"

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
                        char *out, size_t size)
{
	char host[64];
	size_t n = 0;

	out[0] = '\0';
	for (const struct addrinfo *ai = list; ai != NULL; ai = ai->ai_next) {
		if (ai == bound || n + sizeof(host) + 1 > size ||
		    getnameinfo(ai->ai_addr, ai->ai_addrlen, host, sizeof(host), NULL, 0,
		                NI_NUMERICHOST) != 0)
			continue;
		n += (size_t)snprintf(out + n, size - n, "%s%s", n == 0 ? "" : " ", host);
	}
}

static bool is_loopback(const struct sockaddr_storage *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(&v4, addr, sizeof(v4));
	memcpy(&v6, addr, sizeof(v6));
	return addr->ss_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)
	                                   : (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
}

static void describe(struct bound *bound)
{
	struct sockaddr_storage addr = { .ss_family = AF_INET };
	socklen_t size = sizeof(addr);
	char host[64] = "?", service[8] = "0";

	(void)getsockname(bound->fd, (struct sockaddr *)&addr, &size);
	(void)getnameinfo((struct sockaddr *)&addr, size, host, sizeof(host), service,
	                  sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(bound->address, sizeof(bound->address),
	               addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, service);
	bound->port = (unsigned)strtoul(service, NULL, 10);
	bound->loopback = is_loopback(&addr);
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

static int cannot_listen(const char *address, int error, struct rent_error *err)
{
	bool taken = error == EADDRINUSE || error == EADDRNOTAVAIL;
	char text[128];

	(void)rent_fail(err, taken ? RENT_EUNAVAIL : RENT_EFAIL,
	                "address '%s': cannot listen: %s", address,
	                strerror_r(error, text, sizeof(text)));
	errno = error;
	return taken ? RENT_EUNAVAIL : RENT_EFAIL;
}

static int listen_inet(const char *address, struct bound *ret, struct rent_error *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		                  .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char host[64], port[8];
	int rc, saved;

	if (!split(address, host, port))
		return rent_fail(
			err, RENT_EINVAL,
			"address '%s': expected HOST:PORT, as in 127.0.0.1:8000 or "
			"[::1]:8000, or unix:/PATH",
			address);
	rc = getaddrinfo(host[0] == '\0' ? NULL : host, port, &hints, &list);
	if (rc != 0)
		return rent_fail(err, RENT_EUNAVAIL, "address '%s': %s", address,
		                 gai_strerror(rc));
	ret->fd = try_listen(list);
	saved = errno;
	name_others(list, list, ret->others, sizeof(ret->others));
	freeaddrinfo(list);
	if (ret->fd < 0)
		return cannot_listen(address, saved, err);
	describe(ret);
	return 0;
}

/* ---- unix sockets --------------------------------------------------------------------- */

/* A socket's file outlives its process. If nothing listens on it, it may go. */
static void remove_dead(const struct sockaddr_un *addr)
{
	cleanup_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) != 0 &&
	    errno == ECONNREFUSED)
		(void)unlink(addr->sun_path);
}

static int listen_unix(const char *address, unsigned mode, struct bound *ret,
                       struct rent_error *err)
{
	cleanup_close int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = address + strlen(BIND_UNIX);
	struct stat st;

	if (*path != '/' || !rent_copy(addr.sun_path, sizeof(addr.sun_path), path))
		return rent_fail(err, RENT_EINVAL,
		                 "address '%s': expected unix:/PATH of at most %zu bytes",
		                 address, sizeof(addr.sun_path) - 1);
	remove_dead(&addr);
	/* No client may connect before the mode is set. */
	if (fd < 0 || fchmod(fd, 0600) != 0 ||
	    bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) != 0 ||
	    listen(fd, HTTP_BACKLOG) != 0 || chmod(path, mode) != 0 ||
	    stat(path, &st) != 0)
		return cannot_listen(address, errno, err);
	*ret = (struct bound){ .fd = steal_fd(&fd),
		               .loopback = true,
		               .inode = (uint64_t)st.st_ino };
	(void)rent_copy(ret->path, sizeof(ret->path), path);
	(void)rent_copy(ret->address, sizeof(ret->address), address);
	return 0;
}

int bind_listen(const char *address, unsigned mode, struct bound *ret,
                struct rent_error *err)
{
	if (strncmp(address, BIND_UNIX, strlen(BIND_UNIX)) == 0)
		return listen_unix(address, mode, ret, err);
	return listen_inet(address, ret, err);
}

void bind_remove(const char *path, uint64_t inode)
{
	struct stat st;

	if (path[0] != '\0' && lstat(path, &st) == 0 && (uint64_t)st.st_ino == inode)
		(void)unlink(path);
}
