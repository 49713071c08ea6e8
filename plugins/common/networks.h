/* SPDX-License-Identifier: MIT
 *
 * networks.h - a list of addresses and networks ("185.71.76.0/27", "2a02:5180::/32"), and whether an
 * address is in it. Does not change once it is filled; then any thread may look.
 */
#ifndef COMMON_NETWORKS_H
#define COMMON_NETWORKS_H

#include <rent/base.h>

#define NETWORKS_MAX 32

/* Addresses whose first bits are the same. family: AF_INET or AF_INET6. */
struct network {
	int family, bits;
	unsigned char address[16];
};

struct networks {
	struct network list[NETWORKS_MAX];
	size_t count;
};

/* Adds one; option names it in errors (RENT_EINVAL, RENT_EFULL). */
int networks_add(struct networks *networks, const char *option, const char *text,
                 struct rent_error *err);

/* An IPv4 address may be written as a socket of both families does, "::ffff:192.0.2.1". */
bool networks_have(const struct networks *networks, const char *address);

#endif
