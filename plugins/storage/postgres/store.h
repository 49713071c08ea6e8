/* SPDX-License-Identifier: MIT
 *
 * store.h - an instance of the plugin, and the slots of rent/storage.h it is called by.
 */
#ifndef STORAGE_POSTGRES_STORE_H
#define STORAGE_POSTGRES_STORE_H

#include <rent/plugin.h>
#include <rent/storage.h>

#include "views.h"
#include "writer.h"

/* What is timed; also the values of the label `operation`. */
enum store_call {
	CALL_QUOTE_PUT,
	CALL_START_BEGIN,
	CALL_ADVANCE,
	CALL_RENTAL_GET,
	CALL_RENTAL_LIST,
	CALL_RENTAL_TRAIL,
	CALL_SCAN,
	CALL_CLAIM,
	CALL_PURGE,
	CALL_TOTALS,
	CALL_AUDIT_SCAN,
	CALL_OP_GET,
	CALL_OP_SCAN,
	CALL_RESOLUTIONS,
};

struct store {
	const struct rent_host *host;
	struct conn_options conn;
	struct writers_options writing;
	int64_t read_connections;
	struct writers *writers;
	struct readers *readers;
	struct views *views;
	struct rent_metric *connections, *duration;
	_Atomic int64_t writers_open, readers_open;
};

/* create .. check of rent/plugin.h. */
int store_create(const struct rent_host *host, void **ret_self, struct rent_error *err);
int store_start(void *self, struct rent_error *err);
void store_stop(void *self);
void store_destroy(void *self);
void store_health(void *self, struct rent_health *ret);
int store_check(void *self, struct rent_error *err);
int store_migrate(void *self, bool dry_run, const struct rent_report *report,
                  struct rent_error *err);

/* Around every slot: `return store_leave(store, CALL_X, since, code)`. */
int64_t store_enter(struct store *store);
int store_leave(struct store *store, enum store_call call, int64_t since, int code);

/* The parameters of a page of ids; arg is a struct store_page. */
struct store_page {
	const char *after_id;
	uint32_t limit;
};
void store_fill_page(struct args *a, void *arg);

/* The slots. */
int store_quote_put(void *self, struct rent_quote *quote, int64_t ttl_us,
                    struct rent_error *err);
int store_start_begin(void *self, struct rent_start *s, struct rent_error *err);
int store_advance(void *self, struct rent_change *const *changes, size_t n,
                  struct rent_error *err);
int store_rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                     struct rent_error *err);
int store_rental_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                      void *arg, struct rent_error *err);
int store_rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                       struct rent_error *err);
int store_scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
               rent_rental_fn fn, void *arg, struct rent_error *err);
int store_claim(void *self, const char *token, int64_t lease_us, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err);
int store_purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                int64_t *ret_n, struct rent_error *err);
int store_totals(void *self, struct rent_totals *ret, struct rent_error *err);
int store_audit_scan(void *self, const char *after_id, uint32_t limit, rent_audit_fn fn,
                     void *arg, struct rent_error *err);
int store_op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                 struct rent_error *err);
int store_op_scan(void *self, enum rent_ops what, const char *after_id, uint32_t limit,
                  rent_op_fn fn, void *arg, struct rent_error *err);
int store_resolutions(void *self, const char *rental_id, rent_resolution_fn fn, void *arg,
                      struct rent_error *err);

#endif
