/* SPDX-License-Identifier: MIT
 *
 * commands.c - keys new, keys list, keys revoke. A key is shown once, when it is made.
 */
#include "keys.h"

#include <rent/time.h>
#include <stdlib.h>

#define ROLES "customer|viewer|operator|service"

static int read_now(const struct auth_keys *a, struct key_table *ret,
                    struct rent_error *err)
{
	struct file_stamp stamp = { 0, 0, 0 };

	return keys_read(a->host, a->file, &stamp, ret, err);
}

static int usage(struct rent_error *err, const char *text)
{
	(void)rent_fail(err, RENT_EINVAL, "%s", text);
	return RENT_COMMAND_USAGE;
}

/* Reads what is about to be changed; ended like keys_begin(). */
static int begin_change(const struct auth_keys *a, struct keys_change *ret,
                        struct key_table *ret_table, struct rent_error *err)
{
	int code = keys_begin(a->file, ret, err);

	if (code != 0)
		return code;
	code = read_now(a, ret_table, err);
	if (code != 0)
		keys_cancel(ret);
	return code;
}

/* ---- new */

static const struct rent_option new_arguments[] = {
	RENT_ENUM_OPTION("role", NULL, .flags = RENT_OPT_REQUIRED, .choices = ROLES,
	                 .help = "what its owner may do"),
	RENT_STRING_OPTION("subject", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .max = "64", .unit = "NAME",
	                   .help = "its owner; of a customer the user's id"),
	RENT_STRING_OPTION(
		"scopes", "", .max = "511", .unit = "SCOPES",
		.help = "what it may of that, with spaces between; not said: all of it"),
	RENT_DURATION_OPTION("expires", "365d", .min = "1s", .max = "3650d",
	                     .help = "from when on it is refused"),
	RENT_OPTIONS_END,
};

static int add_key(const struct auth_keys *a, struct key *key, char text[KEY_TEXT_SIZE],
                   struct rent_error *err)
{
	struct keys_change change;
	struct key_table table;
	struct key *more;
	int code = begin_change(a, &change, &table, err);

	if (code != 0)
		return code;
	more = table.count == KEYS_MAX
	               ? NULL
	               : realloc(table.keys, (table.count + 1) * sizeof(*more));
	if (more == NULL) {
		keys_cancel(&change);
		key_table_done(&table);
		return rent_fail(err, RENT_EFULL, "there are %zu keys already",
		                 table.count);
	}
	table.keys = more;
	key_make(a->host, key, text);
	table.keys[table.count++] = *key;
	code = keys_write(a->host, &change, &table, err);
	key_table_done(&table);
	return code;
}

static int run_new(void *self, const struct rent_command_run *run, struct rent_error *err)
{
	const struct auth_keys *a = self;
	char text[KEY_TEXT_SIZE], until[RENT_TIME_SIZE];
	struct key key = { .role = (enum rent_role)(run->arg_int(run, "role") + 1) };
	int code;

	if (!rent_id_valid(run->arg_str(run, "subject")))
		return usage(err, "--subject must be visible ASCII characters");
	(void)rent_copy(key.subject, sizeof(key.subject), run->arg_str(run, "subject"));
	(void)rent_copy(key.scopes, sizeof(key.scopes), run->arg_str(run, "scopes"));
	key.expires_at = a->host->wall_us(a->host) + run->arg_int(run, "expires");
	code = add_key(a, &key, text, err);
	if (code != 0)
		return code;
	rent_time_text(key.expires_at, 'T', until);
	run->result(run,
	            (const struct rent_value[]){
			    RENT_TEXT("key", text), RENT_TEXT("id", key.id),
			    RENT_MOMENT("expires_at", key.expires_at), RENT_VALUES_END },
	            "%s", text);
	if (!run->quiet && !run->json)
		run->result(run, NULL,
		            "# key %s of %s, until %s. It is not shown again; send it as "
		            "Authorization: Bearer KEY",
		            key.id, key.subject, until);
	explicit_bzero(text, sizeof(text));
	return RENT_COMMAND_DONE;
}

/* ---- list */

static int run_list(void *self, const struct rent_command_run *run,
                    struct rent_error *err)
{
	const struct auth_keys *a = self;
	struct key_table table;
	int code = read_now(a, &table, err);

	if (code != 0)
		return code;
	for (size_t i = 0; i < table.count; i++) {
		const struct key *k = &table.keys[i];
		const char *role = rent_name_of(rent_role_names, (int)k->role);
		char until[RENT_TIME_SIZE] = "never";

		if (k->expires_at != 0)
			rent_time_text(k->expires_at, 'T', until);
		run->result(run,
		            (const struct rent_value[]){
				    RENT_TEXT("id", k->id), RENT_TEXT("role", role),
				    RENT_TEXT("subject", k->subject),
				    RENT_TEXT("scopes", k->scopes),
				    RENT_MOMENT("created_at", k->created_at),
				    RENT_MOMENT("expires_at", k->expires_at),
				    RENT_VALUES_END },
		            "%s %-8s %s until %s%s%s", k->id, role, k->subject, until,
		            k->scopes[0] == '\0' ? "" : " scopes ", k->scopes);
	}
	key_table_done(&table);
	return RENT_COMMAND_DONE;
}

/* ---- revoke */

static const struct rent_option revoke_arguments[] = {
	RENT_STRING_OPTION("key", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_POSITIONAL,
	                   .min = "16", .max = "16", .unit = "ID",
	                   .help = "the key's id, as keys list shows it"),
	RENT_OPTIONS_END,
};

static int run_revoke(void *self, const struct rent_command_run *run,
                      struct rent_error *err)
{
	const struct auth_keys *a = self;
	const char *id = run->arg_str(run, "key");
	struct keys_change change;
	struct key_table table;
	size_t left = 0;
	int code = begin_change(a, &change, &table, err);

	if (code != 0)
		return code;
	if (key_table_find(&table, id) == NULL) {
		keys_cancel(&change);
		key_table_done(&table);
		return usage(err, "there is no key with this id");
	}
	for (size_t i = 0; i < table.count; i++)
		if (strcmp(table.keys[i].id, id) != 0)
			table.keys[left++] = table.keys[i];
	table.count = left;
	code = keys_write(a->host, &change, &table, err);
	key_table_done(&table);
	if (code != 0)
		return code;
	run->result(
		run,
		(const struct rent_value[]){ RENT_TEXT("revoked", id), RENT_VALUES_END },
		"key %s is revoked", id);
	return RENT_COMMAND_DONE;
}

const struct rent_command keys_commands[] = {
	{ "keys new", NULL, new_arguments, "makes an API key and shows it once",
	  run_new },
	{ "keys list", NULL, NULL, "the API keys, without their secrets", run_list },
	{ "keys revoke", NULL, revoke_arguments, "makes an API key invalid", run_revoke },
	{ NULL, NULL, NULL, NULL, NULL },
};
