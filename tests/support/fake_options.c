/* SPDX-License-Identifier: MIT
 *
 * tests/support/fake_options.c - the options that a test gives to a plugin, read by the
 * plugin's own table in the notation of the configuration file. Anything that the real
 * parser would refuse aborts the test. It reads no file and knows no groups: dotted names
 * are written as they are.
 */
#include "fake_internal.h"

#include <errno.h>
#include <stdlib.h>

#define LIST_MAX 64

struct value {
	bool set;
	int64_t number;    /* numbers, booleans, the index of an enum */
	char *text;        /* strings and paths; the backing of a list */
	const char **list; /* LIST_MAX + 1 of them, for a list that was given */
};

struct fake_options {
	const struct rent_option *table;
	size_t count;
	struct value *values;
};

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{ "us", 1 },          { "ms", RENT_SECOND / 1000 }, { "s", RENT_SECOND },
	{ "m", RENT_MINUTE }, { "h", RENT_HOUR },           { "d", 24 * RENT_HOUR },
	{ NULL, 0 },
};

static const struct unit sizes[] = {
	{ "", 1 },
	{ "B", 1 },
	{ "KiB", INT64_C(1) << 10 },
	{ "MiB", INT64_C(1) << 20 },
	{ "GiB", INT64_C(1) << 30 },
	{ NULL, 0 },
};

static const struct unit plain[] = { { "", 1 }, { NULL, 0 } };
static const struct unit ppm[] = { { "", 1000000 }, { NULL, 0 } };

/* The digits after the point, times factor. NULL when the value has no exact form. */
static const char *parse_fraction(const char *s, int64_t factor, int64_t *ret)
{
	int64_t sum = 0;

	if (*s < '0' || *s > '9')
		return NULL;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (*s != '0' && factor % 10 != 0)
			return NULL;
		factor /= 10;
		sum += factor * (*s - '0');
	}
	*ret = sum;
	return s;
}

static const struct unit *find_unit(const char *s, const struct unit *units)
{
	s += strspn(s, "0123456789.");
	for (; units->name != NULL; units++) {
		if (strcmp(units->name, s) == 0)
			return units;
	}
	return NULL;
}

/* "1.5s", "64KiB", "-3": a decimal number times one of the units, exactly. */
static bool parse_number(const char *text, const struct unit *units, int64_t *ret)
{
	bool minus = *text == '-';
	const struct unit *unit;
	int64_t whole, part = 0;
	char *end;

	text += minus;
	if (*text < '0' || *text > '9')
		return false;
	unit = find_unit(text, units);
	errno = 0;
	whole = strtoll(text, &end, 10);
	if (unit == NULL || errno != 0 ||
	    __builtin_mul_overflow(whole, unit->factor, &whole))
		return false;
	if (*end == '.' && parse_fraction(end + 1, unit->factor, &part) == NULL)
		return false;
	*ret = minus ? -(whole + part) : whole + part;
	return true;
}

static bool parse_bool(const char *text, int64_t *ret)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], text) == 0) {
			*ret = (int64_t)(i & 1);
			return true;
		}
	}
	return false;
}

static bool parse_enum(const char *choices, const char *text, int64_t *ret)
{
	size_t n = strlen(text);
	int64_t i = 0;

	for (const char *p = choices; p != NULL; i++) {
		size_t len = strcspn(p, "|");

		if (len == n && strncmp(p, text, n) == 0) {
			*ret = i;
			return true;
		}
		p = p[len] == '|' ? p + len + 1 : NULL;
	}
	return false;
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		fake_die("out of memory");
	return copy;
}

static bool parse_list(const char *text, struct value *ret)
{
	size_t n = 0;
	char *save = NULL;

	ret->text = copy_text(text);
	ret->list = calloc(LIST_MAX + 1, sizeof(*ret->list));
	if (ret->list == NULL)
		fake_die("out of memory");
	for (char *p = strtok_r(ret->text, ",", &save); p != NULL;
	     p = strtok_r(NULL, ",", &save)) {
		p += strspn(p, " ");
		if (n == LIST_MAX)
			return false;
		ret->list[n++] = p;
	}
	return true;
}

static const struct unit *units_of(enum rent_option_type type)
{
	if (type == RENT_OPT_DURATION)
		return durations;
	if (type == RENT_OPT_SIZE)
		return sizes;
	if (type == RENT_OPT_PPM)
		return ppm;
	return type == RENT_OPT_INT || type == RENT_OPT_MONEY ? plain : NULL;
}

static bool in_range(const struct rent_option *o, int64_t v)
{
	const struct unit *units = units_of(o->type);
	int64_t bound;

	if (o->min != NULL && (!parse_number(o->min, units, &bound) || v < bound))
		return false;
	return o->max == NULL || (parse_number(o->max, units, &bound) && v <= bound);
}

static bool parse_value(const struct rent_option *o, const char *text, struct value *ret)
{
	const struct unit *units = units_of(o->type);

	ret->set = true;
	if (units != NULL)
		return parse_number(text, units, &ret->number) &&
		       in_range(o, ret->number);
	if (o->type == RENT_OPT_BOOL)
		return parse_bool(text, &ret->number);
	if (o->type == RENT_OPT_ENUM)
		return parse_enum(o->choices, text, &ret->number);
	if (o->type == RENT_OPT_LIST)
		return parse_list(text, ret);
	ret->text = copy_text(text);
	return true;
}

static const char *given_value(const struct fake_option *given, const char *name)
{
	const char *value = NULL;

	for (; given != NULL && given->name != NULL; given++) {
		if (strcmp(given->name, name) == 0)
			value = given->value;
	}
	return value;
}

static ptrdiff_t find(const struct fake_options *options, const char *name)
{
	/* A plugin has one copy of a text, in its table and where it asks. */
	for (size_t i = 0; i < options->count; i++) {
		if (options->table[i].name == name)
			return (ptrdiff_t)i;
	}
	for (size_t i = 0; i < options->count; i++) {
		if (strcmp(options->table[i].name, name) == 0)
			return (ptrdiff_t)i;
	}
	return -1;
}

static void check_names(const struct fake_options *options,
                        const struct fake_option *given)
{
	for (; given != NULL && given->name != NULL; given++) {
		if (find(options, given->name) < 0)
			fake_die("option \"%s\" is not in the plugin's table",
			         given->name);
	}
}

static void read_value(const struct rent_option *o, const char *text, struct value *ret)
{
	if (text == NULL)
		text = o->def;
	if (text == NULL && (o->flags & RENT_OPT_REQUIRED) != 0)
		fake_die("option \"%s\" is required", o->name);
	if (text != NULL && !parse_value(o, text, ret))
		fake_die("option \"%s\" = \"%s\": not a value of its type or out of "
		         "range [%s, %s]",
		         o->name, text, o->min == NULL ? "" : o->min,
		         o->max == NULL ? "" : o->max);
}

struct fake_options *fake_options_new(const struct rent_plugin *plugin,
                                      const struct fake_option *given)
{
	struct fake_options *options = calloc(1, sizeof(*options));

	if (options == NULL)
		fake_die("out of memory");
	options->table = plugin == NULL ? NULL : plugin->options;
	while (options->table != NULL &&
	       options->table[options->count].type != RENT_OPT_END)
		options->count++;
	options->values = calloc(options->count + 1, sizeof(*options->values));
	if (options->values == NULL)
		fake_die("out of memory");
	check_names(options, given);
	for (size_t i = 0; i < options->count; i++)
		read_value(&options->table[i], given_value(given, options->table[i].name),
		           &options->values[i]);
	return options;
}

void fake_options_free(struct fake_options *options)
{
	if (options == NULL)
		return;
	for (size_t i = 0; i < options->count; i++) {
		free(options->values[i].text);
		free(options->values[i].list);
	}
	free(options->values);
	free(options);
}

bool fake_options_has(const struct fake_options *options, const char *name)
{
	return find(options, name) >= 0;
}

/* The value of an option whose type is one of `types` (one bit for each). */
static const struct value *get(const struct fake_options *options, const char *name,
                               unsigned types)
{
	ptrdiff_t i = find(options, name);

	if (i < 0)
		fake_die("the plugin asks for option \"%s\", which is not in its table",
		         name);
	if ((types & 1u << options->table[i].type) == 0)
		fake_die("the plugin asks for option \"%s\" as another type", name);
	return &options->values[i];
}

int64_t fake_options_int(const struct fake_options *options, const char *name)
{
	return get(options, name,
	           1u << RENT_OPT_INT | 1u << RENT_OPT_DURATION | 1u << RENT_OPT_SIZE |
	                   1u << RENT_OPT_MONEY | 1u << RENT_OPT_PPM)
	        ->number;
}

bool fake_options_bool(const struct fake_options *options, const char *name)
{
	return get(options, name, 1u << RENT_OPT_BOOL)->number != 0;
}

const char *fake_options_str(const struct fake_options *options, const char *name)
{
	return get(options, name, 1u << RENT_OPT_STRING | 1u << RENT_OPT_PATH)->text;
}

int fake_options_enum(const struct fake_options *options, const char *name)
{
	return (int)get(options, name, 1u << RENT_OPT_ENUM)->number;
}

const char *fake_options_list(const struct fake_options *options, const char *name,
                              size_t i)
{
	const struct value *v = get(options, name, 1u << RENT_OPT_LIST);

	for (size_t k = 0; v->list != NULL && k < i; k++) {
		if (v->list[k] == NULL)
			return NULL;
	}
	return v->list != NULL && i <= LIST_MAX ? v->list[i] : NULL;
}
