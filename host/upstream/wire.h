/* SPDX-License-Identifier: MIT
 *
 * upstream/wire.h - one try on the wire: an easy handle of libcurl, the reply as it comes
 * in, and the verdict on what happened. The engine's thread only.
 */
#ifndef UPSTREAM_WIRE_H
#define UPSTREAM_WIRE_H

#include "base/dynbuf.h"
#include "upstream/job.h"

#include <curl/curl.h>

struct watch;

struct wire {
	CURL *easy;
	struct job *job;          /* NULL while idle */
	struct wire *prev, *next; /* in the air: all of them; idle: next only */
	struct dynbuf body;
	bool head_complete; /* the empty line after the headers has been read */
	unsigned starts;    /* how often libcurl began to send the request */
	bool resent;        /* … after an earlier time that may have arrived */
	char error[CURL_ERROR_SIZE];
};

struct wire_verdict {
	enum rent_transport transport;
	int status; /* with RENT_REPLIED */
	bool again; /* NOT_SENT, and another try could do better */
	char error[RENT_NOTE_SIZE];
};

/* Its sockets are the watch's. NULL on ENOMEM. */
struct wire *wire_new(struct watch *watch);
void wire_free(struct wire *wire);

/* Sets the handle up for the next try of job. */
void wire_prepare(struct wire *wire, struct job *job);

/* The transfer ended with code. */
void wire_judge(struct wire *wire, CURLcode code, struct wire_verdict *ret);

/* The reply into the exchange. RENT_ENOMEM when its arena is full. */
int wire_deliver(struct wire *wire, const struct wire_verdict *verdict);

#endif
