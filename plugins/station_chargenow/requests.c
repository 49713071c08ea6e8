/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/requests.c - operations as requests. Parameters are in the query, a
 * POST has no body, and nothing of ours is kept by the service, so that no eject is ever sent
 * twice.
 *
 * An order is created and nothing else: creating it ejects. A client that created an order and
 * then ejected "by rent" got two powerbanks for one rental. Slot 0 is every slot to this service.
 */
#include "chargenow.h"
#include "token.h"

#include <rent/time.h>
#include <stdlib.h>

#define PAGE_MAX 100

static int request_fill(const struct chargenow *c, struct rent_upstream_request *ret,
                        const char *method, const char *endpoint, const char *target,
                        struct rent_error *err)
{
	if (target == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->upstream = c->upstream;
	ret->method = method;
	ret->endpoint = endpoint;
	ret->target = target;
	ret->flags = strcmp(method, "GET") == 0 ? RENT_RESEND_SAFE : 0;
	ret->headers[0] = (struct rent_header){ "Accept", "application/json" };
	ret->headers[1] = (struct rent_header){ "Authorization", c->authorization };
	return 0;
}

/* "PATH?NAME=VALUE" with the value encoded. NULL: the arena is full. */
static char *with_parameter(struct rent_arena *arena, const char *path, const char *name,
                            const char *value)
{
	const char *encoded = rent_url_encode(arena, value);

	return encoded == NULL ? NULL
	                       : rent_printf(arena, "%s%s=%s", path, name, encoded);
}

int requests_eject(void *self, const struct rent_station_op *op, struct rent_arena *arena,
                   struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct chargenow *c = self;
	const char *cabinet = op->cabinet_id != NULL && op->cabinet_id[0] != '\0'
	                              ? op->cabinet_id
	                              : op->station_id;
	char *target, *url;

	if (!rent_id_valid(op->id) || !rent_id_valid(cabinet))
		return rent_fail(err, RENT_EINVAL,
		                 "ids must be 1 to 64 visible ASCII characters");
	if (op->slot != 0 || (op->powerbank_id != NULL && op->powerbank_id[0] != '\0'))
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "the service chooses slot and powerbank itself");
	target = with_parameter(arena, "/rent/order/create?", "deviceId", cabinet);
	if (target != NULL && c->hooks_url[0] != '\0') {
		url = token_url(c, arena, op->id);
		target = url == NULL ? NULL
		                     : with_parameter(arena,
		                                      rent_printf(arena, "%s&", target),
		                                      "callbackURL", url);
	}
	return request_fill(c, ret, "POST", "order-create", target, err);
}

int requests_lookup(void *self, const struct rent_station_op *op,
                    struct rent_arena *arena, struct rent_upstream_request *ret,
                    struct rent_error *err)
{
	if (op->ref == NULL || op->ref[0] == '\0')
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "the service knows orders by its own number only");
	if (!rent_id_valid(op->ref))
		return rent_fail(err, RENT_EINVAL, "the service's order number is none");
	return request_fill(
		self, ret, "GET", "order-detail",
		with_parameter(arena, "/rent/order/detail?", "tradeNo", op->ref), err);
}

int requests_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                      struct rent_upstream_request *ret, struct rent_error *err)
{
	if (!rent_id_valid(cabinet_id))
		return rent_fail(err, RENT_EINVAL,
		                 "ids must be 1 to 64 visible ASCII characters");
	return request_fill(
		self, ret, "GET", "cabinet-query",
		with_parameter(arena, "/rent/cabinet/query?", "deviceId", cabinet_id),
		err);
}

/* "2026-11-28 20:00:00" in the service's zone, encoded. NULL: the arena is full. */
static const char *local_time(const struct chargenow *c, struct rent_arena *arena,
                              int64_t at)
{
	char text[RENT_TIME_SIZE];

	rent_time_text(at + c->utc_offset, ' ', text);
	text[sizeof("yyyy-MM-dd HH:mm:ss") - 1] = '\0';
	return rent_url_encode(arena, text);
}

int requests_list(void *self, const struct rent_station_page *page,
                  struct rent_arena *arena, struct rent_upstream_request *ret,
                  struct rent_error *err)
{
	const struct chargenow *c = self;
	int64_t until = page->until > 0 ? page->until : c->host->wall_us(c->host);
	const char *from = local_time(c, arena, page->since);
	const char *to = local_time(c, arena, until + RENT_SECOND);
	const char *number =
		page->cursor == NULL || page->cursor[0] == '\0' ? "1" : page->cursor;
	unsigned limit =
		page->limit == 0 || page->limit > PAGE_MAX ? PAGE_MAX : page->limit;

	if (strlen(number) > 9 || number[strspn(number, "0123456789")] != '\0')
		return rent_fail(err, RENT_EINVAL, "the cursor is none of this list");
	return request_fill(
		c, ret, "GET", "order-list",
		from == NULL || to == NULL
			? NULL
			: rent_printf(arena,
	                              "/order/list?page=%s&limit=%u&sTime=%s&eTime=%s",
	                              number, limit, from, to),
		err);
}

static const char *const operation_types[] = {
	[RENT_STATION_OPEN] = "pop",
	[RENT_STATION_LOCK] = "lock",
	[RENT_STATION_UNLOCK] = "unlock",
	[RENT_STATION_RESTART] = "restart",
};

int requests_command(void *self, const struct rent_station_work *work,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err)
{
	const struct chargenow *c = self;
	const char *cabinet = work->cabinet_id != NULL && work->cabinet_id[0] != '\0'
	                              ? work->cabinet_id
	                              : work->station_id;
	const char *reason = work->reason == NULL ? "" : work->reason;
	bool whole = work->command == RENT_STATION_RESTART;
	char *target;

	if (work->command < RENT_STATION_OPEN || work->command > RENT_STATION_RESTART)
		return rent_fail(err, RENT_EUNSUPPORTED, "no such command: %d",
		                 (int)work->command);
	if (!rent_id_valid(cabinet))
		return rent_fail(err, RENT_EINVAL,
		                 "ids must be 1 to 64 visible ASCII characters");
	if (whole ? work->slot != 0
	          : work->slot < 1 || work->slot > RENT_STATION_SLOTS_MAX)
		return rent_fail(err, RENT_EINVAL,
		                 "slot %d: the service takes 0 for every slot",
		                 (int)work->slot);
	target = with_parameter(arena, "/cabinet/operation?", "cabinetid", cabinet);
	if (target != NULL && !whole)
		target = rent_printf(arena, "%s&slotNum=%d", target, (int)work->slot);
	if (target != NULL)
		target = rent_printf(arena, "%s&operationType=%s&", target,
		                     operation_types[work->command]);
	if (target != NULL)
		target = with_parameter(arena, target, "reason", reason);
	return request_fill(c, ret, "POST", "cabinet-operation", target, err);
}
