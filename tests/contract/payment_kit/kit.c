/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/kit.c - the report, the operation of the kit, and what holds for
 * every request and every result.
 */
#include "kit.h"

#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAULTS_SHOWN 5
#define TIME_LIMIT   100 /* seconds for a group of checks */

void kit_begin(struct kit *k, const char *check)
{
	k->check = check;
	k->faults = 0;
	k->doing[0] = '\0';
}

void kit_doing(struct kit *k, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(k->doing, sizeof(k->doing), fmt, ap);
	va_end(ap);
}

void kit_apart(struct kit *k, void (*checks)(struct kit *k))
{
	int status = 0;
	pid_t child;

	(void)fflush(stdout);
	child = fork();
	if (child == 0) {
		(void)alarm(TIME_LIMIT);
		checks(k);
		(void)fflush(stdout);
		_exit(0);
	}
	if (child > 0 && waitpid(child, &status, 0) == child && status == 0)
		return;
	if (k->check == NULL)
		kit_begin(k, "the checks run to their end");
	kit_fault(k, "the plugin %s%d%s%s",
	          WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "hangs, signal "
	                                                             : "crashes, status ",
	          WIFSIGNALED(status) ? WTERMSIG(status) : status,
	          k->doing[0] == '\0' ? "" : " at: ", k->doing);
	kit_end(k);
}

void kit_fault(struct kit *k, const char *fmt, ...)
{
	va_list ap;

	if (k->faults++ >= FAULTS_SHOWN)
		return;
	va_start(ap, fmt);
	(void)printf("#   ");
	(void)vprintf(fmt, ap);
	(void)printf("\n");
	va_end(ap);
}

void kit_end(struct kit *k)
{
	k->checks++;
	k->failed += k->faults > 0;
	if (k->faults > FAULTS_SHOWN)
		(void)printf("#   … and %d more\n", k->faults - FAULTS_SHOWN);
	(void)printf("%s %d - %s\n", k->faults > 0 ? "not ok" : "ok", k->checks,
	             k->check);
	(void)fflush(stdout);
	k->check = NULL;
}

void kit_skip(struct kit *k, const char *check, const char *why)
{
	k->checks++;
	(void)printf("ok %d - %s # SKIP %s\n", k->checks, check, why);
}

static const char *const kind_names[] = {
	[RENT_PAY_HOLD] = "hold",       [RENT_PAY_CAPTURE] = "capture",
	[RENT_PAY_RELEASE] = "release", [RENT_PAY_CHARGE] = "charge",
	[RENT_PAY_REFUND] = "refund",   [RENT_PAY_LOOKUP] = "lookup",
	[RENT_PAY_EXTEND] = "extend",
};

const char *kit_kind_name(enum rent_payment_kind kind)
{
	return kind >= RENT_PAY_HOLD && kind <= KIT_LAST ? kind_names[kind] : "none";
}

enum rent_payment_kind kit_kind_value(const char *name)
{
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (name != NULL && strcmp(kind_names[kind], name) == 0)
			return (enum rent_payment_kind)kind;
	}
	return (enum rent_payment_kind)0;
}

bool kit_declares(const struct kit *k, enum rent_payment_kind kind)
{
	return (k->caps.operations & RENT_PAY_BIT(kind)) != 0;
}

struct rent_payment_op kit_op(enum rent_payment_kind kind)
{
	bool refers = kind == RENT_PAY_CAPTURE || kind == RENT_PAY_RELEASE ||
	              kind == RENT_PAY_REFUND || kind == RENT_PAY_EXTEND;

	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = kind,
		.lookup_of = kind == RENT_PAY_LOOKUP ? RENT_PAY_CHARGE
		                                     : (enum rent_payment_kind)0,
		.final = kind == RENT_PAY_CAPTURE,
		.id = KIT_ID,
		.rental_id = KIT_RENTAL,
		.user_id = KIT_USER,
		.ref = "",
		.target_id = refers ? KIT_TARGET : "",
		.target_ref = refers ? KIT_TARGET_REF : "",
		.amount = KIT_AMOUNT,
		.created_at = KIT_CREATED,
	};
}

struct rent_payment_op kit_lookup(enum rent_payment_kind of)
{
	struct rent_payment_op op = kit_op(of);

	op.kind = RENT_PAY_LOOKUP;
	op.lookup_of = of;
	return op;
}

bool kit_has_secret(const struct kit *k, const char *text)
{
	for (int i = 0; i < KIT_SECRETS && k->secrets[i][0] != '\0'; i++) {
		if (strstr(text, k->secrets[i]) != NULL)
			return true;
	}
	return false;
}

struct rent_upstream_reply kit_reply(int status, const char *body, size_t size)
{
	return (struct rent_upstream_reply){
		.struct_size = sizeof(struct rent_upstream_reply),
		.status = status,
		.body = body,
		.body_size = size,
		.content_type = "application/json",
	};
}

/* Text that goes into a database: terminated, and UTF-8 throughout. */
static bool text_sound(const char *text, size_t size)
{
	json_t *s = memchr(text, '\0', size) == NULL ? NULL : json_string(text);
	bool sound = s != NULL;

	json_decref(s);
	return sound;
}

static const char *action_fault(const struct rent_payment_result *r)
{
	if ((int)r->action < RENT_ACTION_NONE ||
	    (int)r->action > RENT_ACTION_CONFIRM_ELSEWHERE)
		return "the action is outside the set";
	if (r->action != RENT_ACTION_NONE && r->outcome != RENT_PENDING)
		return "an action without PENDING";
	if (r->retry_after_us < 0 || r->action_until < 0)
		return "a negative time";
	return NULL;
}

static const char *texts_fault(const struct rent_payment_result *r)
{
	if (!text_sound(r->ref, sizeof(r->ref)))
		return "ref is not terminated or not UTF-8";
	if (!text_sound(r->note, sizeof(r->note)))
		return "note is not terminated or not UTF-8";
	if (!text_sound(r->action_value, sizeof(r->action_value)) ||
	    !text_sound(r->method_ref, sizeof(r->method_ref)) ||
	    !text_sound(r->cursor, sizeof(r->cursor)))
		return "action_value, method_ref or cursor is not terminated or not UTF-8";
	return NULL;
}

static const char *result_fault(const struct rent_payment_op *op,
                                const struct rent_payment_result *r)
{
	if (r->struct_size != sizeof(*r))
		return "struct_size of the result was changed";
	if ((int)r->outcome < RENT_UNKNOWN || (int)r->outcome > RENT_UNSUPPORTED)
		return "the outcome is outside the set";
	if ((int)r->reason < RENT_DECLINE_NONE || (int)r->reason > RENT_DECLINE_ACTION)
		return "the decline reason is outside the set";
	if (action_fault(r) != NULL)
		return action_fault(r);
	if (r->outcome == RENT_SUCCEEDED &&
	    (r->processed < 1 || r->processed > op->amount))
		return "success with a processed amount outside 1..asked";
	if (r->outcome == RENT_SUCCEEDED && r->not_found)
		return "success and \"not found\" at once";
	if (r->not_found && op->kind != RENT_PAY_LOOKUP)
		return "\"not found\" from an operation that is no lookup";
	if (texts_fault(r) != NULL)
		return texts_fault(r);
	if (r->cursor[0] != '\0' && op->kind != RENT_PAY_LOOKUP)
		return "an operation that is no lookup wants a second call";
	return r->expires_at < 0 ? "the hold's expiry is negative" : NULL;
}

static bool reply_same(const struct rent_upstream_reply *a,
                       const struct rent_upstream_reply *b)
{
	return a->struct_size == b->struct_size && a->status == b->status &&
	       a->body == b->body && a->body_size == b->body_size &&
	       a->content_type == b->content_type && a->ambiguous == b->ambiguous &&
	       a->retry_after_us == b->retry_after_us && a->arena == b->arena;
}

struct rent_payment_result kit_parse(struct kit *k, const struct rent_payment_op *op,
                                     const struct rent_upstream_reply *reply,
                                     const char *about)
{
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_reply given = *reply, before;
	const char *fault;

	given.arena = k->host->arena_new(k->host);
	before = given;
	kit_doing(k, "%s, status %d, %s, %zu bytes", kit_kind_name(op->kind),
	          (int)reply->status, about, reply->body_size);
	k->api->parse(k->self, op, &given, &ret);
	fault = result_fault(op, &ret);
	if (fault == NULL && !reply_same(&before, &given))
		fault = "the reply was changed";
	if (fault == NULL && (kit_has_secret(k, ret.note) || kit_has_secret(k, ret.ref)))
		fault = "a secret of the options in note or ref";
	if (fault == NULL && strlen(ret.action_value) > 8 &&
	    strstr(ret.note, ret.action_value) != NULL)
		fault = "the address or token of the action in note";
	if (fault != NULL)
		kit_fault(k, "%s, status %d, %s: %s (outcome %d, processed %" PRId64 ")",
		          kit_kind_name(op->kind), (int)reply->status, about, fault,
		          (int)ret.outcome, ret.processed);
	k->host->arena_free(k->host, given.arena);
	return ret;
}

static bool header_ok(const struct rent_header *h)
{
	if (h->value == NULL || h->name[0] == '\0')
		return false;
	if (strpbrk(h->name, "\r\n: \t") != NULL)
		return false;
	return strpbrk(h->value, "\r\n") == NULL;
}

static bool visible(const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s < 0x21 || *s > 0x7e)
			return false;
	}
	return true;
}

const char *kit_request_fault(const struct rent_upstream_request *req)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-_./{}";

	if (req->upstream == NULL)
		return "no upstream";
	if (req->method == NULL || req->method[0] == '\0' || !visible(req->method))
		return "no method";
	if (req->target == NULL || req->target[0] != '/' || !visible(req->target))
		return "the target does not begin with '/' or has characters to be encoded";
	if (req->endpoint == NULL || req->endpoint[0] == '\0' ||
	    strlen(req->endpoint) > 64 ||
	    req->endpoint[strspn(req->endpoint, plain)] != '\0')
		return "the endpoint is no bounded lower case name";
	if (req->body == NULL && req->body_size != 0)
		return "a body size without a body";
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (!header_ok(&req->headers[i]))
			return "a header is malformed";
	}
	if ((req->flags & ~(uint32_t)RENT_RESEND_SAFE) != 0)
		return "unknown flags";
	return req->timeout_us < 0 ? "a negative time-out" : NULL;
}

bool kit_request_same(const struct rent_upstream_request *a,
                      const struct rent_upstream_request *b)
{
	if (a->flags != b->flags || a->upstream != b->upstream ||
	    a->body_size != b->body_size || a->timeout_us != b->timeout_us ||
	    strcmp(a->method, b->method) != 0 || strcmp(a->target, b->target) != 0 ||
	    strcmp(a->endpoint, b->endpoint) != 0)
		return false;
	if (a->body_size > 0 && memcmp(a->body, b->body, a->body_size) != 0)
		return false;
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS; i++) {
		const struct rent_header *x = &a->headers[i], *y = &b->headers[i];

		if (x->name == NULL || y->name == NULL)
			return x->name == y->name;
		if (strcmp(x->name, y->name) != 0 || strcmp(x->value, y->value) != 0)
			return false;
	}
	return true;
}
