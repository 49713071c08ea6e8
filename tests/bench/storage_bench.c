/* SPDX-License-Identifier: MIT
 *
 * storage_bench.c - how fast a storage is by itself, without HTTP, rules and upstreams.
 *
 *     storage_bench [SECONDS [ACTIVE [THREADS]]]
 *
 * By default 3 seconds a row and a scan of 1000000 rows; with THREADS only the cycles of
 * that many threads.
 *
 * A cycle is quote_put, start_begin, advance to ACTIVE (hold and eject ended, the answer
 * stored), rental_get, advance to FINISHED (capture and release begun), advance to DONE.
 */
#include <fixture.h>

#include <stdatomic.h>
#include <stdlib.h>

struct bench {
	struct fixture *f;
	int64_t until;
	atomic_llong done;
	bool quotes_only;
};

static struct rent_change change(const struct start *start, int64_t version)
{
	return (struct rent_change){ .struct_size = sizeof(struct rent_change),
		                     .rental_id = start->s.rental_id,
		                     .expect_version = version,
		                     .lease = RENT_LEASE_KEEP,
		                     .token = start->token,
		                     .lease_us = LEASE,
		                     .work_in_us = LEASE };
}

static void must(struct fixture *f, struct rent_change *c)
{
	struct rent_change *one[] = { c };
	struct rent_error err = { 0 };
	int code = f->api->advance(f->self, one, 1, &err);

	if (code != 0 || c->ret != RENT_CHANGE_APPLIED) {
		(void)fprintf(stderr, "advance: %d %d %s\n", code, (int)c->ret, err.text);
		abort();
	}
}

static void put_a_quote(struct fixture *f, const char *id)
{
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 60,
		                .free_period_min = 5,
		                .deposit = 300 };

	(void)rent_copy(q.id, sizeof(q.id), id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), "user-1");
	(void)rent_copy(q.station_id, sizeof(q.station_id), "station-1");
	if (f->api->quote_put(f->self, &q, 60 * RENT_SECOND, NULL) != 0)
		abort();
}

static void activate(struct fixture *f, struct start *start, int64_t version)
{
	struct rent_change c = change(start, version);

	c.status = RENT_STATUS_ACTIVE;
	c.powerbank_id = start->s.rental_id;
	c.started_at = RENT_DB_NOW;
	c.ends[0] = (struct rent_op_end){ .id = start->hold,
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 300 };
	c.ends[1] = (struct rent_op_end){ .id = start->eject,
		                          .state = RENT_OP_SUCCEEDED,
		                          .result = start->s.rental_id };
	c.outcome = "done";
	c.answer = "{\"order_id\":\"0193a5b0-0000-7000-8000-000000000000\"}";
	c.lease = RENT_LEASE_DROP;
	must(f, &c);
}

static void stop(struct fixture *f, struct start *start, struct shown *shown)
{
	struct rent_change c = change(start, shown->rental.version);
	char capture[RENT_ID_SIZE], release[RENT_ID_SIZE];

	f->host->uuid7(f->host, capture);
	f->host->uuid7(f->host, release);
	c.lease = RENT_LEASE_TAKE;
	c.status = RENT_STATUS_FINISHED;
	c.settlement = RENT_SETTLEMENT_PENDING;
	c.finished_at = RENT_DB_NOW;
	c.news[0] = (struct rent_op_new){ capture, start->hold, RENT_OP_CAPTURE,
		                          RENT_FOR_SETTLE, 60 };
	c.news[1] = (struct rent_op_new){ release, start->hold, RENT_OP_RELEASE,
		                          RENT_FOR_SETTLE, 240 };
	must(f, &c);
	c = change(start, c.ret_version);
	c.lease = RENT_LEASE_DROP;
	c.settlement = RENT_SETTLEMENT_DONE;
	c.work_in_us = RENT_NO_WORK;
	c.paid_delta = 60;
	c.ends[0] = (struct rent_op_end){ .id = capture,
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 60 };
	c.ends[1] = (struct rent_op_end){ .id = release,
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 240 };
	must(f, &c);
}

static void cycle(struct fixture *f, struct shown *shown)
{
	struct start start;
	char quote[RENT_ID_SIZE], rental[RENT_ID_SIZE], key[RENT_ID_SIZE];

	f->host->uuid7(f->host, quote);
	f->host->uuid7(f->host, rental);
	f->host->uuid7(f->host, key);
	put_a_quote(f, quote);
	start_init(NULL, &start, key, quote, rental);
	f->host->uuid7(f->host, start.hold);
	f->host->uuid7(f->host, start.eject);
	if (f->api->start_begin(f->self, &start.s, NULL) != 0 ||
	    start.s.ret != RENT_START_NEW)
		abort();
	activate(f, &start, start.rental.version);
	if (f->api->rental_get(f->self, rental, show_into, shown, NULL) != 0)
		abort();
	stop(f, &start, shown);
}

static void run(void *arg, int i)
{
	struct bench *b = arg;
	struct shown *shown = calloc(1, sizeof(*shown));
	char id[RENT_ID_SIZE];

	(void)i;
	if (shown == NULL)
		abort();
	while (b->f->host->mono_us(b->f->host) < b->until) {
		if (b->quotes_only) {
			b->f->host->uuid7(b->f->host, id);
			put_a_quote(b->f, id);
		} else {
			cycle(b->f, shown);
		}
		(void)atomic_fetch_add(&b->done, 1);
	}
	free(shown);
}

static void measure(struct fixture *f, int threads, int64_t seconds, bool quotes_only)
{
	struct bench b = { .f = f, .quotes_only = quotes_only };
	int64_t since = f->host->mono_us(f->host);
	int64_t took;

	b.until = since + seconds * RENT_SECOND;
	run_threads(threads, run, &b);
	took = f->host->mono_us(f->host) - since;
	(void)printf("%-8s %3d threads  %7lld/s\n", quotes_only ? "quotes" : "cycles",
	             threads, (long long)(atomic_load(&b.done) * RENT_SECOND / took));
	(void)fflush(stdout);
}

struct scan {
	char last[RENT_ID_SIZE];
	int64_t rows;
};

static int on_row(void *arg, const struct rent_rental *rental,
                  const struct rent_op *const *ops, size_t n)
{
	struct scan *scan = arg;

	(void)ops;
	(void)n;
	scan->rows++;
	memcpy(scan->last, rental->id, sizeof(scan->last));
	return 0;
}

static void measure_scan(struct fixture *f, int64_t rows)
{
	struct scan scan = { "", 0 };
	int64_t before, since;

	fixture_sql(
		f,
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
		"WHERE i < %" PRId64 ") INSERT INTO rentals (id, user_id, powerbank_id, "
		"price_per_hour, free_period_min, deposit, status, total_amount, "
		"started_at) SELECT printf('019a-%%030d', i), 'user-' || i, 'pb-' || i, "
		"60, 5, 300, 'ACTIVE', 0, '2026-11-23 07:00:00.000000' FROM n",
		rows);
	since = f->host->mono_us(f->host);
	do {
		before = scan.rows;
		if (f->api->scan(f->self, RENT_SCAN_ACTIVE, scan.last, 1000, on_row,
		                 &scan, NULL) != 0)
			abort();
	} while (scan.rows > before);
	(void)printf("scan     %" PRId64 " active rentals in %" PRId64 " ms\n", scan.rows,
	             (f->host->mono_us(f->host) - since) / 1000);
}

int main(int argc, char **argv)
{
	int64_t seconds = argc > 1 ? strtoll(argv[1], NULL, 10) : 3;
	int64_t rows = argc > 2 ? strtoll(argv[2], NULL, 10) : 1000000;
	struct fixture *f = fixture_open(NULL, true);

	if (argc > 3) {
		measure(f, (int)strtol(argv[3], NULL, 10), seconds, false);
		fixture_close(f, true);
		return 0;
	}
	measure(f, 64, seconds, true);
	measure(f, 1, seconds, false);
	measure(f, 16, seconds, false);
	measure(f, 64, seconds, false);
	measure_scan(f, rows);
	fixture_close(f, true);
	return 0;
}
