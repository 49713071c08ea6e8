/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/sse.h - a client of text/event-stream, as a browser reads it: one event
 * after the other. Aborts the test when nothing comes for ten seconds.
 */
#ifndef HOST_C_SSE_H
#define HOST_C_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SSE_BUFFER 65536

struct sse {
	int fd, status;
	char head[2048];
	bool chunked, ended; /* ended: properly, by an empty chunk */
	size_t chunk_left;
	char text[SSE_BUFFER]; /* decoded, not yet read */
	size_t size;
	char last_id[64]; /* as a browser would send it */
	int comments;     /* seen so far */
};

struct sse_event {
	char id[64], type[64]; /* id "": the block had none */
	char data[5000];
};

/* GET target with further headers ("A: b\r\n", may be ""), HTTP/1.1. */
struct sse *sse_open(unsigned port, const char *target, const char *headers);
void sse_close(struct sse *sse);

/* The next event; comments and ids alone are taken note of. false: the stream has ended. */
bool sse_next(struct sse *sse, struct sse_event *ret);
/* The next event, which must be of this type. */
void sse_expect(struct sse *sse, const char *type, struct sse_event *ret);
/* Reads until a comment has come; events before it are thrown away. */
void sse_comment(struct sse *sse);
/* Reads on to the end of the stream. */
void sse_to_end(struct sse *sse);

/* The number in "epoch-number". */
int64_t sse_number(const char *id);

#endif
