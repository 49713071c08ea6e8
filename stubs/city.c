/* SPDX-License-Identifier: MIT
 *
 * stubs/city.c - reads and checks the data file. Errors name the file and the place in it.
 */
#include "city.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct reader {
	const char *path, *list;
	size_t index;
	struct rent_error *err;
	int ret;
};

static void reader_fail(struct reader *r, const char *member, const char *want)
{
	if (r->ret == 0)
		r->ret = rent_fail(r->err, RENT_EINVAL,
		                   "%s: %s[%zu]: member '%s' must be %s", r->path,
		                   r->list, r->index, member, want);
}

static const char *read_id(struct reader *r, const json_t *o, const char *member)
{
	const char *s = json_string_value(json_object_get(o, member));

	if (s == NULL || s[0] == '\0' || strlen(s) > RENT_ID_MAX) {
		reader_fail(r, member, "a text of 1 to 64 characters");
		return "";
	}
	return s;
}

static int64_t read_int(struct reader *r, const json_t *o, const char *member,
                        int64_t def, int64_t max)
{
	const json_t *v = json_object_get(o, member);

	if (v == NULL || json_is_null(v))
		return def;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > max)
		reader_fail(r, member, "a whole number, not negative and not too large");
	return json_integer_value(v);
}

static void read_tariff(struct reader *r, json_t *o, void *at)
{
	struct city_tariff *t = at;

	t->id = read_id(r, o, "id");
	t->price_per_hour = read_int(r, o, "price_per_hour", 0, INT32_MAX);
	t->free_period_min = read_int(r, o, "free_period_min", 0, INT32_MAX);
	t->deposit = read_int(r, o, "default_deposit", 0, INT32_MAX);
}

/* Everything that the file says of a station beyond what the stub keeps, as text. */
static char *station_head(json_t *o)
{
	json_t *rest = json_copy(o);
	char *text, *head = NULL;
	size_t n;

	if (rest == NULL)
		return NULL;
	(void)json_object_del(rest, "id");
	(void)json_object_del(rest, "tariff_id");
	(void)json_object_del(rest, "slots");
	(void)json_object_del(rest, "powerbanks");
	(void)json_object_del(rest, "endless");
	if (json_object_get(rest, "location") == NULL)
		(void)json_object_set_new(rest, "location", json_string(""));
	text = json_dumps(rest, JSON_COMPACT | JSON_REAL_PRECISION(15));
	json_decref(rest);
	n = text == NULL ? 0 : strlen(text);
	if (n > 2)
		head = strndup(text + 1, n - 2);
	free(text);
	return head;
}

static void read_station(struct reader *r, json_t *o, void *at)
{
	struct city_station *s = at;

	s->id = read_id(r, o, "id");
	s->tariff_id = read_id(r, o, "tariff_id");
	s->slots = read_int(r, o, "slots", 8, CITY_SLOTS_MAX);
	s->powerbanks = read_int(r, o, "powerbanks", s->slots, s->slots);
	s->endless = json_is_true(json_object_get(o, "endless"));
	s->head = station_head(o);
	if (s->head == NULL)
		reader_fail(r, "location", "a text");
}

static void read_user(struct reader *r, json_t *o, void *at)
{
	struct city_user *u = at;

	u->id = read_id(r, o, "id");
	u->name = json_string_value(json_object_get(o, "name"));
	u->name = u->name == NULL ? "" : u->name;
	u->names = json_dumps(json_object_get(o, "names"), JSON_COMPACT);
	u->trusted = json_is_true(json_object_get(o, "trusted"));
	u->subscriber = json_is_true(json_object_get(o, "has_subscribtion"));
	u->balance = read_int(r, o, "balance", -1, INT64_C(1000000000000));
	u->limit = read_int(r, o, "limit", -1, INT64_C(1000000000000));
}

struct list {
	const char *name;
	size_t size; /* of an element, which begins with its id */
	void (*read)(struct reader *r, json_t *o, void *at);
};

static int read_list(struct reader *r, const json_t *root, const struct list *list,
                     struct map *map, void *ret_items, size_t *ret_n)
{
	const json_t *array = json_object_get(root, list->name);
	size_t n = json_array_size(array);
	char *items = calloc(n + 1, list->size);

	if (items == NULL)
		return rent_fail(r->err, RENT_ENOMEM, "%s: out of memory", r->path);
	memcpy(ret_items, &items, sizeof(items));
	r->list = list->name;
	for (r->index = 0; r->index < n && r->ret == 0; r->index++) {
		void *at = items + r->index * list->size;
		const char *id;

		list->read(r, json_array_get(array, r->index), at);
		memcpy(&id, at, sizeof(id));
		if (r->ret == 0 && map_get(map, id) != NULL)
			reader_fail(r, "id", "given once");
		if (r->ret == 0)
			r->ret = map_put(map, id, at);
	}
	*ret_n = n;
	return r->ret;
}

static int read_city(struct city *c, struct reader *r)
{
	static const struct list tariffs = { "tariffs", sizeof(struct city_tariff),
		                             read_tariff };
	static const struct list stations = { "stations", sizeof(struct city_station),
		                              read_station };
	static const struct list users = { "users", sizeof(struct city_user), read_user };
	const json_t *configs = json_object_get(c->json, "configs");

	if (!json_is_object(configs))
		return rent_fail(r->err, RENT_EINVAL, "%s: 'configs' must be an object",
		                 r->path);
	c->configs = json_dumps(configs, JSON_COMPACT | JSON_REAL_PRECISION(15));
	if (c->configs == NULL)
		return rent_fail(r->err, RENT_ENOMEM, "%s: out of memory", r->path);
	if (read_list(r, c->json, &tariffs, &c->tariff_map, &c->tariffs,
	              &c->tariff_count) ||
	    read_list(r, c->json, &stations, &c->station_map, &c->stations,
	              &c->station_count) ||
	    read_list(r, c->json, &users, &c->user_map, &c->users, &c->user_count))
		return r->ret < 0 ? r->ret : RENT_ENOMEM;
	if (c->tariff_count == 0 || c->station_count == 0)
		return rent_fail(r->err, RENT_EINVAL,
		                 "%s: there must be a tariff and a station", r->path);
	for (size_t i = 0; i < c->station_count; i++) {
		if (map_get(&c->tariff_map, c->stations[i].tariff_id) == NULL)
			return rent_fail(
				r->err, RENT_EINVAL,
				"%s: stations[%zu]: tariff '%s' is not in the file",
				r->path, i, c->stations[i].tariff_id);
	}
	return 0;
}

int city_load(struct city *city, const char *path, struct rent_error *err)
{
	struct reader reader = { .path = path, .err = err };
	json_error_t why;
	char here[PATH_MAX];
	int ret;

	*city = (struct city){ 0 };
	city->json = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
	if (city->json == NULL && why.line < 0)
		return rent_fail(
			err, RENT_EINVAL, "cannot read the data file '%s': %s%s%s%s",
			path, strerror(errno), path[0] == '/' ? "" : " (looked for in '",
			path[0] == '/' || getcwd(here, sizeof(here)) == NULL ? "" : here,
			path[0] == '/' ? "" : "')");
	if (city->json == NULL)
		return rent_fail(err, RENT_EINVAL, "%s:%d:%d: %s", path, why.line,
		                 why.column, why.text);
	ret = read_city(city, &reader);
	if (ret < 0) {
		city_done(city);
		return ret;
	}
	city->any_tariff = city->tariffs[0];
	city->any_station = city->stations[0];
	city->any_station.endless = true;
	city->any_user =
		(struct city_user){ .id = "", .name = "", .balance = -1, .limit = -1 };
	return 0;
}

void city_done(struct city *city)
{
	for (size_t i = 0; i < city->station_count; i++)
		free(city->stations[i].head);
	for (size_t i = 0; i < city->user_count; i++)
		free(city->users[i].names);
	free(city->tariffs);
	free(city->stations);
	free(city->users);
	free(city->configs);
	map_done(&city->tariff_map);
	map_done(&city->station_map);
	map_done(&city->user_map);
	json_decref(city->json);
	*city = (struct city){ 0 };
}
