/* SPDX-License-Identifier: MIT
 *
 * fuzz_redis.c - values as they stand in Redis, where anybody may have written them. Input: how
 * to look at it, then the value. Nothing may be taken for a quote or a text but what would be
 * written for it; with the right signature behind it the reader sees what is in it, too.
 */
#include "envelope.h"

#include "fuzz.h"

static struct seal *seal;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct rent_error err;

	(void)argc;
	(void)argv;
	FUZZ_MUST(seal_new("a secret of thirty-two characters",
	                   "another one of them, as "
	                   "long as that",
	                   &seal, &err) == 0);
	return 0;
}

static void try_quote(const char *text, size_t length)
{
	char again[ENVELOPE_QUOTE_SIZE];
	struct rent_quote q;

	memset(&q, 0, sizeof(q));
	if (!envelope_read_quote(seal, "p:", "some-id", text, length, &q))
		return;
	FUZZ_MUST(fuzz_ends(q.id, sizeof(q.id)) && strcmp(q.id, "some-id") == 0);
	FUZZ_MUST(envelope_quote(seal, "p:", &q, again) == 0);
	FUZZ_MUST(strlen(again) == length && memcmp(again, text, length) == 0);
}

/* The same with a signature made for it: as far as a host that writes nonsense gets. */
static void try_signed_quote(const char *text)
{
	const char *const parts[] = { "quote", "p:", text };
	char value[ENVELOPE_QUOTE_SIZE], signature[SEAL_TEXT + 1];
	int n;

	if (seal_sign(seal, parts, 3, signature) != 0)
		return;
	n = snprintf(value, sizeof(value), "%s %s", text, signature);
	if (n > 0 && (size_t)n < sizeof(value))
		try_quote(value, (size_t)n);
}

static void try_text(const char *value, size_t length, bool sealed)
{
	const struct envelope_place place = { .seal = sealed ? seal : NULL,
		                              .prefix = "p:",
		                              .space = "tariff",
		                              .key = "t-1" };
	const char *text = envelope_text(&place, value, length);

	if (text == NULL)
		return;
	FUZZ_MUST(text >= value && text <= value + length);
	FUZZ_MUST(strlen(text) == (size_t)(value + length - text));
	FUZZ_MUST(strlen(text) <= ENVELOPE_TEXT_MAX);
}

/* A written value reads back. */
static void write_and_read(const char *text)
{
	const struct envelope_place place = { seal, "p:", "tariff", "t-1" };
	char head[SEAL_TEXT + 5], *value = NULL;
	const char *back;
	int n;

	if (strlen(text) > ENVELOPE_TEXT_MAX || envelope_head(&place, text, head) != 0)
		return;
	n = asprintf(&value, "%s%s", head, text);
	FUZZ_MUST(n > 0);
	back = envelope_text(&place, value, (size_t)n);
	FUZZ_MUST(back != NULL && strcmp(back, text) == 0);
	free(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	unsigned how = fuzz_byte(&f) % 5;
	char *text = fuzz_rest(&f);

	if (how == 0)
		try_quote(text, f.size);
	else if (how == 1)
		try_signed_quote(text);
	else if (how == 4)
		write_and_read(text);
	else
		try_text(text, f.size, how == 2);
	free(text);
	return 0;
}
