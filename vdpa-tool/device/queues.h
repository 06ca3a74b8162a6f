/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of virtqueues, of one or of all devices: what "dev vq" and "dev vstats" share. */
#ifndef VDPA_TOOL_QUEUES_H
#define VDPA_TOOL_QUEUES_H

#include "cli/vdpa.h"

struct queues_list {
	const char *section;	/* key of the output */
	uint8_t command;	/* of the kernel, which has it as a dump */
	/* A queue as it is shown. */
	json_t *(*queue)(const struct nlmsghdr *nlh, const struct nlattr **slots);
	/* Why a device has nothing to show. */
	const char *(*why_not)(const struct nlattr **slots);
};

/* Shows all queues of device @name, or of all where it is NULL, in one dump. */
enum status queues_show(struct vdpa *vdpa, const struct queues_list *list, const char *name);

/* A device that has nothing to show, in a list of all. */
json_t *queues_unavailable(const char *reason);

#endif
