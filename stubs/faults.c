/* SPDX-License-Identifier: MIT
 *
 * stubs/faults.c - owns the settings of the endpoints and the dice. Does not answer, wait
 * or drop: the routes do what the plan says.
 */
#include "faults.h"

#include <string.h>

const char *const endpoint_names[ENDPOINTS] = {
	[EP_STATION_DATA] = "station-data",     [EP_TARIFF] = "tariff",
	[EP_USER_PROFILE] = "user-profile",     [EP_CONFIGS] = "configs",
	[EP_EJECT] = "eject-powerbank",         [EP_HOLD] = "hold-money-for-order",
	[EP_CLEAR] = "clear-money-for-order",   [EP_RELEASE] = "release-money-for-order",
	[EP_REFUND] = "refund-money-for-order", [EP_STATUS] = "payment-status",
};

static const struct setting_info {
	const char *name;
	int64_t def, min, max;
} setting_infos[SETTINGS] = {
	[SET_LATENCY_MS] = { "latency_ms", 0, 0, 600000 },
	[SET_FAILURE_PERCENT] = { "failure_percent", 0, 0, 100 },
	[SET_LOSE_REPLY_PERCENT] = { "lose_reply_percent", 0, 0, 100 },
	[SET_LOSE_REPLY_NEXT] = { "lose_reply_next", 0, 0, 1000000000 },
	[SET_LOSE_REQUEST_NEXT] = { "lose_request_next", 0, 0, 1000000000 },
	[SET_FAIL_NEXT] = { "fail_next", 0, 0, 1000000000 },
	[SET_STATUS] = { "status", 500, 400, 599 },
	[SET_PROCESSED_PERCENT] = { "processed_percent", 100, 1, 100 },
};

void faults_init(struct faults *f, uint64_t seed)
{
	*f = (struct faults){ .random = seed };
	(void)pthread_mutex_init(&f->lock, NULL);
	faults_reset(f);
}

void faults_done(struct faults *f)
{
	(void)pthread_mutex_destroy(&f->lock);
}

void faults_reset(struct faults *f)
{
	(void)pthread_mutex_lock(&f->lock);
	memset(f->disabled, 0, sizeof(f->disabled));
	for (int ep = 0; ep < ENDPOINTS; ep++) {
		for (int s = 0; s < SETTINGS; s++)
			f->set[ep][s] = setting_infos[s].def;
	}
	(void)pthread_mutex_unlock(&f->lock);
}

/* splitmix64: a seed gives the same misfortunes again. Lock held. */
static bool faults_draw(struct faults *f, int64_t percent)
{
	uint64_t z;

	if (percent <= 0)
		return false;
	z = (f->random += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (int64_t)((z ^ (z >> 31)) % 100) < percent;
}

static bool faults_next(int64_t *left)
{
	if (*left == 0)
		return false;
	--*left;
	return true;
}

void faults_plan(struct faults *f, enum endpoint ep, struct fault_plan *ret)
{
	int64_t *set = f->set[ep];

	*ret = (struct fault_plan){ 0 };
	(void)pthread_mutex_lock(&f->lock);
	ret->latency_us = set[SET_LATENCY_MS] * 1000;
	ret->processed_percent = set[SET_PROCESSED_PERCENT];
	if (f->disabled[ep])
		ret->status = 503;
	else if (faults_next(&set[SET_LOSE_REQUEST_NEXT]))
		ret->lose_request = true;
	else if (faults_next(&set[SET_FAIL_NEXT]) ||
	         faults_draw(f, set[SET_FAILURE_PERCENT]))
		ret->status = (int)set[SET_STATUS];
	else if (faults_next(&set[SET_LOSE_REPLY_NEXT]) ||
	         faults_draw(f, set[SET_LOSE_REPLY_PERCENT]))
		ret->lose_reply = true;
	(void)pthread_mutex_unlock(&f->lock);
}

/* The endpoints that the body names: *ret_from up to *ret_to. */
static int endpoint_range(const json_t *body, bool all_allowed, int *ret_from,
                          int *ret_to, struct rent_error *err)
{
	const char *name = json_string_value(json_object_get(body, "endpoint"));

	if (name == NULL)
		return rent_fail(err, RENT_EINVAL, "'endpoint' must be a text");
	if (all_allowed && strcmp(name, "*") == 0) {
		*ret_from = 0;
		*ret_to = ENDPOINTS;
		return 0;
	}
	for (int ep = 0; ep < ENDPOINTS; ep++) {
		if (strcmp(name, endpoint_names[ep]) == 0) {
			*ret_from = ep;
			*ret_to = ep + 1;
			return 0;
		}
	}
	return rent_fail(err, RENT_EINVAL, "there is no endpoint '%.100s'", name);
}

int faults_disable(struct faults *f, const json_t *body, struct rent_error *err)
{
	const json_t *disabled = json_object_get(body, "disabled");
	int from = 0, to = 0, ret = endpoint_range(body, false, &from, &to, err);

	if (ret < 0)
		return ret;
	if (!json_is_boolean(disabled))
		return rent_fail(err, RENT_EINVAL, "'disabled' must be true or false");
	(void)pthread_mutex_lock(&f->lock);
	f->disabled[from] = json_is_true(disabled);
	(void)pthread_mutex_unlock(&f->lock);
	return 0;
}

/* Reads the settings that the body has; has[s] says which. */
static int settings_read(const json_t *body, int64_t value[SETTINGS], bool has[SETTINGS],
                         struct rent_error *err)
{
	for (int s = 0; s < SETTINGS; s++) {
		const struct setting_info *info = &setting_infos[s];
		const json_t *v = json_object_get(body, info->name);

		has[s] = v != NULL;
		value[s] = json_integer_value(v);
		if (has[s] &&
		    (!json_is_integer(v) || value[s] < info->min || value[s] > info->max))
			return rent_fail(err, RENT_EINVAL,
			                 "'%s' must be a whole number from %" PRId64
			                 " to %" PRId64,
			                 info->name, info->min, info->max);
	}
	return 0;
}

int faults_set(struct faults *f, const json_t *body, struct rent_error *err)
{
	int64_t value[SETTINGS] = { 0 };
	bool has[SETTINGS] = { false };
	int from = 0, to = 0, ret = endpoint_range(body, true, &from, &to, err);

	if (ret == 0)
		ret = settings_read(body, value, has, err);
	if (ret < 0)
		return ret;
	(void)pthread_mutex_lock(&f->lock);
	for (int ep = from; ep < to; ep++) {
		for (int s = 0; s < SETTINGS; s++) {
			if (has[s])
				f->set[ep][s] = value[s];
		}
	}
	(void)pthread_mutex_unlock(&f->lock);
	return 0;
}

void faults_render_status(struct faults *f, struct text *t)
{
	bool first = true;

	text_str(t, "{\"disabled_endpoints\":{");
	(void)pthread_mutex_lock(&f->lock);
	for (int ep = 0; ep < ENDPOINTS; ep++) {
		if (!f->disabled[ep])
			continue;
		text_str(t, first ? "" : ",");
		text_json(t, endpoint_names[ep]);
		text_str(t, ":true");
		first = false;
	}
	(void)pthread_mutex_unlock(&f->lock);
	text_str(t, "},\"available_endpoints\":[");
	for (int ep = 0; ep < EP_NAMED; ep++) {
		text_str(t, ep == 0 ? "" : ",");
		text_json(t, endpoint_names[ep]);
	}
	text_str(t, "]}");
}

void faults_render_settings(struct faults *f, struct text *t)
{
	text_str(t, "{");
	(void)pthread_mutex_lock(&f->lock);
	for (int ep = 0; ep < ENDPOINTS; ep++) {
		text_str(t, ep == 0 ? "" : ",");
		text_json(t, endpoint_names[ep]);
		text_str(t, ":{\"disabled\":");
		text_str(t, f->disabled[ep] ? "true" : "false");
		for (int s = 0; s < SETTINGS; s++)
			text_member_int(t, setting_infos[s].name, f->set[ep][s]);
		text_str(t, "}");
	}
	(void)pthread_mutex_unlock(&f->lock);
	text_str(t, "}");
}
