/* SPDX-License-Identifier: MIT
 *
 * rent/host.h - the services a plugin instance gets from the host: one sized table, handed
 * to create() and valid until destroy() returned. The host exports no symbols; a plugin is
 * tested by handing it a table of the test's own.
 *
 * Unless a slot says otherwise, it may be called from any thread at any time between
 * create() and the end of destroy(), never blocks, and copies what it keeps. No slot is
 * NULL within the minor that introduced it.
 *
 * Handlers of routes and functions of timers run as tasks. Three slots wait, and so park a task
 * that calls them: sleep_us, exchange, and what task offers for it; besides them a call of a
 * bound interface may. Across a wait a plugin holds no lock of its own and relies on no
 * thread-local state, since other tasks run on the thread meanwhile: see rent/task.h.
 */
#ifndef RENT_HOST_H
#define RENT_HOST_H

#include "base.h"
#include "crypto.h"
#include "http.h"
#include "json.h"
#include "task.h"
#include "upstream.h"

RENT_EXTERN_C_BEGIN

enum rent_log_level {
	/* A person has to act. */
	RENT_LOG_ERROR = 1,
	/* degraded, goes on. */
	RENT_LOG_WARN,
	/* A state changed. */
	RENT_LOG_INFO,
	/* Off in production. */
	RENT_LOG_DEBUG,
};

enum rent_metric_type {
	RENT_COUNTER = 1,
	RENT_GAUGE,
	RENT_HISTOGRAM
};

struct rent_metric; /* a registered family; the host's, valid until destroy() has returned */

#define RENT_METRIC_LABELS 4
/* The prefix of the families that dashboards look for. */
#define RENT_METRIC_PREFIX "rental_system_"

enum rent_metric_flags {
	/* The host adds the label `service`, the name of the process. */
	RENT_METRIC_SERVICE = 1u << 0,
};

/* A family of metrics. Values are int64. Registering the same name again gives the same
 * family. At most 500 series a family (metrics.max_series); further label values are counted
 * under "other". */
struct rent_metric_def {
	uint32_t struct_size;
	enum rent_metric_type type;
	const char *name, *help;
	/* Names of the labels, up to the first NULL. */
	const char *labels[RENT_METRIC_LABELS];
	/* Of a histogram: upper bounds, ascending, in raw units. */
	const int64_t *buckets;
	uint32_t bucket_count;
	/* enum rent_metric_flags */
	uint32_t flags;
	/* Values are shown divided by it: 1000000 for times in us, shown in seconds. 0 is 1. */
	int64_t scale;
};

/* A bound instance. `api` is the interface table of the bound instance's kind (its
 * struct_size says how much of it is there), `self` its first argument. */
struct rent_bound {
	uint32_t struct_size;
	const void *api;
	void *self;
	/* Its name in the configuration. */
	const char *instance;
	/* The name of its plugin; NULL: an older host does not say. */
	const char *plugin;
};

/* Copies the interface table of a bound instance into the caller's own. Slots that an older plugin
 * lacks read as NULL. */
static inline void rent_adopt_table(void *mine, size_t my_size,
                                    const struct rent_bound *bound)
{
	rent_adopt(mine, my_size, bound->api, *(const uint32_t *)bound->api);
}

struct rent_timer;

struct rent_host {
	uint32_t struct_size;
	/* The host's; the first argument of nothing. */
	void *priv;

	/* ---- who am I: strings valid as long as the table. */
	/* The process: "rental-core". */
	const char *service;
	/* This instance's name in the configuration. */
	const char *instance;

	/* ---- options, as declared in the plugin's table, after defaults. Asking for a
	 * name or type that is not in the table is a bug of the plugin and aborts. Values
	 * change only within reload(); strings stay valid until destroy() returned. */
	/* All number types. */
	int64_t (*opt_int)(const struct rent_host *host, const char *name);
	bool (*opt_bool)(const struct rent_host *host, const char *name);
	/* NULL: not set. */
	const char *(*opt_str)(const struct rent_host *host, const char *name);
	/* The index in choices. */
	int (*opt_enum)(const struct rent_host *host, const char *name);
	/* The i-th element of a list, or NULL past its end. */
	const char *(*opt_list)(const struct rent_host *host, const char *name, size_t i);

	/* ---- bindings. need is a name of the plugin's table of needs. Returns false when an
	 * optional need is not bound. The bound instance is created before and destroyed
	 * after this one; its interface may be called from start() on. */
	bool (*lookup)(const struct rent_host *host, const char *need,
	               struct rent_bound *ret);

	/* ---- log: one line at level, component is the instance. Rate-limited by the host.
	 * fields is an array ended by a NULL key, or NULL; request_id and trace_id are shown
	 * first, the others in their order: begin with what the line is about. */
	void (*log)(const struct rent_host *host, enum rent_log_level level,
	            const struct rent_field *fields, const char *fmt, ...)
		RENT_PRINTF(4, 5);

	/* ---- metrics. labels: as many values as the definition has names. NULL def or
	 * memory exhausted gives a handle that counts nothing; never NULL. */
	struct rent_metric *(*metric)(const struct rent_host *host,
	                              const struct rent_metric_def *def);
	void (*metric_add)(struct rent_metric *metric, int64_t n,
	                   const char *const *labels);
	void (*metric_set)(struct rent_metric *metric, int64_t v,
	                   const char *const *labels);
	void (*metric_observe)(struct rent_metric *metric, int64_t v,
	                       const char *const *labels);

	/* ---- time and ids. */
	/* May jump. */
	int64_t (*wall_us)(const struct rent_host *host);
	/* Never goes back. */
	int64_t (*mono_us)(const struct rent_host *host);
	/* RFC 9562. */
	void (*uuid7)(const struct rent_host *host, char out[RENT_ID_SIZE]);
	/* From the kernel; never fails (the host aborts if it must). */
	void (*random)(const struct rent_host *host, void *out, size_t size);
	/* Waits for us microseconds or until the host is draining. A task parks meanwhile. */
	void (*sleep_us)(const struct rent_host *host, int64_t us);

	/* ---- memory: an arena of the host's, to be freed by its owner. NULL on ENOMEM. */
	struct rent_arena *(*arena_new)(const struct rent_host *host);
	void (*arena_free)(const struct rent_host *host, struct rent_arena *arena);

	/* ---- timers and workers. Each timer is a task; its fn never runs twice at
	 * once; the next run is due `interval_us` after the last one began (at once if
	 * that has passed). Timers begin when every instance has started. drain() is
	 * called while they still run, so that it can make its own run the last; then
	 * they stop, each with the run it is in finished. */
	int (*timer)(const struct rent_host *host, const char *name, int64_t interval_us,
	             void (*fn)(void *arg), void *arg, struct rent_error *err);
	/* Runs fn(arg) on a thread that may block (runtime.workers). RENT_EFULL when their queue
	 * is full. */
	int (*work)(const struct rent_host *host, void (*fn)(void *arg), void *arg);

	/* ---- outbound HTTP. upstream_open in create() only; `name` is the group of options
	 * made by RENT_UPSTREAM_OPTIONS and the breaker's name; base_url "https://host:port", or
	 * http:// on this machine; beyond it only where the option `insecure` says so
	 * (RENT_INSECURE_OPTION), else RENT_EINVAL.
	 * Opening the same name and address twice gives the same upstream. The handle is
	 * valid until destroy() has returned. No connection is made yet. */
	int (*upstream_open)(const struct rent_host *host, const char *name,
	                     const char *base_url, struct rent_upstream **ret,
	                     struct rent_error *err);
	/* Runs n exchanges at once, at most max_in_flight of their upstream in the air, and
	 * returns when each has an end. In a task it parks; not in an inline handler.
	 * The longest it takes is n / max_in_flight rounds of tries × (timeout + backoff). */
	void (*exchange)(const struct rent_host *host, struct rent_exchange *const *x,
	                 size_t n);

	/* ---- problem documents. Fills reply with an application/problem+json (RFC 9457);
	 * title is the status' own phrase; type "/problems/" + slug; errors may be NULL, ends
	 * with a NULL field. */
	void (*problem)(const struct rent_http_request *req,
	                struct rent_http_reply *reply, int status, const char *slug,
	                const char *detail, const struct rent_field_error *errors);

	/* ---- events. Publishes an event to the listeners of GET /api/v1/events. type is
	 * [a-z_], 1..32 characters: "rental"; json one object on one line, at most 4 KiB.
	 * A malformed event is dropped and counted in rentald_events_dropped_total.
	 * Listeners get events in the order of the calls; an event is kept in a ring of
	 * bounded size (events.ring, events.bytes), and nobody waits for a listener that
	 * is slow. Publish only what has been committed. No secrets. */
	void (*event)(const struct rent_host *host, const char *type, const char *json);

	/* ---- outbound HTTP again. Says whether the reply of an exchange that was RENT_JUDGED
	 * is an answer of the service: a success, or a refusal in the service's own words. A
	 * proxy's page is none, whatever its status; it counts as a failure for the breaker and
	 * is logged with status, content type and Location. Ignores an exchange that waits for
	 * no verdict. */
	void (*judged)(const struct rent_host *host, struct rent_exchange *x,
	               bool answered);

	/* ---- JSON, and signatures: see rent/json.h and rent/crypto.h. */
	const struct rent_json_api *json;
	const struct rent_crypto_api *crypto;

	/* ---- tasks, and waiting: see rent/task.h. */
	const struct rent_task_api *task;

	/* ---- events once more. event() about a user: subject is his id. On a listener with
	 * `auth` a customer hears events of his own subject only; an event without a subject goes
	 * to those who may hear all. */
	void (*event_of)(const struct rent_host *host, const char *subject,
	                 const char *type, const char *json);

	/* Whether an event would be heard, now or by a listener that comes back. Ask when there
	 * is something to publish, and on false spare yourself the writing: a listener that
	 * comes back later learns that it missed an event. */
	bool (*event_heard)(const struct rent_host *host);
};

RENT_EXTERN_C_END
#endif
