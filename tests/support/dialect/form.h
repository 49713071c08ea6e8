/* SPDX-License-Identifier: MIT
 *
 * tests/support/dialect/form.h - application/x-www-form-urlencoded: a body, decoded in place.
 */
#ifndef DIALECT_FORM_H
#define DIALECT_FORM_H

#include <stdbool.h>
#include <stdint.h>

#define FORM_FIELDS 16

struct form {
	struct {
		const char *name, *value;
	} fields[FORM_FIELDS];
	int n;
};

/* Cuts up text, which must outlive the form. False: malformed, or too many fields. */
bool form_parse(struct form *form, char *text);
/* "" when it is not there. */
const char *form_get(const struct form *form, const char *name);
/* 0 when it is not there or no whole number above 0. */
int64_t form_amount(const struct form *form, const char *name);

#endif
