/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/peer.c - the addresses from which YooKassa calls.
 */
#include "yookassa.h"

#include <arpa/inet.h>
#include <stdlib.h>

static bool read_address(const char *text, struct peers *ret)
{
	static const int families[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		if (inet_pton(families[i], text, ret->address) == 1) {
			ret->family = families[i];
			ret->bits = families[i] == AF_INET ? 32 : 128;
			return true;
		}
	}
	return false;
}

int yookassa_add_peers(struct yookassa *y, const char *text, struct rent_error *err)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct peers *peers = &y->peers[y->peer_count];
	char *end = NULL;
	long bits;

	if (y->peer_count == PEERS_MAX)
		return rent_fail(err, RENT_EFULL, "options.peers: more than %d",
		                 PEERS_MAX);
	(void)snprintf(address, sizeof(address), "%.*s", (int)(n > 60 ? 60 : n), text);
	if (!read_address(address, peers))
		return rent_fail(err, RENT_EINVAL,
		                 "options.peers: \"%s\" is no address, like "
		                 "\"185.71.76.0/27\"",
		                 text);
	if (slash != NULL) {
		bits = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end != '\0' || bits < 1 || bits > peers->bits)
			return rent_fail(
				err, RENT_EINVAL,
				"options.peers: \"%s\": bits behind '/' from 1 to %d",
				text, peers->bits);
		peers->bits = (int)bits;
	}
	y->peer_count++;
	return 0;
}

static bool is_within(const struct peers *peers, const struct peers *one)
{
	size_t bytes = (size_t)peers->bits / 8;
	int rest = peers->bits % 8;
	unsigned mask = 0xffU << (8 - rest) & 0xffU;

	if (peers->family != one->family ||
	    memcmp(peers->address, one->address, bytes) != 0)
		return false;
	return rest == 0 || ((unsigned)peers->address[bytes] & mask) ==
	                            ((unsigned)one->address[bytes] & mask);
}

bool yookassa_peer_known(const struct yookassa *y, const char *address)
{
	struct peers one = { 0 };
	/* how a socket of both families writes an IPv4 address */
	const char *text =
		strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.') != NULL
			? address + 7
			: address;

	if (!read_address(text, &one))
		return false;
	for (size_t i = 0; i < y->peer_count; i++) {
		if (is_within(&y->peers[i], &one))
			return true;
	}
	return false;
}
