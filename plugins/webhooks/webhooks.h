/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/webhooks.h - an instance: the providers whose services may call us, where
 * events are recorded, and who acts on them.
 */
#ifndef WEBHOOKS_H
#define WEBHOOKS_H

#include <rent/payment.h>
#include <rent/plugin.h>
#include <rent/rental.h>
#include <rent/station.h>
#include <rent/storage.h>

#include "common/wait.h"

#define WEBHOOKS_PORTS 8

/* A provider that reads what its service reports. */
struct port {
	const char *instance;
	rent_parse_event_fn parse;
	void *self;
	/* Messages of one are never parsed twice at once: it may be a serial plugin. */
	struct lock lock;
};

struct webhooks {
	const struct rent_host *host;
	struct port ports[WEBHOOKS_PORTS];
	size_t port_count;
	struct rent_storage storage;
	void *storage_self;
	/* NULL: nobody acts on events, they wait. */
	int (*act)(void *self, const struct rent_inbound *event,
	           char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err);
	void *rental_self;
	/* One round of handing on at a time on this host. */
	struct lock handing;
	struct wait idle; /* until it has ended */
	bool busy, again;
	/* Of those that act on the events of a page. */
	struct lock hands;
	struct wait hands_done;
	struct rent_metric *messages, *events, *open;
};

/* ports.c */
/* In start(): takes up what is bound. RENT_EINVAL: one instance is bound twice as another kind,
 * or nothing that is bound takes events. */
int ports_bind(struct webhooks *w, struct rent_error *err);
void ports_done(struct webhooks *w);
/* NULL: there is none, or it takes no events. */
struct port *ports_find(struct webhooks *w, const char *instance);

/* hooks.c */
int hooks_post(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);

/* handing.c */
/* Hands every open event on, oldest first; timer callback, arg is the instance. Events that
 * cannot be handed on now stay open. */
void handing_round(void *arg);
/* The same, soon. */
void handing_wake(struct webhooks *w);
/* Returns when nothing is being handed on any more. */
void handing_wait(struct webhooks *w);

/* commands.c */
extern const struct rent_command webhooks_commands[];

#endif
