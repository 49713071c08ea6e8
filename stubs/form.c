/* SPDX-License-Identifier: MIT
 *
 * stubs/form.c - reads forms.
 */
#include "form.h"

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

static bool decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		int high, low;

		if (*s != '%') {
			*to++ = (char)(*s == '+' ? ' ' : *s);
			continue;
		}
		high = digit(s[1]);
		low = high < 0 ? -1 : digit(s[2]);
		if (low < 0 || high + low == 0)
			return false;
		*to++ = (char)(high * 16 + low);
		s += 2;
	}
	*to = '\0';
	return true;
}

bool form_read(const struct rent_http_request *req, struct form *ret)
{
	char *at = rent_strndup(req->arena, req->body, req->body_size), *next;

	ret->n = 0;
	for (; at != NULL && at[0] != '\0'; at = next) {
		char *end = strchr(at, '&'), *value;

		next = end == NULL ? NULL : end + 1;
		if (end != NULL)
			*end = '\0';
		value = strchr(at, '=');
		if (value == NULL || ret->n == FORM_FIELDS)
			return false;
		*value++ = '\0';
		if (!decode(at) || !decode(value))
			return false;
		ret->fields[ret->n].name = at;
		ret->fields[ret->n++].value = value;
	}
	return true;
}

const char *form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->n; i++) {
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	}
	return "";
}
