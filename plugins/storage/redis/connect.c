/* SPDX-License-Identifier: MIT
 *
 * connect.c - see connect.h.
 */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static struct timeval timeval_of(int64_t us)
{
	return (struct timeval){ .tv_sec = us / RENT_SECOND,
		                 .tv_usec = us % RENT_SECOND };
}

/* One command and its reply of the wanted type; NULL says why. */
static redisReply *ask_redis(redisContext *ctx, int argc, const char *const *argv,
                             int type, struct rent_error *err)
{
	const char *copy[4];
	redisReply *reply;

	for (int i = 0; i < argc; i++)
		copy[i] = argv[i];
	errno = 0;
	reply = redisCommandArgv(ctx, argc, copy, NULL);
	if (reply == NULL) {
		(void)rent_fail(err, RENT_EUNAVAIL, "%s: no answer: %s", argv[0],
		                errno == EAGAIN ? "time is up" : ctx->errstr);
		return NULL;
	}
	if (reply->type == type)
		return reply;
	(void)rent_fail(err, RENT_EUNAVAIL, "%s: refused: \"%.200s\"", argv[0],
	                reply->type == REDIS_REPLY_ERROR ? reply->str
	                                                 : "an unexpected answer");
	freeReplyObject(reply);
	return NULL;
}

static int expect_status(redisContext *ctx, int argc, const char *const *argv,
                         struct rent_error *err)
{
	redisReply *reply = ask_redis(ctx, argc, argv, REDIS_REPLY_STATUS, err);

	if (reply == NULL)
		return RENT_EUNAVAIL;
	freeReplyObject(reply);
	return 0;
}

static int login(redisContext *ctx, const char *user, const char *password,
                 struct rent_error *err)
{
	const char *const both[] = { "AUTH", user, password };
	const char *const old[] = { "AUTH", password };

	if (password[0] == '\0')
		return 0;
	return user[0] == '\0' ? expect_status(ctx, 2, old, err)
	                       : expect_status(ctx, 3, both, err);
}

static redisContext *connect_to(const struct address *to, int64_t us,
                                struct rent_error *err)
{
	struct timeval tv = timeval_of(us);
	redisContext *ctx =
		to->path[0] != '\0'
			? redisConnectUnixWithTimeout(to->path, tv)
			: redisConnectWithTimeout(to->at.host, to->at.port, tv);

	if (ctx != NULL && ctx->err == 0 && redisSetTimeout(ctx, tv) == REDIS_OK)
		return ctx;
	(void)rent_fail(err, RENT_EUNAVAIL, "cannot be connected: %s",
	                ctx == NULL ? "out of memory" : ctx->errstr);
	if (ctx != NULL)
		redisFree(ctx);
	return NULL;
}

/* ---- sentinels */
static bool is_text(const redisReply *reply)
{
	return reply->type == REDIS_REPLY_STRING && reply->str != NULL;
}

static int read_master(const redisReply *reply, struct address_host *ret,
                       struct rent_error *err)
{
	struct address_host at = { .port = 0 };
	const redisReply *host, *port;

	if (reply->elements != 2 || !is_text(reply->element[0]) ||
	    !is_text(reply->element[1]))
		return rent_fail(err, RENT_EUNAVAIL, "names no master");
	host = reply->element[0];
	port = reply->element[1];
	at.port = (int)strtol(port->str, NULL, 10);
	if (host->len == 0 || at.port < 1 || at.port > 65535 ||
	    !rent_copy(at.host, sizeof(at.host), host->str))
		return rent_fail(err, RENT_EUNAVAIL, "names a master without an address");
	*ret = at;
	return 0;
}

static int ask_sentinel(const struct connect_options *o,
                        const struct address_host *sentinel, struct address_host *ret,
                        struct rent_error *err)
{
	const char *const argv[] = { "SENTINEL", "get-master-addr-by-name", o->master };
	struct address to = { .at = *sentinel };
	redisContext *ctx = connect_to(&to, o->connect_us, err);
	redisReply *reply;
	int code = RENT_EUNAVAIL;

	if (ctx == NULL)
		return code;
	if (o->sentinel_password == NULL ||
	    login(ctx, "", o->sentinel_password, err) == 0) {
		reply = ask_redis(ctx, 3, argv, REDIS_REPLY_ARRAY, err);
		if (reply != NULL) {
			code = read_master(reply, ret, err);
			freeReplyObject(reply);
		}
	}
	redisFree(ctx);
	return code;
}

static int find_master(const struct connect_options *o, struct address *to,
                       char where[ADDRESS_TEXT_SIZE], struct rent_error *err)
{
	for (size_t i = 0; i < o->sentinel_count; i++) {
		struct address sentinel = { .at = o->sentinels[i] };

		address_text(&sentinel, where);
		if (ask_sentinel(o, &o->sentinels[i], &to->at, err) == 0)
			return 0;
	}
	return RENT_EUNAVAIL;
}

/* A sentinel may not have heard yet. Its word is checked with the one it names. */
static int check_role(redisContext *ctx, struct rent_error *err)
{
	const char *const argv[] = { "ROLE" };
	redisReply *reply = ask_redis(ctx, 1, argv, REDIS_REPLY_ARRAY, err);
	int code = 0;

	if (reply == NULL)
		return RENT_EUNAVAIL;
	if (reply->elements < 1 || !is_text(reply->element[0]) ||
	    strcmp(reply->element[0]->str, "master") != 0)
		code = rent_fail(err, RENT_EUNAVAIL, "is not the master");
	freeReplyObject(reply);
	return code;
}

static int greet(redisContext *ctx, const struct connect_options *o,
                 struct rent_error *err)
{
	const char *const ping[] = { "PING" };
	char number[24];
	const char *const select[] = { "SELECT", number };
	int code = login(ctx, o->address.user, o->address.password, err);

	(void)snprintf(number, sizeof(number), "%" PRId64, o->address.database);
	if (code == 0 && o->address.database != 0)
		code = expect_status(ctx, 2, select, err);
	if (code == 0 && o->sentinel_count > 0)
		code = check_role(ctx, err);
	return code == 0 ? expect_status(ctx, 1, ping, err) : code;
}

static int unblock(redisContext *ctx, struct rent_error *err)
{
	int flags = fcntl(ctx->fd, F_GETFL);

	(void)fcntl(ctx->fd, F_SETFD, FD_CLOEXEC);
	if (flags < 0 || fcntl(ctx->fd, F_SETFL, flags | O_NONBLOCK) != 0)
		return rent_fail(err, RENT_EFAIL, "fcntl failed");
	ctx->flags &= ~REDIS_BLOCK;
	return 0;
}

int dial(const struct connect_options *options, redisContext **ret,
         char where[ADDRESS_TEXT_SIZE], struct rent_error *err)
{
	struct address to = options->address;
	redisContext *ctx;
	int code = 0;

	if (options->sentinel_count > 0)
		code = find_master(options, &to, where, err);
	if (code != 0)
		return code;
	address_text(&to, where);
	ctx = connect_to(&to, options->connect_us, err);
	if (ctx == NULL)
		return RENT_EUNAVAIL;
	if (to.path[0] == '\0')
		(void)redisEnableKeepAlive(ctx);
	code = greet(ctx, options, err);
	if (code == 0)
		code = unblock(ctx, err);
	if (code != 0) {
		redisFree(ctx);
		return code;
	}
	*ret = ctx;
	return 0;
}
