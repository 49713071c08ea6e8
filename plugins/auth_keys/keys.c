/* SPDX-License-Identifier: MIT
 *
 * keys.c - see keys.h: rows, their text, and who a key is.
 */
#include "keys.h"

#include <rent/time.h>
#include <stdlib.h>

void key_table_done(struct key_table *table)
{
	free(table->keys);
	*table = (struct key_table){ NULL, 0 };
}

const struct key *key_table_find(const struct key_table *table, const char *id)
{
	for (size_t i = 0; i < table->count; i++)
		if (strcmp(table->keys[i].id, id) == 0)
			return &table->keys[i];
	return NULL;
}

/* ---- text */

static bool is_hex(const char *s, size_t n)
{
	return s != NULL && strlen(s) == n && strspn(s, "0123456789abcdef") == n;
}

static bool read_moment(const struct rent_json_api *json, const struct rent_json *row,
                        const char *name, int64_t *ret)
{
	const char *text = json->text(row, name);

	*ret = 0;
	return json->type(row, name) == RENT_JSON_NONE ||
	       json->type(row, name) == RENT_JSON_NULL ||
	       (text != NULL && rent_time_parse(text, ret));
}

static const char *read_row(const struct rent_json_api *json, const struct rent_json *row,
                            struct key *key)
{
	const char *id = json->text(row, "id"), *hash = json->text(row, "sha256");
	const char *role = json->text(row, "role");
	const char *subject = json->text(row, "subject");
	const char *scopes = json->text(row, "scopes");

	if (!is_hex(id, KEY_ID_SIZE - 1))
		return "\"id\" must be 16 hex digits";
	if (!is_hex(hash, sizeof(key->sha256) - 1))
		return "\"sha256\" must be 64 hex digits";
	key->role =
		(enum rent_role)(role == NULL ? 0 : rent_value_of(rent_role_names, role));
	if (key->role == 0)
		return "\"role\" must be customer, viewer, operator or service";
	if (!rent_id_valid(subject))
		return "\"subject\" must be 1 to 64 visible ASCII characters";
	if (scopes != NULL && strlen(scopes) >= sizeof(key->scopes))
		return "\"scopes\" is too long";
	if (!read_moment(json, row, "created_at", &key->created_at) ||
	    !read_moment(json, row, "expires_at", &key->expires_at))
		return "\"created_at\" and \"expires_at\" must be times";
	(void)rent_copy(key->id, sizeof(key->id), id);
	(void)rent_copy(key->sha256, sizeof(key->sha256), hash);
	(void)rent_copy(key->subject, sizeof(key->subject), subject);
	(void)rent_copy(key->scopes, sizeof(key->scopes), scopes);
	return NULL;
}

static int read_rows(const struct rent_json_api *json, const struct rent_json *doc,
                     struct key_table *ret, struct rent_error *err)
{
	size_t count = json->count(doc, "keys");

	if (json->type(doc, "keys") != RENT_JSON_ARRAY || count > KEYS_MAX)
		return rent_fail(err, RENT_EINVAL,
		                 "has no list \"keys\" of at most %d keys", KEYS_MAX);
	ret->keys = calloc(count + 1, sizeof(*ret->keys));
	if (ret->keys == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		struct key *key = &ret->keys[i];
		const char *wrong = read_row(json, json->at(doc, "keys", i, NULL), key);

		if (wrong == NULL && key_table_find(ret, key->id) != NULL)
			wrong = "\"id\" is there twice";
		if (wrong != NULL)
			return rent_fail(err, RENT_EINVAL, "key %zu: %s", i + 1, wrong);
		ret->count++;
	}
	return 0;
}

int keys_parse(const struct rent_host *host, const char *text, struct key_table *ret,
               struct rent_error *err)
{
	struct rent_arena *arena = host->arena_new(host);
	const struct rent_json *doc;
	int code;

	*ret = (struct key_table){ NULL, 0 };
	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	doc = host->json->parse(arena, text, strlen(text));
	code = doc == NULL ? rent_fail(err, RENT_EINVAL, "is not JSON, or too large")
	                   : read_rows(host->json, doc, ret, err);
	host->arena_free(host, arena);
	if (code != 0)
		key_table_done(ret);
	return code;
}

static char *row_text(const struct rent_host *host, struct rent_arena *arena,
                      const struct key *key)
{
	const struct rent_value members[] = {
		RENT_TEXT("id", key->id),
		RENT_TEXT("sha256", key->sha256),
		RENT_TEXT("role", rent_name_of(rent_role_names, (int)key->role)),
		RENT_TEXT("subject", key->subject),
		RENT_TEXT("scopes", key->scopes),
		RENT_MOMENT("created_at", key->created_at),
		RENT_MOMENT("expires_at", key->expires_at),
		RENT_VALUES_END,
	};

	return host->json->build(arena, members);
}

char *keys_text(const struct rent_host *host, const struct key_table *table)
{
	size_t room = table->count * (sizeof(struct key) + 512) + 64, n;
	char *text = malloc(room);
	bool complete = true;

	if (text == NULL)
		return NULL;
	n = (size_t)snprintf(text, room, "{\"keys\": [");
	for (size_t i = 0; i < table->count && complete; i++) {
		struct rent_arena *arena = host->arena_new(host);
		char *row = arena == NULL ? NULL : row_text(host, arena, &table->keys[i]);

		complete = row != NULL && n + strlen(row) + 8 < room;
		if (complete)
			n += (size_t)snprintf(text + n, room - n, "%s\n  %s",
			                      i == 0 ? "" : ",", row);
		if (arena != NULL)
			host->arena_free(host, arena);
	}
	(void)snprintf(text + n, room - n, "\n]}\n");
	if (complete)
		return text;
	free(text);
	return NULL;
}

/* ---- keys */

static void hash_text(const struct rent_host *host, const char *text, char *ret)
{
	unsigned char hash[RENT_SHA256_SIZE];

	host->crypto->sha256(text, strlen(text), hash);
	rent_hex(hash, sizeof(hash), ret);
}

void key_make(const struct rent_host *host, struct key *key, char ret_text[KEY_TEXT_SIZE])
{
	unsigned char id[(KEY_ID_SIZE - 1) / 2], secret[(KEY_SECRET_SIZE - 1) / 2];
	char secret_hex[KEY_SECRET_SIZE];

	host->random(host, id, sizeof(id));
	host->random(host, secret, sizeof(secret));
	rent_hex(id, sizeof(id), key->id);
	rent_hex(secret, sizeof(secret), secret_hex);
	(void)snprintf(ret_text, KEY_TEXT_SIZE, KEY_PREFIX "%s_%s", key->id, secret_hex);
	hash_text(host, ret_text, key->sha256);
	key->created_at = host->wall_us(host);
	explicit_bzero(secret, sizeof(secret));
	explicit_bzero(secret_hex, sizeof(secret_hex));
}

int key_judge(const struct rent_host *host, const struct key_table *table,
              const char *text, struct rent_principal *ret, struct rent_error *err)
{
	char id[KEY_ID_SIZE] = "", hash[2 * RENT_SHA256_SIZE + 1];
	size_t prefix = strlen(KEY_PREFIX);
	const struct key *key;

	if (strlen(text) != KEY_TEXT_SIZE - 1 || text[prefix + KEY_ID_SIZE - 1] != '_')
		return rent_fail(err, RENT_EPERM, "an API key of another form");
	memcpy(id, text + prefix, KEY_ID_SIZE - 1);
	key = key_table_find(table, id);
	if (key == NULL)
		return rent_fail(err, RENT_EPERM, "there is no such API key");
	hash_text(host, text, hash);
	if (!host->crypto->equal(hash, key->sha256, sizeof(hash) - 1))
		return rent_fail(err, RENT_EPERM, "API key %s with another secret", id);
	if (key->expires_at != 0 && key->expires_at <= host->wall_us(host))
		return rent_fail(err, RENT_EPERM, "API key %s has expired", id);
	ret->role = key->role;
	ret->expires_at = key->expires_at;
	(void)rent_copy(ret->subject, sizeof(ret->subject), key->subject);
	(void)rent_copy(ret->scopes, sizeof(ret->scopes), key->scopes);
	(void)rent_copy(ret->key_id, sizeof(ret->key_id), key->id);
	return RENT_AUTH_KNOWN;
}
