/* SPDX-License-Identifier: MIT
 *
 * fuzz_rental.h - an instance of http_api over rules that answer anything: the ids that come
 * in choose the verdict. Their arguments are checked against the promises of the driver: ids
 * and keys of the allowed length and characters.
 */
#ifndef TEST_FUZZ_RENTAL_H
#define TEST_FUZZ_RENTAL_H

#include <rent/http.h>

/* The routes of http_api, and their first argument. */
const struct rent_http_routes *fuzz_rental_routes(void **ret_self);

#endif
