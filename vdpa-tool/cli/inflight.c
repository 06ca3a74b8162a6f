// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/inflight.h"

/* A request that waits for its reply. */
struct flight {
	unsigned long line;		/* of the batch */
	struct vdpa vdpa;		/* what errors are about */
	struct nlmsghdr *request;
	struct nl_error err;
};

struct inflight {
	struct nl nl;
	inflight_done done;
	void *data;
	unsigned long line;
	const struct command *command;	/* which all of them are */
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

struct inflight *inflight_new(size_t count, inflight_done done, void *data)
{
	struct inflight *inflight = allocated(1, sizeof(*inflight));

	inflight->max = count;
	inflight->done = done;
	inflight->data = data;
	inflight->flights = allocated(count, sizeof(*inflight->flights));
	inflight->replies = allocated(count, sizeof(*inflight->replies));
	return inflight;
}

void inflight_free(struct inflight *inflight)
{
	if (!inflight)
		return;
	nl_close(&inflight->nl);
	free(inflight->flights);
	free(inflight->replies);
	free(inflight);
}

void inflight_line(struct inflight *inflight, unsigned long line)
{
	inflight->line = line;
}

static void land(struct inflight *inflight, size_t i)
{
	bool refused = inflight->replies[i].state == NL_FAILED;
	struct flight flight = inflight->flights[i];
	struct vdpa *vdpa = &flight.vdpa;
	size_t last = --inflight->count;

	/* Its place is the last one's. */
	inflight->flights[i] = inflight->flights[last];
	inflight->replies[i] = inflight->replies[last];
	inflight->replies[i].err = &inflight->flights[i].err;
	if (refused)
		error_change(vdpa, &flight.err);
	inflight->done(inflight->data, flight.line, refused ? STATUS_REFUSED : STATUS_DONE, &vdpa->faults);
	free((char *)vdpa->dev);
	free((char *)vdpa->mgmtdev);
	free(flight.request);
	/* Not used again: the core may have been loaded anew meanwhile. */
	if (!inflight->count && refused)
		nl_close(&inflight->nl);
}

/* Waits until one of them is done, at least. */
static void wait_one(struct inflight *inflight)
{
	size_t before = inflight->count;

	while (inflight->count == before) {
		nl_receive(&inflight->nl, inflight->replies, inflight->count);
		for (size_t i = 0; i < inflight->count;)
			if (inflight->replies[i].state == NL_MORE)
				i++;
			else
				land(inflight, i);
	}
}

void inflight_wait(struct inflight *inflight)
{
	while (inflight->count)
		wait_one(inflight);
}

static bool is_named(const struct inflight *inflight, const char *dev)
{
	for (size_t i = 0; i < inflight->count; i++)
		if (strcmp(inflight->flights[i].vdpa.dev, dev) == 0)
			return true;
	return false;
}

void inflight_admit(struct inflight *inflight, const struct command *command, const char *dev)
{
	if (!dev || command != inflight->command || command->print || command->run)
		inflight_wait(inflight);
	while (dev && is_named(inflight, dev))
		wait_one(inflight);
	inflight->command = command;
}

static int open_socket(struct inflight *inflight, const struct nl *like, struct nl_error *err)
{
	if (inflight->nl.socket)
		return 0;
	if (nl_open_like(&inflight->nl, like, err) < 0)
		return -1;
	nl_grow(&inflight->nl);
	return 0;
}

int inflight_send(struct inflight *inflight, struct vdpa *vdpa, const void *values)
{
	struct nl_error err = { 0 };
	struct flight *flight;
	struct nlmsghdr *nlh;

	while (inflight->count == inflight->max)
		wait_one(inflight);
	if (open_socket(inflight, &vdpa->nl, &err) < 0)
		return error_refused(vdpa, NULL, &err);
	nlh = nl_request(&inflight->nl, vdpa->command->needs, 0);
	vdpa->command->put(nlh, values);
	flight = &inflight->flights[inflight->count];
	*flight = (struct flight) { .line = inflight->line, .request = malloc(nlh->nlmsg_len) };
	if (!flight->request)
		error_no_memory();
	memcpy(flight->request, nlh, nlh->nlmsg_len);
	memcpy(flight->vdpa.path, vdpa->path, sizeof(vdpa->path));
	flight->vdpa.dev = copy_text(vdpa->dev);
	flight->vdpa.mgmtdev = copy_text(vdpa->mgmtdev);
	inflight->replies[inflight->count] = (struct nl_reply) {
		.request = flight->request, .family = nlh->nlmsg_type, .err = &flight->err,
		.state = nl_send(&inflight->nl, &flight->err) < 0 ? NL_FAILED : NL_MORE,
	};
	inflight->count++;
	if (inflight->replies[inflight->count - 1].state == NL_FAILED)
		land(inflight, inflight->count - 1);
	return STATUS_SENT;
}
