/* SPDX-License-Identifier: MIT
 *
 * cmocka_all.h - cmocka.h with the headers that it wants before it.
 */
#ifndef TEST_CMOCKA_ALL_H
#define TEST_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
