/* SPDX-License-Identifier: MIT
 *
 * auth_cert_test.c - whom a verified certificate speaks for.
 */
#include "auth_test.h"

#define HASH  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const struct fake_option listed[] = {
	{ "certificates", "service gateway CN=gateway,viewer scraper sha256:" HASH },
	{ NULL, NULL },
};

static int ask_with(const char *subject, const char *hash)
{
	peer.is_tls = 1;
	peer.cert_subject = subject;
	peer.cert_fingerprint = hash;
	return ask();
}

static void certificates_are_known_by_subject_or_hash(void **state)
{
	(void)state;
	auth_open(listed);
	assert_int_equal(ask_with("CN=gateway", OTHER), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_SERVICE);
	assert_string_equal(who.subject, "gateway");
	assert_string_equal(who.key_id, OTHER);
	assert_int_equal(ask_with("CN=whatever", HASH), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_VIEWER);
	auth_close();
}

static void others_are_left_to_the_next(void **state)
{
	(void)state;
	auth_open(listed);
	assert_int_equal(ask_with(NULL, NULL), RENT_AUTH_NOTHING);
	assert_int_equal(ask_with("CN=gateway2", OTHER), RENT_AUTH_NOTHING);
	assert_int_equal(ask_with("CN=gatewa", OTHER), RENT_AUTH_NOTHING);
	assert_int_equal(ask_with("O=x,CN=gateway", OTHER), RENT_AUTH_NOTHING);
	/* A subject that looks like a hash is none. */
	assert_int_equal(ask_with("sha256:" HASH, OTHER), RENT_AUTH_NOTHING);
	/* A subject without a certificate was not verified. */
	assert_int_equal(ask_with("CN=gateway", NULL), RENT_AUTH_NOTHING);
	auth_close();
}

static void entries_of_another_form_are_refused(void **state)
{
	static const char *const texts[] = { "service gateway",
		                             "service gateway sha256:12",
		                             ("service gateway sha256:" HASH "0"),
		                             "gateway CN=gateway", "boss x CN=x" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct fake_option options[] = { { "certificates", texts[i] },
			                               { NULL, NULL } };

		assert_int_equal(auth_create(options), RENT_EINVAL);
		auth_free_host();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificates_are_known_by_subject_or_hash),
		cmocka_unit_test(others_are_left_to_the_next),
		cmocka_unit_test(entries_of_another_form_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
