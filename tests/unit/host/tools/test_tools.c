/* SPDX-License-Identifier: MIT
 *
 * test_tools.c - JSON, forms, minor units, signatures: what a provider turns operations and
 * replies with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <rent/form.h>
#include <rent/money.h>

#include "base/arena.h"
#include "tools/tools.h"

static struct rent_arena *arena;

static int open_arena(void **state)
{
	(void)state;
	arena = arena_new(ARENA_MAX_DEFAULT);
	return arena == NULL ? -1 : 0;
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct rent_json *parse(const char *text)
{
	return tools_json.parse(arena, text, strlen(text));
}

static void test_read(void **state)
{
	const struct rent_json *j =
		parse("{\"a\":{\"b\":[1,{\"c\":\"x\"},true,null,1.5]},"
	              "\"n\":-5,\"t\":\"\\u00e9\"}");
	const char *name = NULL;
	int64_t n = 7;
	bool b = false;

	(void)state;
	assert_non_null(j);
	assert_string_equal(tools_json.text(j, "a.b.1.c"), "x");
	assert_string_equal(tools_json.text(j, "t"), "\xc3\xa9");
	assert_string_equal(tools_json.text(j, "n"), "");
	assert_string_equal(tools_json.text(j, "a.b.9.c"), "");
	assert_string_equal(tools_json.text(NULL, "a"), "");
	assert_true(tools_json.integer(j, "a.b.0", 1, 1, &n));
	assert_int_equal(n, 1);
	assert_true(tools_json.integer(j, "n", -5, 0, &n));
	assert_false(tools_json.integer(j, "n", -4, 0, &n));
	assert_false(tools_json.integer(j, "a.b.4", 0, 9, &n));
	assert_false(tools_json.integer(j, "a.b.x", 0, 9, &n));
	assert_int_equal(n, -5);
	assert_true(tools_json.boolean(j, "a.b.2", &b));
	assert_true(b);
	assert_false(tools_json.boolean(j, "n", &b));
	assert_int_equal(tools_json.type(j, "a.b.3"), RENT_JSON_NULL);
	assert_int_equal(tools_json.type(j, "a.b.4"), RENT_JSON_FRACTION);
	assert_int_equal(tools_json.type(j, "a.z"), RENT_JSON_NONE);
	assert_int_equal(tools_json.type(j, ""), RENT_JSON_OBJECT);
	assert_int_equal(tools_json.count(j, "a.b"), 5);
	assert_int_equal(tools_json.count(j, "n"), 0);
	assert_string_equal(tools_json.text(tools_json.at(j, "a.b", 1, &name), "c"), "x");
	assert_string_equal(name, "");
	assert_ptr_equal(tools_json.at(j, "", 2, &name), tools_json.get(j, "t"));
	assert_string_equal(name, "t");
	assert_null(tools_json.at(j, "a.b", 5, NULL));
}

/* Nothing that could be read in two ways is read. */
static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",           "{",        "{\"a\":1,\"a\":2}",   "{\"a\":1}x",
		"{\"a\":01}", "\"\xff\"", "{\"a\":\"\\u0000\"}", "<html>",
	};
	char deep[6000];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (parse(texts[i]) != NULL)
			fail_msg("read: %s", texts[i]);
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_null(parse(deep));
	assert_null(parse("{\"a\":123456789012345678901234567890}"));
}

static void test_build(void **state)
{
	const struct rent_value members[] = {
		RENT_TEXT("amount.value", "12.00"),
		RENT_TEXT("amount.currency", "EUR"),
		RENT_TRUTH("capture", true),
		RENT_NUMBER("n", INT64_MIN),
		RENT_TEXT("quote", "a\"b\\\n\x1f"),
		RENT_TEXT("odd", "\xff"),
		RENT_NOTHING("none"),
		RENT_MOMENT("at", RENT_SECOND),
		RENT_VALUES_END,
	};
	const struct rent_value twice[] = { RENT_NUMBER("a", 1), RENT_NUMBER("a.b", 1),
		                            RENT_VALUES_END };

	(void)state;
	assert_string_equal(tools_json.build(arena, members),
	                    "{\"amount\":{\"value\":\"12.00\",\"currency\":\"EUR\"},"
	                    "\"capture\":true,\"n\":-9223372036854775808,"
	                    "\"quote\":\"a\\\"b\\\\\\n\\u001F\",\"odd\":\"?\","
	                    "\"none\":null,\"at\":\"1970-01-01T00:00:01.000000Z\"}");
	assert_null(tools_json.build(arena, twice));
}

static void test_form(void **state)
{
	struct rent_form form = { .arena = arena }, empty = { .arena = arena };

	(void)state;
	rent_form_add(&form, "user", "a&amount=1");
	rent_form_add(&form, "meta[x]", "\xc3\xa9 %");
	rent_form_add_int(&form, "amount", -5);
	assert_string_equal(rent_form_body(&form),
	                    "user=a%26amount%3D1&meta%5Bx%5D=%C3%A9%20%25&amount=-5");
	assert_null(rent_form_body(&empty));
}

/* Once something did not fit, there is no body: half of one must not be sent. */
static void test_form_full(void **state)
{
	struct rent_arena *small = arena_new(4096);
	struct rent_form form = { .arena = small };
	char large[5000];

	(void)state;
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	rent_form_add(&form, "a", "1");
	rent_form_add(&form, "b", large);
	rent_form_add(&form, "c", "1");
	assert_null(rent_form_body(&form));
	arena_free(small);
}

static void test_money(void **state)
{
	char text[RENT_DECIMAL_SIZE];
	int64_t n = 7;

	(void)state;
	assert_true(rent_minor(12, 2, &n));
	assert_int_equal(n, 1200);
	assert_true(rent_minor(12, 0, &n));
	assert_int_equal(n, 12);
	assert_false(rent_minor(INT64_MAX / 100 + 1, 2, &n));
	assert_false(rent_minor(-1, 2, &n));
	assert_false(rent_minor(1, RENT_EXPONENT_MAX + 1, &n));
	assert_false(rent_minor(1, -1, &n));
	assert_true(rent_units(1200, 2, &n));
	assert_int_equal(n, 12);
	assert_false(rent_units(1250, 2, &n));
	assert_true(rent_decimal(12, 2, text));
	assert_string_equal(text, "12.00");
	assert_true(rent_decimal(12, 0, text));
	assert_string_equal(text, "12");
	assert_true(rent_decimal(INT64_MAX / 1000000, 6, text));
}

static void test_decimal(void **state)
{
	static const struct {
		const char *text;
		int exponent;
		int64_t units; /* -1: refused */
	} cases[] = {
		{ "12.00", 2, 12 },
		{ "12", 2, 12 },
		{ "12.0", 2, 12 },
		{ "0.00", 2, 0 },
		{ "12.50", 2, -1 },
		{ "12.000", 2, -1 },
		{ "12.", 2, -1 },
		{ ".00", 2, -1 },
		{ "-1", 2, -1 },
		{ " 1", 2, -1 },
		{ "1e3", 2, -1 },
		{ "12.0", 0, -1 },
		{ "", 2, -1 },
		{ "12,00", 2, -1 },
		{ "9223372036854775807", 0, INT64_MAX },
		{ "9223372036854775808", 0, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t units = -1;
		bool ok = rent_decimal_units(cases[i].text, cases[i].exponent, &units);

		if (ok != (cases[i].units >= 0) || units != cases[i].units)
			fail_msg("'%s' is read as %" PRId64, cases[i].text, units);
	}
}

/* RFC 4231, cases 1 and 2. */
static void test_hmac(void **state)
{
	static const unsigned char one[] = { 0xb0, 0x34, 0x4c, 0x61,
		                             0xd8, 0xdb, 0x38, 0x53 };
	static const unsigned char two[] = { 0x5b, 0xdc, 0xc1, 0x46,
		                             0xbf, 0x60, 0x75, 0x4e };
	unsigned char key[20], mac[RENT_SHA256_SIZE];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	tools_crypto.hmac_sha256(key, sizeof(key), "Hi There", 8, mac);
	assert_true(tools_crypto.equal(mac, one, sizeof(one)));
	tools_crypto.hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
	assert_true(tools_crypto.equal(mac, two, sizeof(two)));
	assert_false(tools_crypto.equal(mac, one, sizeof(one)));
	tools_crypto.hmac_sha256("", 0, "", 0, mac);
}

static void test_base64(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },        { "f", "Zg==" },          { "fo", "Zm8=" },
		{ "foo", "Zm9v" }, { "foobar", "Zm9vYmFy" },
	};
	static const char *const wrong[] = { "Z",    "Zg=",   "Zg===",  "Z===", "Z g=",
		                             "=Zg=", " Zg==", "Zg==\n", "Zm9-" };
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		size_t n = strlen(pairs[i][0]);
		char *back = tools_crypto.base64_decode(arena, pairs[i][1], &size);

		assert_string_equal(tools_crypto.base64(arena, pairs[i][0], n),
		                    pairs[i][1]);
		assert_int_equal(size, n);
		assert_string_equal(back, pairs[i][0]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (tools_crypto.base64_decode(arena, wrong[i], &size) != NULL)
			fail_msg("decoded: '%s'", wrong[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_arena, free_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_read),    TEST(test_refused),   TEST(test_build),
		TEST(test_form),    TEST(test_form_full), TEST(test_money),
		TEST(test_decimal), TEST(test_hmac),      TEST(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
