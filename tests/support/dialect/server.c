/* SPDX-License-Identifier: MIT
 *
 * tests/support/dialect/server.c - AcmePay, the made-up provider of the third-party plugin:
 * `acmepay_server PORT` serves its dialect on loopback until SIGTERM. `GET /book` shows what
 * it did.
 */
#include "ledger.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 8192

struct call {
	char body[BODY_MAX + 1];
	size_t n;
};

static struct ledger ledger; /* the server's one thread */

static enum MHD_Result answer(struct MHD_Connection *c, int status, json_t *body)
{
	char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
	struct MHD_Response *r;
	enum MHD_Result ret;

	json_decref(body);
	if (text == NULL)
		return MHD_NO;
	r = MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
	(void)MHD_add_response_header(r, "Content-Type", "application/json");
	ret = MHD_queue_response(c, (unsigned)status, r);
	MHD_destroy_response(r);
	return ret;
}

static enum MHD_Result route(struct MHD_Connection *c, const char *path,
                             const char *method, const char *body)
{
	const char *key =
		MHD_lookup_connection_value(c, MHD_HEADER_KIND, "X-Acme-Idempotency");
	const char *ref =
		MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "client_ref");
	json_t *reply = NULL;
	int status = 404;

	if (strcmp(method, "GET") == 0 && strcmp(path, "/book") == 0) {
		status = 200;
		reply = ledger_book(&ledger);
	} else if (strcmp(method, "GET") == 0 && strcmp(path, "/v2/payments") == 0 &&
	           ref) {
		status = 200;
		reply = ledger_list(&ledger, ref);
	} else if (strcmp(method, "POST") == 0 && key != NULL && key[0] != '\0') {
		status = ledger_post(&ledger, path, key, body, &reply);
	} else {
		reply = json_pack("{s:s}", "error", "no_such_call");
	}
	return answer(c, status, reply);
}

/* Called for the head, for every piece of the body, and once more at the end. The parameters
 * are the library's. NOLINTNEXTLINE(readability-function-size) */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *path,
                                  const char *method, const char *version,
                                  const char *data, size_t *size, void **state)
{
	struct call *call = *state;

	(void)arg;
	(void)version;
	if (call == NULL) {
		*state = calloc(1, sizeof(*call));
		return *state == NULL ? MHD_NO : MHD_YES;
	}
	if (*size > 0) {
		if (*size > BODY_MAX - call->n)
			return MHD_NO;
		memcpy(call->body + call->n, data, *size);
		call->n += *size;
		*size = 0;
		return MHD_YES;
	}
	return route(c, path, method, call->body);
}

static void on_end(void *arg, struct MHD_Connection *c, void **state,
                   enum MHD_RequestTerminationCode why)
{
	(void)arg;
	(void)c;
	(void)why;
	free(*state);
	*state = NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *daemon;
	sigset_t ends;
	int sig;

	if (argc != 2) {
		(void)fputs("usage: acmepay_server PORT\n", stderr);
		return 64;
	}
	address.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	/* blocked before the server's thread is made, which inherits it */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ERROR_LOG, 0,
	                          NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR,
	                          &address, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
	                          MHD_OPTION_END);
	if (daemon == NULL) {
		(void)fputs("acmepay_server: cannot listen\n", stderr);
		return 69;
	}
	(void)sigwait(&ends, &sig);
	MHD_stop_daemon(daemon);
	ledger_done(&ledger);
	return 0;
}
