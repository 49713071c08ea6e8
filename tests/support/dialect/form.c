/* SPDX-License-Identifier: MIT
 *
 * tests/support/dialect/form.c - reads forms.
 */
#include "form.h"

#include <stdlib.h>
#include <string.h>

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits) % 16;
}

static bool decode(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '%') {
			int high = hex(s[1]), low = high < 0 ? -1 : hex(s[2]);

			if (low < 0 || high + low == 0)
				return false;
			*to++ = (char)(high * 16 + low);
			s += 2;
		} else {
			*to++ = (char)(*s == '+' ? ' ' : *s);
		}
	}
	*to = '\0';
	return true;
}

bool form_parse(struct form *form, char *text)
{
	char *save = NULL;

	form->n = 0;
	for (char *p = strtok_r(text, "&", &save); p != NULL;
	     p = strtok_r(NULL, "&", &save)) {
		char *value = strchr(p, '=');

		if (value == NULL || form->n == FORM_FIELDS)
			return false;
		*value++ = '\0';
		if (!decode(p) || !decode(value))
			return false;
		form->fields[form->n].name = p;
		form->fields[form->n++].value = value;
	}
	return true;
}

const char *form_get(const struct form *form, const char *name)
{
	for (int i = 0; i < form->n; i++) {
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	}
	return "";
}

int64_t form_amount(const struct form *form, const char *name)
{
	const char *text = form_get(form, name);
	char *end;
	int64_t v = strtoll(text, &end, 10);

	return *text == '\0' || *end != '\0' || v < 0 ? 0 : v;
}
