/* SPDX-License-Identifier: MIT
 *
 * asking.h - requests of clients to hosts that may die, pause or not answer in time.
 */
#ifndef SIM_ASKING_H
#define SIM_ASKING_H

#include "sim.h"

#define TRIES_MAX 400

enum ask {
	ASK_QUOTE,
	ASK_START,
	ASK_STATUS,
	ASK_STOP,
	ASK_RETURNED
};

/* A request on its way to a host; outlives its sender. */
struct request {
	enum ask ask;
	int node;
	char id[RENT_ID_SIZE], key[RENT_KEY_SIZE], user[RENT_ID_SIZE];
	char station[RENT_ID_SIZE]; /* of a quote and of a stop */
	int64_t at;                 /* of a return; its powerbank is the key */
	bool done;
	int code;
	struct rent_quote_reply quote;
	struct rent_start_reply start;
	struct rent_view view;
	char json[1024];
};

struct request *ask_begin(enum ask ask, const char *id, const char *key);
struct request *ask_begin_at(enum ask ask, const char *id, const char *station);
/* Waits for the answer; NULL: the host died or took too long, and the host keeps the request. */
struct request *ask_end(struct request *rq);
struct request *ask(enum ask what, const char *id, const char *key);
struct request *ask_at(enum ask what, const char *id, const char *station);

/* A quote at a station; false: there is none to be had. */
bool get_quote(const char *station, char quote[RENT_ID_SIZE]);
/* Insists with one key until there is a last word; sometimes sends it twice at once. With DONE
 * order is the rental. */
enum rent_verdict insist(const char *quote, const char *key, char order[RENT_ID_SIZE]);

#endif
