/* SPDX-License-Identifier: MIT
 *
 * networks.c - see networks.h.
 */
#include "common/networks.h"

#include <arpa/inet.h>
#include <stdlib.h>

static bool read_address(const char *text, struct network *ret)
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

int networks_add(struct networks *networks, const char *option, const char *text,
                 struct rent_error *err)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t n = slash == NULL ? strlen(text) : (size_t)(slash - text);
	struct network *one = &networks->list[networks->count];
	char *end = NULL;
	long bits;

	if (networks->count == NETWORKS_MAX)
		return rent_fail(err, RENT_EFULL, "options.%s: more than %d", option,
		                 NETWORKS_MAX);
	(void)snprintf(address, sizeof(address), "%.*s", (int)(n > 60 ? 60 : n), text);
	if (!read_address(address, one))
		return rent_fail(err, RENT_EINVAL,
		                 "options.%s: \"%s\" is no address, like "
		                 "\"185.71.76.0/27\"",
		                 option, text);
	if (slash != NULL) {
		bits = strtol(slash + 1, &end, 10);
		if (end == slash + 1 || *end != '\0' || bits < 1 || bits > one->bits)
			return rent_fail(
				err, RENT_EINVAL,
				"options.%s: \"%s\": bits behind '/' from 1 to %d",
				option, text, one->bits);
		one->bits = (int)bits;
	}
	networks->count++;
	return 0;
}

static bool is_within(const struct network *network, const struct network *one)
{
	size_t bytes = (size_t)network->bits / 8;
	int rest = network->bits % 8;
	unsigned mask = 0xffU << (8 - rest) & 0xffU;

	if (network->family != one->family ||
	    memcmp(network->address, one->address, bytes) != 0)
		return false;
	return rest == 0 || ((unsigned)network->address[bytes] & mask) ==
	                            ((unsigned)one->address[bytes] & mask);
}

bool networks_have(const struct networks *networks, const char *address)
{
	struct network one = { 0 };
	/* how a socket of both families writes an IPv4 address */
	const char *text =
		strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.') != NULL
			? address + 7
			: address;

	if (!read_address(text, &one))
		return false;
	for (size_t i = 0; i < networks->count; i++) {
		if (is_within(&networks->list[i], &one))
			return true;
	}
	return false;
}
