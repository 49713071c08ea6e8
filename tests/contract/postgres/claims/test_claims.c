/* SPDX-License-Identifier: MIT
 *
 * test_claims.c - what a batch of storage_postgres claims (claims.h): each thing once, until it is given back,
 * and no pair of keys that somebody has prepared.
 */
#include "claims.h"

#include <fake_host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct claims *new_claims(struct fake_host **ret)
{
	struct claims *claims = malloc(sizeof(*claims));

	assert_non_null(claims);
	*ret = fake_host_new(NULL, NULL);
	claims_init(claims, fake_host_table(*ret));
	return claims;
}

static void each_is_claimed_once(void **state)
{
	struct fake_host *fake;
	struct claims *claims = new_claims(&fake);

	(void)state;
	assert_true(claims_add(claims, 'k', "a"));
	assert_false(claims_add(claims, 'k', "a"));
	assert_true(claims_add(claims, 'r', "a"));
	assert_true(claims_add(claims, 'k', ""));
	assert_true(claims_add(claims, 'k', "aa"));
	claims_forget(claims, 1);
	assert_false(claims_add(claims, 'k', "a"));
	assert_true(claims_add(claims, 'r', "a"));
	claims_forget(claims, 0);
	assert_true(claims_add(claims, 'k', "a"));
	free(claims);
	fake_host_free(fake);
}

/* The FNV-1a of both with their type before them is the same: it took ten minutes to find them. */
static void prepared_keys_do_not_meet(void **state)
{
	struct fake_host *fake;
	struct claims *claims = new_claims(&fake);

	(void)state;
	assert_true(claims_add(claims, 'k', "hWgErXlkmKA"));
	assert_true(claims_add(claims, 'k', "sqQ4mIItCPF"));
	free(claims);
	fake_host_free(fake);
}

static void there_is_an_end(void **state)
{
	struct fake_host *fake;
	struct claims *claims = new_claims(&fake);
	char text[16];

	(void)state;
	for (int i = 0; i < CLAIMS_MAX; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		assert_true(claims_add(claims, 'k', text));
	}
	assert_false(claims_add(claims, 'k', "one more"));
	claims_forget(claims, 0);
	assert_true(claims_add(claims, 'k', "one more"));
	free(claims);
	fake_host_free(fake);
}

/* Each process draws a number of its own. */
static void the_number_is_drawn(void **state)
{
	struct fake_host *one_host, *other_host;
	struct claims *one = new_claims(&one_host), *other = new_claims(&other_host);

	(void)state;
	assert_true(one->point > 0 && other->point > 0);
	assert_int_not_equal(one->point, other->point);
	free(one);
	free(other);
	fake_host_free(one_host);
	fake_host_free(other_host);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_claimed_once),
		cmocka_unit_test(prepared_keys_do_not_meet),
		cmocka_unit_test(there_is_an_end),
		cmocka_unit_test(the_number_is_drawn),
	};

	return cmocka_run_group_tests_name("claims", tests, NULL, NULL);
}
