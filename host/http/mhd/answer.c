/* SPDX-License-Identifier: MIT
 *
 * http/mhd/answer.c - see answer.h: leads a call through its stages as the library hands it
 * over piece by piece. reply.c writes the reply.
 */
#include "http/mhd/answer.h"

#include "http/clients.h"
#include "http/dispatch.h"
#include "http/limits.h"
#include "http/mhd/door.h"
#include "http/mhd/peer.h"
#include "http/mhd/receive.h"
#include "http/mhd/reply.h"
#include "http/mhd/tls.h"
#include "http/observe.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

static struct conn *conn_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

/* Only we decode, part by part, so that an encoded slash stays one. */
size_t answer_unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
	(void)cls;
	(void)mhd;
	return strlen(text);
}

static void peer_begin(struct conn *conn, struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *addr = info == NULL ? NULL : info->client_addr;
	struct ucred cred;
	socklen_t size = sizeof(cred);

	conn->peer.uid = -1;
	conn->addr.ss_family = AF_UNIX;
	if (addr != NULL && (addr->sa_family == AF_INET || addr->sa_family == AF_INET6)) {
		memcpy(&conn->addr, addr,
		       addr->sa_family == AF_INET ? sizeof(struct sockaddr_in)
		                                  : sizeof(struct sockaddr_in6));
		(void)getnameinfo(addr,
		                  addr->sa_family == AF_INET
		                          ? sizeof(struct sockaddr_in)
		                          : sizeof(struct sockaddr_in6),
		                  conn->peer.address, sizeof(conn->peer.address), NULL, 0,
		                  NI_NUMERICHOST);
		return;
	}
	(void)rent_copy(conn->peer.address, sizeof(conn->peer.address), "unix");
	if (getsockopt(conn->fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0)
		conn->peer.uid = (int64_t)cred.uid;
}

void answer_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
	struct door *door = cls;
	struct conn *conn = *socket_context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

		conn = calloc(1, sizeof(*conn));
		if (conn == NULL || info == NULL) {
			free(conn);
			return; /* served without a watch */
		}
		conn->fd = info->connect_fd;
		peer_begin(conn, mhd);
		clients_count(door->server, (const struct sockaddr *)&conn->addr, 1);
		if (door->server->tls != NULL)
			conn->tls = tls_begin(door->server->tls, mhd);
		*socket_context = conn;
		door_conn_opened(door, conn);
	} else if (conn != NULL) {
		door_conn_closed(door, conn);
		clients_count(door->server, (const struct sockaddr *)&conn->addr, -1);
		tls_release(conn->tls);
		free(conn);
		*socket_context = NULL;
	}
}

enum MHD_Result answer_accept(void *cls, const struct sockaddr *addr, socklen_t size)
{
	struct door *door = cls;

	(void)size;
	return clients_may_connect(door->server, addr) ? MHD_YES : MHD_NO;
}

void *answer_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
	struct door *door = cls;
	struct conn *conn = conn_of(mhd);

	if (conn != NULL)
		conn->midway = true;
	return call_new(door->server, door, conn, mhd, target);
}

/* A refused body is worth reading only when the client does not wait for our word and
 * little of it is left. */
static bool answer_early(const struct call *call)
{
	bool giant = call->length >= 0 && (uint64_t)call->length > HTTP_DISCARD_MAX;

	if (!call->answered_here)
		return false;
	return call->broken || (call->has_body && (call->expects || giant));
}

/* The library ends the target at a NUL; its version stands behind all of it. */
static void see_line(struct call *call, const char *url, const char *version)
{
	size_t size = version > url ? (size_t)(version - url) : 0;

	call->old = strcmp(version, "HTTP/1.0") == 0;
	if (strlen(call->target) <= HTTP_TARGET_MAX && size != strlen(call->target) + 1)
		call->ambiguous = true;
}

static enum MHD_Result open_call(struct call *call, const char *method)
{
	if (call->conn != NULL)
		call->conn->headed = true;
	if (call->conn != NULL && call->conn->tls != NULL && call->conn->requests == 0)
		(void)tls_peer(call->mhd, call->conn->peer.subject,
		               sizeof(call->conn->peer.subject), call->conn->peer.sha256);
	peer_read(call);
	receive_head(call, method);
	observe_begin(call);
	call->underway = !call->answered_here && !call_is_system(call);
	if (call->underway)
		(void)atomic_fetch_add(&call->server->underway, 1);
	if (!answer_early(call))
		return MHD_YES;
	door_conn_busy(call->door, call->conn);
	return reply_send(call);
}

static enum MHD_Result complete(struct call *call)
{
	door_conn_busy(call->door, call->conn);
	receive_end(call);
	if (!call->answered_here && !dispatch(call)) {
		call->door->working++;
		call->suspended = true;
		MHD_suspend_connection(call->mhd);
		return MHD_YES;
	}
	call->stage = CALL_READY;
	return reply_send(call);
}

/* NOLINTNEXTLINE(readability-function-size): the library's signature */
enum MHD_Result answer_request(void *cls, struct MHD_Connection *mhd, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **con_cls)
{
	struct call *call = *con_cls;

	(void)cls;
	(void)mhd;
	if (call == NULL)
		return MHD_NO; /* no memory for it */
	if (call->stage == CALL_TARGET) {
		see_line(call, url, version);
		return open_call(call, method);
	}
	if (call->stage == CALL_READY)
		return reply_send(call);
	if (*data_size == 0)
		return complete(call);
	if (!receive_body(call, data, *data_size))
		return MHD_NO;
	*data_size = 0;
	return MHD_YES;
}

void answer_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                      enum MHD_RequestTerminationCode code)
{
	struct call *call = *con_cls;

	(void)mhd;
	if (call == NULL)
		return;
	*con_cls = NULL;
	observe_end(call, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	if (call->stream != NULL)
		streams_remove(&call->door->streams, call->stream);
	if (call->underway)
		(void)atomic_fetch_sub(&call->server->underway, 1);
	door_conn_quiet(cls, call->conn);
	call_free(call);
}
