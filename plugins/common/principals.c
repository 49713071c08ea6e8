/* SPDX-License-Identifier: MIT
 *
 * principals.c - see principals.h.
 */
#include "common/principals.h"

static bool read_one(const char *text, struct named_principal *ret)
{
	size_t role = strcspn(text, " "), subject;
	char word[RENT_ID_SIZE];

	if (role >= sizeof(word))
		return false;
	memcpy(word, text, role);
	word[role] = '\0';
	ret->role = (enum rent_role)rent_value_of(rent_role_names, word);
	text += role + strspn(text + role, " ");
	subject = strcspn(text, " ");
	if (subject >= sizeof(ret->subject))
		return false;
	memcpy(ret->subject, text, subject);
	ret->subject[subject] = '\0';
	ret->what = text + subject + strspn(text + subject, " ");
	return ret->role != 0 && rent_id_valid(ret->subject) && ret->what[0] != '\0';
}

int principals_read(struct principals *principals, const struct rent_host *host,
                    const char *option, struct rent_error *err)
{
	const char *text;

	for (size_t i = 0; (text = host->opt_list(host, option, i)) != NULL; i++) {
		if (i == PRINCIPALS_MAX)
			return rent_fail(err, RENT_EINVAL, "options.%s: more than %d",
			                 option, PRINCIPALS_MAX);
		if (!read_one(text, &principals->list[principals->count++]))
			return rent_fail(
				err, RENT_EINVAL,
				"options.%s: '%s' is not \"ROLE SUBJECT WHAT\" "
				"with one of customer, viewer, operator and service",
				option, text);
	}
	return 0;
}

void principals_give(const struct named_principal *named, struct rent_principal *ret)
{
	ret->role = named->role;
	(void)rent_copy(ret->subject, sizeof(ret->subject), named->subject);
}
