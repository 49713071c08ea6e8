/* SPDX-License-Identifier: MIT
 *
 * http/hosts.h - by which names a listener may be called. A web page whose name its owner points at
 * this machine (DNS rebinding) sends that name, and gets 421.
 */
#ifndef HTTP_HOSTS_H
#define HTTP_HOSTS_H

#include "http/call.h"

/* host as in the header or an absolute target, with or without a port. The list ends with NULL;
 * "*" is any name. NULL or empty: every name, unless loopback is set: then localhost, names below it,
 * and loopback addresses. */
bool hosts_allow(const char *const *list, bool loopback, const char *host);

/* Refuses a call by a name that its listener does not have. A unix socket is also called localhost. */
void hosts_check(struct call *call);

#endif
