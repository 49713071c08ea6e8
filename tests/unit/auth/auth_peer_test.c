/* SPDX-License-Identifier: MIT
 *
 * auth_peer_test.c - who is at the other end of a unix socket, and who is not.
 */
#include "auth_test.h"

static const struct fake_option users[] = {
	{ "users", "operator root 0,viewer scraper 4242" },
	{ NULL, NULL },
};

static void users_are_known_by_their_process(void **state)
{
	(void)state;
	auth_open(users);
	peer.is_unix = 1;
	peer.address = "";
	peer.uid = 0;
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_OPERATOR);
	assert_string_equal(who.subject, "root");
	assert_string_equal(who.key_id, "uid:0");
	peer.uid = 4242;
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	assert_int_equal(who.role, RENT_ROLE_VIEWER);
	auth_close();
}

static void others_are_left_to_the_next(void **state)
{
	(void)state;
	auth_open(users);
	peer.is_unix = 1;
	peer.uid = 4243;
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
	peer.uid = -1; /* the kernel did not say */
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
	peer.is_unix = 0; /* no unix socket: no uid counts */
	peer.uid = 0;
	assert_int_equal(ask(), RENT_AUTH_NOTHING);
	auth_close();
}

static void names_are_looked_up(void **state)
{
	static const struct fake_option named[] = { { "users", "operator chief root" },
		                                    { NULL, NULL } };
	static const struct fake_option unknown[] = {
		{ "users", "operator chief no-such-user-here" }, { NULL, NULL }
	};

	(void)state;
	auth_open(named);
	peer.is_unix = 1;
	peer.uid = 0;
	assert_int_equal(ask(), RENT_AUTH_KNOWN);
	assert_string_equal(who.subject, "chief");
	auth_close();
	assert_int_equal(auth_create(unknown), 0);
	assert_int_equal(plugin->start(self, &err), RENT_EINVAL);
	assert_non_null(strstr(err.text, "no-such-user-here"));
	auth_close();
}

static void entries_of_another_form_are_refused(void **state)
{
	static const char *const texts[] = { "root", "operator root", "chief root 0",
		                             "operator  " };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct fake_option options[] = { { "users", texts[i] },
			                               { NULL, NULL } };

		assert_int_equal(auth_create(options), RENT_EINVAL);
		auth_free_host();
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_known_by_their_process),
		cmocka_unit_test(others_are_left_to_the_next),
		cmocka_unit_test(names_are_looked_up),
		cmocka_unit_test(entries_of_another_form_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
