// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev vq: where a device's virtqueues are */
#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "device/fields.h"
#include "device/queues.h"

static void write_type(struct output *out, const char *key, const struct nlattr *attr)
{
	out_text(out, key, queue_type(attr_uint(attr)));
}

/* What is shown of the attributes that a queue has, in this order. */
static const struct field fields[] = {
	{ VDPA_ATTR_DEV_QUEUE_INDEX,	"qidx",			field_uint },
	{ VDPA_ATTR_VQ_TYPE,		"queue_type",		write_type },
	{ VDPA_ATTR_VQ_READY,		"ready",		field_bool },
	{ VDPA_ATTR_VQ_SIZE,		"size",			field_uint },
	{ VDPA_ATTR_VQ_AVAIL_INDEX,	"avail_index",		field_uint },
	{ VDPA_ATTR_VQ_AVAIL_COUNTER,	"avail_counter",	field_uint },
	{ VDPA_ATTR_VQ_USED_INDEX,	"used_index",		field_uint },
	{ VDPA_ATTR_VQ_USED_COUNTER,	"used_counter",		field_uint },
	{ VDPA_ATTR_VQ_STABLE,		"stable",		field_bool },
	{ VDPA_ATTR_VQ_INFLIGHT,	"inflight",		field_u16s },
	{ VDPA_ATTR_VQ_GROUP,		"group",		field_uint },
	{ VDPA_ATTR_VQ_ASID,		"asid",			field_uint },
	{ .key = NULL }
};

/* --- one queue --- */

/* A list of one: a queue looks the same whatever was asked for. */
int dev_vq_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_QUEUE_INDEX, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	out_entry(data, name, len);
	out_table(data, "queues");
	out_row(data);
	fields_write(data, fields, slots);
	out_row_end(data);
	out_table_end(data);
	out_entry_end(data);
	return 0;
}

/* --- all queues, of one or of all devices --- */

static void write_queue(struct output *out, const struct nlmsghdr *nlh, const struct nlattr **slots)
{
	(void)nlh;
	fields_write(out, fields, slots);
}

static const char *no_queues(const struct nlattr **slots)
{
	(void)slots;
	return "its parent does not answer";
}

static const struct queues_list vq_list = {
	.section = "vq",
	.command = VDPA_CMD_DEV_VQ_GET,
	.queue = write_queue,
	.why_not = no_queues,
};

/* --- the commands --- */

static enum status dev_vq_show(struct vdpa *vdpa, const void *values)
{
	const struct queues_wanted *show = values;
	struct nlmsghdr *nlh;

	if (!was_given(show, QUEUES_QIDX))
		return queues_show(vdpa, &vq_list, show->name);
	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_VQ_GET, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, show->name);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, show->queue);
	return command_show(vdpa, "vq", show->name, dev_vq_print, &vdpa->out);
}

struct set {
	uint32_t given;
	const char *name;
	uint32_t queue;
	uint16_t avail_index;
	uint8_t avail_counter;
	uint16_t used_index;
	uint8_t used_counter;
};

enum { SET_NAME, SET_QIDX, SET_AVAIL_INDEX, SET_AVAIL_COUNTER, SET_USED_INDEX, SET_USED_COUNTER };

/* A packed ring has all four, a split ring the first; which it is the kernel knows. */
static const struct argument set_arguments[] = {
	[SET_NAME] = ARGUMENT_DEVICE(struct set, name, true),
	[SET_QIDX] = {
		.word = { .name = "qidx", .full = true }, .required = true, .type = &type_queue,
		.text = "the queue", .offset = offsetof(struct set, queue),
	},
	[SET_AVAIL_INDEX] = {
		.word = { .name = "avail_index", .full = true }, .required = true, .type = &type_ring_index,
		.text = "the next entry of the available ring that the device takes", .offset = offsetof(struct set, avail_index),
	},
	[SET_AVAIL_COUNTER] = {
		.word = { .name = "avail_counter", .full = true }, .together = 1, .type = &type_wrap_counter,
		.text = "packed ring: the wrap counter of the index before it", .offset = offsetof(struct set, avail_counter),
	},
	[SET_USED_INDEX] = {
		.word = { .name = "used_index", .full = true }, .together = 1, .type = &type_ring_index,
		.text = "packed ring: the position of the next used descriptor",
		.offset = offsetof(struct set, used_index),
	},
	[SET_USED_COUNTER] = {
		.word = { .name = "used_counter", .full = true }, .together = 1, .type = &type_wrap_counter,
		.text = "packed ring: the wrap counter of the index before it", .offset = offsetof(struct set, used_counter),
	},
	{ .word.name = NULL }
};

static void put_set(struct nlmsghdr *nlh, const void *values)
{
	const struct set *set = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, set->name);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, set->queue);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_AVAIL_INDEX, set->avail_index);
	if (!was_given(set, SET_AVAIL_COUNTER))
		return;
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_AVAIL_COUNTER, set->avail_counter);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_USED_INDEX, set->used_index);
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_USED_COUNTER, set->used_counter);
}

const struct command dev_vq_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows the virtqueues of a device and their positions, or those of all devices.",
		.arguments = queues_arguments, .size = sizeof(struct queues_wanted),
		.needs = VDPA_CMD_DEV_VQ_GET, .needs_text = NEEDS_OURS,
		.run = dev_vq_show,
	},
	{
		.word = { .name = "set" },
		.text = "Sets the position of a virtqueue of a suspended device.",
		.arguments = set_arguments, .size = sizeof(struct set),
		.needs = VDPA_CMD_DEV_VQ_SET, .needs_text = NEEDS_OURS,
		.put = put_set,
	},
	{ .word.name = NULL }
};
