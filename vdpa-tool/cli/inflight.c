// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "cli/inflight.h"
#include "netlink/window.h"

/* A line whose request waits for its reply. */
struct flight {
	unsigned long line;		/* of the batch */
	struct vdpa vdpa;		/* what errors are about */
};

struct inflight {
	struct window *window;		/* of struct flight */
	inflight_done done;
	void *data;
	unsigned long line;
	const struct command *command;	/* which all of them are */
};

static void land(void *data, void *item, const struct nl_error *err)
{
	struct inflight *inflight = data;
	struct flight *flight = item;
	struct vdpa *vdpa = &flight->vdpa;

	if (err)
		error_change(vdpa, err);
	inflight->done(inflight->data, flight->line, err ? STATUS_REFUSED : STATUS_DONE, &vdpa->faults);
	free((char *)vdpa->dev);
	free((char *)vdpa->mgmtdev);
	free(flight);
}

struct inflight *inflight_new(size_t count, inflight_done done, void *data)
{
	struct inflight *inflight = calloc(1, sizeof(*inflight));

	if (!inflight)
		error_no_memory();
	inflight->window = window_new(count, land, inflight);
	inflight->done = done;
	inflight->data = data;
	return inflight;
}

void inflight_free(struct inflight *inflight)
{
	if (!inflight)
		return;
	window_free(inflight->window);
	free(inflight);
}

void inflight_line(struct inflight *inflight, unsigned long line)
{
	inflight->line = line;
}

void inflight_wait(struct inflight *inflight)
{
	window_wait(inflight->window);
}

static bool is_named(const struct inflight *inflight, const char *dev)
{
	const struct flight *flight;

	for (size_t i = 0; (flight = window_item(inflight->window, i)); i++)
		if (strcmp(flight->vdpa.dev, dev) == 0)
			return true;
	return false;
}

void inflight_admit(struct inflight *inflight, const struct command *command, const char *dev)
{
	if (!dev || command != inflight->command || command->print || command->run)
		inflight_wait(inflight);
	while (dev && is_named(inflight, dev))
		window_wait_one(inflight->window);
	inflight->command = command;
}

int inflight_send(struct inflight *inflight, struct vdpa *vdpa, const void *values)
{
	struct nl_error err = { 0 };
	struct flight *flight;
	struct nlmsghdr *nlh = window_request(inflight->window, &vdpa->nl, vdpa->command->needs, &err);

	if (!nlh)
		return error_refused(vdpa, NULL, &err);
	vdpa->command->put(nlh, values);
	flight = calloc(1, sizeof(*flight));
	if (!flight)
		error_no_memory();
	flight->line = inflight->line;
	memcpy(flight->vdpa.path, vdpa->path, sizeof(vdpa->path));
	memcpy(flight->vdpa.nl.commands, vdpa->nl.commands, sizeof(vdpa->nl.commands));
	flight->vdpa.dev = copy_text(vdpa->dev);
	flight->vdpa.mgmtdev = copy_text(vdpa->mgmtdev);
	window_send(inflight->window, flight);
	return STATUS_SENT;
}
