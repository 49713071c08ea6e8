/* SPDX-License-Identifier: MIT
 *
 * upstream/attempt.h - one try on the wire: an easy handle of libcurl, the reply as it comes
 * in, and the verdict on what happened. It is used again for further tries and exchanges. The
 * client's thread only.
 */
#ifndef UPSTREAM_ATTEMPT_H
#define UPSTREAM_ATTEMPT_H

#include "base/dynbuf.h"
#include "upstream/limits.h"

#include <curl/curl.h>
#include <rent/upstream.h>

struct sockets;

struct attempt {
	CURL *easy;
	struct rent_exchange *x;            /* from attempt_prepare() on */
	const struct rent_upstream *routed; /* whose route the handle is set up for */
	struct dynbuf body;
	bool head_complete; /* the empty line after the headers has been read */
	unsigned starts;    /* how often libcurl began to send the request */
	bool resent;        /* … after an earlier time that may have arrived */
	char error[CURL_ERROR_SIZE];
};

struct attempt_verdict {
	enum rent_transport transport;
	int status; /* with RENT_REPLIED */
	bool again; /* NOT_SENT, and another try could do better */
	char error[RENT_NOTE_SIZE];
};

/* Where the request goes, and its headers; both stay as they are until the try has ended. */
struct attempt_target {
	const char *url;
	struct curl_slist *headers;
};

/* share: of name look-ups. RENT_ENOMEM: the attempt is empty. */
int attempt_init(struct attempt *attempt, CURLSH *share);
/* Fine with a zeroed one. */
void attempt_done(struct attempt *attempt);

/* Where the sockets of its next tries are opened. */
void attempt_use_sockets(struct attempt *attempt, struct sockets *sockets);

/* x may no longer be sent (not_after_us): its caller has lost the right to. */
bool attempt_too_late(const struct rent_exchange *x);

/* Sets the handle up for the next try of x. */
void attempt_prepare(struct attempt *attempt, struct rent_exchange *x,
                     const struct attempt_target *target,
                     const struct upstream_limits *limits);

/* The transfer ended with code. */
void attempt_judge(const struct attempt *attempt, CURLcode code,
                   struct attempt_verdict *ret);

/* The reply into the exchange. RENT_ENOMEM when its arena is full. */
int attempt_deliver(const struct attempt *attempt, const struct attempt_verdict *verdict);

#endif
