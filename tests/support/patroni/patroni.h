/* SPDX-License-Identifier: MIT
 *
 * tests/support/patroni/patroni.h - a PostgreSQL cluster of a test's own: some nodes under
 * Patroni with the shipped etc/patroni/patroni.yml, and one etcd; all on loopback, below one
 * temporary folder, unprivileged also when the test is root. It ends, and its folder goes, when
 * the test frees it or dies. Addresses, folders and times are not those of the shipped file
 * (see the table in patroni.c), nothing else is changed.
 *
 * Failures abort with a message and the end of the log in question.
 */
#ifndef TEST_PATRONI_H
#define TEST_PATRONI_H

#include <stdbool.h>
#include <stdint.h>

#define PATRONI_NODES 3

struct patroni;

/* Waits until there is a primary and all others follow it, one of them synchronously. */
struct patroni *patroni_new(unsigned nodes);
void patroni_free(struct patroni *p);
/* Prints the end of each node's log. */
void patroni_show(const struct patroni *p);

/* libpq's list of all nodes, read-write, for the role and the database "rent". */
const char *patroni_dsn(const struct patroni *p);
/* … of one node, whatever it is at the moment. */
const char *patroni_node_dsn(const struct patroni *p, unsigned node);

/* The node that takes writes, and the standby that the primary waits for; -1: none now. */
int patroni_leader(struct patroni *p);
int patroni_sync(struct patroni *p);
/* All nodes are there and follow one primary, one of them synchronously. */
bool patroni_steady(struct patroni *p);

/* The machine is gone: SIGKILL for Patroni, PostgreSQL and all that they have started. */
void patroni_kill(struct patroni *p, unsigned node);
/* … for PostgreSQL only; its Patroni lives. */
void patroni_crash(struct patroni *p, unsigned node);
/* … and is there again. */
void patroni_start(struct patroni *p, unsigned node);
/* The machine stands still (SIGSTOP for all of it), and goes on. */
void patroni_freeze(struct patroni *p, unsigned node);
void patroni_thaw(struct patroni *p, unsigned node);
/* `patronictl COMMAND --leader … --candidate … --force`, command "switchover" or
 * "failover": its exit code. */
int patroni_ctl(struct patroni *p, const char *command, unsigned from, unsigned to);
/* etcd is gone, and there again. */
void patroni_etcd(struct patroni *p, bool there);

#endif
