/* SPDX-License-Identifier: MIT
 *
 * command_args.c - see command_args.h.
 */
#include "cli/command_args.h"

#include <ctype.h>
#include <stdatomic.h>

#include "cli/args.h"
#include "conf/nearest.h"

static bool is_flag(const char *word)
{
	return strncmp(word, "--", 2) == 0;
}

/* The text behind '=' when word is --NAME or --NAME=VALUE; "" without a value, NULL: it is
 * another word. */
static const char *behind_flag(const char *word, const char *name)
{
	size_t n = strlen(name);

	if (!is_flag(word) || strncmp(word + 2, name, n) != 0)
		return NULL;
	if (word[2 + n] == '\0')
		return word + 2 + n;
	return word[2 + n] == '=' ? word + 2 + n + 1 : NULL;
}

/* The first of the words that are the command's name; NULL: they do not follow each other. */
static const char *const *name_among(const char *const *words, const char *name)
{
	while (*words != NULL && is_flag(*words))
		words++;
	for (const char *const *w = words;; w++) {
		size_t n = strcspn(name, " ");

		if (*w == NULL || strlen(*w) != n || strncmp(*w, name, n) != 0)
			return NULL;
		if (name[n] == '\0')
			return words;
		name += n + 1;
	}
}

static const char *const *flag_among(const char *const *words, const char *flag)
{
	for (; flag != NULL && *words != NULL; words++)
		if (behind_flag(*words, flag) != NULL)
			return words;
	return NULL;
}

bool command_is(const struct rent_command *command, const char *const *words)
{
	return name_among(words, command->name) != NULL ||
	       flag_among(words, command->flag) != NULL;
}

static const struct rent_option *argument_of(const struct rent_command *command,
                                             const char *word)
{
	const struct rent_option *opt = command->arguments;

	for (; opt != NULL && opt->type != RENT_OPT_END; opt++)
		if ((opt->flags & RENT_OPT_POSITIONAL) == 0 &&
		    behind_flag(word, opt->name) != NULL)
			return opt;
	return NULL;
}

bool command_has_argument(const struct rent_command *command, const char *word)
{
	return argument_of(command, word) != NULL;
}

static const struct rent_option *positional(const struct rent_command *command, size_t i)
{
	const struct rent_option *opt = command->arguments;

	for (; opt != NULL && opt->type != RENT_OPT_END; opt++)
		if ((opt->flags & RENT_OPT_POSITIONAL) != 0 && i-- == 0)
			return opt;
	return NULL;
}

/* ---- reading ------------------------------------------------------------------------------ */

struct reading {
	const struct rent_command *command;
	struct rent_arena *arena;
	struct option_set *set;
	struct option_value *values;
	size_t positionals;
	bool by_flag;
};

/* "OPERATION", or "--as=" before its value. */
static const char *label(const struct rent_option *opt, char *buffer, size_t size)
{
	if ((opt->flags & RENT_OPT_POSITIONAL) == 0) {
		(void)snprintf(buffer, size, "--%s=", opt->name);
		return buffer;
	}
	(void)rent_copy(buffer, size, opt->name);
	for (char *p = buffer; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	return buffer;
}

/* The parser quotes the value, which is shown with the name of the argument. */
static int set_value(struct reading *r, const struct rent_option *opt, const char *text,
                     struct rent_error *err)
{
	struct option_value *value = &r->values[opt - r->set->table];
	struct rent_error why = { 0 };
	char name[80];
	size_t n = strlen(text);
	const char *rest = why.text;
	int code = value_parse(opt, text, r->arena, &value->value, &why);

	value->origin = ORIGIN_SET;
	if (code == 0)
		return 0;
	if (rest[0] == '\'' && strncmp(rest + 1, text, n) == 0 && rest[n + 1] == '\'')
		rest += n + 2;
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "out of memory");
	label(opt, name, sizeof(name));
	if ((opt->flags & RENT_OPT_POSITIONAL) != 0)
		return rent_fail(err, code, "%s '%s'%s%s", name, text,
		                 *rest == ' ' ? "" : " ", rest);
	return rent_fail(err, code, "%s%s%s%s", name, text, *rest == ' ' ? "" : " ",
	                 rest);
}

static int set_positional(struct reading *r, const char *text, struct rent_error *err)
{
	const struct rent_option *opt = positional(r->command, r->positionals++);
	char shown[160];

	if (opt == NULL)
		return rent_fail(
			err, RENT_EINVAL, "'%s' is one word too many; it is: %s", text,
			command_shown(r->command, r->by_flag, shown, sizeof(shown)));
	return set_value(r, opt, text, err);
}

static int unknown_word(const struct reading *r, const char *word, struct rent_error *err)
{
	const struct rent_option *table = r->set->table;
	struct nearest nearest;
	char wrong[80], hint[120];

	(void)snprintf(wrong, sizeof(wrong), "%.*s", (int)strcspn(word, "="), word);
	nearest_init(&nearest, wrong);
	for (size_t i = 0; i < r->set->count; i++) {
		const char *name = rent_printf(r->arena, "--%s", table[i].name);

		if ((table[i].flags & RENT_OPT_POSITIONAL) == 0 && name != NULL)
			nearest_try(&nearest, name);
	}
	args_nearest(&nearest);
	return rent_fail(err, RENT_EINVAL, "unknown option '%s'%s", wrong,
	                 *nearest_hint(&nearest, hint, sizeof(hint)) == '\0'
	                         ? "; see rentald -h"
	                         : hint);
}

/* "--reason=x", or "--reason" with its value as the next word. */
static int set_named(struct reading *r, const struct rent_option *opt,
                     const char *const **words, struct rent_error *err)
{
	const char *value = strchr(**words, '=');

	if (value != NULL)
		return set_value(r, opt, value + 1, err);
	if (opt->type == RENT_OPT_BOOL)
		return set_value(r, opt, "true", err);
	if ((*words)[1] == NULL)
		return rent_fail(err, RENT_EINVAL, "'%s' needs a value", **words);
	return set_value(r, opt, *++*words, err);
}

static int missing(const struct reading *r, const struct rent_option *opt,
                   struct rent_error *err)
{
	const char *shape = opt->choices != NULL ? opt->choices
	                    : opt->unit != NULL  ? opt->unit
	                                         : "";
	char name[80];

	return rent_fail(err, RENT_EINVAL, "%s%s needs %s%s%s%s", r->by_flag ? "--" : "",
	                 r->by_flag ? r->command->flag : r->command->name,
	                 label(opt, name, sizeof(name)), shape,
	                 opt->help == NULL ? "" : ": ",
	                 opt->help == NULL ? "" : opt->help);
}

/* Defaults, and what may not be missing. */
static int complete(struct reading *r, struct rent_error *err)
{
	for (size_t i = 0; i < r->set->count; i++) {
		const struct rent_option *opt = &r->set->table[i];

		if (r->values[i].origin == ORIGIN_SET)
			continue;
		if (opt->def != NULL &&
		    value_parse(opt, opt->def, r->arena, &r->values[i].value, NULL) != 0)
			return rent_fail(err, RENT_ENOMEM, "out of memory");
		if ((opt->flags & RENT_OPT_REQUIRED) != 0)
			return missing(r, opt, err);
	}
	return 0;
}

int command_args_parse(const struct rent_command *command, const char *const *words,
                       struct rent_arena *arena, struct option_set *ret,
                       const char **ret_unknown, struct rent_error *err)
{
	const char *const *flag = flag_among(words, command->flag);
	const char *const *name = flag == NULL ? name_among(words, command->name) : NULL;
	struct reading r = { .command = command,
		             .arena = arena,
		             .set = ret,
		             .by_flag = flag != NULL ||
		                        (name == NULL && command->flag != NULL) };
	int code = option_table_check(command->arguments, &ret->count, err);

	*ret_unknown = NULL;
	if (code != 0)
		return code;
	ret->table = command->arguments;
	ret->path = "";
	r.values = rent_alloc(arena, (ret->count + 1) * sizeof(*r.values));
	if (r.values == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	atomic_store(&ret->values, r.values);
	for (; *words != NULL && code == 0; words++) {
		const struct rent_option *opt = argument_of(command, *words);

		if (words == name) {
			for (const char *s = command->name; *s != '\0'; s++)
				words += *s == ' ';
		} else if (words == flag) {
			const char *value = strchr(*words, '=');

			code = value == NULL ? 0 : set_positional(&r, value + 1, err);
		} else if (opt != NULL) {
			code = set_named(&r, opt, &words, err);
		} else if (is_flag(*words)) {
			*ret_unknown = *words;
			code = unknown_word(&r, *words, err);
		} else {
			code = set_positional(&r, *words, err);
		}
	}
	return code == 0 ? complete(&r, err) : code;
}

/* ---- showing ------------------------------------------------------------------------------ */

const char *command_shown(const struct rent_command *command, bool by_flag, char *buffer,
                          size_t size)
{
	size_t n = (size_t)snprintf(buffer, size, "%s%s", by_flag ? "--" : "",
	                            by_flag && command->flag != NULL ? command->flag
	                                                             : command->name);
	const struct rent_option *opt;

	for (size_t i = 0; n < size && (opt = positional(command, i)) != NULL; i++) {
		bool optional = (opt->flags & RENT_OPT_REQUIRED) == 0;
		char name[80];
		int more = snprintf(buffer + n, size - n, "%s%s%s%s",
		                    optional && by_flag ? "[="
		                    : by_flag           ? "="
		                                        : " ",
		                    optional && !by_flag ? "[" : "",
		                    label(opt, name, sizeof(name)), optional ? "]" : "");

		n += more > 0 ? (size_t)more : 0;
	}
	return buffer;
}

void command_help(const struct rent_command *command)
{
	const struct rent_option *opt = command->arguments;
	char shown[160];

	(void)printf("  %-24s %s\n", command_shown(command, false, shown, sizeof(shown)),
	             command->summary == NULL ? "" : command->summary);
	for (; opt != NULL && opt->type != RENT_OPT_END; opt++) {
		if ((opt->flags & RENT_OPT_POSITIONAL) != 0)
			continue;
		(void)snprintf(shown, sizeof(shown), "--%s=%s", opt->name,
		               opt->unit != NULL ? opt->unit : "VALUE");
		(void)printf("    %-22s %s\n", shown, opt->help == NULL ? "" : opt->help);
	}
}
