/* SPDX-License-Identifier: MIT
 *
 * stubs/stubs.h - the instance, and what its routes share. One lock guards the stock, the
 * bank and the memory of the book; it is never held while waiting.
 */
#ifndef STUBS_STUBS_H
#define STUBS_STUBS_H

#include "acquirer.h"
#include "bank.h"
#include "book.h"
#include "city.h"
#include "cloud.h"
#include "faults.h"
#include "stock.h"

#include <rent/plugin.h>

/* A key whose request has come and has not acted yet; lives on its thread's stack. */
struct arrived {
	const char *key;
	enum kind kind;
	int64_t amount;
	struct arrived *next;
};

struct stubs {
	const struct rent_host *host;
	struct city city;
	struct faults faults;
	pthread_mutex_t lock;
	struct stock stock;
	struct bank bank;
	struct book book;
	struct cloud cloud;
	struct acquirer acquirer;
	/* The address that the cloud and the acquirer report to; NULL: none. */
	struct rent_upstream *hooks;
	struct arrived *arrived;
	bool any_user, any_tariff;
};

/* A request on its way through an endpoint that may have faults. */
struct stub_request {
	struct stubs *stubs;
	const struct rent_http_request *req;
	struct rent_http_reply *reply;
	struct fault_plan plan;
};

/* Draws the request's fate. False: it is answered (or dropped) already. */
bool request_begin(struct stub_request *r, void *self, enum endpoint ep,
                   const struct rent_http_request *req, struct rent_http_reply *reply);
/* Waits for the latency that is set for the endpoint. */
void request_wait(const struct stub_request *r);
/* Drops the answer where the plan says so. Returns 0. */
int request_end(const struct stub_request *r);

/* The value of a parameter; NULL when it is missing or empty. */
const char *query_get(const struct rent_http_request *req, const char *name);
/* Copies the text into the reply and frees it. 0 or RENT_ENOMEM. */
int reply_text(const struct rent_http_request *req, struct rent_http_reply *reply,
               int status, struct text *t);
void reply_literal(struct rent_http_reply *reply, int status, const char *body);
/* {"status":"error","reason":…}; 400 for a missing parameter, 404, … */
int reply_error(const struct rent_http_request *req, struct rent_http_reply *reply,
                int status, const char *reason);
/* The body as a JSON object, or NULL with the reply filled in. */
json_t *request_json(const struct rent_http_request *req, struct rent_http_reply *reply);

typedef int (*stubs_handler)(void *self, const struct rent_http_request *req,
                             struct rent_http_reply *reply, struct rent_error *err);

int get_station_data(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err);
int get_tariff(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int get_user_profile(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err);
int get_configs(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);
int get_eject(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err);
int post_hold(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err);
int post_clear(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int post_release(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int post_refund(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);
int get_payment_status(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);

int get_operations(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err);

int post_disable(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int get_status(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int post_reset(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int get_book(void *self, const struct rent_http_request *req,
             struct rent_http_reply *reply, struct rent_error *err);
int get_settings(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int post_settings(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err);
int post_decline(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int post_return(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);
int get_stations(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int get_users(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err);

int post_cloud_create(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err);
int get_cloud_detail(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err);
int get_cloud_cabinet(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err);
int get_cloud_orders(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err);
int get_cloud_switches(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);
int post_cloud_switches(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err);
/* Timer callback; arg is the instance. Ejects what is due, sends reports. */
void cloud_tick(void *arg);

int post_stripe_payment(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err);
int post_stripe_capture(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err);
int post_stripe_cancel(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);
int post_stripe_refund(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);
int get_stripe_payment(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);
int get_stripe_refund(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err);
int get_stripe_payments(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err);
int get_stripe_refunds(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err);
int post_yookassa_payment(void *self, const struct rent_http_request *req,
                          struct rent_http_reply *reply, struct rent_error *err);
int post_yookassa_capture(void *self, const struct rent_http_request *req,
                          struct rent_http_reply *reply, struct rent_error *err);
int post_yookassa_cancel(void *self, const struct rent_http_request *req,
                         struct rent_http_reply *reply, struct rent_error *err);
int post_yookassa_refund(void *self, const struct rent_http_request *req,
                         struct rent_http_reply *reply, struct rent_error *err);
int get_yookassa_payment(void *self, const struct rent_http_request *req,
                         struct rent_http_reply *reply, struct rent_error *err);
int get_yookassa_refund(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err);
int get_yookassa_payments(void *self, const struct rent_http_request *req,
                          struct rent_http_reply *reply, struct rent_error *err);
int get_yookassa_refunds(void *self, const struct rent_http_request *req,
                         struct rent_http_reply *reply, struct rent_error *err);
int get_bank(void *self, const struct rent_http_request *req,
             struct rent_http_reply *reply, struct rent_error *err);
int post_bank(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err);
int get_payments(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int post_payments(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err);
int post_by_hand(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
/* Timer callback; arg is the instance. Ends what is due at the acquirer, sends its reports. */
void pay_tick(void *arg);

#endif
