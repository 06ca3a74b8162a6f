/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtqueues, of one or of all devices: what "dev vq" and "dev vstats" share. */
#ifndef VDPA_TOOL_QUEUES_H
#define VDPA_TOOL_QUEUES_H

#include "command/command.h"

struct queues_list {
	const char *section;	/* key of the output */
	uint8_t command;	/* of the kernel, which has it as a dump */
	/* Writes the pairs of a queue. */
	void (*queue)(struct output *out, const struct nlmsghdr *nlh, const struct nlattr **slots);
	/* Why a device has nothing to show. */
	const char *(*why_not)(const struct nlattr **slots);
};

/* What both commands take to show: a device, and one of its queues. */
struct queues_wanted {
	uint32_t given;
	const char *name;	/* NULL: of all devices */
	uint32_t queue;
};

enum { QUEUES_NAME, QUEUES_QIDX };

extern const struct argument queues_arguments[];

/* Shows all queues of device @name, or of all where it is NULL, in one dump. */
enum status queues_show(struct vdpa *vdpa, const struct queues_list *list, const char *name);

/* The pairs of a device that has nothing to show, in a list of all. */
void queues_unavailable(struct output *out, const char *reason);

/*
 * What a queue is for, e.g. "rx": the same word wherever one is shown. By enum vdpa_vq_type; what is newer than us is "other".
 */
const char *queue_type(uint64_t type);

/* The number of such a word, or of one that an earlier version wrote. */
bool queue_type_number(const char *word, uint8_t *type);

#endif
