/* SPDX-License-Identifier: MIT
 *
 * instance.h - what every instance of a storage that is a database has: the host, two metrics,
 * and the options that mean the same everywhere.
 */
#ifndef STORAGE_CORE_INSTANCE_H
#define STORAGE_CORE_INSTANCE_H

#include <rent/plugin.h>

#include "core/intentions.h"
#include "core/trouble.h"

/* The two metrics, with the labels database, and database and operation. */
extern const struct rent_metric_def storage_connections_def, storage_duration_def;

/* The first member of a backend's own struct. */
struct storage_instance {
	const struct rent_host *host;
	/* The value of the metric label `database`. */
	const char *database;
	struct rent_metric *connections, *duration;
	/* By the names of intentions; NULL: the backend keeps none, or its own. */
	struct trouble *trouble;
};

void storage_instance_init(struct storage_instance *instance,
                           const struct rent_host *host, const char *database);

/* The code of an error that nobody foresaw, between a backend and storage_leave(): nothing was
 * changed, and the connection is given up. Callers of the storage get RENT_EUNAVAIL. */
#define STORAGE_UNFORESEEN (-1000)
/* The same of a database that is damaged. RENT_ECORRUPT before there are calls. */
#define STORAGE_DAMAGED (-1001)
int storage_plain(int code, struct rent_error *err);

/* Around every slot; self is the instance. leave returns the code for the caller: an error that
 * nobody foresaw, or damage, puts its intention in trouble, a success ends that. Made use of by slots.h. */
int64_t storage_enter(void *self);
int storage_leave(void *self, enum intention intention, int64_t since, int code,
                  struct rent_error *err);

/* How many connections are open now. */
void storage_show_connections(struct storage_instance *instance, int64_t open);

/* A page of everybody's rentals waits so long for a connection; then its caller tries again. */
#define STORAGE_LIST_PATIENCE RENT_SECOND

static inline bool storage_lists_all(const struct rent_list_query *q)
{
	return q->user_id == NULL || q->user_id[0] == '\0';
}

/* The index rentals_rare has it: the rows of such a list are few, and may be far apart. */
static inline bool storage_is_rare(enum rent_status status)
{
	return status != RENT_STATUS_NONE && status != RENT_STATUS_FINISHED;
}

/* Whether a storage of this tree has such a book; RENT_EUNSUPPORTED if not. */
static inline int storage_know_book(enum rent_book book, struct rent_error *err)
{
	return rent_name_of(rent_book_names, (int)book)[0] != '\0'
	               ? 0
	               : rent_fail(err, RENT_EUNSUPPORTED, "book %d is not known here",
	                           (int)book);
}

/* A page of at most so many rows. */
static inline uint32_t storage_page(uint32_t limit)
{
	return limit < RENT_SCAN_MAX ? limit : RENT_SCAN_MAX;
}

/* Options. clang-format off */
#define STORAGE_QUEUE_MAX_OPTION                                                     \
	RENT_INT_OPTION(                                                             \
		"queue_max", "10000", .min = "1", .max = "1000000", .unit = "calls", \
		.help = "writes that may wait; further ones are refused at once")
#define STORAGE_BATCH_MAX_OPTION(def_)                                                  \
	RENT_INT_OPTION("batch_max", def_, .min = "1", .max = "10000", .unit = "calls", \
	                .help = "writes that share one commit at most")
/* clang-format on */

#endif
