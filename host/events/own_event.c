/* SPDX-License-Identifier: MIT
 *
 * events/own_event.c - events_publish_own() of events.h: an event of the host itself as JSON,
 * written without allocating, since every request publishes one.
 */
#include "base/clock.h"
#include "base/utf8.h"
#include "events/events.h"

#include <rent/time.h>
#include <string.h>

struct writer {
	char text[EVENT_JSON_MAX + 2]; /* room to become too long, which drops it */
	size_t size;
};

static void put_bytes(struct writer *w, const char *s, size_t n)
{
	if (n > sizeof(w->text) - 1 - w->size)
		n = sizeof(w->text) - 1 - w->size;
	memcpy(w->text + w->size, s, n);
	w->size += n;
	w->text[w->size] = '\0';
}

static void put_string(struct writer *w, const char *value)
{
	const unsigned char *s = (const unsigned char *)value;
	char escape[8];

	put_bytes(w, "\"", 1);
	while (*s != '\0') {
		size_t n = utf8_plain_length(s);

		if (n > 0) {
			put_bytes(w, (const char *)s, n);
			s += n;
			continue;
		}
		n = utf8_length(s);
		if (*s == '"' || *s == '\\') {
			put_bytes(w, (const char[]){ '\\', (char)*s }, 2);
		} else if (*s < 0x20 || *s == 0x7f || n == 0) {
			(void)snprintf(escape, sizeof(escape), "\\u%04x",
			               n == 0 ? 0xfffdu : (unsigned)*s);
			put_bytes(w, escape, 6);
		} else {
			put_bytes(w, (const char *)s, n);
		}
		s += n == 0 ? 1 : n;
	}
	put_bytes(w, "\"", 1);
}

void events_publish_own(struct events *events, const char *subject, const char *type,
                        const struct event_member *members)
{
	struct writer w;
	char text[RENT_TIME_SIZE];

	if (!events_kept(events)) {
		events_skip(events);
		return;
	}
	w.size = 0; /* its text is not cleared, which would take longer than writing it */
	for (const struct event_member *m = members; m->name != NULL; m++) {
		put_bytes(&w, m == members ? "{" : ",", 1);
		put_string(&w, m->name);
		put_bytes(&w, ":", 1);
		if (m->text != NULL) {
			put_string(&w, m->text);
			continue;
		}
		(void)snprintf(text, sizeof(text), "%" PRId64, m->number);
		put_bytes(&w, text, strlen(text));
	}
	rent_time_text(clock_wall_us(), 'T', text);
	put_bytes(&w, ",\"at\":", 6);
	put_string(&w, text);
	put_bytes(&w, "}", 1);
	events_publish_of(events, subject, type, w.text);
}
