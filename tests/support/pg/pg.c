/* SPDX-License-Identifier: MIT
 *
 * pg.c - a server for tests; see pg.h. A child of ours watches us through a pipe: when we
 * end, however that happens, it ends the server and removes the folder.
 */
#include "pg.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pg_internal.h"

#define PATH_MAX_HERE 256
#define SETTINGS      16
#define PATIENCE_MS   60000

struct pg {
	char folder[PATH_MAX_HERE], data[PATH_MAX_HERE + 8], conninfo[128];
	const char *settings[SETTINGS + 1];
	int port, pipe;
	pid_t server, watcher;
};

static void die(const char *what)
{
	(void)fprintf(stderr, "test server: %s\n", what);
	abort();
}

void pg_must(bool good, const char *what)
{
	if (!good)
		die(what);
}

/* The server refuses to be root. */
static const struct passwd *somebody(void)
{
	const struct passwd *pw = NULL;

	if (geteuid() != 0)
		return NULL;
	pw = getpwnam("postgres");
	if (pw == NULL)
		pw = getpwnam("nobody");
	pg_must(pw != NULL, "no unprivileged user");
	return pw;
}

static void drop_root(void)
{
	const struct passwd *pw = somebody();

	if (pw != NULL && (setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0))
		_exit(126);
}

static void silence(const char *folder)
{
	char name[PATH_MAX_HERE + 8];
	int fd;

	(void)snprintf(name, sizeof(name), "%s/log", folder);
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0)
		_exit(126);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)close(fd);
	fd = open("/dev/null", O_RDONLY);
	(void)dup2(fd, STDIN_FILENO);
	(void)close(fd);
}

pid_t pg_spawn(const char *folder, const char *path, char *const *argv)
{
	pid_t pid = fork();

	pg_must(pid >= 0, "fork");
	if (pid != 0)
		return pid;
	drop_root();
	silence(folder);
	/* The server counts what it may open from what it was given; libraries of the test do
	 * not mark all they open. */
	(void)close_range(STDERR_FILENO + 1, UINT_MAX, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir(folder) == 0)
		(void)execv(path, argv);
	_exit(127);
}

static bool finished_well(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && status == 0;
}

/* With owners and modes. */
static bool copy_folder(const char *from, const char *to)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)execl("/bin/cp", "cp", "-a", "-T", from, to, (char *)NULL);
		_exit(127);
	}
	return finished_well(pid);
}

static void remove_folder(const char *path);

/* Keeps what initdb has made: it takes ten times as long as a copy, and every test process
 * wants a server. Several may be at it at once: the first one's stays. */
static void keep_template(const struct pg *pg)
{
	char mine[sizeof(RENT_TEST_PG_TEMPLATE) + 16];

	(void)snprintf(mine, sizeof(mine), "%s.%d", RENT_TEST_PG_TEMPLATE, (int)getpid());
	if (!copy_folder(pg->data, mine) || rename(mine, RENT_TEST_PG_TEMPLATE) != 0)
		remove_folder(mine);
}

static void init(struct pg *pg)
{
	/* Finds the rest of PostgreSQL by its own path. */
	static char program[] = RENT_TEST_PG_BIN "/initdb";
	char d[] = "-D", u[] = "-U", user[] = "rent", a[] = "-A";
	char trust[] = "trust", e[] = "-E", utf8[] = "UTF8", locale[] = "--no-locale";
	char sync[] = "--no-sync";
	char *argv[] = { program, d, pg->data, u,      user, a,
		         trust,   e, utf8,     locale, sync, NULL };

	if (access(RENT_TEST_PG_TEMPLATE "/PG_VERSION", R_OK) == 0 &&
	    copy_folder(RENT_TEST_PG_TEMPLATE, pg->data))
		return;
	remove_folder(pg->data);
	pg_must(finished_well(pg_spawn(pg->folder, program, argv)), "initdb failed");
	keep_template(pg);
}

int pg_free_port(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
		                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	pg_must(fd >= 0 && bind(fd, (struct sockaddr *)&addr, size) == 0 &&
	                getsockname(fd, (struct sockaddr *)&addr, &size) == 0,
	        "no free port");
	(void)close(fd);
	return ntohs(addr.sin_port);
}

static void wait_ready(struct pg *pg)
{
	char info[200];
	int status;

	(void)snprintf(info, sizeof(info), "%s dbname=postgres connect_timeout=5",
	               pg->conninfo);
	for (int ms = 0; PQping(info) != PQPING_OK; ms += 20) {
		pg_must(ms < PATIENCE_MS, "does not answer");
		pg_must(waitpid(pg->server, &status, WNOHANG) == 0, "ended; see its log");
		(void)usleep(20000);
	}
}

void pg_start(struct pg *pg)
{
	static char program[] = RENT_TEST_PG_BIN "/postgres", c[] = "-c";
	char d[] = "-D", port[32], sockets[PATH_MAX_HERE + 32];
	char listen[] = "listen_addresses=127.0.0.1", fsync[] = "fsync=off";
	char copies[SETTINGS][96];
	char *argv[2 * SETTINGS + 16] = { program, d, pg->data, c, port, c,
		                          sockets, c, listen,   c, fsync };
	int n = 11;

	(void)snprintf(port, sizeof(port), "port=%d", pg->port);
	(void)snprintf(sockets, sizeof(sockets), "unix_socket_directories=%s",
	               pg->folder);
	for (int i = 0; pg->settings[i] != NULL; i++) {
		(void)snprintf(copies[i], sizeof(copies[i]), "%s", pg->settings[i]);
		argv[n++] = c;
		argv[n++] = copies[i];
	}
	pg->server = pg_spawn(pg->folder, program, argv);
	wait_ready(pg);
}

void pg_signal(struct pg *pg, int sig)
{
	pg_must(pg->server > 0 && kill(pg->server, sig) == 0, "cannot be signalled");
}

void pg_stop(struct pg *pg, int sig)
{
	int status;

	pg_signal(pg, sig);
	pg_must(waitpid(pg->server, &status, 0) == pg->server, "waitpid");
	pg->server = 0;
}

/* ---- the watcher */
static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

static void remove_folder(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void end_server(const struct pg *pg)
{
	char name[PATH_MAX_HERE + 32], line[32] = "";
	long pid;
	FILE *file;

	(void)snprintf(name, sizeof(name), "%s/postmaster.pid", pg->data);
	file = fopen(name, "re");
	if (file == NULL)
		return;
	if (fgets(line, sizeof(line), file) == NULL)
		line[0] = '\0';
	pid = strtol(line, NULL, 10);
	if (pid > 1) {
		(void)kill((pid_t)pid, SIGQUIT);
		(void)kill((pid_t)pid, SIGCONT);
	}
	(void)fclose(file);
	for (int i = 0;
	     i < 500 && pid > 1 && access(name, F_OK) == 0 && kill((pid_t)pid, 0) == 0;
	     i++)
		(void)usleep(10000);
}

static void watch(struct pg *pg, int fd)
{
	char byte;

	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	while (read(fd, &byte, 1) > 0)
		;
	end_server(pg);
	remove_folder(pg->folder);
	_exit(0);
}

static void start_watcher(struct pg *pg)
{
	int fds[2];

	pg_must(pipe2(fds, O_CLOEXEC) == 0, "pipe");
	pg->watcher = fork();
	pg_must(pg->watcher >= 0, "fork");
	if (pg->watcher == 0) {
		(void)close(fds[1]);
		watch(pg, fds[0]);
	}
	(void)close(fds[0]);
	pg->pipe = fds[1];
}

static void make_folder(struct pg *pg)
{
	const char *tmp = getenv("TMPDIR");
	const struct passwd *pw = somebody();

	(void)snprintf(pg->folder, sizeof(pg->folder), "%.200s/pg-XXXXXX",
	               tmp == NULL ? "/tmp" : tmp);
	pg_must(mkdtemp(pg->folder) != NULL, "no temporary folder");
	if (pw != NULL)
		pg_must(chown(pg->folder, pw->pw_uid, pw->pw_gid) == 0, "chown");
	(void)snprintf(pg->data, sizeof(pg->data), "%s/data", pg->folder);
}

struct pg *pg_new(const char *const *settings)
{
	struct pg *pg = calloc(1, sizeof(*pg));

	pg_must(pg != NULL, "out of memory");
	for (int i = 0; settings != NULL && settings[i] != NULL; i++) {
		pg_must(i < SETTINGS, "too many settings");
		pg->settings[i] = settings[i];
	}
	make_folder(pg);
	start_watcher(pg);
	init(pg);
	pg->port = pg_free_port();
	(void)snprintf(pg->conninfo, sizeof(pg->conninfo),
	               "host=127.0.0.1 port=%d user=rent", pg->port);
	pg_start(pg);
	return pg;
}

void pg_free(struct pg *pg)
{
	int status;

	if (pg == NULL)
		return;
	if (pg->server > 0)
		pg_stop(pg, SIGQUIT);
	(void)close(pg->pipe);
	(void)waitpid(pg->watcher, &status, 0);
	free(pg);
}

int pg_port(const struct pg *pg)
{
	return pg->port;
}

const char *pg_conninfo(const struct pg *pg)
{
	return pg->conninfo;
}

const char *pg_folder(const struct pg *pg)
{
	return pg->folder;
}

/* ---- an operator's statements */
static PGresult *run(const char *conninfo, const char *text)
{
	PGconn *conn = PQconnectdb(conninfo);
	PGresult *res = PQexec(conn, text);
	ExecStatusType status = PQresultStatus(res);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
		(void)fprintf(stderr, "%s: %s", text, PQerrorMessage(conn));
		abort();
	}
	PQfinish(conn);
	return res;
}

void pg_sql(const char *conninfo, const char *text)
{
	PQclear(run(conninfo, text));
}

long long pg_int(const char *conninfo, const char *text)
{
	PGresult *res = run(conninfo, text);
	long long ret = -1;

	if (PQntuples(res) > 0 && !PQgetisnull(res, 0, 0))
		ret = strtoll(PQgetvalue(res, 0, 0), NULL, 10);
	PQclear(res);
	return ret;
}
