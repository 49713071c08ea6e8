/* SPDX-License-Identifier: MIT
 *
 * runtime/descriptors.h - descriptors that are waited for on one loop: an epoll set inside
 * libuv's, whose events are given once. So a wait costs one call, and a number that was closed
 * and given out again needs no care. The loop's thread only.
 */
#ifndef HOST_RUNTIME_DESCRIPTORS_H
#define HOST_RUNTIME_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct descriptors {
	int set; /* epoll's; -1: none */
	uv_poll_t poll;
	/* Called with what was handed to descriptors_watch(). */
	void (*ready)(void *waiting);
	void **waiting; /* by descriptor; NULL: nobody waits for it */
	size_t room;
};

/* 0, or libuv's error. */
int descriptors_init(struct descriptors *d, uv_loop_t *uv, void (*ready)(void *waiting));
/* After the loop has closed its handles. Fine with a zeroed struct. */
void descriptors_done(struct descriptors *d);

/* ready(waiting) is called once fd has an event. false: fd cannot be waited for. */
bool descriptors_watch(struct descriptors *d, int fd, bool writing, void *waiting);
bool descriptors_waits(const struct descriptors *d, int fd);
/* After the wait, whether the event came or not. */
void descriptors_unwatch(struct descriptors *d, int fd);

#endif
