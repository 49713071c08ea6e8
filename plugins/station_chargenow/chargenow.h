/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/chargenow.h - an instance, and the functions that its interface is
 * made of, by the file that has them.
 */
#ifndef CHARGENOW_H
#define CHARGENOW_H

#include <rent/plugin.h>
#include <rent/station.h>

struct chargenow {
	const struct rent_host *host;
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
	/* Made once: "Basic …". */
	char authorization[512];
	/* "" (both): the service cannot call us. */
	const char *hooks_url, *callback_key;
	/* "": any. */
	const char *account;
	/* How far its clock is ahead of UTC. */
	int64_t utc_offset;
	int64_t settle_us, poll_us;
};

/* requests.c */
int requests_eject(void *self, const struct rent_station_op *op, struct rent_arena *arena,
                   struct rent_upstream_request *ret, struct rent_error *err);
int requests_lookup(void *self, const struct rent_station_op *op,
                    struct rent_arena *arena, struct rent_upstream_request *ret,
                    struct rent_error *err);
int requests_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                      struct rent_upstream_request *ret, struct rent_error *err);
int requests_list(void *self, const struct rent_station_page *page,
                  struct rent_arena *arena, struct rent_upstream_request *ret,
                  struct rent_error *err);
int requests_command(void *self, const struct rent_station_work *work,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err);

/* orders.c */
void orders_created(void *self, const struct rent_station_op *op,
                    const struct rent_upstream_reply *reply,
                    struct rent_station_result *ret);
void orders_detail(void *self, const struct rent_station_op *op,
                   const struct rent_upstream_reply *reply,
                   struct rent_station_result *ret);
int orders_list(void *self, const struct rent_station_page *page,
                const struct rent_upstream_reply *reply, rent_station_entry_fn fn,
                void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err);

/* cabinet.c */
void cabinet_snapshot(void *self, const char *cabinet_id,
                      const struct rent_upstream_reply *reply,
                      struct rent_station_snapshot *ret);
void cabinet_commanded(void *self, const struct rent_station_work *work,
                       const struct rent_upstream_reply *reply,
                       struct rent_station_result *ret);

/* events.c */
int events_parse(void *self, const struct rent_event_message *message, rent_event_fn fn,
                 void *arg, struct rent_event_answer *ret, struct rent_error *err);

#endif
