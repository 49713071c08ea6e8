/* SPDX-License-Identifier: MIT
 *
 * scan.c - see scan.h.
 */
#include "conf/scan.h"

#include <strings.h>

void scan_init(struct scan *scan, const char *text)
{
	*scan = (struct scan){ .at = text, .line_start = text, .line = 1 };
}

static void advance(struct scan *scan, size_t n)
{
	for (; n > 0 && *scan->at != '\0'; n--) {
		if (*scan->at++ == '\n') {
			scan->line++;
			scan->line_start = scan->at;
		}
	}
}

static void skip_blank(struct scan *scan)
{
	for (;;) {
		const char *s = scan->at, *end;

		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\r' || *s == '\f') {
			advance(scan, 1);
		} else if (*s == '#' || (s[0] == '/' && s[1] == '/')) {
			advance(scan, strcspn(s, "\n"));
		} else if (s[0] == '/' && s[1] == '*') {
			end = strstr(s + 2, "*/");
			advance(scan, end == NULL ? strlen(s) : (size_t)(end - s) + 2);
		} else {
			return;
		}
	}
}

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}

static size_t string_size(const char *s)
{
	size_t n = 1;

	while (s[n] != '\0' && s[n] != '"')
		n += s[n] == '\\' && s[n + 1] != '\0' ? 2 : 1;
	return s[n] == '"' ? n + 1 : n;
}

static void classify(const char *s, struct token *ret)
{
	static const char name_chars[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"0123456789_-*";

	if (*s == '\0') {
		ret->kind = TOKEN_END;
		ret->size = 0;
	} else if (*s == '"') {
		ret->kind = TOKEN_STRING;
		ret->size = string_size(s);
	} else if (is_name_start(*s)) {
		ret->size = strspn(s, name_chars);
		ret->kind = (ret->size == 4 && strncasecmp(s, "true", 4) == 0) ||
		                            (ret->size == 5 &&
		                             strncasecmp(s, "false", 5) == 0)
		                    ? TOKEN_WORD
		                    : TOKEN_NAME;
	} else if (strchr("+-.0123456789", *s) != NULL) {
		ret->kind = TOKEN_WORD;
		ret->size = strspn(s, "+-.0123456789abcdefABCDEFxXlL");
	} else {
		ret->kind = TOKEN_PUNCT;
		ret->size = 1;
	}
}

void scan_next(struct scan *scan, struct token *ret)
{
	if (scan->have_ahead) {
		*ret = scan->ahead;
		scan->have_ahead = false;
		return;
	}
	skip_blank(scan);
	ret->text = scan->at;
	ret->line = scan->line;
	ret->offset = (size_t)(scan->at - scan->line_start);
	classify(scan->at, ret);
	advance(scan, ret->size);
}

void scan_peek(struct scan *scan, struct token *ret)
{
	if (!scan->have_ahead) {
		scan_next(scan, &scan->ahead);
		scan->have_ahead = true;
	}
	*ret = scan->ahead;
}

bool token_is(const struct token *token, char punct)
{
	return token->kind == TOKEN_PUNCT && *token->text == punct;
}
