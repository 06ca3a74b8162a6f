/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests that are under way on one socket, at most so many at a time. Whichever reply comes first makes room for the next
 * request, so that a slow one stalls nobody. The kernel gets them in the order in which they are sent.
 */
#ifndef VDPA_TOOL_WINDOW_H
#define VDPA_TOOL_WINDOW_H

#include <stddef.h>

#include "netlink/nl.h"

enum { WINDOW_MAX = 512 };	/* requests at most: their replies fit into the socket's buffer */

/*
 * Told of each request that is done: @item is what it was sent with. @err: why not, NULL where it has succeeded. It sends
 * nothing.
 */
typedef void (*window_done)(void *data, void *item, const struct nl_error *err);

struct window;

/* @max: at most so many at a time. */
struct window *window_new(size_t max, window_done done, void *data);

/*
 * Prepares a request as nl_request() does, after a reply if there is no room. The socket is opened if it is not open, like
 * @like. Returns NULL with @err.
 */
struct nlmsghdr *window_request(struct window *window, const struct nl *like, uint8_t command, struct nl_error *err);

/* Sends what was prepared. */
void window_send(struct window *window, void *item);

/* The items of those that are under way, from 0 on; NULL: there are no more. */
void *window_item(const struct window *window, size_t i);

/* Waits until one of them is done, at least, or all. There is one. */
void window_wait_one(struct window *window);
void window_wait(struct window *window);

/* Frees it, NULL as well; nothing is under way. */
void window_free(struct window *window);

#endif
