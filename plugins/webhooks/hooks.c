/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/hooks.c - POST /hooks/{instance}: from a message to recorded events to the
 * answer that the service wants. Nothing is answered 2xx that is not durable, and nothing of a
 * message is recorded whose sender could not be checked.
 */
#include "webhooks.h"

#include "rent/auth.h"

/* The events of one message, while it is parsed. */
struct intake {
	struct webhooks *w;
	const struct port *port;
	struct rent_arena *arena;
	/* The source of an id for events to which the service gave none. */
	char sha256[2 * RENT_SHA256_SIZE + 1];
	char body_sha256[2 * RENT_SHA256_SIZE + 1];
	struct rent_inbound *events[RENT_EVENTS_MAX];
	size_t count;
};

static void sha256_text(const struct rent_host *host, const void *data, size_t size,
                        char ret[2 * RENT_SHA256_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char sum[RENT_SHA256_SIZE];

	host->crypto->sha256(data, size, sum);
	for (size_t i = 0; i < sizeof(sum); i++) {
		ret[2 * i] = digits[sum[i] >> 4];
		ret[2 * i + 1] = digits[sum[i] & 15];
	}
	ret[sizeof(sum) * 2] = '\0';
}

static bool intake_init(struct intake *in, const struct rent_event_message *m)
{
	size_t rest = strlen(m->rest) + 1, query = strlen(m->query) + 1;
	char *all = rent_alloc(in->arena, rest + query + m->body_size + 1);

	if (all == NULL)
		return false;
	memcpy(all, m->rest, rest);
	memcpy(all + rest, m->query, query);
	memcpy(all + rest + query, m->body, m->body_size);
	sha256_text(in->w->host, all, rest + query + m->body_size, in->sha256);
	sha256_text(in->w->host, m->body, m->body_size, in->body_sha256);
	return true;
}

/* Ids that do not fit would be another's when cut: they are left out. */
static void copy_id(char ret[RENT_ID_SIZE], const char *id)
{
	(void)rent_copy(ret, RENT_ID_SIZE, id != NULL && rent_id_valid(id) ? id : "");
}

static void name_event(struct intake *in, struct rent_inbound *e, const char *event_id)
{
	if (event_id != NULL && rent_visible_ascii(event_id, RENT_EVENT_ID_SIZE - 1))
		(void)rent_copy(e->event_id, sizeof(e->event_id), event_id);
	else
		(void)snprintf(e->event_id, sizeof(e->event_id), "sha256:%s.%zu",
		               in->sha256, in->count);
}

/* Text of a service becomes text of a database: printable ASCII, which no cut can break. */
static void copy_note(char ret[RENT_NOTE_SIZE], const char *note)
{
	(void)rent_copy(ret, RENT_NOTE_SIZE, note);
	for (char *c = ret; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
	}
}

static int intake_event(void *arg, const struct rent_event *theirs)
{
	struct intake *in = arg;
	struct rent_event e;
	struct rent_inbound *row;

	if (in->count == RENT_EVENTS_MAX)
		return RENT_EFULL;
	rent_adopt(&e, sizeof(e), theirs, theirs->struct_size);
	row = rent_alloc(in->arena, sizeof(*row));
	if (row == NULL)
		return RENT_ENOMEM;
	row->struct_size = sizeof(*row);
	in->w->host->uuid7(in->w->host, row->id);
	(void)rent_copy(row->instance, sizeof(row->instance), in->port->instance);
	name_event(in, row, e.event_id);
	row->kind = rent_name_of(rent_event_kind_names, (int)e.kind)[0] == '\0'
	                    ? RENT_EVENT_OTHER
	                    : e.kind;
	row->trust = e.proven ? RENT_EVENT_PROVEN : RENT_EVENT_HINT;
	copy_id(row->operation_id, e.operation_id);
	if (e.ref != NULL && rent_visible_ascii(e.ref, RENT_REF_SIZE - 1))
		(void)rent_copy(row->ref, sizeof(row->ref), e.ref);
	copy_id(row->station_id, e.station_id);
	copy_id(row->powerbank_id, e.powerbank_id);
	row->slot = e.slot;
	row->charge = e.charge;
	row->amount = e.amount;
	row->at = e.at;
	row->verdict = e.outcome;
	row->reason = e.reason;
	copy_note(row->note, e.note);
	(void)rent_copy(row->sha256, sizeof(row->sha256), in->body_sha256);
	in->events[in->count++] = row;
	return 0;
}

/* All of them, or the service sends the message again: those that are recorded are known then. */
static int record(struct intake *in, struct rent_error *err)
{
	struct webhooks *w = in->w;
	int code = 0;

	for (size_t i = 0; i < in->count && code == 0; i++) {
		const struct rent_inbound *e = in->events[i];
		enum rent_inbound_result result = RENT_INBOUND_KNOWN;

		code = w->storage.event_put(w->storage_self, e, &result, err);
		if (code == 0)
			w->host->metric_add(
				w->events, 1,
				(const char *[]){
					e->instance,
					rent_name_of(rent_event_kind_names, (int)e->kind),
					result == RENT_INBOUND_NEW ? "new" : "known" });
	}
	return code;
}

static const char *header_of(const void *arg, const char *name)
{
	const struct rent_http_request *req = arg;

	return req->header(req, name);
}

/* The query as it came, without '?'. NULL: the arena is full. */
static const char *query_text(const struct rent_http_request *req)
{
	char *text = rent_strdup(req->arena, "");

	for (uint32_t i = 0; text != NULL && i < req->query_count; i++) {
		const char *name = rent_url_encode(req->arena, req->query[i].name);
		const char *value = rent_url_encode(req->arena, req->query[i].value);

		text = name == NULL || value == NULL
		               ? NULL
		               : rent_printf(req->arena, "%s%s%s=%s", text,
		                             i == 0 ? "" : "&", name, value);
	}
	return text;
}

/* How a message that was not taken is answered, by what parse_event said. */
static const struct refusal {
	int code, status;
	const char *slug, *detail, *metric;
} refusals[] = {
	{ RENT_EPERM, 401, "bad-signature",
	  "the sender could not be checked; nothing was recorded", "refused" },
	{ RENT_EINVAL, 400, "no-event", "this is no message of that service",
	  "malformed" },
	{ 0, 503, "not-now", "the message was not taken; send it again", "failed" },
};

static void refuse_hook(struct webhooks *w, const struct port *port, int code,
                        const struct rent_error *why, const struct rent_http_request *req,
                        struct rent_http_reply *reply)
{
	const struct refusal *r = refusals;

	while (r->code != 0 && r->code != code)
		r++;
	w->host->problem(req, reply, r->status, r->slug, r->detail, NULL);
	if (r->status == 503) {
		size_t i = 0;

		while (i + 1 < RENT_HTTP_HEADERS && reply->headers[i].name != NULL)
			i++;
		reply->headers[i] = (struct rent_header){ "Retry-After", "5" };
	}
	rent_http_log(reply, "why", rent_strdup(req->arena, why->text));
	w->host->metric_add(w->messages, 1,
	                    (const char *[]){ port->instance, r->metric });
}

static int take(struct webhooks *w, struct port *port,
                const struct rent_http_request *req, struct rent_event_answer *answer,
                struct rent_error *err)
{
	const char *type = req->header(req, "Content-Type");
	const char *peer = req->peer == NULL ? "" : req->peer->client;
	struct rent_event_message m = { .struct_size = sizeof(m),
		                        .now = w->host->wall_us(w->host),
		                        .method = req->method,
		                        .rest = req->params[1] == NULL ? ""
		                                                       : req->params[1],
		                        .query = query_text(req),
		                        .body = req->body,
		                        .body_size = req->body_size,
		                        .content_type = type == NULL ? "" : type,
		                        .peer = peer,
		                        .header = header_of,
		                        .header_arg = req,
		                        .arena = req->arena };
	struct intake *in = rent_alloc(req->arena, sizeof(*in));
	int code;

	if (in == NULL || m.query == NULL)
		return rent_fail(err, RENT_ENOMEM, "the message is too large");
	*in = (struct intake){ .w = w, .port = port, .arena = req->arena };
	if (!intake_init(in, &m))
		return rent_fail(err, RENT_ENOMEM, "the message is too large");
	lock_acquire(&port->lock);
	code = port->parse(port->self, &m, intake_event, in, answer, err);
	lock_release(&port->lock);
	return code == 0 ? record(in, err) : code;
}

int hooks_post(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct webhooks *w = self;
	struct port *port = ports_find(w, req->params[0]);
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };
	struct rent_error why = { 0 };
	int code;

	(void)err;
	if (port == NULL) {
		w->host->problem(req, reply, 404, "no-hook",
		                 "no provider of that name takes messages", NULL);
		return 0;
	}
	if (req->body_size > RENT_EVENT_BODY_MAX) {
		w->host->problem(req, reply, 413, "too-large",
		                 "a message may have 256 KiB", NULL);
		return 0;
	}
	code = take(w, port, req, &answer, &why);
	if (code != 0) {
		refuse_hook(w, port, code, &why, req, reply);
		return 0;
	}
	reply->status = answer.status == 0 ? 200 : answer.status;
	reply->content_type = answer.content_type;
	reply->body = answer.body;
	reply->body_size = answer.body_size;
	w->host->metric_add(w->messages, 1, (const char *[]){ port->instance, "taken" });
	handing_wake(w);
	return 0;
}
