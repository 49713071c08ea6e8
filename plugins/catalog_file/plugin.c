/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/plugin.c - the catalogue in a file: descriptor, options, answers, and the
 * watch that reads the file again when it has changed. A file is taken as a whole or not at all;
 * while it is wrong, what was read before stays.
 */
#include "sheets.h"

#include <errno.h>
#include <fcntl.h>
#include <rent/time.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Differs between two contents of the file. */
struct stamp {
	int64_t modified_ns, size, inode;
};

struct catalog {
	const struct rent_host *host;
	const char *file;
	bool regular_users;
	struct live live;
	/* Guards what follows; never held while waiting. */
	pthread_mutex_t lock;
	struct sheets *sheets;
	struct stamp read, seen;
	int64_t read_at;
	/* "": the file is right. */
	char trouble[RENT_NOTE_SIZE];
};

static const struct rent_option options[] = {
	RENT_PATH_OPTION("file", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                 .help = "YAML file with configs, tariffs, stations and users"),
	RENT_DURATION_OPTION(
		"check", "1s", .min = "10ms", .max = "1h",
		.help = "how often the file is looked at; it is read again when it has "
			"changed and then stood still for this long"),
	RENT_ENUM_OPTION(
		"unknown_users", "regular", .choices = "regular|refused",
		.help = "a user that is not in the file: without privileges, or none"),
	RENT_OPTIONS_END,
};

static bool same_stamp(const struct stamp *a, const struct stamp *b)
{
	return a->modified_ns == b->modified_ns && a->size == b->size &&
	       a->inode == b->inode;
}

static bool stamp_of(int fd, struct stamp *ret)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return false;
	*ret = (struct stamp){ st.st_mtim.tv_sec * INT64_C(1000000000) +
		                       st.st_mtim.tv_nsec,
		               st.st_size, (int64_t)st.st_ino };
	return true;
}

/* The whole file, with a NUL behind. NULL: it cannot be read, or changed while it was. */
static char *slurp(int fd, const struct stamp *stamp, struct faults *faults)
{
	size_t size = (size_t)stamp->size, at = 0;
	struct stamp after;
	char *text;
	ssize_t n = 1;

	if (size > SHEETS_FILE_MAX) {
		faults_add(faults, 0, "%zu bytes; at most %zu are read", size,
		           SHEETS_FILE_MAX);
		return NULL;
	}
	text = malloc(size + 1);
	while (text != NULL && at < size && n > 0) {
		n = read(fd, text + at, size - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (text == NULL || at < size || !stamp_of(fd, &after) ||
	    !same_stamp(&after, stamp)) {
		faults_add(faults, 0, "it cannot be read as a whole: %s",
		           n < 0 ? strerror(errno) : "it changes meanwhile");
		free(text);
		return NULL;
	}
	text[size] = '\0';
	return text;
}

static struct sheets *read_file(const char *file, struct stamp *ret_stamp,
                                struct faults *faults)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct sheets *sheets = NULL;
	char *text = NULL;

	*faults = (struct faults){ .file = file };
	*ret_stamp = (struct stamp){ 0 };
	if (fd < 0 || !stamp_of(fd, ret_stamp))
		faults_add(faults, 0, "%s", strerror(errno));
	else
		text = slurp(fd, ret_stamp, faults);
	if (text != NULL)
		sheets = sheets_new(text, (size_t)ret_stamp->size, faults);
	if (fd >= 0)
		(void)close(fd);
	free(text);
	return sheets;
}

static void log_faults(const struct catalog *c, const struct faults *faults)
{
	char text[RENT_ERROR_TEXT];

	for (size_t i = 0; i < faults->count && i < FAULTS_KEPT; i++) {
		faults_text(faults, i, text, sizeof(text));
		c->host->log(c->host, RENT_LOG_ERROR, NULL, "%s", text);
	}
}

/* The first fault, and how many there are. */
static void tell_faults(const struct faults *faults, char *ret, size_t size)
{
	char text[RENT_ERROR_TEXT];

	faults_text(faults, 0, text, sizeof(text));
	if (faults->count == 1)
		(void)snprintf(ret, size, "%s", text);
	else
		(void)snprintf(ret, size, "%zu faults; the first: %.400s", faults->count,
		               text);
}

/* Blocking. Takes the file if it is right, else says what is wrong, once for each content. */
static void reread(void *arg)
{
	struct catalog *c = arg;
	struct faults *faults = malloc(sizeof(*faults));
	char summary[96];
	struct sheets *fresh, *old;
	struct stamp stamp;

	if (faults == NULL)
		return;
	fresh = read_file(c->file, &stamp, faults);
	if (fresh == NULL) {
		log_faults(c, faults);
		c->host->log(c->host, RENT_LOG_ERROR, NULL,
		             "what was read before stays in use");
	} else {
		sheets_summary(fresh, summary, sizeof(summary));
		c->host->log(c->host, RENT_LOG_INFO, NULL, "'%s' read: %s", c->file,
		             summary);
	}
	(void)pthread_mutex_lock(&c->lock);
	c->read = stamp;
	old = fresh == NULL ? NULL : c->sheets;
	if (fresh != NULL) {
		c->sheets = fresh;
		c->read_at = c->host->wall_us(c->host);
		c->trouble[0] = '\0';
	} else {
		char text[RENT_ERROR_TEXT];

		tell_faults(faults, text, sizeof(text));
		(void)rent_copy(c->trouble, sizeof(c->trouble), text);
	}
	(void)pthread_mutex_unlock(&c->lock);
	sheets_unref(old);
	free(faults);
}

/* Blocking. A file that is being written stands still before it is read. */
static void look_at_file(void *arg)
{
	struct catalog *c = arg;
	int fd = open(c->file, O_RDONLY | O_CLOEXEC);
	struct stamp now = { 0 };
	bool changed;

	if (fd >= 0) {
		(void)stamp_of(fd, &now);
		(void)close(fd);
	}
	(void)pthread_mutex_lock(&c->lock);
	changed = !same_stamp(&now, &c->read) && same_stamp(&now, &c->seen);
	c->seen = now;
	(void)pthread_mutex_unlock(&c->lock);
	if (changed)
		reread(c);
}

static void watch_file(void *arg)
{
	struct catalog *c = arg;

	(void)c->host->task->block(c->host, look_at_file, c);
}

/* ---- answers */

static struct sheets *current(struct catalog *c)
{
	struct sheets *s;

	(void)pthread_mutex_lock(&c->lock);
	s = sheets_ref(c->sheets);
	(void)pthread_mutex_unlock(&c->lock);
	return s;
}

static bool answer_user(const struct catalog *c, const struct sheets *s, const char *id,
                        struct rent_catalog_user *ret)
{
	const struct sheets_user *u = sheets_user(s, id);

	if (u == NULL && !c->regular_users)
		return false;
	(void)rent_copy(ret->id, sizeof(ret->id), id);
	ret->subscriber = u != NULL && u->subscriber;
	ret->trusted = u != NULL && u->trusted;
	return true;
}

static bool answer_tariff(const struct sheets *s, const char *id,
                          struct rent_catalog_tariff *ret)
{
	const struct sheets_tariff *t = sheets_tariff(s, id);

	if (t == NULL)
		return false;
	(void)rent_copy(ret->id, sizeof(ret->id), id);
	ret->price_per_hour = t->price_per_hour;
	ret->free_period_min = t->free_period_min;
	ret->deposit = t->deposit;
	return true;
}

static void catalog_read(void *self, enum rent_catalog_what what, const char *id,
                         int64_t deadline_us, struct rent_arena *arena,
                         struct rent_catalog_result *ret)
{
	struct catalog *c = self;
	struct sheets *s = current(c);
	const struct sheet_station *station = NULL;
	bool found = false;

	(void)deadline_us; /* the station's upstream has one */
	switch (what) {
	case RENT_CAT_STATION:
		station = sheets_station(s, id);
		break;
	case RENT_CAT_TARIFF:
		found = answer_tariff(s, id, &ret->tariff);
		break;
	case RENT_CAT_USER:
		found = answer_user(c, s, id, &ret->user);
		break;
	case RENT_CAT_CONFIGS:
		ret->configs.last_banks_increase_ppm = sheets_last_banks_increase(s);
		found = true;
		break;
	}
	if (station != NULL) {
		sheet_station(station, &c->live, arena, ret);
	} else if (found) {
		ret->outcome = RENT_SUCCEEDED;
	} else {
		ret->outcome = RENT_DECLINED;
		(void)rent_copy(ret->note, sizeof(ret->note), "it is not in the file");
	}
	sheets_unref(s);
}

/* ---- life */

static void catalog_destroy(void *self)
{
	struct catalog *c = self;

	if (c == NULL)
		return;
	sheets_unref(c->sheets);
	live_done(&c->live);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static int catalog_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct catalog *c = calloc(1, sizeof(*c));
	struct faults *faults = malloc(sizeof(*faults));
	char text[RENT_ERROR_TEXT];

	if (c == NULL || faults == NULL) {
		free(c);
		free(faults);
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	}
	c->host = host;
	c->file = host->opt_str(host, "file");
	c->regular_users = host->opt_enum(host, "unknown_users") == 0;
	live_init(&c->live, host);
	(void)pthread_mutex_init(&c->lock, NULL);
	c->sheets = read_file(c->file, &c->read, faults);
	c->seen = c->read;
	c->read_at = host->wall_us(host);
	if (c->sheets == NULL) {
		log_faults(c, faults);
		tell_faults(faults, text, sizeof(text));
		free(faults);
		catalog_destroy(c);
		return rent_fail(err, RENT_EINVAL, "%s", text);
	}
	free(faults);
	*ret_self = c;
	return 0;
}

static int catalog_start(void *self, struct rent_error *err)
{
	struct catalog *c = self;

	live_bind(&c->live);
	return c->host->timer(c->host, "watch", c->host->opt_int(c->host, "check"),
	                      watch_file, c, err);
}

static void catalog_health(void *self, struct rent_health *ret)
{
	struct catalog *c = self;
	char at[RENT_TIME_SIZE];

	(void)pthread_mutex_lock(&c->lock);
	ret->state = c->trouble[0] == '\0' ? RENT_HEALTHY : RENT_DEGRADED;
	rent_time_text(c->read_at, 'T', at);
	if (c->trouble[0] == '\0')
		(void)snprintf(ret->why, sizeof(ret->why), "read at %s", at);
	else
		(void)rent_copy(ret->why, sizeof(ret->why), c->trouble);
	(void)pthread_mutex_unlock(&c->lock);
}

static const struct rent_need needs[] = {
	LIVE_NEEDS,
	{ NULL, NULL, false, NULL },
};

static const struct rent_catalog api = {
	.struct_size = sizeof(api),
	.read = catalog_read,
};

RENT_PLUGIN(catalog_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_CATALOG,
	.name = "catalog_file",
	.version = RENT_VERSION,
	.summary =
		"stations, tariffs, users and configs from a file, read again when it changes",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = catalog_create,
	.start = catalog_start,
	.destroy = catalog_destroy,
	.health = catalog_health,
};
