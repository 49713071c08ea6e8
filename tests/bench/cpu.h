/* SPDX-License-Identifier: MIT
 *
 * cpu.h - processor time of named processes, each with its children (PostgreSQL's backends):
 * a measure that stays what it is when other work loads the machine.
 */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CPU_MAX       8
#define CPU_NAME_SIZE 16

struct cpu {
	char name[CPU_NAME_SIZE];
	pid_t pid;
	int64_t us; /* used by the time of cpu_read() */
};

/* "NAME:PID[,NAME:PID]…" into list; the number of them, negative: malformed. */
int cpu_parse(const char *text, struct cpu list[CPU_MAX]);

void cpu_read(struct cpu *list, int n);

#endif
