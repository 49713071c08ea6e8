/* SPDX-License-Identifier: MIT
 *
 * postgres.h - an instance of the plugin, and the intentions that it implements.
 */
#ifndef STORAGE_POSTGRES_POSTGRES_H
#define STORAGE_POSTGRES_POSTGRES_H

#include <pthread.h>

#include "core/instance.h"

#include "rental_reads.h"
#include "writer.h"

/* Looks at the end of a book; see books.c. */
struct book_end {
	/* The greatest ids at the last look and the one before, and up to where it is complete. */
	int64_t last, before, complete;
	/* No transaction of this number or above had begun at the last look; 0: there was none. */
	int64_t begun;
};

struct postgres {
	struct storage_instance instance;
	struct conn_options conn;
	struct writers_options writing;
	int64_t read_connections, list_connections;
	const char *schema; /* the option */
	struct trouble trouble;
	struct writers *writers;
	struct writers *quoting; /* of quotes that may be lost; NULL: there are none */
	struct reading reading, lists; /* lists: pages of everybody's rentals */
	struct rental_reads *reads;
	_Atomic int64_t writers_open, quoting_open, readers_open, lists_open;
	unsigned seconds; /* of on_second() */
	pthread_mutex_t ends_lock;
	struct book_end ends[RENT_BOOK_NOTES + 1]; /* under it */
};

#define STORAGE_NAME postgres
#include "core/prototypes.h"

#endif
