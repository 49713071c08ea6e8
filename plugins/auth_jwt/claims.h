/* SPDX-License-Identifier: MIT
 *
 * claims.h - what the claims of a verified token say: whether it is meant for this service and this
 * moment, and who its bearer is.
 */
#ifndef AUTH_JWT_CLAIMS_H
#define AUTH_JWT_CLAIMS_H

#include <jansson.h>
#include <rent/auth.h>
#include <rent/host.h>

#define CLAIM_ROLES_MAX 32

/* A value of the claim of roles, and what it makes of its bearer. */
struct claim_role {
	char value[128];
	enum rent_role role;
};

struct claim_rules {
	const struct rent_host *host; /* for the list of audiences */
	const char *issuer;
	const char *subject_prefix;
	const char *subject_claim, *role_claim;
	const char *scope_claim; /* "": credentials are not limited */
	struct claim_role roles[CLAIM_ROLES_MAX];
	size_t role_count;
	enum rent_role default_role; /* 0: who has no role is refused */
	int64_t leeway_us;
};

/* The options of an instance. RENT_EINVAL: one of them makes no sense. */
int claim_rules_init(struct claim_rules *rules, const struct rent_host *host,
                     struct rent_error *err);

/* Fills in role, subject, issuer, scopes and expires_at. now: wall time. RENT_EPERM with a reason that
 * has no value of a claim; RENT_AUTH_EXPIRED, with such a reason, if only its time is not now. */
int claims_read(const struct claim_rules *rules, const json_t *claims, int64_t now,
                struct rent_principal *ret, struct rent_error *err);

#endif
