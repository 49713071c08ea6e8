/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_files.c - static files: what is served, and what is out of reach.
 */
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "support.h"

#include <sys/stat.h>
#include <unistd.h>

static struct site site;
static struct raw_reply r;
static char folder[128], root[160];

static void write_file(const char *name, const char *text)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(text, file);
	(void)fclose(file);
}

static void make_link(const char *target, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(symlink(target, path), 0);
}

static void make_folder(const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(folder, sizeof(folder), "%s/host_b_files_XXXXXX",
	               tmp == NULL ? "/tmp" : tmp);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(root, sizeof(root), "%s/root", folder);
	make_folder("root");
	make_folder("root/sub");
	make_folder("root/hello");
	write_file("secret.txt", "secret");
	write_file("root/index.html", "<p>index");
	write_file("root/hello/index.html", "shadowed by a route");
	write_file("root/app.js", "let a;");
	write_file("root/sub/a b.css", "p{}");
	write_file("root/.hidden", "secret");
	make_link("../secret.txt", "root/escape.txt");
	make_link("..", "root/up");
	site_init(&site);
	site.config.static_root = root;
	site_start(&site);
	return 0;
}

static void drop_file(const char *name, int (*fn)(const char *))
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	(void)fn(path);
}

static int teardown(void **state)
{
	static const char *const files[] = { "root/index.html", "root/hello/index.html",
		                             "root/app.js",     "root/sub/a b.css",
		                             "root/.hidden",    "root/escape.txt",
		                             "root/up",         "secret.txt" };

	(void)state;
	site_stop(&site);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		drop_file(files[i], unlink);
	drop_file("root/sub", rmdir);
	drop_file("root/hello", rmdir);
	drop_file("root", rmdir);
	drop_file("", rmdir);
	return 0;
}

static void files_are_served_with_their_type(void **state)
{
	static const struct {
		const char *line, *body, *type;
	} rows[] = {
		{ "GET /", "<p>index", "Content-Type: text/html; charset=utf-8" },
		{ "GET /index.html", "<p>index",
		  "Content-Type: text/html; charset=utf-8" },
		{ "GET /app.js?v=1", "let a;",
		  "Content-Type: text/javascript; charset=utf-8" },
		{ "GET /sub/a%20b.css", "p{}", "Content-Type: text/css; charset=utf-8" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		raw_get(site.port, rows[i].line, "", &r);
		assert_int_equal(r.status, 200);
		assert_string_equal(r.body, rows[i].body);
		assert_contains(r.head, rows[i].type);
		assert_contains(r.head, "Content-Security-Policy: default-src 'self'");
		assert_contains(r.head, "X-Content-Type-Options: nosniff");
		assert_contains(r.head, "X-Request-Id: ");
		assert_lacks(r.head, "unsafe");
	}
	raw_get(site.port, "HEAD /app.js", "", &r);
	assert_int_equal(r.status, 200);
	assert_contains(r.head, "Content-Length: 6");
}

static void tags_save_the_second_time(void **state)
{
	char tag[128], line[256];

	(void)state;
	raw_get(site.port, "GET /app.js", "", &r);
	assert_true(raw_header(&r, "ETag", tag, sizeof(tag)));
	(void)snprintf(line, sizeof(line), "If-None-Match: \"x\", W/%s\r\n", tag);
	raw_get(site.port, "GET /app.js", line, &r);
	assert_int_equal(r.status, 304);
	assert_int_equal(r.body_size, 0);
	assert_contains(r.head, tag);
	raw_get(site.port, "GET /app.js", "If-None-Match: \"x\"\r\n", &r);
	assert_int_equal(r.status, 200);
	write_file("root/app.js", "let another;");
	raw_get(site.port, "GET /app.js", line, &r);
	assert_int_equal(r.status, 200);
	assert_string_equal(r.body, "let another;");
}

static void nothing_else_can_be_reached(void **state)
{
	static const char *const lines[] = {
		"GET /../secret.txt",
		"GET /sub/../../secret.txt",
		"GET /%2e%2e/secret.txt",
		"GET /..%2fsecret.txt",
		"GET /%2e%2e%2fsecret.txt",
		"GET /escape.txt",
		"GET /up/secret.txt",
		"GET /.hidden",
		"GET /sub/../app.js",
		"GET //etc/passwd",
		"GET /sub",
		"GET /sub/",
		"GET /./app.js",
		"GET /..\\secret.txt",
		"GET /app.js/",
		"GET /app.js/x",
		"GET /missing",
		"GET /%2fetc%2fpasswd",
		"GET /sub%2f..%2f..%2fsecret.txt",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		raw_get(site.port, lines[i], "", &r);
		if (r.status != 404)
			fail_msg("%d for %s: %s", r.status, lines[i], r.body);
		assert_lacks(r.body, "secret");
	}
}

static void only_get_and_head(void **state)
{
	(void)state;
	raw_post(site.port, "/app.js", "text/plain", "x", &r);
	assert_int_equal(r.status, 405);
	assert_contains(r.head, "Allow: GET, HEAD, OPTIONS");
	raw_post(site.port, "/missing", "text/plain", "x", &r);
	assert_int_equal(r.status, 404);
}

static void routes_win_over_files(void **state)
{
	(void)state;
	raw_get(site.port, "GET /hello", "", &r);
	assert_string_equal(r.body, "hello");
	raw_get(site.port, "GET /app.js", "", &r);
	assert_string_equal(r.body, "let a;");
	raw_get(site.port, "GET /metrics", "", &r);
	assert_contains(r.body, "handler=\"static\"");
}

static void a_missing_folder_is_an_error(void **state)
{
	struct http_config config = site.config;
	struct http_server *server = NULL;
	struct rent_error err;

	(void)state;
	config.static_root = "/nonexistent/folder";
	assert_int_equal(http_server_new(&config, &server, &err), RENT_EINVAL);
	assert_contains(err.text, "static folder '/nonexistent/folder'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_served_with_their_type, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(tags_save_the_second_time, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(nothing_else_can_be_reached, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(only_get_and_head, setup, teardown),
		cmocka_unit_test_setup_teardown(routes_win_over_files, setup, teardown),
		cmocka_unit_test_setup_teardown(a_missing_folder_is_an_error, setup,
		                                teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
