/* SPDX-License-Identifier: MIT
 *
 * postgres.h - an instance of the plugin, and the intentions that it implements.
 */
#ifndef STORAGE_POSTGRES_POSTGRES_H
#define STORAGE_POSTGRES_POSTGRES_H

#include "core/instance.h"

#include "rental_reads.h"
#include "writer.h"

struct postgres {
	struct storage_instance instance;
	struct conn_options conn;
	struct writers_options writing;
	int64_t read_connections, list_connections;
	const char *schema; /* the option */
	struct trouble trouble;
	struct writers *writers;
	struct reading reading, lists; /* lists: pages of everybody's rentals */
	struct rental_reads *reads;
	_Atomic int64_t writers_open, readers_open, lists_open;
	unsigned seconds; /* of on_second() */
};

#define STORAGE_NAME postgres
#include "core/prototypes.h"

#endif
