/* SPDX-License-Identifier: MIT
 *
 * test_harness.c - that the surroundings which the other suites put rentald into are what they
 * are called: a descriptor nobody reads from, few descriptors, another /etc/hosts, a full disk,
 * a disk that fails, an nginx. Without this a test of a fault that does not come would pass.
 */
#include <cmocka_all.h>
#include <deployment.h>
#include <disk.h>
#include <errno.h>
#include <nginx.h>
#include <ride.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct deployment deployment;

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}

static void output_goes_to_a_descriptor(void **state)
{
	char text[4096];
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	deployment_open(&deployment,
	                &(struct deployment_spec){ .around = { .output = ends[1] } });
	deployment_stop(&deployment);
	assert_true(read(ends[0], text, sizeof(text)) > 0);
	assert_null(file_read(deployment.log));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void few_descriptors(void **state)
{
	char path[64], *limits;

	(void)state;
	deployment_open(&deployment,
	                &(struct deployment_spec){ .around = { .files_max = 128 } });
	(void)snprintf(path, sizeof(path), "/proc/%d/limits",
	               (int)proc_pid(deployment.nodes[NODE_API].proc));
	limits = file_read(path);
	assert_non_null(limits);
	/* rentald may have raised the soft limit since; the hard one is the test's */
	assert_non_null(strstr(limits, "Max open files"));
	free(limits);
	deployment_stop(&deployment);
	assert_int_equal(
		proc_run(
			&(struct proc_spec){ .argv =
	                                             (const char *const[]){
							     "/bin/sh", "-c",
							     "test $(ulimit -S -n) = 128",
							     NULL },
	                                     .around = { .files_max = 128 } },
			NULL),
		0);
}

static void other_hosts(void **state)
{
	const char *argv[] = { "/usr/bin/getent", "hosts", "pay.test", NULL };
	char *dir = scratch_new(), *path = NULL, *out = NULL;
	struct proc_spec spec = { .argv = argv };

	(void)state;
	assert_true(asprintf(&path, "%s/hosts", dir) > 0);
	spec.around.hosts = path;
	file_write(path, "127.0.0.2 pay.test\n");
	assert_int_equal(proc_run(&spec, &out), 0);
	assert_non_null(strstr(out, "127.0.0.2"));
	free(out);
	spec.around.hosts = NULL;
	assert_int_not_equal(proc_run(&spec, NULL), 0);
	free(path);
	scratch_free(dir);
}

static void a_full_disk(void **state)
{
	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ .disk_kib = 4096 });
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	disk_fill(deployment.state);
	assert_int_not_equal(ride_quote(deployment.api, "second", "u")->status, 200);
	disk_drain(deployment.state);
	deployment_stop(&deployment);
}

static void a_disk_that_fails(void **state)
{
	struct disk_fault fault;

	(void)state;
	deployment_init(&deployment, &(struct deployment_spec){ 0 });
	disk_fault_init(&fault, deployment.dir, deployment.state);
	node_start(&deployment.nodes[NODE_API], fault.env);
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	disk_fault_set(&fault, EROFS);
	assert_int_not_equal(ride_quote(deployment.api, "second", "u")->status, 200);
	disk_fault_set(&fault, 0);
	deployment_stop(&deployment);
	disk_fault_done(&fault);
}

static void an_nginx_in_front(void **state)
{
	struct nginx *nginx;
	struct client *c;
	char text[256];

	(void)state;
	deployment_open(&deployment, &(struct deployment_spec){ 0 });
	(void)snprintf(text, sizeof(text), "location /rent/ { proxy_pass %s/; }",
	               deployment.nodes[NODE_API].url);
	nginx = nginx_new(text);
	c = client_new(nginx_url(nginx));
	expect_status(client_get(c, "/rent/api/v1/health"), 200);
	nginx_change(nginx, "location / { return 400 '<html>no</html>'; }");
	expect_status(client_get(c, "/rent/api/v1/health"), 400);
	client_free(c);
	nginx_free(nginx);
	deployment_stop(&deployment);
}

#define TEST(name) cmocka_unit_test_teardown(name, free_deployment)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(output_goes_to_a_descriptor),
		TEST(few_descriptors),
		TEST(other_hosts),
		TEST(a_full_disk),
		TEST(a_disk_that_fails),
		TEST(an_nginx_in_front),
	};

	disk_private();
	return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
