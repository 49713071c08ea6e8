/* SPDX-License-Identifier: MIT
 *
 * lifecycle_test.c - the real process: the order of steps, what a failed step leaves, serving
 * and draining, reload, serial plugins, migrate and audit.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "run.h"

#define STORE(name, more)                                                   \
	"{ name = \"" name "\"; plugin = \"t_store\"; options = { trace = " \
	"\"trace\"; " more " }; "

#define LISTENER                                                              \
	"listeners = ( { name = \"web\"; listen = \"127.0.0.1:0\"; routes = " \
	"[ \"web\" ]; system = true; } );\n"

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

static void assert_trace(struct run *run, const char *expected)
{
	char trace[4096];

	run_read(run, "trace", trace, sizeof(trace));
	assert_string_equal(trace, expected);
}

static void test_order(void **state)
{
	struct run *run = *state;

	/* top uses base, which stands behind it in the file. */
	run_write(run, "it.conf",
	          "instances = (" STORE(
			  "top",
			  "") "uses = { next = \"base\"; }; },\n" STORE("base",
	                                                                "") "} );\n");
	run_begin(run, (const char *[]){ "--config=it.conf", NULL });
	run_expect(run, "msg=started");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_assert_code(run, 0);
	assert_trace(run,
	             "base:create\ntop:create\nbase:migrate\nbase:start\ntop:migrate\n"
	             "top:start\ntop:drain\nbase:drain\ntop:stop\nbase:stop\n"
	             "top:destroy\nbase:destroy\n");
	run_assert_said(run, "msg=\"schema: made\" component=migrate");
}

static void test_failed_start(void **state)
{
	struct run *run = *state;

	run_write(
		run, "it.conf",
		"instances = (" STORE("base", "") "}," STORE(
			"mid",
			"fail = \"away\";") "uses = "
					    "{ next = \"base\"; }; }," STORE(
						    "top",
						    "") "uses = { next = \"mid\"; }; } );\n");
	run_to_end(run, (const char *[]){ "--config=it.conf", NULL });
	run_assert_code(run, 69);
	run_assert_said(run, "start of the plugin 't_store' failed: nobody answers");
	/* mid is destroyed but neither drained nor stopped; top was never started. */
	assert_trace(run,
	             "base:create\nmid:create\ntop:create\nbase:migrate\nbase:start\n"
	             "mid:migrate\nmid:start\nbase:drain\nbase:stop\n"
	             "top:destroy\nmid:destroy\nbase:destroy\n");
}

static void test_failed_create(void **state)
{
	struct run *run = *state;

	run_write(
		run, "it.conf",
		"instances = (" STORE("base", "") "}," STORE(
			"mid",
			"fail = \"create\";") "uses = "
					      "{ next = \"base\"; }; }," STORE("top", "") "uses = { next = \"mid\"; }; }," STORE(
						      "side", "") "} );\n");
	run_to_end(run, (const char *[]){ "--config=it.conf", "--check-config", NULL });
	run_assert_code(run, 78);
	run_assert_said(run,
	                "instances.mid: the plugin 't_store' refuses: count and room "
	                "contradict each other");
	run_assert_said(run, "1 problem");
	assert_trace(
		run,
		"base:create\nmid:create\nside:create\nside:destroy\nbase:destroy\n");
}

static void test_crash(void **state)
{
	struct run *run = *state;

	run_write(run, "it.conf",
	          "instances = (" STORE("boom", "fail = \"crash\";") "} );\n");
	run_to_end(run, (const char *[]){ "--config=it.conf", NULL });
	run_assert_code(run, 70);
	run_assert_said(run, "plugin 't_store' (instance 'boom', ");
	run_assert_said(run, "t_store.so) crashed in create (SIGSEGV)");
}

static void test_serve(void **state)
{
	struct run *run = *state;
	char reply[4096];
	unsigned port;

	run_write(run, "it.conf",
	          "service = \"svc\";\n" LISTENER
	          "instances = ( { name = \"web\"; plugin = "
	          "\"t_http\"; }," STORE("main", "") "} );\n");
	run_begin(run, (const char *[]){ "--config=it.conf", NULL });
	run_expect(run, "msg=started");
	port = run_port(run, "web");
	assert_int_equal(run_get(port, "/hello", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "\"say\":\"hello\""));
	assert_int_equal(run_get(port, "/api/v1/health/ready", reply, sizeof(reply)),
	                 200);
	assert_non_null(strstr(reply, "main"));
	assert_int_equal(run_get(port, "/metrics", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "rental_system_app_info{"));
	assert_non_null(strstr(reply, "service=\"svc\""));
	assert_int_equal(kill(run->pid, SIGINT), 0);
	run_end(run);
	run_assert_code(run, 0);
	run_assert_said(run, "msg=draining");
	run_assert_said(run, "msg=ended");
	assert_int_equal(run_get(port, "/hello", reply, sizeof(reply)), 0);
}

static void test_port_taken(void **state)
{
	struct run *run = *state;
	struct run other;
	char listen[80];

	run_init(&other);
	run_write(run, "it.conf",
	          LISTENER
	          "instances = ( { name = \"web\"; plugin = \"t_http\"; }," STORE(
			  "main", "") "} );\n");
	run_begin(run, (const char *[]){ "--config=it.conf", NULL });
	run_expect(run, "msg=started");
	(void)snprintf(listen, sizeof(listen), "--set=listeners.web.listen=127.0.0.1:%u",
	               run_port(run, "web"));
	run_write(&other, "it.conf",
	          LISTENER "instances = ( { name = \"web\"; plugin = "
	                   "\"t_http\"; }," STORE("main", "") "} );\n");
	run_to_end(&other, (const char *[]){ "--config=it.conf", listen, NULL });
	run_assert_code(&other, 69);
	run_assert_said(&other, "msg=\"listener 'web': address '127.0.0.1:");
	/* Nothing was migrated or started for it. */
	assert_trace(&other, "main:create\nmain:destroy\n");
	run_to_end(&other,
	           (const char *[]){ "--config=it.conf", listen, "--health", NULL });
	run_assert_code(&other, 0);
	run_assert_said(&other, "ready (200)");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_to_end(&other,
	           (const char *[]){ "--config=it.conf", listen, "--health", NULL });
	run_assert_code(&other, 1);
	run_done(&other);
}

static void *many_calls(void *arg)
{
	char reply[4096];

	for (int i = 0; i < 25; i++)
		if (run_get(*(unsigned *)arg, "/hello", reply, sizeof(reply)) != 200)
			return NULL;
	return arg;
}

static void test_serial(void **state)
{
	struct run *run = *state;
	pthread_t threads[8];
	char reply[4096];
	unsigned port;

	run_write(run, "it.conf",
	          LISTENER "instances = ( { name = \"web\"; plugin = \"t_http\"; "
	                   "options = { tick = \"1ms\"; }; } );\n");
	run_begin(run, (const char *[]){ "--config=it.conf", NULL });
	run_expect(run, "msg=started");
	port = run_port(run, "web");
	for (int i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, many_calls, &port), 0);
	for (int i = 0; i < 8; i++) {
		void *ok = NULL;

		(void)pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	assert_int_equal(run_get(port, "/hello", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "\"clashes\":0,"));
	assert_null(strstr(reply, "\"ticks\":0}"));
}

static void test_reload(void **state)
{
	struct run *run = *state;
	char reply[4096];
	unsigned port;

#define WITH(greeting, label, count)                                              \
	LISTENER                                                                  \
	"log = { level = \"info\"; };\ninstances = ( { name = \"web\"; plugin = " \
	"\"t_http\"; options = { greeting = \"" greeting                          \
	"\"; }; }," STORE("main", "label = \"" label "\"; count = " count ";") "} );\n"
	run_write(run, "it.conf", WITH("hello", "one", "5"));
	run_begin(run, (const char *[]){ "--config=it.conf", NULL });
	run_expect(run, "msg=started");
	port = run_port(run, "web");

	run_write(run, "it.conf", WITH("good day", "two", "5"));
	assert_int_equal(kill(run->pid, SIGHUP), 0);
	run_expect(run, "msg=\"configuration reloaded\"");
	run_assert_said(
		run,
		"msg=\"option changed\" component=main option=label from=one to=two");
	assert_int_equal(run_get(port, "/hello", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "good day"));
	assert_trace(run, "main:create\nmain:migrate\nmain:start\nmain:reload two\n");

	/* One that may not change: all is refused, the reloadable one too. */
	run_write(run, "it.conf", WITH("hello", "three", "6"));
	assert_int_equal(kill(run->pid, SIGHUP), 0);
	run_expect(run, "the old one stays in force");
	run_assert_said(run, "item=instances.main.options.count");
	assert_int_equal(run_get(port, "/hello", reply, sizeof(reply)), 200);
	assert_non_null(strstr(reply, "good day"));

	/* A broken file changes nothing either. */
	run_write(run, "it.conf", "service = ;");
	run->size = 0;
	run->out[0] = '\0';
	assert_int_equal(kill(run->pid, SIGHUP), 0);
	run_expect(run, "the old one stays in force");
	run_assert_said(run, "place=it.conf:1:1");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_assert_code(run, 0);
}

static void test_second_signal(void **state)
{
	struct run *run = *state;

	run_write(run, "it.conf",
	          "instances = (" STORE("main", "fail = \"hang\";") "} );\n");
	run_begin(run, (const char *[]){ "--config=it.conf",
	                                 "--set=runtime.drain_timeout=1h", NULL });
	run_expect(run, "msg=started");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_expect(run, "msg=draining");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_assert_code(run, 128 + SIGTERM);
}

static void test_drain_timeout(void **state)
{
	struct run *run = *state;

	run_write(run, "it.conf",
	          "instances = (" STORE("main", "fail = \"hang\";") "} );\n");
	run_begin(run, (const char *[]){ "--config=it.conf",
	                                 "--set=runtime.drain_timeout=200ms", NULL });
	run_expect(run, "msg=started");
	assert_int_equal(kill(run->pid, SIGTERM), 0);
	run_end(run);
	run_assert_code(run, 70);
	run_assert_said(
		run,
		"not drained within runtime.drain_timeout; rentald: plugin 't_store' "
		"(instance 'main'");
	run_assert_said(run, "was still busy in drain");
}

static void test_migrate(void **state)
{
	struct run *run = *state;

	run_write(run, "it.conf",
	          LISTENER
	          "instances = ( { name = \"web\"; plugin = \"t_http\"; }," STORE(
			  "main", "") "} );\n");
	run_to_end(run,
	           (const char *[]){ "--config=it.conf", "--migrate=dry-run", NULL });
	run_assert_code(run, 0);
	run_assert_said(run, "main: schema: would be made");
	run_to_end(run, (const char *[]){ "--config=it.conf", "--migrate",
	                                  "--format=json", NULL });
	run_assert_code(run, 0);
	run_assert_said(run, "\"text\": \"made\"");
	assert_trace(run, "main:create\nmain:migrate-dry\nmain:destroy\n"
	                  "main:create\nmain:migrate\nmain:destroy\n");
}

static void test_audit(void **state)
{
	struct run *run = *state;

	run_write(run, "it.conf",
	          LISTENER
	          "instances = ( { name = \"web\"; plugin = \"t_http\"; }," STORE(
			  "main", "") "} );\n");
	run_to_end(run, (const char *[]){ "--config=it.conf", "--audit", NULL });
	run_assert_code(run, 0);
	run_assert_said(run, "main: rentals: 12 looked at\n");
	run_to_end(run,
	           (const char *[]){ "--config=it.conf", "--audit",
	                             "--set=instances.main.options.fail=breach", NULL });
	run_assert_code(run, 70);
	run_assert_said(run, "main: rental 7: paid 5, total 4\n");
	assert_trace(
		run,
		"main:create\nmain:start\nmain:audit\nmain:drain\nmain:stop\nmain:destroy\n"
		"main:create\nmain:start\nmain:audit\nmain:drain\nmain:stop\nmain:destroy\n");
}

static void test_connections(void **state)
{
	struct run *run = *state;

	run_write(
		run, "it.conf",
		"instances = (" STORE("main", "") "}," STORE(
			"away",
			"fail = \"away\";") "}," STORE("top",
	                                               "") "uses = { next = \"away\"; }; } );\n");
	run_to_end(run,
	           (const char *[]){ "--config=it.conf", "--check-connections", NULL });
	run_assert_code(run, 69);
	run_assert_said(run, "main: t_store: ok");
	run_assert_said(run, "away: t_store: nobody answers");
	run_assert_said(run, "top: t_store: not tried: something it uses has failed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_start, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_create, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crash, setup, teardown),
		cmocka_unit_test_setup_teardown(test_serve, setup, teardown),
		cmocka_unit_test_setup_teardown(test_port_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_serial, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reload, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_signal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drain_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_migrate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_audit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_connections, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
