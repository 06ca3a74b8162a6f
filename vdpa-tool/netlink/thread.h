/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VDPA_TOOL_THREAD_H
#define VDPA_TOOL_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include "netlink/nl.h"

/* The first member of what is to be done for one device of several. */
struct thread_item {
	const char *device;
	bool done;
	struct nl_error err;	/* why not */
};

/*
 * Calls @run once for each of @count items of @size bytes that lie at @items one after the other, all
 * at the same time, and returns when all are done. Each has a socket of its own: the last one @nl, and
 * the others one like it. What cannot have a thread of its own is done here. @run returns 0, or -1 with
 * the item's @err.
 */
void threads_run(struct nl *nl, void *items, size_t count, size_t size,
	      int (*run)(struct nl *nl, void *item));

#endif
