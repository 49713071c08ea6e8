/* SPDX-License-Identifier: MIT
 *
 * result.c - rows in the binary format; see result.h.
 */
#include "result.h"

#include <endian.h>

#include "bind.h"

int64_t result_int(const PGresult *res, int row, int column)
{
	uint64_t wire64;
	uint32_t wire32;

	if (PQgetisnull(res, row, column))
		return 0;
	if (PQgetlength(res, row, column) == (int)sizeof(wire32)) {
		memcpy(&wire32, PQgetvalue(res, row, column), sizeof(wire32));
		return (int32_t)be32toh(wire32);
	}
	memcpy(&wire64, PQgetvalue(res, row, column), sizeof(wire64));
	return (int64_t)be64toh(wire64);
}

bool result_bool(const PGresult *res, int row, int column)
{
	return !PQgetisnull(res, row, column) && PQgetvalue(res, row, column)[0] != 0;
}

int64_t result_time(const PGresult *res, int row, int column)
{
	int64_t t = result_int(res, row, column);

	if (PQgetisnull(res, row, column) || t == INT64_MIN || t == INT64_MAX)
		return t;
	/* The server's times reach a little further than ours. */
	return __builtin_add_overflow(t, BIND_EPOCH, &t) ? INT64_MAX : t;
}

const char *result_text(const PGresult *res, int row, int column)
{
	return PQgetvalue(res, row, column);
}

/* ---- as core/rows.h reads them */

struct at {
	const PGresult *res;
	int row;
};

static bool is_null(const void *row, int column)
{
	const struct at *at = row;

	return PQgetisnull(at->res, at->row, column);
}

static const char *text(const void *row, int column)
{
	const struct at *at = row;

	/* A time is no text: what marks a rental as broken names the column then. */
	return PQftype(at->res, column) == BIND_TIME_OID
	               ? PQfname(at->res, column)
	               : result_text(at->res, at->row, column);
}

static int64_t integer(const void *row, int column)
{
	const struct at *at = row;

	return result_int(at->res, at->row, column);
}

/* Before the epoch there is no rental, and arithmetic with an infinity would overflow. */
static bool time_of(const void *row, int column, int64_t *ret)
{
	const struct at *at = row;
	int64_t t = result_time(at->res, at->row, column);

	if (t < 0 || t > INT64_MAX / 4)
		return false;
	*ret = t;
	return true;
}

static const struct row_dialect dialect = {
	.is_null = is_null,
	.text = text,
	.integer = integer,
	.time = time_of,
};

void result_rental(const PGresult *res, int row, struct rent_rental *ret)
{
	const struct at at = { res, row };
	int64_t *const sums[] = { &ret->in_flight, &ret->in_flight_debt, &ret->in_doubt,
		                  &ret->open_ops, &ret->now };

	row_rental(&dialect, &at, 0, ret);
	for (int i = 0; i < RESULT_RENTAL - ROW_RENTAL_COLUMNS; i++)
		*sums[i] = result_int(res, row, ROW_RENTAL_COLUMNS + i);
}

void result_op(const PGresult *res, int row, int first, struct rent_op *ret)
{
	const struct at at = { res, row };

	row_op(&dialect, &at, first, ret);
}

void result_resolution(const PGresult *res, int row, struct rent_resolution *ret)
{
	const struct at at = { res, row };

	row_resolution(&dialect, &at, 0, ret);
}

void result_debt_line(const PGresult *res, int row, struct rent_debt_line *ret)
{
	const struct at at = { res, row };

	row_debt_line(&dialect, &at, 0, ret);
}

void result_note(const PGresult *res, int row, struct rent_note *ret)
{
	const struct at at = { res, row };

	row_note(&dialect, &at, 0, ret);
}

void result_inbound(const PGresult *res, int row, struct rent_inbound *ret)
{
	const struct at at = { res, row };

	row_inbound(&dialect, &at, 0, ret);
}

void result_outside(const PGresult *res, int row, struct rent_outside *ret)
{
	const struct at at = { res, row };

	row_outside(&dialect, &at, 0, ret);
}

void result_message(const PGresult *res, int row, struct rent_message *ret)
{
	const struct at at = { res, row };

	row_message(&dialect, &at, 0, ret);
}

int64_t result_changed(PGresult *res)
{
	int64_t n = 0;

	for (const char *p = res == NULL ? "" : PQcmdTuples(res); *p != '\0'; p++)
		n = n * 10 + (*p - '0');
	PQclear(res);
	return n;
}
