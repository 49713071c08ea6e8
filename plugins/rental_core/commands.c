/* SPDX-License-Identifier: MIT
 *
 * commands.c - what an operator does on the command line: audit, reconcile, list-manual and
 * resolve. Here are their arguments and how their results are shown; the names of the members
 * are in docs/reference/audit.md and stay.
 */
#include "commands.h"

#include <rent/time.h>
#include <stdio.h>
#include <string.h>

#include "audit.h"
#include "core.h"
#include "list_actions.h"
#include "reconcile.h"
#include "reconcile_stations.h"
#include "resolve.h"

/* The receiver of a check's findings. */
struct checking {
	const struct rent_command_run *run;
	const char *instance;
	const char *what; /* "audit" */
};

static struct rent_value counted(const char *name, const struct rent_finding *f,
                                 int64_t n)
{
	return f->counted ? (struct rent_value)RENT_NUMBER(name, n)
	                  : (struct rent_value)RENT_NOTHING(name);
}

/* "label value: ", or "" without a value. */
static const char *labelled(char *buffer, size_t size, const char *label,
                            const char *value)
{
	if (value == NULL || *value == '\0')
		return "";
	(void)snprintf(buffer, size, "%s%s: ", label, value);
	return buffer;
}

static int print_finding(void *arg, const struct rent_finding *f)
{
	const struct checking *c = arg;
	char rental[64 + RENT_ID_SIZE], op[64 + RENT_ID_SIZE], invariant[64];
	char since[RENT_TIME_SIZE] = "";
	const struct rent_value fields[] = {
		RENT_TEXT("type", f->breach ? "breach" : "note"),
		RENT_TEXT("instance", c->instance),
		RENT_TEXT("invariant", f->invariant),
		RENT_TEXT("code", f->code),
		RENT_TEXT("rental", f->rental_id),
		RENT_TEXT("operation", f->op_id),
		RENT_TEXT("user", f->user_id),
		RENT_TEXT("text", f->text),
		counted("expected", f, f->expected),
		counted("found", f, f->found),
		RENT_MOMENT("since", f->since),
		RENT_TEXT("advice", f->advice),
		RENT_VALUES_END,
	};

	if (f->since != 0)
		rent_time_text(f->since, 'T', since);
	c->run->result(c->run, fields, "%s: %s%s%s%s%s%s%s%s%s", c->instance,
	               f->breach ? "" : "note: ",
	               labelled(rental, sizeof(rental), "rental ", f->rental_id),
	               labelled(op, sizeof(op), "operation ", f->op_id),
	               labelled(invariant, sizeof(invariant), "", f->invariant), f->text,
	               f->since != 0 ? "; since " : "", since,
	               f->advice[0] != '\0' ? "; " : "", f->advice);
	return 0;
}

#define STATIONS "reconcile_stations"

static int print_progress(void *arg, const struct rent_check *check)
{
	const struct checking *c = arg;

	if (strcmp(c->what, STATIONS) == 0)
		c->run->progress(c->run,
		                 "%" PRId64 " of %" PRId64 " cabinets asked, %" PRId64
		                 " running rentals",
		                 check->entries, check->operations, check->rentals);
	else
		c->run->progress(c->run,
		                 "%" PRId64 " rentals, %" PRId64 " operations, %" PRId64
		                 " breaches so far",
		                 check->rentals, check->operations, check->breaches);
	return 0;
}

static void print_summary(const struct checking *c, const struct rent_check *check)
{
	const struct rent_value fields[] = {
		RENT_TEXT("type", "summary"),
		RENT_TEXT("what", c->what),
		RENT_TEXT("instance", c->instance),
		RENT_TRUTH("clean", check->breaches == 0),
		RENT_NUMBER("rentals", check->rentals),
		RENT_NUMBER("operations", check->operations),
		RENT_NUMBER("entries", check->entries),
		RENT_NUMBER("breaches", check->breaches),
		RENT_NUMBER("notes", check->notes),
		RENT_NUMBER("adjusted", check->adjusted),
		RENT_NUMBER("manual", check->manual),
		RENT_NUMBER("resolved", check->resolved),
		RENT_VALUES_END,
	};

	if (strcmp(c->what, STATIONS) == 0)
		c->run->result(c->run, fields,
		               "%s: summary: %" PRId64 " of %" PRId64
		               " cabinets asked, %" PRId64 " running rentals, %" PRId64
		               " breaches, %" PRId64 " notes",
		               c->instance, check->entries, check->operations,
		               check->rentals, check->breaches, check->notes);
	else if (check->entries > 0 || check->operations > 0)
		c->run->result(c->run, fields,
		               "%s: summary: %" PRId64 " operations, %" PRId64
		               " entries of the provider, %" PRId64 " breaches, %" PRId64
		               " notes",
		               c->instance, check->operations, check->entries,
		               check->breaches, check->notes);
	else
		c->run->result(c->run, fields,
		               "%s: summary: %" PRId64 " rentals, %" PRId64
		               " breaches, %" PRId64
		               " debts adjusted from outside, %" PRId64
		               " operations MANUAL, %" PRId64 " resolved by hand",
		               c->instance, check->rentals, check->breaches,
		               check->adjusted, check->manual, check->resolved);
}

static int check_with(int (*check_fn)(void *self, struct rent_check *check,
                                      struct rent_error *err),
                      struct core *core, const struct rent_command_run *run,
                      const char *what, int64_t since, struct rent_error *err)
{
	struct checking checking = { .run = run,
		                     .instance = core->host->instance,
		                     .what = what };
	struct rent_check check = { .struct_size = sizeof(check),
		                    .since = since,
		                    .arg = &checking,
		                    .finding = print_finding,
		                    .progress = print_progress };
	int r = check_fn(core, &check, err);

	if (r != 0)
		return r;
	print_summary(&checking, &check);
	return check.breaches > 0 ? RENT_COMMAND_BREACH : RENT_COMMAND_DONE;
}

static int command_audit(void *self, const struct rent_command_run *run,
                         struct rent_error *err)
{
	return check_with(audit_rentals, self, run, "audit", 0, err);
}

/* ---- reconcile ---------------------------------------------------------------------------- */

static const struct rent_option reconcile_arguments[] = {
	RENT_STRING_OPTION(
		"since", NULL, .flags = RENT_OPT_POSITIONAL,
		.help = "begin 24h ago, or at 2026-11-23T07:00; or \"stations\": "
			"with what lies in the cabinets"),
	RENT_OPTIONS_END,
};

/* "90s", "5m", "24h" or "7d" back from now. 0: it is none. */
static int64_t duration_back(const char *text)
{
	static const struct {
		char unit;
		int64_t us;
	} units[] = { { 's', RENT_SECOND },
		      { 'm', RENT_MINUTE },
		      { 'h', RENT_HOUR },
		      { 'd', 24 * RENT_HOUR } };
	int64_t n = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 9 || strlen(text) != digits + 1)
		return 0;
	for (size_t i = 0; i < digits; i++)
		n = n * 10 + (text[i] - '0');
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (units[i].unit == text[digits] && n <= INT64_MAX / units[i].us)
			return n * units[i].us;
	return 0;
}

static int command_reconcile(void *self, const struct rent_command_run *run,
                             struct rent_error *err)
{
	struct core *core = self;
	const char *text = run->arg_str(run, "since");
	int64_t since = 0, back;
	int r;

	if (text != NULL && strcmp(text, "stations") == 0) {
		r = check_with(reconcile_stations, core, run, STATIONS, 0, err);
		return r == RENT_EUNSUPPORTED ? RENT_COMMAND_UNSUPPORTED : r;
	}
	if (text != NULL && !(rent_time_parse(text, &since) && since > 0)) {
		back = duration_back(text);
		if (back == 0) {
			(void)rent_fail(
				err, RENT_EINVAL,
				"'%s' is not a beginning; allowed: a duration back from "
				"now (\"24h\"), a time (\"2026-11-23T07:00\", UTC) or "
				"\"stations\"",
				text);
			return RENT_COMMAND_USAGE;
		}
		since = core->host->wall_us(core->host) - back;
	}
	r = check_with(reconcile_books, core, run, "reconcile", since, err);
	return r == RENT_EUNSUPPORTED ? RENT_COMMAND_UNSUPPORTED : r;
}

/* ---- list-manual -------------------------------------------------------------------------- */

struct listing {
	const struct rent_command_run *run;
	int64_t n;
};

static int print_manual(void *arg, const struct rent_manual *item)
{
	struct listing *list = arg;
	const struct rent_op *op = item->op;
	const struct rent_rental *r = item->rental;
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	const char *purpose = rent_name_of(rent_purpose_names, (int)op->purpose);
	const char *station = op->kind == RENT_OP_EJECT && r != NULL ? r->station_id : "";
	char made[RENT_TIME_SIZE], given_up[RENT_TIME_SIZE];
	const struct rent_value fields[] = {
		RENT_TEXT("operation", op->id),
		RENT_TEXT("kind", kind),
		RENT_TEXT("purpose", purpose),
		RENT_TEXT("rental", op->rental_id),
		RENT_TEXT("user", r == NULL ? NULL : r->user_id),
		RENT_TEXT("provider", r == NULL ? NULL : r->provider),
		RENT_NUMBER("amount", op->amount),
		RENT_TEXT("reference", op->ref),
		RENT_TEXT("target", op->target_id),
		RENT_MOMENT("created_at", op->created_at),
		RENT_MOMENT("manual_since", op->resolved_at),
		RENT_NUMBER("tries", op->tries),
		RENT_TEXT("note", op->note),
		RENT_VALUES_END,
	};

	list->n++;
	rent_time_text(op->created_at, 'T', made);
	rent_time_text(op->resolved_at, 'T', given_up);
	list->run->result(list->run, fields,
	                  "%s: %s of %" PRId64 " for %s\n"
	                  "    rental %s, user %s, provider %s\n"
	                  "%s%s%s%s%s%s%s%s%s"
	                  "    sent %s, given up %s after %" PRId64 " tries%s%s",
	                  op->id, kind, op->amount, purpose, op->rental_id,
	                  r == NULL ? "?" : r->user_id, r == NULL ? "?" : r->provider,
	                  op->ref[0] == '\0' ? "" : "    the provider's reference ",
	                  op->ref, op->ref[0] == '\0' ? "" : "\n",
	                  op->target_id[0] == '\0' ? "" : "    of the operation ",
	                  op->target_id, op->target_id[0] == '\0' ? "" : "\n",
	                  station[0] == '\0' ? "" : "    at the station ", station,
	                  station[0] == '\0' ? "" : "\n", made, given_up, op->tries,
	                  op->note[0] == '\0' ? "" : ": ", op->note);
	return 0;
}

static int command_list_manual(void *self, const struct rent_command_run *run,
                               struct rent_error *err)
{
	struct core *core = self;
	struct listing list = { .run = run };
	const struct rent_manual_reply reply = { sizeof(reply), &list, print_manual };
	int r = resolve_list(core, &reply, err);

	if (r == 0 && !run->quiet)
		run->result(run, NULL, "%s: %" PRId64 " operations wait for a person",
		            core->host->instance, list.n);
	return r;
}

/* ---- resolve ------------------------------------------------------------------------------ */

/* In the order of the choices of --as. */
static const enum rent_op_state outcomes[] = { RENT_OP_SUCCEEDED, RENT_OP_DECLINED,
	                                       RENT_OP_NOT_EXECUTED };

/* clang-format off */
static const struct rent_option resolve_arguments[] = {
	RENT_STRING_OPTION("operation", NULL, .flags = RENT_OPT_POSITIONAL | RENT_OPT_REQUIRED,
		.help = "its id, as list-manual shows it"),
	RENT_ENUM_OPTION("as", NULL, .flags = RENT_OPT_REQUIRED,
		.choices = "succeeded|declined|not-executed", .unit = "OUTCOME",
		.help = "succeeded, declined or not-executed"),
	RENT_MONEY_OPTION("amount", NULL, .min = "1", .unit = "N",
		.help = "the amount moved, if it is less than the amount asked for"),
	RENT_STRING_OPTION("reference", NULL, .unit = "REF",
		.help = "the provider's reference; of an eject the powerbank"),
	RENT_STRING_OPTION("expires", NULL, .unit = "TIME",
		.help = "of a hold: when it runs out, like 2026-11-23T07:00"),
	RENT_STRING_OPTION("reason", NULL, .flags = RENT_OPT_REQUIRED, .unit = "TEXT",
		.help = "who said so, where it can be read; kept for ever"),
	RENT_STRING_OPTION("by", NULL, .unit = "NAME",
		.help = "the person who resolves it; the login by default"),
	RENT_OPTIONS_END,
};
/* clang-format on */

static int print_resolved(const struct rent_command_run *run,
                          const struct rent_resolve *rs, struct rent_error *err)
{
	const struct rent_value fields[] = {
		RENT_TEXT("operation", rs->op_id),
		RENT_TRUTH("resolved", rs->verdict == RENT_RESOLVED),
		RENT_TEXT("rental", rs->rental_id),
		RENT_TRUTH("settling", rs->settling),
		RENT_TEXT("detail", rs->detail),
		RENT_VALUES_END,
	};
	bool resolved = rs->verdict == RENT_RESOLVED;

	if (run->json)
		run->result(run, fields, NULL);
	else if (!resolved)
		(void)rent_fail(err, RENT_EINVAL, "operation '%s': %s", rs->op_id,
		                rs->detail);
	else if (!run->quiet)
		run->result(run, NULL, "operation %s of rental %s is resolved%s",
		            rs->op_id, rs->rental_id,
		            rs->settling ? "; a worker goes on with its settlement" : "");
	if (rs->verdict == RENT_RESOLVE_BUSY)
		return RENT_COMMAND_UNAVAILABLE;
	return resolved ? RENT_COMMAND_DONE : RENT_COMMAND_USAGE;
}

/* The caller as the system knows him, for the books. */
struct caller {
	char uid[32];
	struct rent_actor actor;
};

static void know_caller(const struct rent_command_run *run, struct caller *ret)
{
	(void)snprintf(ret->uid, sizeof(ret->uid), "uid:%" PRId64, run->uid);
	ret->actor = (struct rent_actor){ .struct_size = sizeof(ret->actor),
		                          .subject = run->login,
		                          .role = "operator",
		                          .peer = ret->uid };
	if (run->struct_size >= sizeof(*run))
		ret->actor.issuer = run->machine;
}

static int command_resolve(void *self, const struct rent_command_run *run,
                           struct rent_error *err)
{
	const char *reference = run->arg_str(run, "reference");
	const char *expires = run->arg_str(run, "expires");
	struct rent_resolve rs = {
		.struct_size = sizeof(rs),
		.op_id = run->arg_str(run, "operation"),
		.as = outcomes[run->arg_int(run, "as")],
		.amount = run->given(run, "amount") ? run->arg_int(run, "amount") : 0,
		.reference = reference == NULL ? "" : reference,
		.reason = run->arg_str(run, "reason"),
		.by = run->given(run, "by") ? run->arg_str(run, "by") : run->login,
	};
	struct caller caller;
	int r;

	if (expires != NULL &&
	    !(rent_time_parse(expires, &rs.expires_at) && rs.expires_at > 0)) {
		(void)rent_fail(err, RENT_EINVAL,
		                "--expires=%s is not a time; allowed: 2026-11-23T07:00, "
		                "UTC",
		                expires);
		return RENT_COMMAND_USAGE;
	}
	if (rs.by[0] == '\0') {
		(void)rent_fail(err, RENT_EINVAL,
		                "resolve needs --by=NAME: the user %" PRId64
		                " has no login name",
		                run->uid);
		return RENT_COMMAND_USAGE;
	}
	know_caller(run, &caller);
	rs.actor = &caller.actor;
	r = resolve_operation(self, &rs, err);
	return r == 0 ? print_resolved(run, &rs, err) : r;
}

/* clang-format off */
const struct rent_command core_commands[] = {
	{ .name = "audit", .flag = "audit", .run = command_audit,
	  .summary = "check every money invariant of the bound storage" },
	{ .name = "reconcile", .flag = "reconcile", .arguments = reconcile_arguments,
	  .run = command_reconcile,
	  .summary = "compare with the payment provider's book, from 24h ago or 2026-11-23T07:00; with =stations with the cabinets" },
	{ .name = "list-manual", .flag = "list-manual", .run = command_list_manual,
	  .summary = "operations that wait for a person, and what to ask the provider" },
	{ .name = "resolve", .flag = "resolve", .arguments = resolve_arguments,
	  .run = command_resolve,
	  .summary = "end one of them, as the provider says" },
	{ .name = "list-actions", .arguments = list_actions_arguments,
	  .run = command_list_actions,
	  .summary = "who started, stopped, paid or resolved what, when and why" },
	{ .name = NULL },
};
/* clang-format on */
