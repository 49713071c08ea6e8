/* SPDX-License-Identifier: MIT
 *
 * list_actions.c - see list_actions.h. The names of the members are in docs/reference/audit.md and
 * stay.
 */
#include "list_actions.h"

#include <rent/time.h>
#include <stdio.h>
#include <string.h>

#include "core.h"

/* clang-format off */
const struct rent_option list_actions_arguments[] = {
	RENT_STRING_OPTION("rental", NULL, .flags = RENT_OPT_POSITIONAL,
		.help = "only those of this rental"),
	RENT_INT_OPTION("limit", "100", .min = "1", .max = "5000", .unit = "N",
		.help = "so many at most, the newest first"),
	RENT_OPTIONS_END,
};
/* clang-format on */

/* " label value", or "" without a value. */
static const char *labelled(char *buffer, size_t size, const char *label,
                            const char *value)
{
	if (value == NULL || value[0] == '\0')
		return "";
	(void)snprintf(buffer, size, "%s%s", label, value);
	return buffer;
}

struct listing {
	const struct rent_command_run *run;
};

#define PART (64 + RENT_REASON_SIZE)

static int print_deed(void *arg, const struct rent_deed *deed)
{
	const struct rent_command_run *run = ((const struct listing *)arg)->run;
	const struct rent_actor *a = deed->actor;
	const char *action = rent_name_of(rent_deed_names, (int)deed->kind);
	char at[RENT_TIME_SIZE], role[PART], op[PART], peer[PART], issuer[PART],
		key[PART], request[PART], by[PART], reason[PART];
	const struct rent_value fields[] = {
		RENT_NUMBER("id", deed->id),
		RENT_MOMENT("at", deed->at),
		RENT_TEXT("action", action),
		RENT_TEXT("rental", deed->rental_id),
		RENT_TEXT("operation", deed->op_id),
		RENT_TEXT("subject", a->subject),
		RENT_TEXT("role", a->role),
		RENT_TEXT("issuer", a->issuer),
		RENT_TEXT("key_id", a->key_id),
		RENT_TEXT("peer", a->peer),
		RENT_TEXT("request_id", a->request_id),
		RENT_TEXT("by", a->by),
		RENT_TEXT("reason", a->reason),
		RENT_VALUES_END,
	};

	rent_time_text(deed->at, 'T', at);
	run->result(run, fields, "%s %s of rental %s%s: %s%s%s%s%s%s%s%s", at, action,
	            deed->rental_id,
	            labelled(op, sizeof(op), ", operation ", deed->op_id),
	            a->subject[0] == '\0' ? "somebody" : a->subject,
	            labelled(role, sizeof(role), ", ", a->role),
	            labelled(issuer, sizeof(issuer), ", says ", a->issuer),
	            labelled(key, sizeof(key), ", key ", a->key_id),
	            labelled(peer, sizeof(peer), ", from ", a->peer),
	            labelled(request, sizeof(request), ", request ", a->request_id),
	            labelled(by, sizeof(by), "; calls himself ", a->by),
	            labelled(reason, sizeof(reason), "; because: ", a->reason));
	return 0;
}

int command_list_actions(void *self, const struct rent_command_run *run,
                         struct rent_error *err)
{
	struct core *core = self;
	const char *rental = run->arg_str(run, "rental");
	const struct rent_deed_query query = {
		.struct_size = sizeof(query),
		.rental_id = rental == NULL ? "" : rental,
		.limit = (uint32_t)run->arg_int(run, "limit"),
	};
	struct listing listing = { run };

	if (core->store->deed_list == NULL)
		return rent_fail(
			err, RENT_EUNSUPPORTED,
			"the bound storage keeps nobody; it is of an older build");
	return core->store->deed_list(core->store_self, &query, print_deed, &listing,
	                              err);
}
