/* SPDX-License-Identifier: MIT
 *
 * proxy.h - a wire between a client and a server that can be cut at the
 * moments that matter: a TCP proxy on a separate loopback port.
 */
#ifndef TEST_PROXY_H
#define TEST_PROXY_H

struct proxy;

enum proxy_cut {
	PROXY_PASS,
	PROXY_CUT_REPLY, /* the next thing the client says arrives whole; when the server has
			      answered, the client is cut off instead of being told */
	PROXY_CUT_WAITING, /* … and the client is cut off at once */
	PROXY_CUT_REQUEST, /* the next thing the client says does not arrive */
};

struct proxy *proxy_new(int server_port);
void proxy_free(struct proxy *p);
int proxy_port(const struct proxy *p);

/* For one connection, the next that says something. Afterwards all pass again. */
void proxy_arm(struct proxy *p, enum proxy_cut cut);
/* Refuses new connections, or takes them again. */
void proxy_refuse(struct proxy *p, int refuse);
/* Cuts all that there are. */
void proxy_cut_all(struct proxy *p);

#endif
