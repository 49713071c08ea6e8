/* SPDX-License-Identifier: MIT
 *
 * scan_test.c - tokens and their places; substitutions.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "base/arena.h"
#include "conf/scan.h"
#include "conf/subst.h"

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

static void test_tokens(void **state)
{
	static const struct {
		enum token_kind kind;
		int line;
		const char *text;
		size_t offset;
	} expected[] = {
		{ TOKEN_NAME, 2, "a-b_c*", 0 },
		{ TOKEN_PUNCT, 2, "=", 7 },
		{ TOKEN_WORD, 2, "-12L", 9 },
		{ TOKEN_PUNCT, 2, ";", 13 },
		{ TOKEN_NAME, 3, "trueish", 1 },
		{ TOKEN_PUNCT, 3, ":", 8 },
		{ TOKEN_WORD, 3, "TRUE", 9 },
		{ TOKEN_NAME, 5, "s", 3 },
		{ TOKEN_PUNCT, 5, "=", 4 },
		{ TOKEN_STRING, 5, "\"a\\\"b # no\"", 5 },
		{ TOKEN_PUNCT, 6, "{", 0 },
		{ TOKEN_WORD, 6, "1.5e3", 1 },
		{ TOKEN_PUNCT, 6, "}", 6 },
		{ TOKEN_END, 7, "", 0 },
	};
	struct scan scan;
	struct token token;

	(void)state;
	scan_init(&scan, "# comment = 1\n"
	                 "a-b_c* = -12L; // more\n"
	                 "\ttrueish:TRUE /* a\n"
	                 "b */\n"
	                 "   s=\"a\\\"b # no\"\n"
	                 "{1.5e3}\n");
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		if (i % 2 == 0)
			scan_peek(&scan, &token);
		scan_next(&scan, &token);
		if (token.kind != expected[i].kind || token.line != expected[i].line ||
		    token.offset != expected[i].offset ||
		    token.size != strlen(expected[i].text) ||
		    memcmp(token.text, expected[i].text, token.size) != 0)
			fail_msg("token %zu: kind %d '%.*s' at %d:%zu", i,
			         (int)token.kind, (int)token.size, token.text, token.line,
			         token.offset);
	}
}

static void test_unclosed(void **state)
{
	static const char *const texts[] = {
		"\"", "\"\\", "/*", "a = \"x\n", "@", "\x01"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct scan scan;
		struct token token = { .kind = TOKEN_NAME };
		int n = 0;

		scan_init(&scan, texts[i]);
		for (; token.kind != TOKEN_END && n < 10; n++)
			scan_next(&scan, &token);
		assert_int_equal(token.kind, TOKEN_END);
	}
}

static const struct {
	const char *text, *expected; /* NULL: refused */
	bool did;
} substitutions[] = {
	{ "plain", "plain", false },
	{ "", "", false },
	{ "$", "$", false },
	{ "${env:T_A}", "value", true },
	{ "<${env:T_A}|${env:T_A}>", "<value|value>", true },
	{ "${env:T_GONE:-else}", "else", true },
	{ "${env:T_EMPTY:-else}", "else", true },
	{ "${env:T_EMPTY}", "", true },
	{ "${env:T_GONE:-}", "", true },
	{ "${env:T_GONE}", NULL, false },
	{ "$${env:T_A}", "${env:T_A}", false },
	{ "a$${b}${env:T_A}", "a${b}value", true },
	{ "${env:T_DOLLAR}", "${env:T_A}", true }, /* not looked at again */
	{ "${env:T_A", NULL, false },
	{ "${what:T_A}", NULL, false },
	{ "${cred:../x}", NULL, false },
	{ "${cred:word}", "credential", true },
	{ "${file:/no/such/file}", NULL, false },
};

static void test_substitutions(void **state)
{
	char dir[] = "/tmp/rentald-cred-XXXXXX", path[64];
	struct rent_arena *arena = arena_new(ARENA_MAX_DEFAULT);
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/word", dir);
	out = fopen(path, "we");
	assert_non_null(out);
	assert_true(fputs("credential\n", out) >= 0);
	(void)fclose(out);
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", dir, 1), 0);
	assert_int_equal(setenv("T_A", "value", 1), 0);
	assert_int_equal(setenv("T_EMPTY", "", 1), 0);
	assert_int_equal(setenv("T_DOLLAR", "${env:T_A}", 1), 0);
	assert_int_equal(unsetenv("T_GONE"), 0);
	for (size_t i = 0; i < sizeof(substitutions) / sizeof(substitutions[0]); i++) {
		struct rent_error err = { 0 };
		const char *text = NULL;
		bool did = false;
		int r = subst_expand(arena, substitutions[i].text, &text, &did, &err);

		if (substitutions[i].expected == NULL) {
			assert_int_equal(r, RENT_EINVAL);
			assert_int_not_equal(err.text[0], '\0');
			continue;
		}
		assert_int_equal(r, 0);
		assert_string_equal(text, substitutions[i].expected);
		assert_int_equal(did, substitutions[i].did);
	}
	(void)unlink(path);
	(void)rmdir(dir);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_unclosed),
		cmocka_unit_test(test_substitutions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
