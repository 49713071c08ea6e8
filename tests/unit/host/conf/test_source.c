/* SPDX-License-Identifier: MIT
 *
 * source_test.c - files and includes as one text: lines keep where they came from. And the
 * tree: every node's place, also where columns are characters.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "base/arena.h"
#include "conf/tree.h"

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

/* libconfig 1.5 loses the string it was reading when the syntax is wrong. */
RENT_EXPORT const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\n";
}

struct fixture {
	char dir[32], main[64], part[64];
	struct report report;
};

static void put(const char *path, const char *text, size_t n)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/rentald-src-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->main, sizeof(f->main), "%s/main.conf", f->dir);
	(void)snprintf(f->part, sizeof(f->part), "%s/part.inc", f->dir);
	f->report.arena = arena_new((size_t)16 << 20);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	(void)unlink(f->main);
	(void)unlink(f->part);
	(void)rmdir(f->dir);
	arena_free(f->report.arena);
	free(f);
	return 0;
}

static void assert_place(const struct conf_place *place, const char *file, int line,
                         int column)
{
	assert_string_equal(place->file, file);
	assert_int_equal(place->line, line);
	assert_int_equal(place->column, column);
}

static void test_places(void **state)
{
	static const char text[] = "a = 1; b = \"x\" \"y\";\n"
				   "@include \"part.inc\"\n"
				   "g = {\n\tn = -7; /* äöü */ m = 2L;\n};\n"
				   "l = ( \"ä\", { name = \"e\"; }, [ 1, 2 ] );\n";
	struct fixture *f = *state;
	struct conf_node *root = NULL, *l;
	int error = 0;

	put(f->main, text, sizeof(text) - 1);
	put(f->part, "\n  p = true;", 12);
	assert_int_equal(tree_read(&f->report, f->main, &root, &error), 0);
	assert_place(&node_member(root, "a")->place, f->main, 1, 5);
	assert_string_equal(node_member(root, "b")->raw, "xy");
	assert_place(&node_member(root, "b")->name_place, f->main, 1, 8);
	assert_place(&node_member(root, "p")->place, f->part, 2, 7);
	assert_int_equal(node_member(root, "p")->kind, NODE_BOOL);
	assert_place(&node_member(node_member(root, "g"), "m")->place, f->main, 4, 24);
	assert_string_equal(node_member(node_member(root, "g"), "m")->raw, "2L");
	l = node_member(root, "l");
	assert_place(&l->first->next->place, f->main, 6, 12);
	assert_string_equal(node_path(f->report.arena, l->first->next->first),
	                    "l.e.name");
	assert_string_equal(node_path(f->report.arena, l->last->last), "l[2][1]");
	assert_int_equal(f->report.count, 0);
}

static void test_not_text(void **state)
{
	struct fixture *f = *state;
	struct conf_node *root = NULL;
	int error = 0;

	put(f->main, "a = 1;\0b = 2;\n", 14);
	assert_int_equal(tree_read(&f->report, f->main, &root, &error), RENT_EFAIL);
	assert_non_null(strstr(f->report.first->text, "is not a text file"));
}

/* Whatever the bytes: a tree or problems, never a crash, and always a place in the file. */
static void test_garbage(void **state)
{
	static const char seed[] =
		"a = { b = ( 1, \"x\\n\", { c = [ true, false ]; } ); };\n"
		"d = 1.5; # x\ne = 0x1FL;\n";
	struct fixture *f = *state;
	unsigned random = 12345;

	for (int round = 0; round < 400; round++) {
		char text[sizeof(seed)];
		struct report report = { .arena = arena_new((size_t)4 << 20) };
		struct conf_node *root = NULL;
		int error = 0, r;

		memcpy(text, seed, sizeof(text));
		for (int i = 0; i < 3; i++) {
			random = random * 1103515245u + 12345u;
			text[random / 65536u % (sizeof(seed) - 1)] =
				"{}()[]=;,\"\\#/*@ \n1a"[random / 7u % 19u];
		}
		put(f->main, text, sizeof(text) - 1);
		r = tree_read(&report, f->main, &root, &error);
		assert_true(r == 0 ? root != NULL : report.count > 0);
		for (const struct problem *p = report.first; p != NULL; p = p->next)
			assert_true(p->place.line >= 1 && p->place.line <= 5);
		arena_free(report.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_not_text, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
