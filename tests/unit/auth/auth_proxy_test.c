/* SPDX-License-Identifier: MIT
 *
 * auth_proxy_test.c - what a gateway signs counts, and nothing else.
 */
#include "auth_test.h"

#define SECRET "the secret of the gateway, 32 or more"
#define OLD    "the secret that it had before, yesterday"
#define TIME   "1800000000"
/* SHA-256 of no byte */
#define OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const struct fake_option options[] = {
	{ "secret", SECRET },
	{ "old_secret", OLD },
	{ "proxies", "10.0.0.0/8,127.0.0.1" },
	{ "roles", "customer,viewer" },
	{ NULL, NULL },
};

static int setup(void **state)
{
	(void)state;
	auth_open(options);
	ask_query[0] = (struct rent_http_query){ "limit", "5" };
	ask_query[1] = (struct rent_http_query){ "x", "" };
	ask_query_count = 2;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	auth_close();
	return 0;
}

static char *sign(const char *secret, const char *text)
{
	unsigned char mac[RENT_SHA256_SIZE];
	char hex[2 * RENT_SHA256_SIZE + 1];

	host()->crypto->hmac_sha256(secret, strlen(secret), text, strlen(text), mac);
	rent_hex(mac, sizeof(mac), hex);
	return rent_strdup(arena, hex);
}

/* What a gateway that knows the secret sends. */
static void say(const char *secret, const char *time, const char *role, const char *user)
{
	const char *text = rent_printf(arena,
	                               "v2\n%s\n%s\n%s\nGET\n/api/v1/rentals\n"
	                               "limit=5&x=\n" OF_NOTHING,
	                               time, role == NULL ? "customer" : role, user);

	headers[0] = (struct rent_header){ "X-Auth-User", user };
	headers[1] = (struct rent_header){ "X-Auth-Time", time };
	headers[2] = (struct rent_header){ "X-Auth-Signature", sign(secret, text) };
	headers[3] = (struct rent_header){ role == NULL ? NULL : "X-Auth-Role", role };
}

static void what_the_gateway_signs_counts(void **state)
{
	(void)state;
	say(SECRET, TIME, NULL, "alice");
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_CUSTOMER);
	assert_string_equal(who.subject, "alice");
	assert_int_equal(who.expires_at, NOW + 30 * RENT_SECOND);
	say(OLD, TIME, "viewer", "victor");
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_VIEWER);
	peer.address = "10.1.2.3";
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	peer.address = "::ffff:10.1.2.3";
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
}

static void nothing_is_left_to_the_next(void **state)
{
	(void)state;
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
	headers[0] = (struct rent_header){ "Authorization", "Bearer x" };
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
}

static void what_it_did_not_sign_is_refused(void **state)
{
	(void)state;
	say("another secret of the right length....", TIME, NULL, "alice");
	assert_int_equal(ask(), RENT_EPERM);
	say(SECRET, TIME, NULL, "alice");
	headers[0].value = "bob";
	assert_int_equal(ask(), RENT_EPERM);
	say(SECRET, TIME, NULL, "alice");
	headers[1].value = "1800000001";
	assert_int_equal(ask(), RENT_EPERM);
	say(SECRET, TIME, NULL, "alice");
	headers[3] = (struct rent_header){ "X-Auth-Role", "viewer" };
	assert_int_equal(ask(), RENT_EPERM);
	/* On another path, or with another method, it is another request. */
	say(SECRET, TIME, NULL, "alice");
	assert_int_equal(ask_for("GET", "/api/v1/rentals/x/status"), RENT_EPERM);
	assert_int_equal(ask_for("POST", "/api/v1/rentals"), RENT_EPERM);
	/* With another query or body likewise. */
	ask_query[0].value = "6";
	assert_int_equal(ask(), RENT_EPERM);
	ask_query[0].value = "5";
	/* "a=1&x=" in one parameter is not two of them. */
	ask_query[1].value = "&y=";
	assert_int_equal(ask(), RENT_EPERM);
	ask_query[1].value = "";
	ask_body = "{}";
	assert_int_equal(ask(), RENT_EPERM);
	ask_body = "";
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	headers[2].value = "";
	assert_int_equal(ask(), RENT_EPERM);
	for (size_t i = 0; i < 3; i++) { /* each of them is missing */
		say(SECRET, TIME, NULL, "alice");
		headers[i].name = "X-Other";
		assert_int_equal(ask(), RENT_EPERM);
	}
}

static void who_is_no_gateway_is_refused(void **state)
{
	static const char *const addresses[] = { "127.0.0.2", "11.0.0.1", "::1", "" };

	(void)state;
	say(SECRET, TIME, NULL, "alice");
	for (size_t i = 0; i < COUNT(addresses); i++) {
		peer.address = addresses[i];
		/* What the proxy itself says of the client is no proof. */
		peer.client = "127.0.0.1";
		assert_int_equal(ask(), RENT_EPERM);
	}
	peer.is_unix = 1;
	assert_int_equal(ask(), RENT_EPERM);
}

static void it_counts_for_a_short_time(void **state)
{
	static const struct {
		const char *time;
		int verdict;
	} rows[] = {
		{ "1799999970", 0 },          { "1800000030", 0 },
		{ "1799999969", RENT_EPERM }, { "1800000031", RENT_EPERM },
		{ "0", RENT_EPERM },          { "999999999999", RENT_EPERM },
		{ "-1", RENT_EPERM },         { "1800000000.0", RENT_EPERM },
		{ "", RENT_EPERM },           { "18446744075509551616", RENT_EPERM },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		say(SECRET, rows[i].time, NULL, "alice");
		if (ask() != rows[i].verdict)
			fail_msg("time '%s': %s", rows[i].time, err.text);
	}
}

static void it_gives_the_roles_of_the_list_only(void **state)
{
	static const char *const roles[] = { "operator", "service", "chief", "" };

	(void)state;
	for (size_t i = 0; i < COUNT(roles); i++) {
		say(SECRET, TIME, roles[i], "alice");
		assert_int_equal(ask(), RENT_EPERM);
	}
	say(SECRET, TIME, NULL, "al ice"); /* no id */
	assert_int_equal(ask(), RENT_EPERM);
	say(SECRET, TIME, NULL, "");
	assert_int_equal(ask(), RENT_EPERM);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct fake_option rows[][4] = {
		{ { "secret", SECRET }, { "proxies", "gateway" } },
		{ { "secret", SECRET }, { "proxies", "127.0.0.1/33" } },
		{ { "secret", SECRET }, { "proxies", "unix" }, { "roles", "chief" } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(auth_create(rows[i]), RENT_EINVAL);
		auth_free_host();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_the_gateway_signs_counts, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left_to_the_next, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(what_it_did_not_sign_is_refused, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(who_is_no_gateway_is_refused, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(it_counts_for_a_short_time, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(it_gives_the_roles_of_the_list_only,
		                                setup, teardown),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
