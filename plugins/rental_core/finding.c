/* SPDX-License-Identifier: MIT
 *
 * finding.c - see finding.h.
 */
#include "finding.h"

#include <rent/time.h>

struct finding *findings_add(struct findings *f, const struct finding_kind *kind,
                             const char *fmt, ...)
{
	struct finding *finding;
	va_list ap;

	if (f->n == FINDINGS_MAX)
		f->n--;
	finding = &f->at[f->n++];
	f->breach |= kind->breach;
	finding->kind = kind;
	finding->op_id[0] = '\0';
	finding->counted = false;
	finding->expected = finding->found = finding->since = 0;
	va_start(ap, fmt);
	(void)vsnprintf(finding->text, sizeof(finding->text), fmt, ap);
	va_end(ap);
	return finding;
}

void finding_count(struct finding *finding, int64_t expected, int64_t found)
{
	finding->counted = true;
	finding->expected = expected;
	finding->found = found;
}

bool findings_have(const struct findings *f, const struct finding *like)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->at[i].kind == like->kind &&
		    strcmp(f->at[i].op_id, like->op_id) == 0)
			return true;
	}
	return false;
}

int finding_tell(struct rent_check *check, const struct finding *finding,
                 const char *rental_id, const char *user_id, int64_t since)
{
	const struct rent_finding told = {
		.struct_size = sizeof(told),
		.breach = finding->kind->breach,
		.counted = finding->counted,
		.invariant = finding->kind->invariant,
		.code = finding->kind->code,
		.rental_id = rental_id,
		.op_id = finding->op_id,
		.user_id = user_id,
		.text = finding->text,
		.advice = finding->kind->advice,
		.expected = finding->expected,
		.found = finding->found,
		.since = finding->since != 0 ? finding->since : since,
	};

	if (told.breach)
		check->breaches++;
	else
		check->notes++;
	return check->finding == NULL ? 0 : check->finding(check->arg, &told);
}
