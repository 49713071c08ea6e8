/* SPDX-License-Identifier: MIT
 *
 * source.c - see source.h.
 */
#include "conf/source.h"

#include "base/folder.h"
#include "base/trust.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* The lexer's state at the end of a line: an @include inside a string or comment does not
 * count. */
struct lex_state {
	bool comment, string;
};

static void lex_line(struct lex_state *state, const char *s)
{
	for (; *s != '\0'; s++) {
		if (state->comment) {
			if (s[0] == '*' && s[1] == '/') {
				state->comment = false;
				s++;
			}
		} else if (state->string) {
			if (s[0] == '\\' && s[1] != '\0')
				s++;
			else if (s[0] == '"')
				state->string = false;
		} else if (s[0] == '#' || (s[0] == '/' && s[1] == '/')) {
			return;
		} else if (s[0] == '/' && s[1] == '*') {
			state->comment = true;
			s++;
		} else if (s[0] == '"') {
			state->string = true;
		}
	}
}

/* The path of `@include "path"`, NULL when the line is something else. */
static char *included_path(struct source *source, const char *line)
{
	const char *s = line + strspn(line, " \t"), *end;

	if (strncmp(s, "@include", 8) != 0)
		return NULL;
	s += 8;
	s += strspn(s, " \t");
	end = *s == '"' ? strchr(s + 1, '"') : NULL;
	return end == NULL ? NULL
	                   : rent_strndup(source->arena, s + 1, (size_t)(end - s - 1));
}

static char *path_beside(struct source *source, const char *file, const char *path)
{
	const char *slash = strrchr(file, '/');

	if (path[0] == '/' || slash == NULL)
		return rent_strdup(source->arena, path);
	return rent_printf(source->arena, "%.*s/%s", (int)(slash - file), file, path);
}

static int grow_lines(struct source *source)
{
	int room = source->room == 0 ? 256 : source->room * 2;
	struct source_line *lines;

	if (source->count < source->room)
		return 0;
	lines = rent_alloc(source->arena, (size_t)room * sizeof(*lines));
	if (lines == NULL || room > SOURCE_LINES_MAX)
		return RENT_ENOMEM;
	if (source->count > 0)
		memcpy(lines, source->lines, (size_t)source->count * sizeof(*lines));
	source->lines = lines;
	source->room = room;
	return 0;
}

static int add_line(struct source *source, const char *file, int number, const char *text)
{
	int r = grow_lines(source);

	if (r != 0)
		return r;
	source->lines[source->count++] =
		(struct source_line){ .file = file, .number = number, .text = text };
	source->size += strlen(text) + 1;
	return source->size > SOURCE_MAX ? RENT_ENOMEM : 0;
}

/* Reads at most size bytes of in; 0 or an errno. */
static int read_text(FILE *in, char *text, size_t size)
{
	size_t n = fread(text, 1, size, in);

	if (ferror(in))
		return EIO;
	if (fgetc(in) != EOF)
		return EFBIG;
	return strlen(text) == n ? 0 : EILSEQ;
}

/* The whole file, NUL-terminated; 0 or an errno. */
static int slurp(struct source *source, const char *file, char **ret)
{
	FILE *in = fopen(file, "re");
	struct stat st;
	char *text;
	size_t size;
	int error;

	if (in == NULL)
		return errno;
	if (fstat(fileno(in), &st) != 0 || S_ISDIR(st.st_mode)) {
		(void)fclose(in);
		return EISDIR;
	}
	/* A pipe does not say how much it has. */
	size = S_ISREG(st.st_mode) && st.st_size < (off_t)(SOURCE_MAX / 4)
	               ? (size_t)st.st_size
	               : SOURCE_MAX / 4;
	text = rent_alloc(source->arena, size + 1);
	error = text == NULL ? ENOMEM : read_text(in, text, size);
	(void)fclose(in);
	*ret = text == NULL ? NULL : text + utf8_mark(text);
	return error;
}

static const char *why(int error)
{
	if (error == EILSEQ)
		return "it is not a text file in UTF-8 (it has a NUL byte; an editor may have "
		       "saved it as UTF-16)";
	return strerror(error);
}

static int read_lines(struct source *source, const char *file, char *text, int depth);

/* depth 0: the file itself, at no place. */
static int read_file(struct source *source, const char *file, int depth,
                     const struct conf_place *place)
{
	char *text = NULL, hint[FOLDER_HINT_SIZE];
	struct rent_error err = { 0 };
	int error = slurp(source, file, &text);

	if (error == 0 && trust_file(file, &err) == 0)
		return read_lines(source, file, text, depth);
	if (error == 0) {
		report_add(source->report, place, depth == 0 ? NULL : "@include", "%s",
		           err.text);
		errno = EINVAL;
		return RENT_EFAIL;
	}
	folder_hint(file, hint);
	if (depth == 0)
		report_add(source->report, NULL, NULL,
		           "%s: cannot read the configuration: %s%s", file, why(error),
		           hint);
	else
		report_add(source->report, place, "@include", "cannot read '%s': %s%s",
		           file, why(error), hint);
	errno = error;
	return RENT_EFAIL;
}

static int include(struct source *source, const char *file, const char *path, int depth)
{
	struct conf_place place;

	source->lines[source->count - 1].include = true;
	source_place(source, source->count,
	             strspn(source->lines[source->count - 1].text, " \t"), &place);
	if (depth + 1 >= SOURCE_DEPTH) {
		report_add(source->report, &place, "@include",
		           "'%s' is included %d levels deep; does a file include itself?",
		           path, depth + 1);
		return RENT_EFAIL;
	}
	return read_file(source, path_beside(source, file, path), depth + 1, &place);
}

static int read_lines(struct source *source, const char *file, char *text, int depth)
{
	struct lex_state state = { false, false };
	int r = 0, first = 0;

	for (int number = 1; text != NULL && r == 0; number++) {
		char *end = strchr(text, '\n');
		char *path = NULL;

		if (end != NULL)
			*end = '\0';
		if (!state.comment && !state.string)
			path = included_path(source, text);
		r = add_line(source, file, number, text);
		if (r != 0)
			report_add(source->report, NULL, NULL,
			           "%s: more than %zu bytes or %d lines", file,
			           SOURCE_MAX, SOURCE_LINES_MAX);
		else if (path != NULL)
			first = include(source, file, path, depth) != 0 ? RENT_EFAIL
			                                                : first;
		else
			lex_line(&state, text);
		text = end == NULL ? NULL : end + 1;
	}
	return r != 0 ? r : first;
}

/* An @include itself is not for libconfig: its line stays, empty. */
static int join(struct source *source)
{
	char *to = rent_alloc(source->arena, source->size + 1);

	if (to == NULL)
		return RENT_ENOMEM;
	source->text = to;
	for (int i = 0; i < source->count; i++) {
		const struct source_line *line = &source->lines[i];
		size_t n = line->include ? 0 : strlen(line->text);

		if (n > 0)
			memcpy(to, line->text, n + 1);
		to[n] = '\n';
		to += n + 1;
	}
	return 0;
}

int source_read(struct source *source, const char *file, int *ret_errno)
{
	int r = read_file(source, rent_strdup(source->arena, file), 0, NULL);

	*ret_errno = r != 0 && source->count == 0 ? errno : 0;
	return r != 0 ? r : join(source);
}

void source_place(const struct source *source, int line, size_t offset,
                  struct conf_place *ret)
{
	const struct source_line *l;
	int column = 1;

	memset(ret, 0, sizeof(*ret));
	if (line < 1 || line > source->count)
		return;
	l = &source->lines[line - 1];
	for (size_t i = 0; i < offset && l->text[i] != '\0'; i++)
		if (((unsigned char)l->text[i] & 0xc0) != 0x80)
			column++;
	*ret = (struct conf_place){ .file = l->file,
		                    .quote = l->text,
		                    .line = l->number,
		                    .column = column,
		                    .order = line };
}
