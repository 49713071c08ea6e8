/* SPDX-License-Identifier: MIT
 *
 * principals.h - options that say who somebody is: a list of texts "ROLE SUBJECT WHAT", where WHAT is
 * how he is recognised.
 */
#ifndef COMMON_PRINCIPALS_H
#define COMMON_PRINCIPALS_H

#include <rent/auth.h>
#include <rent/host.h>

#define PRINCIPALS_MAX 64

struct named_principal {
	enum rent_role role;
	char subject[RENT_ID_SIZE];
	const char *what; /* of the option's text */
};

struct principals {
	struct named_principal list[PRINCIPALS_MAX];
	size_t count;
};

/* Reads the list option of this name. RENT_EINVAL: an entry is of another form. */
int principals_read(struct principals *principals, const struct rent_host *host,
                    const char *option, struct rent_error *err);

/* Fills in role and subject. */
void principals_give(const struct named_principal *named, struct rent_principal *ret);

#endif
