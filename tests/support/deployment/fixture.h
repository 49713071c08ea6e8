/* SPDX-License-Identifier: MIT
 *
 * fixture.h - the deployment of a cmocka test: opened before the test as its row says, freed after
 * it. For tests with one deployment each; others use deployment.h themselves.
 */
#ifndef TEST_FIXTURE_H
#define TEST_FIXTURE_H

#include "cmocka_all.h"
#include "deployment.h"

extern struct deployment deployment;

/* *state: the struct deployment_spec. */
int fixture_open(void **state);
int fixture_free(void **state);

/* A row of a table of tests. */
#define ON_DEPLOYMENT(test, spec)                                                  \
	cmocka_unit_test_prestate_setup_teardown(test, fixture_open, fixture_free, \
	                                         &(spec))

#endif
