/* SPDX-License-Identifier: MIT
 *
 * system_test.c - the real process: what /api/v1/system tells and what it never tells, events
 * that a plugin publishes, and streams when the process ends.
 */
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "run.h"

static char reply[65536];

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct run));
	run_init(*state);
	return 0;
}

static int teardown(void **state)
{
	run_done(*state);
	free(*state);
	return 0;
}

#define LISTENERS                                                           \
	"listeners = ( { name = \"web\"; listen = \"127.0.0.1:0\"; routes " \
	"= [ \"web\" ]; system = true; }, { name = \"plain\"; listen = "    \
	"\"127.0.0.1:0\"; } );\n"

static void begin(struct run *run, const char *const *args)
{
	run_begin(run, args);
	run_expect(run, "msg=started");
}

static void end(struct run *run)
{
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_assert_code(run, 0);
}

/* The document; to be freed. */
static json_t *ask_system(struct run *run)
{
	json_t *all;

	assert_int_equal(
		run_get(run_port(run, "web"), "/api/v1/system", reply, sizeof(reply)),
		200);
	all = json_loads(strstr(reply, "\r\n\r\n") + 4, 0, NULL);
	assert_non_null(all);
	return all;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "(none)" : text;
}

static void what_serves_is_told(void **state)
{
	struct run *run = *state;
	json_t *all, *one, *uses;
	char address[64];

	run_write(run, "it.conf",
	          "service = \"svc\";\n" LISTENERS
	          "instances = ( { name = \"core\"; plugin = \"t_rental\"; uses = { "
	          "storage = \"main\"; }; }, { name = \"web\"; plugin = \"t_http\"; }, "
	          "{ name = \"main\"; plugin = \"t_store\"; options = { count = 7; }; } "
	          ");\n");
	begin(run, (const char *[]){ "--config=it.conf", NULL });
	all = ask_system(run);
	assert_string_equal(text_of(all, "service"), "svc");
	assert_non_null(strchr(text_of(all, "version"), '.'));
	assert_memory_equal(text_of(all, "started_at"), "20", 2);
	assert_int_equal(json_array_size(json_object_get(all, "instances")), 3);
	one = json_array_get(json_object_get(all, "instances"), 0);
	assert_string_equal(text_of(one, "name"), "core");
	assert_string_equal(text_of(one, "plugin"), "t_rental");
	assert_string_equal(text_of(one, "kind"), "rental");
	assert_string_equal(text_of(one, "version"), "1.0");
	assert_string_equal(text_of(one, "state"), "ok");
	uses = json_object_get(one, "uses");
	assert_int_equal(json_object_size(uses), 1);
	assert_string_equal(text_of(uses, "storage"), "main");
	one = json_array_get(json_object_get(all, "listeners"), 0);
	assert_string_equal(text_of(one, "name"), "web");
	(void)snprintf(address, sizeof(address), "127.0.0.1:%u", run_port(run, "web"));
	assert_string_equal(text_of(one, "address"), address);
	assert_non_null(strstr(text_of(all, "config"), "count = 7; # it.conf:3"));
	json_decref(all);
	assert_int_equal(
		run_get(run_port(run, "plain"), "/api/v1/system", reply, sizeof(reply)),
		404);
	assert_int_equal(
		run_get(run_port(run, "plain"), "/api/v1/events", reply, sizeof(reply)),
		404);
	end(run);
}

/* A secret of every provenance, and one inside an address that is no secret option. */
static void secrets_are_not_told(void **state)
{
	static const char *const secrets[] = { "s3cret", "hidden" };
	struct run *run = *state;
	const char *config;
	json_t *all;

	run_write(run, "word", "s3cret-cred");
	run_write(run, "secret.txt", "s3cret-file");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", run->dir, 1), 0);
	assert_int_equal(setenv("T_SECRET", "s3cret-env", 1), 0);
	run_write(
		run, "it.conf",
		LISTENERS
		"instances = ( { name = \"web\"; plugin = \"t_http\"; options = { greeting "
		"= \"https://user:hidden@host/?password=hidden&x=1\"; }; },\n"
		"{ name = \"a\"; plugin = \"t_store\"; options = { password = "
		"\"s3cret-text\"; label = \"${cred:word}\"; }; },\n"
		"{ name = \"b\"; plugin = \"t_store\"; options = { password = "
		"\"${file:secret.txt}\"; label = \"a ${cred:word}\"; }; },\n"
		"{ name = \"c\"; plugin = \"t_store\"; options = { password = "
		"\"${env:T_SECRET}\"; }; },\n"
		"{ name = \"d\"; plugin = \"t_store\"; options = { password = "
		"\"${env:T_NONE:-s3cret-default}\"; }; },\n"
		"{ name = \"e\"; plugin = \"t_store\"; } );\n");
	begin(run,
	      (const char *[]){ "--config=it.conf",
	                        "--set=instances.e.options.password=s3cret-set", NULL });
	all = ask_system(run);
	for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++)
		if (strstr(reply, secrets[i]) != NULL)
			fail_msg("'%s' is told:\n%s", secrets[i], reply);
	config = text_of(all, "config");
	assert_non_null(strstr(config, "password = \"********\"; # it.conf:"));
	assert_non_null(strstr(config, "password = \"${file:secret.txt}\";"));
	assert_non_null(strstr(config, "password = \"${env:T_SECRET}\";"));
	assert_non_null(strstr(config, "label = \"${cred:word}\";"));
	assert_non_null(strstr(config, "https://user:******@host/?password=******&x=1"));
	json_decref(all);
	end(run);
	(void)unsetenv("CREDENTIALS_DIRECTORY");
	(void)unsetenv("T_SECRET");
}

static void write_label(struct run *run, const char *label)
{
	char text[1024];

	(void)snprintf(
		text, sizeof(text),
		LISTENERS
		"instances = ( { name = \"web\"; plugin = \"t_http\"; }, { name = "
		"\"s\"; plugin = \"t_store\"; options = { label = \"%s\"; }; } );\n",
		label);
	run_write(run, "it.conf", text);
}

/* Shows the options in force, not those read at the start; read while they are swapped. */
static void a_reload_shows(void **state)
{
	struct run *run = *state;
	char label[16], line[64];
	json_t *all;

	write_label(run, "first");
	begin(run, (const char *[]){ "--config=it.conf", NULL });
	for (int i = 0; i < 20; i++) {
		(void)snprintf(label, sizeof(label), "n%d", i);
		write_label(run, label);
		assert_int_equal(kill(run->pid, SIGHUP), 0);
		json_decref(ask_system(run));
		(void)snprintf(line, sizeof(line), "to=%s", label);
		run_expect(run, line);
	}
	/* The plugin has said what it takes; the host shows it once all have. */
	for (int i = 0;; i++) {
		all = ask_system(run);
		if (strstr(text_of(all, "config"), "label = \"n19\";") != NULL)
			break;
		assert_true(i < 100);
		json_decref(all);
		(void)usleep(100000);
	}
	json_decref(all);
	end(run);
}

/* ---- events */

static int listen_events(struct run *run)
{
	static const char request[] = "GET /api/v1/events HTTP/1.0\r\n\r\n";
	struct timeval limit = { .tv_sec = 20 };
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_port = htons((uint16_t)run_port(run, "web")),
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)),
	                 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL),
	                 strlen(request));
	return fd;
}

/* Reads on until text has come; NULL: to the end. */
static void read_until(int fd, const char *text)
{
	static char got[65536];
	size_t used = 0;

	got[0] = '\0';
	while (text == NULL || strstr(got, text) == NULL) {
		ssize_t n = recv(fd, got + used, sizeof(got) - 1 - used, 0);

		if (n == 0 && text == NULL)
			return;
		if (n <= 0)
			fail_msg("'%s' did not come but:\n%s", text, got);
		used += (size_t)n;
		got[used] = '\0';
	}
}

static void a_plugin_is_heard(void **state)
{
	struct run *run = *state;
	unsigned port;
	int fd;

	write_label(run, "x");
	begin(run, (const char *[]){ "--config=it.conf", NULL });
	port = run_port(run, "web");
	fd = listen_events(run);
	read_until(fd, "event: hello\n");
	assert_int_equal(run_get(port, "/say", reply, sizeof(reply)), 204);
	read_until(fd, "event: said\ndata: {\"word\":\"hello\"}\n\n");
	assert_int_equal(run_get(port, "/metrics", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "rentald_events_total{type=\"said\"} 1\n"));
	assert_non_null(
		strstr(reply, "rentald_events_dropped_total{reason=\"malformed\"} 1\n"));
	(void)close(fd);
	end(run);
}

static void streams_end_with_the_process(void **state)
{
	struct timespec a, b;
	struct run *run = *state;
	int fd;

	write_label(run, "x");
	begin(run, (const char *[]){ "--config=it.conf", "--set=runtime.drain_timeout=1m",
	                             NULL });
	fd = listen_events(run);
	read_until(fd, "event: hello\n");
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	end(run);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 15);
	read_until(fd, NULL);
	(void)close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_serves_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(secrets_are_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reload_shows, setup, teardown),
		cmocka_unit_test_setup_teardown(a_plugin_is_heard, setup, teardown),
		cmocka_unit_test_setup_teardown(streams_end_with_the_process, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
