/* SPDX-License-Identifier: MIT
 *
 * conf/scan.h - the tokens of libconfig's language with their places and their text as
 * written: libconfig gives neither columns nor, for an integer over 31 bits, the number. It
 * scans what libconfig has accepted or is about to judge, and judges nothing itself.
 */
#ifndef HOST_CONF_SCAN_H
#define HOST_CONF_SCAN_H

#include <rent/base.h>

enum token_kind {
	TOKEN_END = 0,
	TOKEN_NAME,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_PUNCT
};

struct token {
	enum token_kind kind; /* WORD: number or boolean */
	const char *text;     /* strings: with their quotes */
	size_t size;
	int line;      /* from 1 */
	size_t offset; /* in its line, bytes */
};

struct scan {
	const char *at, *line_start;
	int line;
	struct token ahead;
	bool have_ahead;
};

void scan_init(struct scan *scan, const char *text);
void scan_next(struct scan *scan, struct token *ret);
void scan_peek(struct scan *scan, struct token *ret);
bool token_is(const struct token *token, char punct);

#endif
