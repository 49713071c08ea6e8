/* SPDX-License-Identifier: MIT
 *
 * rent/form.h - the body of an application/x-www-form-urlencoded request. Names and values
 * are encoded as they are added, so that no value can become another member.
 *
 *     struct rent_form form = { .arena = arena };
 *
 *     rent_form_add(&form, "metadata[order]", op->rental_id);
 *     rent_form_add_int(&form, "amount", minor);
 *     ret->body = rent_form_body(&form);       NULL: the arena is full
 */
#ifndef RENT_FORM_H
#define RENT_FORM_H

#include "base.h"

RENT_EXTERN_C_BEGIN

struct rent_form {
	struct rent_arena *arena;
	char *body;
	bool full;
};

static inline void rent_form_add(struct rent_form *form, const char *name,
                                 const char *value)
{
	char *n = rent_url_encode(form->arena, name);
	char *v = rent_url_encode(form->arena, value);

	if (n == NULL || v == NULL || form->full)
		form->full = true;
	else if (form->body == NULL)
		form->body = rent_printf(form->arena, "%s=%s", n, v);
	else
		form->body = rent_printf(form->arena, "%s&%s=%s", form->body, n, v);
	form->full = form->full || form->body == NULL;
}

static inline void rent_form_add_int(struct rent_form *form, const char *name,
                                     int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	rent_form_add(form, name, text);
}

/* NULL: the arena was full, or nothing was added. */
static inline const char *rent_form_body(const struct rent_form *form)
{
	return form->full ? NULL : form->body;
}

RENT_EXTERN_C_END
#endif
