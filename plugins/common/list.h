/* SPDX-License-Identifier: MIT
 *
 * list.h - intrusive doubly linked lists, which are queues as well: append at the end, remove
 * anywhere, both at once. A list is a ring through its head; a member embeds a struct list. No
 * memory is owned here, and locking is the caller's.
 *
 *     struct job { struct list link; … };
 *     struct list jobs;
 *
 *     list_init(&jobs);
 *     list_append(&jobs, &job->link);
 *     LIST_EACH(struct job, job, &jobs, link)
 *             …
 */
#ifndef COMMON_LIST_H
#define COMMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *prev, *next;
};

/* The struct of type that embeds *link as its member. */
#define LIST_ENTRY(link, type, member) \
	((type *)(void *)((char *)(link)-offsetof(type, member)))

/* The first member of a list that is not empty. */
#define LIST_FIRST(head, type, member) LIST_ENTRY((head)->next, type, member)

/* A type and a name cannot stand in parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
/* For each member in order. The body may not remove members: see LIST_EACH_SAFE. */
#define LIST_EACH(type, at, head, member)                                              \
	for (type *at = LIST_ENTRY((head)->next, type, member); &at->member != (head); \
	     at = LIST_ENTRY(at->member.next, type, member))

/* The same; the body may remove `at`, or end its life. */
#define LIST_EACH_SAFE(type, at, head, member)                            \
	for (type *at = LIST_ENTRY((head)->next, type, member),           \
	          *at##_next = LIST_ENTRY(at->member.next, type, member); \
	     &at->member != (head);                                       \
	     at = at##_next, at##_next = LIST_ENTRY(at->member.next, type, member))
/* NOLINTEND(bugprone-macro-parentheses) */

static inline void list_init(struct list *head)
{
	head->prev = head->next = head;
}

static inline bool list_is_empty(const struct list *head)
{
	return head->next == head;
}

static inline void list_append(struct list *head, struct list *link)
{
	link->prev = head->prev;
	link->next = head;
	head->prev->next = link;
	head->prev = link;
}

static inline void list_prepend(struct list *head, struct list *link)
{
	list_append(head->next, link);
}

static inline void list_remove(struct list *link)
{
	link->prev->next = link->next;
	link->next->prev = link->prev;
	link->prev = link->next = link;
}

/* Moves all members of `from` behind those of `head`. */
static inline void list_move_all(struct list *head, struct list *from)
{
	if (list_is_empty(from))
		return;
	from->next->prev = head->prev;
	head->prev->next = from->next;
	from->prev->next = head;
	head->prev = from->prev;
	list_init(from);
}

#endif
