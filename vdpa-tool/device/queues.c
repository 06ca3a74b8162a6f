// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "cli/error.h"
#include "device/queues.h"

/* The queues of a device come one after the other; a device is written when the next begins. */
struct devices {
	const struct queues_list *list;
	struct output *out;
	char *name;		/* NULL: none yet */
	json_t *queues;
	json_t *nothing;	/* why there are none, NULL if there are */
	bool unanswered;	/* the parent does not answer */
};

json_t *queues_unavailable(const char *reason)
{
	json_t *device = output_object();

	output_set(device, "available", json_false());
	output_set(device, "reason", output_string(reason));
	return device;
}

static void device_begin(struct devices *devices, char *name)
{
	devices->name = name;
	devices->queues = output_array();
	devices->nothing = NULL;
	devices->unanswered = false;
}

static void device_end(struct devices *devices)
{
	json_t *device = devices->nothing;

	if (!devices->name)
		return;
	if (!device || json_array_size(devices->queues)) {
		json_decref(device);
		device = output_object();
		output_set(device, "queues", devices->queues);
	} else {
		json_decref(devices->queues);
	}
	if (devices->unanswered)
		output_set(device, "unanswered", json_true());
	output_entry(devices->out, devices->name, device);
	free(devices->name);
	devices->name = NULL;
}

/* An older core does not say that a parent does not answer: it can be concluded, often. */
static const char *why_not(const struct queues_list *list, const struct nlattr **slots)
{
	return slots[VDPA_ATTR_DEV_UNANSWERED] ? "its parent does not answer" : list->why_not(slots);
}

static int collect(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct devices *devices = data;
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	name = attr_string(slots[VDPA_ATTR_DEV_NAME]);
	if (devices->name && strcmp(devices->name, name) == 0) {
		free(name);
	} else {
		device_end(devices);
		device_begin(devices, name);
	}
	if (slots[VDPA_ATTR_DEV_QUEUE_INDEX])
		output_append(devices->queues, devices->list->queue(nlh, slots));
	else if (!devices->nothing)
		devices->nothing = queues_unavailable(why_not(devices->list, slots));
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
	failed = nl_exchange(&vdpa->nl, collect, &devices, &interrupted, &err);
	device_end(&devices);
	out_end(&vdpa->out, !failed);
	if (failed)
		return error_refused(name, &err);
	if (interrupted)
		error_devices_changed();
	return STATUS_DONE;
}
