/* SPDX-License-Identifier: MIT
 *
 * http/address.h - internet addresses as configurations and headers have them. Any thread.
 */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* "192.0.2.1" or "2001:db8::1". False: it is neither. */
bool address_parse(const char *text, struct sockaddr_storage *ret);

/* The bytes that tell one client from another; 0: not an internet address. */
size_t address_network(const struct sockaddr *addr, unsigned char ret[16]);

/* Whether addr is one of list, addresses and networks ("10.0.0.0/8"), up to NULL; "unix": a unix
 * socket, whose addr is no internet address. */
bool address_in_list(const char *const *list, const struct sockaddr *addr);

#endif
