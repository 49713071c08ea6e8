/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/reading.c - the envelope and the scalars of the service's answers.
 * It sends the same member as a number here and as a text there; both are read, and nothing
 * else is.
 */
#include "reading.h"

#include <rent/time.h>

#define SECONDS_MIN INT64_C(1000000000)    /* 2001; below it is no time */
#define SECONDS_MAX INT64_C(100000000000)  /* above: milliseconds */
#define MILLIS_MAX  INT64_C(4102444800000) /* 2100 */

struct answer reading_envelope(const struct chargenow *c,
                               const struct rent_upstream_reply *reply)
{
	struct answer a = { .forbidden = reply->status == 401 || reply->status == 403 };
	const struct rent_json *root = NULL;

	if (reply->status == 200)
		root = c->json->parse(reply->arena, reply->body, reply->body_size);
	if (root != NULL && c->json->type(root, "") == RENT_JSON_OBJECT &&
	    reading_number(c, root, "code", INT32_MIN, INT32_MAX, &a.code)) {
		a.root = root;
		(void)snprintf(a.note, sizeof(a.note), "code %d", (int)a.code);
	} else {
		(void)snprintf(a.note, sizeof(a.note),
		               "status %d with an answer that says nothing",
		               (int)reply->status);
	}
	return a;
}

static bool number_of_text(const char *text, int64_t *ret)
{
	bool minus = *text == '-';
	int64_t v = 0;

	text += minus;
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || v > (INT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (*text - '0');
	}
	*ret = minus ? -v : v;
	return true;
}

bool reading_number(const struct chargenow *c, const struct rent_json *json,
                    const char *path, int64_t min, int64_t max, int64_t *ret)
{
	int64_t v;

	if (c->json->integer(json, path, min, max, ret))
		return true;
	if (!number_of_text(c->json->text(json, path), &v) || v < min || v > max)
		return false;
	*ret = v;
	return true;
}

bool reading_id(const struct chargenow *c, const struct rent_json *json, const char *path,
                char ret[RENT_ID_SIZE])
{
	const char *text = c->json->text(json, path);
	int64_t number;

	if (rent_id_valid(text))
		return rent_copy(ret, RENT_ID_SIZE, text);
	if (!c->json->integer(json, path, 1, INT64_MAX, &number))
		return false;
	(void)snprintf(ret, RENT_ID_SIZE, "%" PRId64, number);
	return true;
}

int64_t reading_time(const struct chargenow *c, const struct rent_json *json,
                     const char *path)
{
	const char *text = c->json->text(json, path);
	int64_t at;

	if (strlen(text) == sizeof("yyyy-MM-dd HH:mm:ss") - 1 &&
	    rent_time_parse(text, &at) && at > c->utc_offset)
		return at - c->utc_offset;
	if (!reading_number(c, json, path, SECONDS_MIN, MILLIS_MAX, &at))
		return 0;
	return at < SECONDS_MAX ? at * RENT_SECOND : at * (RENT_SECOND / 1000);
}
