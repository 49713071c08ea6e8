/* SPDX-License-Identifier: MIT
 *
 * value.c - see value.h. Every number is parsed by scaled(): digits, a fraction where the
 * type has one, and a unit out of the type's table; integers only, checked.
 */
#include "conf/value.h"

#include <strings.h>

#include "conf/nearest.h"

#define PPM INT64_C(1000000)

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit no_units[] = { { "", 1 }, { "L", 1 }, { "LL", 1 }, { NULL, 0 } };
static const struct unit ppm_units[] = { { "", PPM }, { NULL, 0 } };
static const struct unit duration_units[] = {
	{ "us", 1 },
	{ "ms", 1000 },
	{ "s", RENT_SECOND },
	{ "m", RENT_MINUTE },
	{ "min", RENT_MINUTE },
	{ "h", RENT_HOUR },
	{ "d", 24 * RENT_HOUR },
	{ NULL, 0 },
};
static const struct unit size_units[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "kB", 1000 },
	{ "MB", INT64_C(1000000) },
	{ "GB", INT64_C(1000000000) },
	{ "KiB", 1 << 10 },
	{ "MiB", 1 << 20 },
	{ "GiB", 1 << 30 },
	{ "L", 1 },
	{ NULL, 0 },
};

static const struct {
	const char *name;
	const struct unit *units; /* NULL: not a number */
	bool fraction;
	const char *article, *example;
} types[] = {
	[RENT_OPT_STRING] = { "string", NULL, false, "text", NULL },
	[RENT_OPT_INT] = { "int", no_units, false, "an integer", NULL },
	[RENT_OPT_BOOL] = { "bool", NULL, false, "true or false", NULL },
	[RENT_OPT_DURATION] = { "duration", duration_units, true, "a duration",
	                        "\"250ms\", \"1.5s\", \"5m\"" },
	[RENT_OPT_SIZE] = { "size", size_units, true, "a size", "\"64KiB\"" },
	[RENT_OPT_MONEY] = { "money", no_units, false, "an amount (integer)", NULL },
	[RENT_OPT_ENUM] = { "enum", NULL, false, "a choice", NULL },
	[RENT_OPT_PPM] = { "fraction", ppm_units, true, "a decimal fraction", "1.5" },
	[RENT_OPT_LIST] = { "list", NULL, false, "a list of text", "[ \"a\", \"b\" ]" },
	[RENT_OPT_PATH] = { "path", NULL, false, "a path", NULL },
};

#define TYPE_COUNT (sizeof(types) / sizeof(types[0]))

enum number_error {
	NUMBER_OK = 0,
	NUMBER_SYNTAX,
	NUMBER_UNIT,
	NUMBER_RANGE,
	NUMBER_FINE
};

const char *value_type_name(enum rent_option_type type)
{
	return type > RENT_OPT_END && type < TYPE_COUNT ? types[type].name : "?";
}

/* Adds digits; hexadecimal with base 16. Returns false when it does not fit. */
static bool digits(const char **s, int base, int64_t *value, int *count)
{
	for (*count = 0;; (*s)++, (*count)++) {
		int c = (unsigned char)**s, digit = c >= '0' && c <= '9' ? c - '0' : 99;

		if (base == 16 && c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		if (base == 16 && c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		if (digit >= base)
			return true;
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, digit, value))
			return false;
	}
}

static enum number_error apply_unit(const struct unit *units, const char *name,
                                    int64_t *value, int64_t fraction, int64_t scale)
{
	for (; units->name != NULL; units++) {
		int64_t more;

		if (strcmp(units->name, name) != 0)
			continue;
		if (__builtin_mul_overflow(fraction, units->factor, &more) ||
		    __builtin_mul_overflow(*value, units->factor, value))
			return NUMBER_RANGE;
		if (more % scale != 0)
			return NUMBER_FINE;
		return __builtin_add_overflow(*value, more / scale, value) ? NUMBER_RANGE
		                                                           : NUMBER_OK;
	}
	return NUMBER_UNIT;
}

/* The digits after the point, and 10 to the power of their number. */
static enum number_error decimals(const char **s, int64_t *fraction, int64_t *scale,
                                  int *count)
{
	if (!digits(s, 10, fraction, count) || *count > 12)
		return NUMBER_FINE;
	for (int i = 0; i < *count; i++)
		*scale *= 10;
	return NUMBER_OK;
}

static enum number_error scaled(const struct unit *units, bool may_fraction,
                                const char *s, int64_t *ret)
{
	int64_t value = 0, fraction = 0, scale = 1;
	bool negative = *s == '-';
	int n, m = 0, base = 10;
	enum number_error e = NUMBER_OK;

	s += *s == '-' || *s == '+' ? 1 : 0;
	if (!may_fraction && s[0] == '0' && (s[1] == 'x' || s[1] == 'X')) {
		s += 2;
		base = 16;
	}
	if (!digits(&s, base, &value, &n))
		return NUMBER_RANGE;
	if (may_fraction && *s == '.') {
		s++;
		e = decimals(&s, &fraction, &scale, &m);
	}
	if (e == NUMBER_OK && n + m == 0)
		return NUMBER_SYNTAX;
	s += strspn(s, " ");
	/* Nothing is nothing in every unit. */
	if (e == NUMBER_OK &&
	    (units != duration_units || *s != '\0' || value != 0 || fraction != 0))
		e = apply_unit(units, s, &value, fraction, scale);
	if (e == NUMBER_OK)
		*ret = negative ? -value : value;
	return e;
}

static int parse_number(const struct rent_option *opt, const char *text, int64_t *ret,
                        struct rent_error *err)
{
	const struct unit *units = types[opt->type].units;
	char allowed[256];

	value_allowed(opt, allowed, sizeof(allowed));
	switch (scaled(units, types[opt->type].fraction, text, ret)) {
	case NUMBER_OK:
		return 0;
	case NUMBER_RANGE:
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' does not fit into 64 bits; allowed: %s", text,
		                 allowed);
	case NUMBER_FINE:
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' has too many decimals; allowed: %s", text,
		                 allowed);
	case NUMBER_UNIT:
		if (units == duration_units &&
		    strspn(text, "+-.0123456789") == strlen(text))
			return rent_fail(
				err, RENT_EINVAL,
				"%s has no unit, write \"%ss\" for seconds; allowed: %s",
				text, text, allowed);
		break;
	case NUMBER_SYNTAX:
	default:
		break;
	}
	return rent_fail(err, RENT_EINVAL, "'%s' is not %s; allowed: %s", text,
	                 types[opt->type].article, allowed);
}

bool value_choice(const struct rent_option *opt, int index, char *buffer, size_t size)
{
	const char *s = opt->choices;

	while (s != NULL) {
		size_t n = strcspn(s, "|");

		if (index-- == 0) {
			(void)snprintf(buffer, size, "%.*s", (int)n, s);
			return true;
		}
		s = s[n] == '|' ? s + n + 1 : NULL;
	}
	return false;
}

static int parse_enum(const struct rent_option *opt, const char *text, int64_t *ret,
                      struct rent_error *err)
{
	char choice[64], best[64] = "", allowed[256], hint[96];
	struct nearest nearest;
	size_t least = SIZE_MAX;

	for (int i = 0; value_choice(opt, i, choice, sizeof(choice)); i++) {
		if (strcmp(choice, text) == 0) {
			*ret = i;
			return 0;
		}
		if (nearest_distance(choice, text) < least) {
			least = nearest_distance(choice, text);
			(void)rent_copy(best, sizeof(best), choice);
		}
	}
	nearest_init(&nearest, text);
	nearest_try(&nearest, best);
	return rent_fail(err, RENT_EINVAL, "'%s' is not known; allowed: %s%s", text,
	                 value_allowed(opt, allowed, sizeof(allowed)),
	                 nearest_hint(&nearest, hint, sizeof(hint)));
}

static int parse_bool(const char *text, int64_t *ret, struct rent_error *err)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*ret = (int64_t)(i % 2);
			return 0;
		}
	}
	return rent_fail(
		err, RENT_EINVAL,
		"'%s' is not true or false; allowed: true, false, \"yes\", \"no\", "
		"\"on\", \"off\"",
		text);
}

/* The bounds of text and lists are lengths. */
static int check_length(const struct rent_option *opt, size_t n, struct rent_error *err)
{
	int64_t bound = 0;
	char allowed[256];

	if (opt->min != NULL &&
	    scaled(size_units, false, opt->min, &bound) == NUMBER_OK &&
	    (int64_t)n < bound)
		return rent_fail(err, RENT_EINVAL, "is too short (%zu); allowed: %s", n,
		                 value_allowed(opt, allowed, sizeof(allowed)));
	if (opt->max != NULL &&
	    scaled(size_units, false, opt->max, &bound) == NUMBER_OK &&
	    (int64_t)n > bound)
		return rent_fail(err, RENT_EINVAL, "is too long (%zu); allowed: %s", n,
		                 value_allowed(opt, allowed, sizeof(allowed)));
	return 0;
}

static int check_bounds(const struct rent_option *opt, const char *text, int64_t value,
                        struct rent_error *err)
{
	const struct unit *units = types[opt->type].units;
	bool fraction = types[opt->type].fraction;
	int64_t bound = 0;
	char allowed[256];

	if (opt->min != NULL && scaled(units, fraction, opt->min, &bound) == NUMBER_OK &&
	    value < bound)
		return rent_fail(err, RENT_EINVAL, "'%s' is too small; allowed: %s", text,
		                 value_allowed(opt, allowed, sizeof(allowed)));
	if (opt->max != NULL && scaled(units, fraction, opt->max, &bound) == NUMBER_OK &&
	    value > bound)
		return rent_fail(err, RENT_EINVAL, "'%s' is too large; allowed: %s", text,
		                 value_allowed(opt, allowed, sizeof(allowed)));
	return 0;
}

/* [ "a" ] in one text is libconfig's notation within another. [::1]:80 is not. */
static bool is_bracketed(const char *text)
{
	text += strspn(text, " \t\n");
	if (*text != '[' && *text != '(')
		return false;
	text++;
	text += strspn(text, " \t\n");
	return *text != '\0' && strchr("\"])", *text) != NULL;
}

/* "a, b ,c": a list that came as one text, out of the environment say. */
static int parse_list_text(const struct rent_option *opt, const char *text,
                           struct rent_arena *arena, struct conf_value *ret,
                           struct rent_error *err)
{
	const char **list = rent_alloc(arena, (VALUE_LIST_MAX + 1) * sizeof(*list));
	size_t n = 0;

	if (list == NULL)
		return RENT_ENOMEM;
	if (is_bracketed(text))
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' has brackets or quotes in it; allowed, as one "
		                 "text: the elements with commas between them, a,b",
		                 text);
	for (const char *s = text;; s++) {
		size_t size;

		s += strspn(s, " \t\n");
		size = strcspn(s, ",");
		while (size > 0 && strchr(" \t\n", s[size - 1]) != NULL)
			size--;
		if (n == VALUE_LIST_MAX)
			return rent_fail(err, RENT_EINVAL, "has more than %d elements",
			                 VALUE_LIST_MAX);
		if (size > 0) {
			list[n] = rent_strndup(arena, s, size);
			if (list[n++] == NULL)
				return RENT_ENOMEM;
		}
		s += strcspn(s, ",");
		if (*s == '\0')
			break;
	}
	return value_parse_list(opt, list, n, ret, err);
}

int value_parse_list(const struct rent_option *opt, const char *const *elements, size_t n,
                     struct conf_value *ret, struct rent_error *err)
{
	int r = check_length(opt, n, err);

	if (r == 0)
		*ret = (struct conf_value){ .set = true, .text = "", .list = elements };
	return r;
}

int value_parse(const struct rent_option *opt, const char *text, struct rent_arena *arena,
                struct conf_value *ret, struct rent_error *err)
{
	struct conf_value value = { .set = true, .text = text };
	int r;

	switch (opt->type) {
	case RENT_OPT_STRING:
		r = check_length(opt, strlen(text), err);
		break;
	case RENT_OPT_PATH:
		r = *text == '\0' ? rent_fail(err, RENT_EINVAL, "is an empty path")
		                  : check_length(opt, strlen(text), err);
		break;
	case RENT_OPT_LIST:
		return parse_list_text(opt, text, arena, ret, err);
	case RENT_OPT_BOOL:
		r = parse_bool(text, &value.number, err);
		break;
	case RENT_OPT_ENUM:
		r = parse_enum(opt, text, &value.number, err);
		break;
	case RENT_OPT_INT:
	case RENT_OPT_MONEY:
	case RENT_OPT_DURATION:
	case RENT_OPT_SIZE:
	case RENT_OPT_PPM:
		r = parse_number(opt, text, &value.number, err);
		if (r == 0)
			r = check_bounds(opt, text, value.number, err);
		break;
	case RENT_OPT_END:
	default:
		return rent_fail(err, RENT_EINVAL, "type %d is not known",
		                 (int)opt->type);
	}
	if (r == 0)
		*ret = value;
	return r;
}

static void allowed_choices(const struct rent_option *opt, char *buffer, size_t size)
{
	char choice[64];
	size_t n = 0;

	for (int i = 0; value_choice(opt, i, choice, sizeof(choice)); i++) {
		int more = snprintf(buffer + n, size - n, "%s\"%s\"", i == 0 ? "" : ", ",
		                    choice);

		n += more > 0 ? (size_t)more : 0;
		if (n >= size)
			return;
	}
}

const char *value_allowed(const struct rent_option *opt, char *buffer, size_t size)
{
	bool length = types[opt->type].units == NULL;
	char range[96] = "";

	if (opt->type == RENT_OPT_ENUM) {
		allowed_choices(opt, buffer, size);
		return buffer;
	}
	if (opt->min != NULL && opt->max != NULL && length)
		(void)snprintf(range, sizeof(range), " of %s to %s %s", opt->min,
		               opt->max,
		               opt->type == RENT_OPT_LIST ? "elements" : "characters");
	else if (opt->min != NULL && opt->max != NULL)
		(void)snprintf(range, sizeof(range), " from %s to %s", opt->min,
		               opt->max);
	else if (opt->min != NULL)
		(void)snprintf(range, sizeof(range), " of at least %s", opt->min);
	else if (opt->max != NULL)
		(void)snprintf(range, sizeof(range), " of at most %s", opt->max);
	(void)snprintf(buffer, size, "%s%s%s%s", types[opt->type].article, range,
	               types[opt->type].example == NULL ? "" : ", like ",
	               types[opt->type].example == NULL ? "" : types[opt->type].example);
	return buffer;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool value_equal(const struct rent_option *opt, const struct conf_value *a,
                 const struct conf_value *b)
{
	size_t i = 0;

	if (a->set != b->set || !a->set)
		return a->set == b->set;
	if (opt->type == RENT_OPT_STRING || opt->type == RENT_OPT_PATH)
		return same_text(a->text, b->text);
	if (opt->type != RENT_OPT_LIST)
		return a->number == b->number;
	while (a->list[i] != NULL && same_text(a->list[i], b->list[i]))
		i++;
	return same_text(a->list[i], b->list[i]);
}
