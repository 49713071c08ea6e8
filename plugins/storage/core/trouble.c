/* SPDX-License-Identifier: MIT
 *
 * trouble.c - operations that met errors nobody foresaw; see trouble.h.
 */
#include "core/trouble.h"

static const struct rent_metric_def errors_def = {
	.struct_size = sizeof(struct rent_metric_def),
	.type = RENT_COUNTER,
	.name = "rental_system_database_errors_total",
	.flags = RENT_METRIC_SERVICE,
	.help = "errors of the database that nobody foresaw, each of them worth a look",
	.labels = { "database", "operation" },
};

void trouble_init(struct trouble *t, const struct rent_host *host, const char *database)
{
	*t = (struct trouble){ .host = host, .database = database };
	t->errors = host->metric(host, &errors_def);
	lock_init(&t->lock);
}

void trouble_done(struct trouble *t)
{
	lock_done(&t->lock);
}

/* Under the lock: where the operation is, or could be. TROUBLE_MAX: there is no room, and
 * enough trouble to be unhealthy. */
static size_t place_of(const struct trouble *t, const char *operation)
{
	size_t free = TROUBLE_MAX;

	for (size_t i = 0; i < TROUBLE_MAX; i++) {
		if (t->in[i].operation == NULL)
			free = free == TROUBLE_MAX ? i : free;
		else if (strcmp(t->in[i].operation, operation) == 0)
			return i;
	}
	return free;
}

void trouble_met(struct trouble *t, enum trouble_side side, const char *operation,
                 const struct rent_error *err)
{
	const char *labels[] = { t->database, operation };
	bool is_new = false;
	size_t i;

	t->host->metric_add(t->errors, 1, labels);
	lock_acquire(&t->lock);
	i = place_of(t, operation);
	if (i < TROUBLE_MAX && t->in[i].operation == NULL) {
		t->in[i].operation = operation;
		t->in[i].side = side;
		(void)snprintf(t->in[i].why, sizeof(t->in[i].why), "%s: %.140s",
		               operation, err->text);
		atomic_fetch_add(&t->count, 1);
		is_new = true;
	}
	lock_release(&t->lock);
	if (is_new)
		t->host->log(t->host, RENT_LOG_ERROR, NULL,
		             "%s fails, nothing was changed: %s", operation, err->text);
}

/* Under the lock. */
static bool leave(struct trouble *t, size_t i)
{
	if (t->in[i].operation == NULL)
		return false;
	t->in[i].operation = NULL;
	atomic_fetch_sub(&t->count, 1);
	return true;
}

void trouble_over(struct trouble *t, const char *operation)
{
	bool left = false;
	size_t i;

	if (atomic_load_explicit(&t->count, memory_order_relaxed) == 0)
		return;
	lock_acquire(&t->lock);
	i = place_of(t, operation);
	left = i < TROUBLE_MAX && leave(t, i);
	lock_release(&t->lock);
	if (left)
		t->host->log(t->host, RENT_LOG_INFO, NULL, "%s works again", operation);
}

void trouble_all_over(struct trouble *t, enum trouble_side side)
{
	int left = 0;

	lock_acquire(&t->lock);
	for (size_t i = 0; i < TROUBLE_MAX; i++)
		left += t->in[i].side == side && leave(t, i);
	lock_release(&t->lock);
	if (left > 0)
		t->host->log(t->host, RENT_LOG_INFO, NULL,
		             "%d operations that failed would work again", left);
}

bool trouble_is(struct trouble *t, enum trouble_side side)
{
	bool is = false;

	if (atomic_load(&t->count) == 0)
		return false;
	lock_acquire(&t->lock);
	for (size_t i = 0; i < TROUBLE_MAX; i++)
		is = is || (t->in[i].operation != NULL && t->in[i].side == side);
	lock_release(&t->lock);
	return is;
}

bool trouble_first(struct trouble *t, char ret_why[RENT_NOTE_SIZE])
{
	bool any = false;

	lock_acquire(&t->lock);
	for (size_t i = 0; i < TROUBLE_MAX && !any; i++) {
		any = t->in[i].operation != NULL;
		if (any)
			(void)rent_copy(ret_why, RENT_NOTE_SIZE, t->in[i].why);
	}
	lock_release(&t->lock);
	return any;
}
