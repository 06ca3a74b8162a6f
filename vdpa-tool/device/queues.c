// SPDX-License-Identifier: GPL-2.0-or-later
#define _POSIX_C_SOURCE 200809L
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "command/command.h"
#include "device/queues.h"

const struct argument queues_arguments[] = {
	[QUEUES_NAME] = ARGUMENT_DEVICE(struct queues_wanted, name, false),
	[QUEUES_QIDX] = {
		.word = { .name = "qidx", .full = true }, .within = QUEUES_QIDX - QUEUES_NAME, .type = &type_queue,
		.text = "the queue; default: all", .offset = offsetof(struct queues_wanted, queue),
	},
	{ .word.name = NULL }
};

/* By the numbers of enum vdpa_vq_type. "control_vq" is iproute2's word. */
static const char *const types[] = {
	[VDPA_VQ_TYPE_OTHER] = "other",
	[VDPA_VQ_TYPE_RX] = "rx",
	[VDPA_VQ_TYPE_TX] = "tx",
	[VDPA_VQ_TYPE_CTRL] = "control_vq",
	[VDPA_VQ_TYPE_REQUEST] = "request",
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

const char *queue_type(uint64_t type)
{
	return types[type < TYPES ? type : VDPA_VQ_TYPE_OTHER];
}

bool queue_type_number(const char *word, uint8_t *type)
{
	*type = VDPA_VQ_TYPE_CTRL;
	if (strcmp(word, "ctrl") == 0)
		return true;
	for (*type = 0; *type < TYPES; (*type)++)
		if (strcmp(word, types[*type]) == 0)
			return true;
	return false;
}

/* The queues of a device come one after the other. */
struct devices {
	const struct queues_list *list;
	struct output *out;
	char *name;		/* of the device that is being written; NULL: none yet */
	const char *nothing;	/* why it has no queues, NULL if it has */
	bool queues;		/* it has */
	bool unanswered;	/* the parent does not answer */
};

void queues_unavailable(struct output *out, const char *reason)
{
	out_bool(out, "available", false);
	out_text(out, "reason", reason);
}

static void device_begin(struct devices *devices, const char *name, size_t len)
{
	devices->name = strndup(name, len);
	if (!devices->name)
		error_no_memory();
	devices->nothing = NULL;
	devices->queues = devices->unanswered = false;
	out_entry(devices->out, name, len);
}

static void device_end(struct devices *devices)
{
	if (!devices->name)
		return;
	if (devices->queues)
		out_table_end(devices->out);
	else if (devices->nothing)
		queues_unavailable(devices->out, devices->nothing);
	if (devices->unanswered)
		out_bool(devices->out, "unanswered", true);
	out_entry_end(devices->out);
	free(devices->name);
	devices->name = NULL;
}

static void queue_write(struct devices *devices, const struct nlmsghdr *nlh, const struct nlattr **slots)
{
	if (!devices->queues)
		out_table(devices->out, "queues");
	devices->queues = true;
	out_row(devices->out);
	devices->list->queue(devices->out, nlh, slots);
	out_row_end(devices->out);
}

/* An older core does not say that a parent does not answer: it can be concluded, often. */
static const char *why_not(const struct queues_list *list, const struct nlattr **slots)
{
	return slots[VDPA_ATTR_DEV_UNANSWERED] ? "its parent does not answer" : list->why_not(slots);
}

static bool is_name(const struct devices *devices, const char *name, size_t len)
{
	return devices->name && strlen(devices->name) == len && memcmp(devices->name, name, len) == 0;
}

static int take(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct devices *devices = data;
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	if (!is_name(devices, name, len)) {
		device_end(devices);
		device_begin(devices, name, len);
	}
	if (slots[VDPA_ATTR_DEV_QUEUE_INDEX])
		queue_write(devices, nlh, slots);
	else if (!devices->nothing)
		devices->nothing = why_not(devices->list, slots);
	devices->unanswered |= slots[VDPA_ATTR_DEV_UNANSWERED] != NULL;
	return 0;
}

enum status queues_show(struct vdpa *vdpa, const struct queues_list *list, const char *name)
{
	struct devices devices = { .list = list, .out = &vdpa->out };
	struct nl_error err = { 0 };
	bool interrupted = false;
	struct nlmsghdr *nlh;
	int failed;

	nlh = nl_request(&vdpa->nl, list->command, NLM_F_DUMP);
	if (name)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	out_begin(&vdpa->out, list->section);
	failed = nl_exchange(&vdpa->nl, take, &devices, &interrupted, &err);
	device_end(&devices);
	return command_end(vdpa, failed, interrupted, name, &err);
}
