// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "netlink/window.h"

/* A request that waits for its reply. */
struct flight {
	void *item;
	struct nlmsghdr *request;
	struct nl_error err;
};

struct window {
	struct nl nl;
	window_done done;
	void *data;
	size_t count, max;
	struct flight *flights;		/* @count of them */
	struct nl_reply *replies;	/* to each */
};

static void *allocated(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		error_no_memory();
	return memory;
}

struct window *window_new(size_t max, window_done done, void *data)
{
	struct window *window = allocated(1, sizeof(*window));

	window->max = max;
	window->done = done;
	window->data = data;
	window->flights = allocated(max, sizeof(*window->flights));
	window->replies = allocated(max, sizeof(*window->replies));
	return window;
}

void window_free(struct window *window)
{
	if (!window)
		return;
	nl_close(&window->nl);
	free(window->flights);
	free(window->replies);
	free(window);
}

static void land(struct window *window, size_t i)
{
	bool refused = window->replies[i].state == NL_FAILED;
	struct flight flight = window->flights[i];
	size_t last = --window->count;

	/* Its place is the last one's. */
	window->flights[i] = window->flights[last];
	window->replies[i] = window->replies[last];
	window->replies[i].err = &window->flights[i].err;
	window->flights[last].request = NULL;
	window->done(window->data, flight.item, refused ? &flight.err : NULL);
	free(flight.request);
	/* Not used again: the core may have been loaded anew meanwhile. */
	if (!window->count && refused)
		nl_close(&window->nl);
}

void window_wait_one(struct window *window)
{
	size_t before = window->count;

	while (window->count == before) {
		nl_receive(&window->nl, window->replies, window->count);
		for (size_t i = 0; i < window->count;)
			if (window->replies[i].state == NL_MORE)
				i++;
			else
				land(window, i);
	}
}

void window_wait(struct window *window)
{
	while (window->count)
		window_wait_one(window);
}

void *window_item(const struct window *window, size_t i)
{
	return i < window->count ? window->flights[i].item : NULL;
}

struct nlmsghdr *window_request(struct window *window, const struct nl *like, uint8_t command, struct nl_error *err)
{
	while (window->count == window->max)
		window_wait_one(window);
	if (!window->nl.socket) {
		if (nl_open_like(&window->nl, like, err) < 0)
			return NULL;
		nl_grow(&window->nl);
	}
	return nl_request(&window->nl, command, 0);
}

void window_send(struct window *window, void *item)
{
	const struct nlmsghdr *nlh = (const void *)window->nl.tx;
	struct flight *flight = &window->flights[window->count];
	struct nl_reply *reply = &window->replies[window->count];

	*flight = (struct flight) { .item = item, .request = malloc(nlh->nlmsg_len) };
	if (!flight->request)
		error_no_memory();
	memcpy(flight->request, nlh, nlh->nlmsg_len);
	*reply = (struct nl_reply) {
		.request = flight->request, .family = nlh->nlmsg_type, .err = &flight->err,
		.state = nl_send(&window->nl, &flight->err) < 0 ? NL_FAILED : NL_MORE,
	};
	window->count++;
	if (reply->state == NL_FAILED)
		land(window, window->count - 1);
}
