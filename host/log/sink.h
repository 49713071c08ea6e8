/* SPDX-License-Identifier: MIT
 *
 * log/sink.h - where log lines go: stderr, without ever waiting for its reader. Lines
 * that the reader does not take wait in a buffer of SINK_BUFFER bytes that a thread
 * empties; lines that do not fit are dropped and counted.
 *
 * Before sink_start() (the modes that look and end) a line is written at once, and waits.
 */
#ifndef HOST_LOG_SINK_H
#define HOST_LOG_SINK_H

#include <stddef.h>
#include <stdint.h>

#define SINK_BUFFER ((size_t)1024 * 1024)

/* The file descriptor that lines go to from now on; STDERR_FILENO at first. It stays the
 * caller's. Not while other threads write lines. */
void sink_to(int fd);

/* From now on no writer waits. Once lines can be written again after some had to be dropped,
 * on_gap is called with their number, on a thread of the sink. Without memory or threads left
 * lines that cannot be written at once are dropped. */
void sink_start(void (*on_gap)(uint64_t dropped));

/* Waits up to limit_us for the reader to take what is in the buffer. Lines may still be
 * written afterwards, and are dropped when they cannot be written at once. */
void sink_stop(int64_t limit_us);

/* One whole line. Any thread. */
void sink_line(const char *text, size_t size);

/* Between sink_hold() and sink_release() lines that the same thread gives to sink_line_later() wait,
 * PIPE_BUF bytes of them at most, and are written together: at the end, or before one that does not
 * wait. A thread that dies in between says them before its last words. */
void sink_hold(void);
void sink_release(void);
void sink_line_later(const char *text, size_t size);

/* The same from a signal handler: not buffered, nor in order with what is. */
void sink_last_words(const char *text);

/* Lines dropped so far. */
uint64_t sink_dropped(void);

#endif
