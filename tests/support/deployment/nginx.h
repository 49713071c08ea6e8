/* SPDX-License-Identifier: MIT
 *
 * nginx.h - an nginx in front of something, on a loopback port of the test's: under a
 * sub-path, with an answer nobody expects, silent. It ends when the test frees it or dies.
 * Anything that fails aborts with a message. Main thread only.
 */
#ifndef TEST_NGINX_H
#define TEST_NGINX_H

struct nginx;

/* server: the inside of its `server { }`, without `listen`, for instance
 * "location /rent/ { proxy_pass http://127.0.0.1:8000/; }". Returns when it answers. */
struct nginx *nginx_new(const char *server);
/* From now on this instead. Returns when the new one answers. */
void nginx_change(struct nginx *n, const char *server);
void nginx_free(struct nginx *n);

const char *nginx_url(const struct nginx *n); /* http://127.0.0.1:port */

#endif
