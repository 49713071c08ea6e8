/* SPDX-License-Identifier: MIT
 *
 * keys.h - API keys. A key is "rk_ID_SECRET": ID is 16 hex digits that find its row, SECRET 256
 * random bits. The file has the SHA-256 of the whole key and never the key. Because the secret
 * is random and long, a plain hash is enough: there is nothing to guess.
 */
#ifndef AUTH_KEYS_KEYS_H
#define AUTH_KEYS_KEYS_H

#include <rent/auth.h>
#include <rent/host.h>
#include <rent/plugin.h>

#include "common/trusted_file.h"
#include "common/wait.h"

#define KEY_PREFIX      "rk_"
#define KEY_ID_SIZE     17
#define KEY_SECRET_SIZE 65
#define KEY_TEXT_SIZE   (3 + KEY_ID_SIZE + KEY_SECRET_SIZE)
#define KEYS_MAX        1000

struct key {
	char id[KEY_ID_SIZE];
	char sha256[2 * RENT_SHA256_SIZE + 1];
	enum rent_role role;
	char subject[RENT_ID_SIZE];
	char scopes[RENT_SCOPES_SIZE];
	int64_t created_at, expires_at; /* wall time; expires_at 0: never */
};

struct key_table {
	struct key *keys;
	size_t count;
};

void key_table_done(struct key_table *table);
const struct key *key_table_find(const struct key_table *table, const char *id);

/* The file's text into rows. Says what is wrong with which row. */
int keys_parse(const struct rent_host *host, const char *text, struct key_table *ret,
               struct rent_error *err);
/* The other way, to be freed. NULL: no memory. */
char *keys_text(const struct rent_host *host, const struct key_table *table);

/* Makes a new key: ret_text is what its owner gets, once. */
void key_make(const struct rent_host *host, struct key *key,
              char ret_text[KEY_TEXT_SIZE]);

/* Finds the principal that a key's text belongs to. RENT_EPERM: it is no valid key (any more). */
int key_judge(const struct rent_host *host, const struct key_table *table,
              const char *text, struct rent_principal *ret, struct rent_error *err);

/* ---- keys_file.c */

/* Reads the file. One that is not there has no keys. RENT_EPERM: others may write or read it.
 * *stamp: what was read before; 1: it is still the same, and nothing was read. */
int keys_read(const struct rent_host *host, const char *file, struct file_stamp *stamp,
              struct key_table *ret, struct rent_error *err);
/* A change of the file. FILE.new is its lock, from before the reading to the renaming: two commands at
 * once must not undo each other. */
struct keys_change {
	int fd;
	const char *file;
	char new[4096];
};
/* RENT_EUNAVAIL: another one is under way. What is begun is ended by keys_write or keys_cancel. */
int keys_begin(const char *file, struct keys_change *ret, struct rent_error *err);
void keys_cancel(struct keys_change *c);
/* Durably, and whole or not at all. */
int keys_write(const struct rent_host *host, struct keys_change *c,
               const struct key_table *table, struct rent_error *err);

struct auth_keys {
	const struct rent_host *host;
	const char *file;
	struct lock lock; /* guards what follows; never held while waiting */
	struct key_table table;
	struct file_stamp stamp;
	bool failing; /* the last look at the file was in vain, which has been said */
};

/* ---- commands.c: keys new, keys list, keys revoke */
extern const struct rent_command keys_commands[];

#endif
