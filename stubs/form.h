/* SPDX-License-Identifier: MIT
 *
 * stubs/form.h - the body of an application/x-www-form-urlencoded request, decoded.
 */
#ifndef STUBS_FORM_H
#define STUBS_FORM_H

#include <rent/http.h>

#define FORM_FIELDS 32

struct form {
	struct {
		const char *name, *value;
	} fields[FORM_FIELDS];
	size_t n;
};

/* In the request's arena. False: it is malformed, or has too many fields. */
bool form_read(const struct rent_http_request *req, struct form *ret);
/* "" when it is not there. */
const char *form_get(const struct form *form, const char *name);

#endif
