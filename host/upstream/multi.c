/* SPDX-License-Identifier: MIT
 *
 * upstream/multi.c - see multi.h. The timer is freed when libuv has closed it.
 */
#include "upstream/multi.h"

#include "base/clock.h"
#include "runtime/loop.h"

#include <stdlib.h>

static void multi_reap(struct multi *multi)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(multi->handle, &left)) != NULL) {
		CURLcode code = msg->data.result;
		struct attempt *attempt = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		(void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE,
		                        (char **)&attempt);
		multi_remove(multi, attempt);
		multi->config->ended(attempt, code);
	}
}

static void multi_act(struct multi *multi, curl_socket_t fd, int events)
{
	int running;

	(void)curl_multi_socket_action(multi->handle, fd, events, &running);
	multi_reap(multi);
}

static void on_ready(void *arg, curl_socket_t fd, int events)
{
	multi_act(arg, fd, events);
}

static void on_timer(uv_timer_t *timer)
{
	multi_act(timer->data, CURL_SOCKET_TIMEOUT, 0);
}

/* Within calls of libcurl, which must not be called again from here. */
static int on_timer_set(CURLM *handle, long ms, void *arg)
{
	struct multi *multi = arg;

	(void)handle;
	if (ms < 0)
		(void)uv_timer_stop(multi->timer);
	else
		loop_timer_start(multi->timer, on_timer,
		                 clock_mono_us() + (int64_t)ms * 1000);
	return 0;
}

int multi_init(struct multi *multi, const struct multi_config *config)
{
	CURLM *handle = curl_multi_init();

	*multi = (struct multi){ .config = config, .handle = handle };
	multi->timer = calloc(1, sizeof(*multi->timer));
	if (handle == NULL || multi->timer == NULL) {
		(void)curl_multi_cleanup(handle);
		free(multi->timer);
		return RENT_ENOMEM;
	}
	(void)uv_timer_init(config->uv, multi->timer);
	multi->timer->data = multi;
	multi->sockets =
		(struct sockets){ .uv = config->uv, .ready = on_ready, .arg = multi };
	(void)curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, sockets_watch);
	(void)curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, &multi->sockets);
	(void)curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, on_timer_set);
	(void)curl_multi_setopt(handle, CURLMOPT_TIMERDATA, multi);
	(void)curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS,
	                        (long)config->connections_kept);
	(void)curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS,
	                        (long)config->connections_max);
	(void)curl_multi_setopt(handle, CURLMOPT_PIPELINING, (long)CURLPIPE_NOTHING);
	return 0;
}

static void on_timer_closed(uv_handle_t *timer)
{
	free(timer);
}

void multi_done(struct multi *multi)
{
	(void)curl_multi_cleanup(multi->handle);
	sockets_done(&multi->sockets);
	uv_close((uv_handle_t *)multi->timer, on_timer_closed);
}

int multi_add(struct multi *multi, struct attempt *attempt)
{
	attempt_use_sockets(attempt, &multi->sockets);
	if (curl_multi_add_handle(multi->handle, attempt->easy) != CURLM_OK)
		return RENT_ENOMEM;
	multi->sending++;
	return 0;
}

void multi_remove(struct multi *multi, struct attempt *attempt)
{
	(void)curl_multi_remove_handle(multi->handle, attempt->easy);
	if (--multi->sending == 0)
		multi->idle_since_us = clock_mono_us();
}
