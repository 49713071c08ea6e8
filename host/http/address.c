/* SPDX-License-Identifier: MIT
 *
 * http/address.c - see address.h.
 */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

size_t address_network(const struct sockaddr *addr, unsigned char ret[16])
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)addr;

	if (addr == NULL)
		return 0;
	if (addr->sa_family == AF_INET) {
		memcpy(ret, &v4->sin_addr, 4);
		return 4;
	}
	if (addr->sa_family != AF_INET6)
		return 0;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		memcpy(ret, &v6->sin6_addr.s6_addr[12], 4);
		return 4;
	}
	memcpy(ret, &v6->sin6_addr, 8);
	return 8;
}

bool address_parse(const char *text, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;

	*ret = (struct sockaddr_storage){ .ss_family = AF_INET };
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		return true;
	ret->ss_family = AF_INET6;
	return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1;
}

static size_t all_bytes(const struct sockaddr *addr, const unsigned char **ret)
{
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)addr;

	if (addr->sa_family == AF_INET) {
		*ret = (const unsigned char *)&((const struct sockaddr_in *)addr)
		               ->sin_addr;
		return 4;
	}
	*ret = v6->sin6_addr.s6_addr;
	if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
		*ret += 12;
		return 4;
	}
	return 16;
}

/* Splits "10.0.0.0/8". false: it is no network. */
static bool parse_network(const char *text, struct sockaddr_storage *ret,
                          unsigned *ret_bits)
{
	const char *slash = strchr(text, '/');
	const unsigned char *bytes;
	char address[INET6_ADDRSTRLEN];
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);

	if (n >= sizeof(address))
		return false;
	memcpy(address, text, n);
	address[n] = '\0';
	if (!address_parse(address, ret))
		return false;
	n = all_bytes((const struct sockaddr *)ret, &bytes) * 8;
	*ret_bits = (unsigned)n;
	if (slash == NULL)
		return true;
	if (strlen(slash) < 2 || strlen(slash) > 4 ||
	    strspn(slash + 1, "0123456789") != strlen(slash + 1))
		return false;
	*ret_bits = (unsigned)strtoul(slash + 1, NULL, 10);
	return *ret_bits <= n;
}

static bool same_bits(const unsigned char *a, const unsigned char *b, unsigned bits)
{
	unsigned rest = bits % 8, whole = bits / 8;

	return memcmp(a, b, whole) == 0 &&
	       (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

bool address_in_list(const char *const *list, const struct sockaddr *addr)
{
	bool inet = addr != NULL &&
	            (addr->sa_family == AF_INET || addr->sa_family == AF_INET6);

	for (; list != NULL && *list != NULL; list++) {
		const unsigned char *mine, *theirs;
		struct sockaddr_storage network;
		unsigned bits;

		if (!inet && strcmp(*list, "unix") == 0)
			return true;
		if (inet && parse_network(*list, &network, &bits) &&
		    all_bytes(addr, &mine) ==
		            all_bytes((const struct sockaddr *)&network, &theirs) &&
		    same_bits(mine, theirs, bits))
			return true;
	}
	return false;
}
