/* SPDX-License-Identifier: MIT
 *
 * fuzz.h - what the targets share: the bytes taken apart from the front, and a way to say what
 * must hold. Each target is one function of one input that returns 0; what must not be aborts.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <rent/base.h>

#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MUST(what)                                                               \
	do {                                                                          \
		if (!(what)) {                                                        \
			(void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, \
			              __LINE__, #what);                               \
			abort();                                                      \
		}                                                                     \
	} while (0)

struct fuzz {
	const uint8_t *data;
	size_t size;
};

/* The next byte, 0 at the end. */
static inline unsigned fuzz_byte(struct fuzz *f)
{
	if (f->size == 0)
		return 0;
	f->size--;
	return *f->data++;
}

/* The rest of the input as text with a NUL behind it. To be freed. */
static inline char *fuzz_rest(struct fuzz *f)
{
	char *text = malloc(f->size + 1);

	if (text == NULL)
		abort();
	if (f->size > 0)
		memcpy(text, f->data, f->size);
	text[f->size] = '\0';
	return text;
}

/* Ended within its array? */
static inline bool fuzz_ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

#endif
