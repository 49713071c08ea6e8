/* SPDX-License-Identifier: MIT
 *
 * below.h - the processes of a folder: those whose working directory lies in it. That is how
 * the nodes of patroni.c recognise their processes, whichever process started them.
 */
#ifndef TEST_BELOW_H
#define TEST_BELOW_H

/* Sends them the signal; how many there were. But not those whose command line contains
 * `except` (NULL: all). */
int below_signal(const char *folder, int sig, const char *except);
/* SIGKILL until there are none. */
void below_kill(const char *folder, const char *except);

#endif
