/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_packed.c - static files as gzip: which clients get them so, what
 * the reply says, and what is kept. test_files.c tests what is served at all.
 */
#include "http/limits.h"
#include "http/static/packed.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "support.h"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#define GZIP    "Accept-Encoding: gzip\r\n"
#define TEXT    ((size_t)60000)
#define FILES   8 /* of HTTP_PACK_FILE_MAX, together more than HTTP_PACK_BYTES as gzip */
#define THREADS 4

static struct site site;
static struct raw_reply r;
static char folder[128];
static char text[TEXT + 1];

static void in_folder(const char *name, char path[256])
{
	(void)snprintf(path, 256, "%s/%s", folder, name);
}

static void write_bytes(const char *name, const char *data, size_t size)
{
	char path[256];
	FILE *file;

	in_folder(name, path);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(data, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

/* 32 different bytes, so that gzip takes about five eighths of it. */
static void write_noise(const char *name, size_t size, unsigned seed)
{
	char *data = malloc(size);

	assert_non_null(data);
	for (size_t i = 0; i < size; i++) {
		seed = seed * 1664525u + 1013904223u;
		data[i] = (char)('@' + (seed >> 27));
	}
	write_bytes(name, data, size);
	free(data);
}

static int open_file(const char *name, struct stat *ret)
{
	char path[256];
	int fd;

	in_folder(name, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, ret), 0);
	return fd;
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/host_b_packed_XXXXXX",
	               tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < TEXT; i++)
		text[i] = "let word = 1;\n"[i % 14];
	write_bytes("app.js", text, TEXT);
	write_bytes("tiny.css", "p{}", 3);
	write_bytes("empty.txt", "", 0);
	write_bytes("photo.png", text, TEXT);
	site_init(&site);
	site.config.static_root = folder;
	site_start(&site);
	return 0;
}

static int teardown(void **state)
{
	static const char *const files[] = {
		"app.js", "tiny.css", "empty.txt", "photo.png", "large.txt", "0", "1",
		"2",      "3",        "4",         "5",         "6",         "7"
	};
	char path[256];

	(void)state;
	site_stop(&site);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		in_folder(files[i], path);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
	return 0;
}

/* The gzip stream at data is text and nothing after it. */
static void assert_is_text(void *data, size_t size)
{
	static unsigned char out[TEXT + 1];
	z_stream z = { .next_in = data,
		       .avail_in = (uInt)size,
		       .next_out = out,
		       .avail_out = sizeof(out) };

	assert_int_equal(inflateInit2(&z, MAX_WBITS + 16), Z_OK);
	assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(z.avail_in, 0);
	assert_int_equal(z.total_out, TEXT);
	assert_memory_equal(out, text, TEXT);
	(void)inflateEnd(&z);
}

static void ask(const char *line, const char *headers)
{
	raw_get(site.port, line, headers, &r);
}

static size_t length(void)
{
	char value[32];

	assert_true(raw_header(&r, "Content-Length", value, sizeof(value)));
	return strtoul(value, NULL, 10);
}

static void assert_coded(void)
{
	assert_int_equal(r.status, 200);
	assert_contains(r.head, "Content-Encoding: gzip");
	assert_contains(r.head, "Vary: Accept-Encoding");
	assert_contains(r.head, "Content-Type: text/javascript; charset=utf-8");
	assert_true(length() < TEXT / 10);
}

static void assert_plain(void)
{
	assert_int_equal(r.status, 200);
	assert_lacks(r.head, "Content-Encoding");
	assert_contains(r.head, "Vary: Accept-Encoding");
	assert_int_equal(length(), TEXT);
}

static void who_wants_gzip_gets_it(void **state)
{
	static const char *const wanted[] = {
		"gzip",
		"GZip",
		"deflate, gzip;q=1.0, *;q=0.5",
		"br,gzip",
		"x-gzip",
		"*",
		"gzip ; q=0.001",
		"identity;q=0.5, gzip;q=0.5",
		"identity;q=0, gzip",
		"*;q=0, gzip",
		", ,gzip,,",
		"gzip;Q=1",
	};
	char header[128];

	(void)state;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		(void)snprintf(header, sizeof(header), "Accept-Encoding: %s\r\n",
		               wanted[i]);
		ask("GET /app.js", header);
		if (strstr(r.head, "Content-Encoding: gzip") == NULL)
			fail_msg("not coded for '%s'", wanted[i]);
		assert_coded();
		assert_int_equal(length(), r.body_size);
		assert_is_text(r.body, r.body_size);
	}
	ask("GET /app.js", "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n");
	assert_coded();
}

static void nobody_else_does(void **state)
{
	static const char *const others[] = {
		"",
		"identity",
		"br, deflate",
		"gzip;q=0",
		"gzip;q=0.000, *",
		"*;q=0",
		"gzipped",
		"gzip;q=0.5, identity",
		"gzip;q=0.5, identity;q=0.6",
		"gzip;q=2",
		"gzip;q=",
		"gzip;q=0.5000",
		"gzip;level=9",
		"gzip;q=-1",
		"gzip;q=x",
		"x",
		"gzip;q=1 1",
	};
	char header[128];

	(void)state;
	ask("GET /app.js", "");
	assert_plain();
	assert_string_equal(r.body, text);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(header, sizeof(header), "Accept-Encoding: %s\r\n",
		               others[i]);
		ask("GET /app.js", header);
		if (strstr(r.head, "Content-Encoding") != NULL)
			fail_msg("coded for '%s'", others[i]);
		assert_plain();
	}
}

static void what_does_not_shrink_goes_as_it_is(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) { /* found out, then remembered */
		ask("GET /tiny.css", GZIP);
		assert_string_equal(r.body, "p{}");
		assert_contains(r.head, "Vary: Accept-Encoding");
		assert_lacks(r.head, "Content-Encoding");
	}
	ask("GET /empty.txt", GZIP);
	assert_int_equal(r.status, 200);
	assert_int_equal(length(), 0);
	assert_lacks(r.head, "Content-Encoding");
	ask("GET /photo.png", GZIP); /* no text: always the same */
	assert_int_equal(length(), TEXT);
	assert_lacks(r.head, "Content-Encoding");
	assert_lacks(r.head, "Vary");
	ask("GET /missing.js", GZIP);
	assert_int_equal(r.status, 404);
	assert_lacks(r.head, "Content-Encoding");
}

static void head_and_range_are_of_the_coded_form(void **state)
{
	size_t coded;

	(void)state;
	ask("GET /app.js", GZIP);
	coded = length();
	ask("HEAD /app.js", GZIP);
	assert_coded();
	assert_int_equal(length(), coded);
	ask("HEAD /app.js", "");
	assert_plain();
	ask("GET /app.js", GZIP "Range: bytes=0-9\r\n"); /* ranges are not offered */
	assert_coded();
	assert_is_text(r.body, r.body_size);
}

static int with_tag(const char *tag, const char *accept)
{
	char headers[256];

	(void)snprintf(headers, sizeof(headers), "If-None-Match: %s\r\n%s", tag, accept);
	ask("GET /app.js", headers);
	return r.status;
}

static void each_form_has_its_tag(void **state)
{
	char plain[96], coded[96], weak[128];

	(void)state;
	ask("GET /app.js", "");
	assert_true(raw_header(&r, "ETag", plain, sizeof(plain)));
	ask("GET /app.js", GZIP);
	assert_true(raw_header(&r, "ETag", coded, sizeof(coded)));
	assert_string_not_equal(plain, coded);
	assert_true(plain[0] == '"' && coded[0] == '"'); /* both are strong */
	assert_int_equal(with_tag(coded, GZIP), 304);
	assert_int_equal(r.body_size, 0);
	assert_contains(r.head, coded);
	assert_contains(r.head, "Vary: Accept-Encoding");
	assert_lacks(r.head, "Content-Encoding");
	assert_int_equal(with_tag(plain, ""), 304);
	assert_contains(r.head, plain);
	assert_contains(r.head, "Vary: Accept-Encoding");
	/* The tag of the other form is no reason to send nothing. */
	assert_int_equal(with_tag(plain, GZIP), 200);
	assert_coded();
	assert_int_equal(with_tag(coded, ""), 200);
	assert_plain();
	(void)snprintf(weak, sizeof(weak), "\"x\", W/%s", coded);
	assert_int_equal(with_tag(weak, GZIP), 304);
	write_bytes("app.js", text, TEXT - 14);
	assert_int_equal(with_tag(coded, GZIP), 200);
}

static void a_version_is_packed_once(void **state)
{
	struct packed *packed = packed_new();
	struct packed_form *first, *again, *other;
	struct stat st;
	int fd = open_file("app.js", &st);

	(void)state;
	assert_non_null(packed);
	first = packed_get(packed, fd, &st);
	again = packed_get(packed, fd, &st);
	assert_non_null(first);
	assert_ptr_equal(first, again);
	assert_int_equal(packed_bytes(packed), first->size);
	(void)close(fd);
	write_bytes("app.js", text, TEXT - 14);
	fd = open_file("app.js", &st);
	other = packed_get(packed, fd, &st);
	assert_non_null(other);
	assert_ptr_not_equal(first, other);
	st.st_size += 14; /* no longer its real size: the file is sent unpacked */
	assert_null(packed_get(packed, fd, &st));
	(void)close(fd);
	packed_drop(again);
	packed_drop(other);
	packed_free(packed);
	assert_is_text(first->data, first->size); /* held beyond the end */
	packed_drop(first);
}

static void what_is_kept_is_bounded(void **state)
{
	struct packed *packed = packed_new();
	struct packed_form *form, *kept = NULL;
	char name[2] = "0";
	struct stat st;
	int fd;

	(void)state;
	for (int i = 0; i < FILES; i++) {
		name[0] = (char)('0' + i);
		write_noise(name, HTTP_PACK_FILE_MAX, (unsigned)i + 1);
		fd = open_file(name, &st);
		form = packed_get(packed, fd, &st);
		(void)close(fd);
		assert_non_null(form);
		assert_true(form->size > HTTP_PACK_BYTES / FILES);
		assert_true(packed_bytes(packed) <= HTTP_PACK_BYTES);
		if (i == 0)
			kept = form;
		else
			packed_drop(form);
	}
	fd = open_file("0", &st); /* was forgotten, and is made again */
	form = packed_get(packed, fd, &st);
	(void)close(fd);
	assert_ptr_not_equal(form, kept);
	assert_int_equal(form->size, kept->size);
	assert_memory_equal(form->data, kept->data, kept->size);
	packed_drop(form);
	packed_drop(kept);
	write_noise("large.txt", HTTP_PACK_FILE_MAX + 1, 1);
	fd = open_file("large.txt", &st);
	assert_null(packed_get(packed, fd, &st));
	(void)close(fd);
	packed_free(packed);
}

static void *pack_all(void *arg)
{
	char name[2] = "0";
	uintptr_t wrong = 0;

	for (int i = 0; i < 4 * FILES; i++) {
		struct packed_form *form;
		struct stat st;
		int fd;

		name[0] = (char)('0' + i % FILES);
		fd = open_file(name, &st);
		form = packed_get(arg, fd, &st);
		wrong += form == NULL || form->size == 0 || form->data[0] != 0x1f;
		packed_drop(form);
		(void)close(fd);
	}
	return (void *)wrong; /* NOLINT(performance-no-int-to-ptr): a count */
}

static void several_ask_at_once(void **state)
{
	struct packed *packed = packed_new();
	pthread_t threads[THREADS];
	char name[2] = "0";

	(void)state;
	for (int i = 0; i < FILES; i++) {
		name[0] = (char)('0' + i);
		write_noise(name, 20000, (unsigned)i + 1);
	}
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, pack_all, packed), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;

		assert_int_equal(pthread_join(threads[i], &wrong), 0);
		assert_null(wrong);
	}
	packed_free(packed);
}

int main(void)
{
#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		ROW(who_wants_gzip_gets_it),
		ROW(nobody_else_does),
		ROW(what_does_not_shrink_goes_as_it_is),
		ROW(head_and_range_are_of_the_coded_form),
		ROW(each_form_has_its_tag),
		ROW(a_version_is_packed_once),
		ROW(what_is_kept_is_bounded),
		ROW(several_ask_at_once),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
