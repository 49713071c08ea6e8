/* payment_tern.c - a payment provider in one file, for a made-up service, "Tern": JSON, its own
 * references, what ends later is reported by a signed event and can be asked for nowhere. */
#include <rent/payment_plugin.h>
#include <stdlib.h>

struct tern {
	const struct rent_json_api *json;
	const struct rent_crypto_api *crypto;
	struct rent_upstream *upstream;
	const char *currency, *event_key;
	char authorization[256];
	int exponent;
};

static void tern_caps(void *self, struct rent_payment_caps *ret)
{
	const struct tern *t = self;

	ret->operations = RENT_PAY_BIT(RENT_PAY_HOLD) | RENT_PAY_BIT(RENT_PAY_CAPTURE) |
	                  RENT_PAY_BIT(RENT_PAY_RELEASE) | RENT_PAY_BIT(RENT_PAY_CHARGE) |
	                  RENT_PAY_BIT(RENT_PAY_REFUND);
	/* For a week the same key acts once and replays its first answer. */
	ret->resend_us = 7 * (24 * RENT_HOUR);
	ret->capture_releases_rest = true;
	ret->hold_us = 5 * (24 * RENT_HOUR);
	ret->key_header = "Idempotency-Key";
	(void)rent_copy(ret->currency, sizeof(ret->currency), t->currency);
}

/* ---- operation → request */

static bool reference_valid(const char *ref)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	return ref[0] != '\0' && ref[strspn(ref, plain)] == '\0';
}

static const char *path_of(const struct rent_payment_op *op, struct rent_arena *arena,
                           const char **ret_endpoint)
{
	static const struct {
		enum rent_payment_kind kind;
		const char *word;
	} words[] = { { RENT_PAY_CAPTURE, "captures" },
		      { RENT_PAY_RELEASE, "cancels" },
		      { RENT_PAY_REFUND, "refunds" } };

	*ret_endpoint = "payments";
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (words[i].kind != op->kind)
			continue;
		*ret_endpoint = words[i].word;
		return rent_printf(arena, "/v1/payments/%s/%s", op->target_ref,
		                   words[i].word);
	}
	return "/v1/payments";
}

static const char *body_of(const struct tern *t, const struct rent_payment_op *op,
                           int64_t minor, struct rent_arena *arena)
{
	bool first = op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE;
	const struct rent_value payment[] = {
		RENT_TEXT("reference", op->id),
		RENT_TEXT("amount.currency", t->currency),
		RENT_NUMBER("amount.value", minor),
		RENT_TRUTH("capture", op->kind == RENT_PAY_CHARGE),
		RENT_TEXT("shopper", op->user_id),
		RENT_TEXT("order", op->rental_id),
		RENT_VALUES_END,
	};
	const struct rent_value change[] = {
		RENT_TEXT("reference", op->id),
		RENT_TEXT("amount.currency", t->currency),
		RENT_NUMBER("amount.value", minor),
		RENT_VALUES_END,
	};

	return t->json->build(arena, first ? payment : change);
}

static int tern_build(void *self, const struct rent_payment_op *op,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	const struct tern *t = self;
	bool first = op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE;
	const char *key;
	int64_t minor;

	if (op->kind < RENT_PAY_HOLD || op->kind > RENT_PAY_REFUND)
		return rent_fail(err, RENT_EUNSUPPORTED, "Tern cannot do that");
	if (op->amount <= 0 || !rent_minor(op->amount, t->exponent, &minor))
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	if (!rent_id_valid(op->id) || (!first && !reference_valid(op->target_ref)))
		return rent_fail(err, RENT_EINVAL, "an id or a reference is not of Tern");
	ret->upstream = t->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->method = "POST";
	ret->target = path_of(op, arena, &ret->endpoint);
	ret->body = body_of(t, op, minor, arena);
	key = rent_strdup(arena, op->id);
	if (ret->target == NULL || ret->body == NULL || key == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->body_size = strlen(ret->body);
	ret->headers[0] = (struct rent_header){ "Authorization", t->authorization };
	ret->headers[1] = (struct rent_header){ "Content-Type", "application/json" };
	ret->headers[2] = (struct rent_header){ "Idempotency-Key", key };
	return 0;
}

/* ---- reply → outcome */

static const struct {
	const char *word;
	enum rent_decline_reason reason;
} refusals[] = {
	{ "not_enough_balance", RENT_DECLINE_FUNDS },
	{ "blocked_card", RENT_DECLINE_METHOD },
	{ "expired_card", RENT_DECLINE_METHOD },
};

static void refused(const struct tern *t, const struct rent_json *body,
                    struct rent_payment_result *ret)
{
	ret->outcome = RENT_DECLINED;
	ret->reason = RENT_DECLINE_OTHER;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (strcmp(refusals[i].word, t->json->text(body, "reason")) == 0) {
			ret->reason = refusals[i].reason;
			(void)rent_copy(ret->note, sizeof(ret->note), refusals[i].word);
		}
	}
}

static void tern_parse(void *self, const struct rent_payment_op *op,
                       const struct rent_upstream_reply *reply,
                       struct rent_payment_result *ret)
{
	const struct tern *t = self;
	const struct rent_json *body =
		t->json->parse(reply->arena, reply->body, reply->body_size);
	const char *state = t->json->text(body, "state"),
		   *ref = t->json->text(body, "psp");
	bool first = op->kind == RENT_PAY_HOLD || op->kind == RENT_PAY_CHARGE;
	int64_t minor, units;

	if (reply->status == 401 && strcmp(t->json->text(body, "code"), "key") == 0) {
		ret->outcome = RENT_INVALID;
		ret->alert = true;
		return;
	}
	if (strcmp(t->json->text(body, "reference"), op->id) != 0 ||
	    !reference_valid(ref))
		return;
	if (reply->status == 200 && first && strcmp(state, "authorised") == 0 &&
	    strcmp(t->json->text(body, "amount.currency"), t->currency) == 0 &&
	    t->json->integer(body, "amount.value", 1, INT64_MAX, &minor) &&
	    rent_units(minor, t->exponent, &units) && units <= op->amount) {
		ret->outcome = RENT_SUCCEEDED;
		ret->processed = units;
	} else if (reply->status == 202 && strcmp(state, "received") == 0) {
		ret->outcome = RENT_PENDING;
	} else if (reply->status == 422 && strcmp(state, "refused") == 0) {
		refused(t, body, ret);
	}
	if (ret->outcome == RENT_SUCCEEDED || ret->outcome == RENT_PENDING)
		(void)rent_copy(ret->ref, sizeof(ret->ref), ref);
}

/* ---- what Tern reports: {"event","id","reference","psp","success","amount":{…},"at"} */

static bool signed_by_tern(const struct tern *t, const struct rent_event_message *m)
{
	const char *given = m->header(m->header_arg, "Tern-Signature");
	unsigned char mac[RENT_SHA256_SIZE];
	const char *expected;

	if (t->event_key[0] == '\0' || given == NULL)
		return false;
	t->crypto->hmac_sha256(t->event_key, strlen(t->event_key), m->body, m->body_size,
	                       mac);
	expected = t->crypto->base64(m->arena, mac, sizeof(mac));
	return expected != NULL && strlen(given) == strlen(expected) &&
	       t->crypto->equal(given, expected, strlen(expected));
}

static int tern_parse_event(void *self, const struct rent_event_message *m,
                            rent_event_fn fn, void *arg, struct rent_event_answer *ret,
                            struct rent_error *err)
{
	const struct tern *t = self;
	const struct rent_json *o;
	struct rent_event event = { .struct_size = sizeof(event),
		                    .kind = RENT_EVENT_OTHER,
		                    .proven = true };
	int64_t minor;
	bool success;

	if (!signed_by_tern(t, m))
		return rent_fail(err, RENT_EPERM, "the signature is not Tern's");
	o = t->json->parse(m->arena, m->body, m->body_size);
	if (!t->json->boolean(o, "success", &success))
		return rent_fail(err, RENT_EINVAL, "no event of Tern's");
	ret->body = "[accepted]";
	ret->body_size = strlen(ret->body);
	ret->content_type = "text/plain";
	event.event_id = t->json->text(o, "id");
	event.operation_id = t->json->text(o, "reference");
	event.ref = t->json->text(o, "psp");
	if (event.operation_id[0] != '\0') {
		event.kind = RENT_EVENT_OPERATION;
		event.outcome = success ? RENT_SUCCEEDED : RENT_DECLINED;
		event.reason = success ? RENT_DECLINE_NONE : RENT_DECLINE_OTHER;
	}
	if (t->json->integer(o, "amount.value", 1, INT64_MAX, &minor))
		(void)rent_units(minor, t->exponent, &event.amount);
	return fn(arg, &event);
}

/* ---- the plugin */

static const struct rent_option tern_options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of Tern"),
	RENT_STRING_OPTION("api_key", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
	                   .min = "8", .max = "200", .help = "key of the account"),
	RENT_STRING_OPTION("event_key", "", .flags = RENT_OPT_SECRET,
	                   .help = "key of the signatures; \"\": no event is believed"),
	RENT_STRING_OPTION("currency", "EUR", .min = "3", .max = "3", .help = "ISO 4217"),
	RENT_INT_OPTION("exponent", "2", .min = "0", .max = "6", .unit = "digits",
	                .help = "digits behind the point of the currency"),
	RENT_INSECURE_OPTION,
	RENT_SLOW_UPSTREAM_OPTIONS("tern", "20s", "3", "60s"),
	RENT_OPTIONS_END,
};

static int tern_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct tern *t = calloc(1, sizeof(*t));
	int r;

	if (t == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	t->json = host->json;
	t->crypto = host->crypto;
	t->currency = host->opt_str(host, "currency");
	t->event_key = host->opt_str(host, "event_key");
	t->exponent = (int)host->opt_int(host, "exponent");
	(void)snprintf(t->authorization, sizeof(t->authorization), "Bearer %s",
	               host->opt_str(host, "api_key"));
	r = host->upstream_open(host, "tern", host->opt_str(host, "url"), &t->upstream,
	                        err);
	if (r < 0) {
		free(t);
		return r;
	}
	*ret_self = t;
	return 0;
}

static const struct rent_payment tern_api = {
	.struct_size = sizeof(tern_api),
	.caps = tern_caps,
	.build = tern_build,
	.parse = tern_parse,
	.parse_event = tern_parse_event,
};

RENT_PLUGIN(tern_plugin) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT, .name = "payment_tern",
	.version = "1.0.0",        .summary = "payments through Tern",
	.options = tern_options,   .api = &tern_api,
	.create = tern_create,     .destroy = free,
};
