/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/orders.c - what the service says of orders, as outcomes. Only the
 * codes and states named here mean something; every other answer leaves the order unknown.
 */
#include "reading.h"

#include <stdlib.h>

/* borrowStatus of an order. */
#define BORROW_OUT      1
#define BORROW_RETURNED 3

void orders_created(void *self, const struct rent_station_op *op,
                    const struct rent_upstream_reply *reply,
                    struct rent_station_result *ret)
{
	const struct chargenow *c = self;
	struct answer a = reading_envelope(c, reply);
	char trade[RENT_ID_SIZE];

	(void)op;
	(void)rent_copy(ret->note, sizeof(ret->note), a.note);
	if (a.forbidden) {
		ret->outcome = RENT_INVALID;
	} else if (a.root == NULL) {
		return;
	} else if (a.code == CODE_DONE && reading_id(c, a.root, "data.tradeNo", trade)) {
		ret->outcome = RENT_PENDING;
		(void)rent_copy(ret->ref, sizeof(ret->ref), trade);
	} else if (a.code == CODE_NOT_ONLINE) {
		ret->outcome = RENT_DECLINED;
		ret->reason = RENT_DECLINE_OFFLINE;
		(void)rent_copy(ret->note, sizeof(ret->note), "the cabinet is offline");
	} else if (a.code == CODE_UNBOUND) {
		ret->outcome = RENT_INVALID;
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "the account has no such cabinet");
	}
}

/* The order that the answer is about. NULL: it is about none, or another one. */
static const struct rent_json *order_of(const struct chargenow *c, const struct answer *a,
                                        const struct rent_station_op *op)
{
	const char *cabinet = op->cabinet_id != NULL && op->cabinet_id[0] != '\0'
	                              ? op->cabinet_id
	                              : op->station_id;
	const struct rent_json *data = c->json->get(a->root, "data");
	char id[RENT_ID_SIZE];

	if (a->code != CODE_DONE || op->ref == NULL ||
	    !reading_id(c, data, "orderId", id) || strcmp(id, op->ref) != 0)
		return NULL;
	if (reading_id(c, data, "cabinetId", id) && cabinet != NULL &&
	    strcmp(id, cabinet) != 0)
		return NULL;
	return data;
}

void orders_detail(void *self, const struct rent_station_op *op,
                   const struct rent_upstream_reply *reply,
                   struct rent_station_result *ret)
{
	const struct chargenow *c = self;
	struct answer a = reading_envelope(c, reply);
	const struct rent_json *order = order_of(c, &a, op);
	int64_t status = -1, slot = 0;

	(void)rent_copy(ret->note, sizeof(ret->note), a.note);
	if (order == NULL)
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), op->ref);
	(void)reading_number(c, order, "borrowStatus", INT32_MIN, INT32_MAX, &status);
	(void)snprintf(ret->note, sizeof(ret->note), "borrowStatus %d", (int)status);
	ret->outcome = RENT_PENDING;
	if ((status != BORROW_OUT && status != BORROW_RETURNED) ||
	    !reading_id(c, order, "batteryId", ret->powerbank_id))
		return;
	ret->outcome = RENT_SUCCEEDED;
	if (reading_number(c, order, "borrowSlot", 1, RENT_STATION_SLOTS_MAX, &slot))
		ret->slot = (int32_t)slot;
	if (status == BORROW_RETURNED)
		ret->returned_at = reading_time(c, order, "returnTime");
}

static int list_entry(const struct chargenow *c, const struct rent_json *record,
                      rent_station_entry_fn fn, void *arg)
{
	char ref[RENT_ID_SIZE], powerbank[RENT_ID_SIZE] = "", cabinet[RENT_ID_SIZE] = "";
	struct rent_station_entry entry = { .struct_size = sizeof(entry),
		                            .id = "",
		                            .ref = ref,
		                            .cabinet_id = cabinet,
		                            .powerbank_id = powerbank };

	if (!reading_id(c, record, "pOrderid", ref))
		return RENT_ECORRUPT;
	(void)reading_id(c, record, "pCabinetid", cabinet);
	entry.outcome = reading_id(c, record, "pBatteryid", powerbank) ? RENT_SUCCEEDED
	                                                               : RENT_PENDING;
	entry.at = reading_time(c, record, "pBorrowtime");
	entry.returned_at = reading_time(c, record, "pGhtime");
	return fn(arg, &entry);
}

int orders_list(void *self, const struct rent_station_page *page,
                const struct rent_upstream_reply *reply, rent_station_entry_fn fn,
                void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	const struct chargenow *c = self;
	struct answer a = reading_envelope(c, reply);
	const char *const paths[] = { "page", "data", "list" };
	const struct rent_json *list = NULL;
	int64_t current = 0, size = 0, total = 0;
	int code;

	for (size_t i = 0; i < 3 && c->json->type(list, "records") != RENT_JSON_ARRAY;
	     i++)
		list = c->json->get(a.root, paths[i]);
	if (a.code != CODE_DONE || c->json->type(list, "records") != RENT_JSON_ARRAY ||
	    !reading_number(c, list, "current", 1, 999999998, &current) ||
	    !reading_number(c, list, "size", 1, 100000, &size) ||
	    !reading_number(c, list, "total", 0, INT32_MAX, &total))
		return rent_fail(err, RENT_ECORRUPT, "no page of orders: %s", a.note);
	if (page->cursor != NULL && page->cursor[0] != '\0' &&
	    current != strtoll(page->cursor, NULL, 10))
		return rent_fail(err, RENT_ECORRUPT, "page %s was asked for, %d came",
		                 page->cursor, (int)current);
	for (size_t i = 0; i < c->json->count(list, "records"); i++) {
		code = list_entry(c, c->json->at(list, "records", i, NULL), fn, arg);
		if (code == RENT_ECORRUPT)
			(void)rent_fail(err, code, "order %zu of the page has no number",
			                i);
		if (code != 0)
			return code;
	}
	ret_cursor[0] = '\0';
	if (current * size < total)
		(void)snprintf(ret_cursor, RENT_REF_SIZE, "%d", (int)current + 1);
	return 0;
}
