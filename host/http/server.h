/* SPDX-License-Identifier: MIT
 *
 * http/server.h - one listener of the host: an address, the routes mounted on it, static
 * files, and everything that rent/http.h says the host does around a handler.
 *
 * Handlers run as tasks on the loop of their connection; RENT_HTTP_INLINE ones of parallel
 * mounts there without a task; static files and the host's own routes on workers.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <pthread.h>
#include <rent/auth.h>
#include <rent/http.h>

struct events;
struct metrics;
struct pool;
struct task_lock;
struct tasks;
struct upstreams;
struct http_server;
struct http_ready;

/* The routes of one instance. Kept by pointer until http_server_free(). */
struct http_mount {
	const struct rent_http_routes *routes;
	void *self;
	const char *instance;     /* for the log */
	struct task_lock *serial; /* held around each call; NULL: parallel */
	struct pool *workers;     /* for handlers that may block; NULL: they are tasks */
};

/* An auth instance of a listener. */
struct http_auth {
	struct rent_auth api; /* as much of it as the instance has */
	void *self;
	const char *instance;     /* for the log */
	struct task_lock *serial; /* held around each call; NULL: parallel */
};

/* Tasks of the process; most: the ceiling. */
struct http_task_counts {
	unsigned alive, waiting, stuck, most;
};

/* The questions of the health routes to the application. */
struct http_probe {
	void *arg;
	const char *service, *version;
	/* Whether the process is ready, with one http_ready_add() for every instance that has
	 * a health check. Worker, several at once; may block. */
	bool (*ready)(void *arg, struct http_ready *report);
	/* Whether the process is ending: then it is not ready, without ready() being asked.
	 * Any thread; must not block. */
	bool (*draining)(void *arg);
	/* Describes this process as a JSON object without secrets: /api/v1/system. To be freed; NULL:
	 * no memory. Worker, several at once; may block. The slot may be NULL. */
	char *(*describe)(void *arg);
	/* The slot may be NULL. Any thread; must not block. */
	struct http_task_counts (*tasks)(void *arg);
};

/* state is one word: "ok", "degraded", "failed"; why may be NULL. Copied. */
void http_ready_add(struct http_ready *report, const char *name, const char *plugin,
                    const char *state, const char *why);

/* The host's own routes, by what they tell. */
enum http_system_route {
	HTTP_SYSTEM_LIVE = 1,  /* /api/v1/health: the process answers */
	HTTP_SYSTEM_READY = 2, /* …/ready: each instance, and what is wrong with it */
	HTTP_SYSTEM_BREAKERS = 4, /* …/circuit-breakers */
	HTTP_SYSTEM_METRICS = 8,  /* /metrics */
	HTTP_SYSTEM_SYSTEM = 16,  /* /api/v1/system: the configuration */
	HTTP_SYSTEM_EVENTS = 32,  /* /api/v1/events: own or everybody's */
	HTTP_SYSTEM_ALL = 63,
	HTTP_SYSTEM_READINESS = 64, /* …/ready: whether, not why; for anybody */
};

/* Zero is the default of each number. Strings are kept by pointer until
 * http_server_free(); listen, static_root and the array of mounts are copied. */
struct http_config {
	const char *name; /* for messages */
	const char *
		listen; /* "127.0.0.1:8000", "[::1]:80", "0.0.0.0:0", "localhost:80", "unix:/path" */
	const struct http_mount *mounts;
	size_t mount_count;
	const struct http_auth *auths; /* asked in this order; kept by pointer */
	size_t auth_count;             /* 0: everybody may call everything */
	const char *const
		*cors_origins;    /* ends with NULL; "*": any; NULL or none: no CORS */
	size_t body_max;          /* bytes; 64 KiB */
	size_t arena_max;         /* bytes a request may take besides its body; 1 MiB */
	unsigned max_connections; /* 4096; see http/mhd/crowd.h */
	unsigned connections_per_client; /* all of them; unix sockets and proxies: all */
	bool connections_of_others;      /* … and what calls from the loopback: all */
	unsigned waiting_per_client;     /* requests under way at once; 0: any number */
	bool waiting_of_others; /* … and of what calls from the loopback: any */
	unsigned limit_rate,
		limit_burst; /* requests a second of a client; 0: not counted */
	const char *const
		*trusted_proxies;   /* whose X-Forwarded-For counts; ends with NULL */
	int64_t header_timeout_us;  /* 10 s for a head to arrive */
	int64_t idle_timeout_us;    /* 60 s without a byte ends a connection */
	int64_t receive_timeout_us; /* 30 s for a request to arrive, besides idling */
	unsigned event_threads;     /* loops that it has a door on; all of them */
	const char *static_root;    /* NULL: none */
	unsigned system_routes;     /* enum http_system_route, or'ed */
	const char *const *hosts;   /* names it may be called by; see http/hosts.h */
	bool hosts_default; /* without any: loopback and unix listeners answer to local names */
	unsigned mode;                         /* of a unix socket; 0660 */
	const char *tls_certificate, *tls_key; /* files; NULL: no TLS */
	const char *tls_client_ca;             /* file; NULL: clients are not asked */
	bool tls_client_optional; /* else requests without a certificate get 403 */
	unsigned streams_max;     /* 1000 open /api/v1/events; further ones get 503 */
	int64_t heartbeat_us;     /* 15 s of silence in a stream */
	int64_t stream_life_us;   /* 5 min, where somebody is asked who he is */
	int64_t stall_us;         /* 30 s without room in its socket end a stream */
	struct tasks *tasks;      /* whose loops serve it */
	struct pool *pool;        /* for static files, which may block */
	struct pool *system_pool; /* for the host's own routes; NULL: pool */
	const struct http_probe *probe; /* with system_routes */
	struct metrics *metrics;     /* where requests are counted; shown at /metrics */
	struct events *events;       /* gets an event for each request; /api/v1/events */
	struct upstreams *upstreams; /* whose breakers are shown; NULL: none */
};

/* Checks the routes and binds, so that a taken port is an error here (RENT_EUNAVAIL; wrong
 * address or routes RENT_EINVAL; no permission RENT_EFAIL with errno EACCES). */
int http_server_new(const struct http_config *config, struct http_server **ret,
                    struct rent_error *err);

/* Starts to accept. */
int http_server_start(struct http_server *server, struct rent_error *err);

/* The port bound, for ":0"; and the address as text, "127.0.0.1:8000". */
unsigned http_server_port(const struct http_server *server);
const char *http_server_address(const struct http_server *server);
/* Further addresses that the configured name has and that are not listened on; "" none. */
const char *http_server_others(const struct http_server *server);

/* Reads certificate, key and authority again for connections to come; those that are there end after
 * their next reply. On failure everything stays. Does nothing without TLS. Any thread. */
int http_server_reload(struct http_server *server, struct rent_error *err);

/* Requests under way are answered; until they are, new ones get 503 and the host's own routes
 * still answer, all with Connection: close. Then the port is freed and idle connections are
 * ended. Waits until every connection is gone or the time has passed (RENT_ETIMEOUT). */
int http_server_drain(struct http_server *server, int64_t timeout_us);

/* Ends every connection and frees all. Waits for handlers that still run, so tasks and pools
 * must be alive. Accepts NULL and a server that was not started. */
void http_server_free(struct http_server *server);

#endif
