/* SPDX-License-Identifier: MIT
 *
 * fuzz_rental.c - see fuzz_rental.h.
 */
#include "fuzz_rental.h"

#include <fake_host.h>
#include <rent/rental.h>

#include "fuzz.h"
#include "http/problem.h"

static void check_token(const char *s, size_t max)
{
	size_t n = strlen(s);

	FUZZ_MUST(n >= 1 && n <= max);
	for (; *s != '\0'; s++)
		FUZZ_MUST(*s > 0x20 && *s < 0x7f);
}

/* Anything, but the same for the same text. */
static unsigned draw(const char *s, unsigned n)
{
	unsigned h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	return h % n;
}

static void fill_rental(struct rent_rental *r, const char *id)
{
	*r = (struct rent_rental){ .struct_size = sizeof(*r),
		                   .price_per_hour = 60,
		                   .deposit = 300,
		                   .created_at = RENT_SECOND,
		                   .now = 2 * RENT_SECOND };
	(void)rent_copy(r->id, sizeof(r->id), id);
	(void)rent_copy(r->user_id, sizeof(r->user_id), "user");
	r->status = (enum rent_status)(1 + draw(id, 5));
	r->settlement = (enum rent_settlement)(1 + draw(id, 3));
}

static int quote(void *self, const char *station_id, const char *user_id,
                 struct rent_arena *arena, struct rent_quote_reply *ret,
                 struct rent_error *err)
{
	(void)self;
	(void)arena;
	check_token(station_id, RENT_ID_MAX);
	check_token(user_id, RENT_ID_MAX);
	if (draw(station_id, 9) == 8)
		return rent_fail(err, RENT_EUNAVAIL, "drawn");
	ret->verdict = (enum rent_verdict)draw(station_id, RENT_WRONG_STATE + 1);
	ret->quote.struct_size = sizeof(ret->quote);
	(void)rent_copy(ret->quote.id, sizeof(ret->quote.id), "quote");
	(void)rent_copy(ret->quote.user_id, sizeof(ret->quote.user_id), user_id);
	(void)rent_copy(ret->quote.station_id, sizeof(ret->quote.station_id), station_id);
	return 0;
}

static int start(void *self, const struct rent_start_request *req,
                 struct rent_start_reply *ret, struct rent_error *err)
{
	(void)self;
	check_token(req->key, RENT_KEY_MAX);
	check_token(req->quote_id, RENT_ID_MAX);
	if (draw(req->key, 9) == 8)
		return rent_fail(err, RENT_EINDOUBT, "drawn");
	ret->verdict = (enum rent_verdict)draw(req->quote_id, RENT_WRONG_STATE + 1);
	ret->replayed = draw(req->key, 2) == 1;
	ret->json = rent_strdup(req->arena, "{\"order_id\":\"o\"}");
	ret->request_id = rent_strdup(req->arena, req->request_id);
	ret->order_id = "o";
	return 0;
}

static int view(void *self, const char *order_id, struct rent_view *ret,
                struct rent_error *err)
{
	(void)self;
	check_token(order_id, RENT_ID_MAX);
	if (draw(order_id, 9) == 8)
		return rent_fail(err, RENT_ECORRUPT, "drawn");
	ret->verdict = (enum rent_verdict)draw(order_id, RENT_WRONG_STATE + 1);
	fill_rental(&ret->rental, order_id);
	return 0;
}

static int stop(void *self, const char *order_id, const char *station_id,
                struct rent_view *ret, struct rent_error *err)
{
	check_token(station_id, RENT_ID_MAX);
	return view(self, order_id, ret, err);
}

static int list(void *self, const struct rent_list_query *query,
                const struct rent_list_reply *reply, struct rent_error *err)
{
	struct rent_view v = { .struct_size = sizeof(v) };
	int code = 0;

	(void)self;
	(void)err;
	FUZZ_MUST(query->limit >= 1 && query->limit <= RENT_ID_SIZE * 100);
	FUZZ_MUST(strlen(query->user_id) <= RENT_ID_MAX);
	FUZZ_MUST(query->before_id == NULL || strlen(query->before_id) <= RENT_ID_MAX);
	fill_rental(&v.rental, "listed");
	for (uint32_t i = 0; i < query->limit && i < 4 && code == 0; i++)
		code = reply->item(reply->arg, &v);
	return code;
}

static int trail(void *self, const char *order_id, const struct rent_trail_reply *reply,
                 struct rent_error *err)
{
	const struct rent_op op = { .struct_size = sizeof(op),
		                    .id = "op",
		                    .kind = RENT_OP_CHARGE,
		                    .purpose = RENT_FOR_DEBT,
		                    .state = RENT_OP_UNKNOWN,
		                    .note = "\xff not UTF-8",
		                    .created_at = RENT_SECOND };

	(void)self;
	(void)err;
	check_token(order_id, RENT_ID_MAX);
	return draw(order_id, 3) == 0 ? 1 : reply->op(reply->arg, &op);
}

static int station(void *self, const char *station_id, struct rent_arena *arena,
                   struct rent_station_reply *ret, struct rent_error *err)
{
	(void)self;
	(void)err;
	check_token(station_id, RENT_ID_MAX);
	ret->verdict = draw(station_id, 3) == 0   ? RENT_NO_STATION
	               : draw(station_id, 3) == 1 ? RENT_NOT_AVAILABLE
	                                          : RENT_DONE;
	ret->json = rent_strdup(arena, "{}");
	return 0;
}

static const struct rent_rental_api api = {
	.struct_size = offsetof(struct rent_rental_api, plan_batch),
	.quote = quote,
	.start = start,
	.status = view,
	.stop = stop,
	.list = list,
	.trail = trail,
	.station = station,
};

static void problem(const struct rent_http_request *req, struct rent_http_reply *reply,
                    int status, const char *slug, const char *detail,
                    const struct rent_field_error *errors)
{
	FUZZ_MUST(status >= 400 && status <= 599);
	problem_fill(req, reply, status, slug, detail, errors);
}

const struct rent_http_routes *fuzz_rental_routes(void **ret_self)
{
	const struct rent_plugin *plugin =
		fake_host_load(RENT_FUZZ_PLUGINS "/http_api.so");
	struct fake_host *fake = fake_host_new(plugin, NULL);
	static struct rent_host host;
	struct rent_error err;

	fake_host_bind(fake, "rental", &api, NULL);
	host = *fake_host_table(fake);
	host.problem = problem; /* the host's own */
	FUZZ_MUST(plugin->create(&host, ret_self, &err) == 0);
	return plugin->api;
}
