/* SPDX-License-Identifier: MIT
 *
 * fixture.c - see fixture.h.
 */
#include "fixture.h"

struct deployment deployment;

int fixture_open(void **state)
{
	deployment_open(&deployment, *state);
	return 0;
}

int fixture_free(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}
