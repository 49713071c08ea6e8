/* SPDX-License-Identifier: MIT
 *
 * findings.c - see findings.h.
 */
#include "findings.h"

#include <rent/time.h>
#include <unistd.h>

#include "base/clock.h"

/* Between two lines of progress, for a person and for a log. */
#define PROGRESS_TERMINAL (1 * RENT_SECOND)
#define PROGRESS_LOG      (10 * RENT_SECOND)

void findings_object(json_t *object)
{
	(void)json_dumpf(object, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
	json_decref(object);
}

json_t *findings_time(int64_t us)
{
	char text[RENT_TIME_SIZE];

	if (us == 0)
		return json_null();
	rent_time_text(us, 'T', text);
	return json_string(text);
}

json_t *findings_text(const char *s)
{
	json_t *text = s == NULL || *s == '\0' ? json_null() : json_string(s);
	char plain[RENT_ERROR_TEXT];

	if (text != NULL)
		return text;
	(void)rent_copy(plain, sizeof(plain), s);
	for (char *p = plain; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	return json_string(plain);
}

static json_t *number_or_null(bool there, int64_t n)
{
	return there ? json_integer((json_int_t)n) : json_null();
}

static void print_json(const struct findings *f, const struct rent_finding *t)
{
	findings_object(json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "type",
		t->breach ? "breach" : "note", "instance", f->instance, "invariant",
		findings_text(t->invariant), "code", findings_text(t->code), "rental",
		findings_text(t->rental_id), "operation", findings_text(t->op_id), "user",
		findings_text(t->user_id), "text", findings_text(t->text), "expected",
		number_or_null(t->counted, t->expected), "found",
		number_or_null(t->counted, t->found), "since", findings_time(t->since),
		"advice", findings_text(t->advice)));
}

static void print_text(const struct findings *f, const struct rent_finding *t)
{
	char since[RENT_TIME_SIZE] = "";

	if (t->since != 0)
		rent_time_text(t->since, 'T', since);
	(void)printf("%s: %s", f->instance, t->breach ? "" : "note: ");
	if (t->rental_id[0] != '\0')
		(void)printf("rental %s: ", t->rental_id);
	if (t->op_id[0] != '\0')
		(void)printf("operation %s: ", t->op_id);
	if (t->invariant[0] != '\0')
		(void)printf("%s: ", t->invariant);
	(void)fputs(t->text, stdout);
	if (since[0] != '\0')
		(void)printf("; since %s", since);
	if (t->advice[0] != '\0')
		(void)printf("; %s", t->advice);
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

int findings_add(void *arg, const struct rent_finding *theirs)
{
	struct findings *f = arg;
	struct rent_finding finding;

	rent_adopt(&finding, sizeof(finding), theirs, theirs->struct_size);
	f->breaches += finding.breach;
	if (f->json)
		print_json(f, &finding);
	else
		print_text(f, &finding);
	return 0;
}

void findings_line(void *arg, bool breach, const char *subject, const char *text)
{
	struct findings *f = arg;

	f->breaches += breach;
	if (f->json)
		findings_object(json_pack("{s:s, s:s, s:o, s:o}", "type",
		                          breach ? "breach" : "note", "instance",
		                          f->instance, "subject", findings_text(subject),
		                          "text", findings_text(text)));
	else
		(void)printf("%s: %s: %s\n", f->instance, subject, text);
	(void)fflush(stdout);
}

int findings_progress(void *arg, const struct rent_check *check)
{
	struct findings *f = arg;
	int64_t now = clock_mono_us();
	int64_t every = isatty(STDERR_FILENO) != 0 ? PROGRESS_TERMINAL : PROGRESS_LOG;

	if (f->told_at == 0)
		f->told_at = now;
	if (f->quiet || now - f->told_at < every)
		return 0;
	f->told_at = now;
	(void)fprintf(stderr,
	              "rentald: %s: %" PRId64 " rentals, %" PRId64 " operations, %" PRId64
	              " breaches so far\n",
	              f->what, check->rentals, check->operations, check->breaches);
	return 0;
}

static void summary_json(const struct findings *f, const struct rent_check *check)
{
	findings_object(json_pack(
		"{s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "type",
		"summary", "what", f->what, "instance", f->instance, "clean",
		check->breaches == 0, "rentals", (json_int_t)check->rentals, "operations",
		(json_int_t)check->operations, "entries", (json_int_t)check->entries,
		"breaches", (json_int_t)check->breaches, "notes",
		(json_int_t)check->notes, "adjusted", (json_int_t)check->adjusted,
		"manual", (json_int_t)check->manual, "resolved",
		(json_int_t)check->resolved));
}

void findings_summary(const struct findings *f, const struct rent_check *check)
{
	if (f->json)
		summary_json(f, check);
	else if (check->entries > 0 || check->operations > 0)
		(void)printf("%s: summary: %" PRId64 " operations, %" PRId64
		             " entries of the provider, %" PRId64 " breaches, %" PRId64
		             " notes\n",
		             f->instance, check->operations, check->entries,
		             check->breaches, check->notes);
	else
		(void)printf("%s: summary: %" PRId64 " rentals, %" PRId64
		             " breaches, %" PRId64
		             " debts adjusted from outside, %" PRId64
		             " operations MANUAL, %" PRId64 " resolved by hand\n",
		             f->instance, check->rentals, check->breaches,
		             check->adjusted, check->manual, check->resolved);
	(void)fflush(stdout);
}
