// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev vq: where a device's virtqueues are */
#include <linux/vdpa.h>

#include "cli/args.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "device/fields.h"
#include "cli/error.h"
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

struct show {
	const char *name;
	uint32_t queue;
};

static const struct keyword show_keywords[] = {
	{
		.word = { .name = "qidx", .full = true },
		.check = arg_queue, .offset = offsetof(struct show, queue),
	},
	{ .word.name = NULL }
};

static enum status dev_vq_show(struct vdpa *vdpa, int argc, char **argv)
{
	struct show show = { 0 };
	struct nlmsghdr *nlh;
	enum status status;
	uint32_t given = 0;

	status = args_only(vdpa, "device", false, arg_device, argc ? 1 : 0, argv, &show.name);
	if (status == STATUS_DONE && argc > 1)
		status = args_keywords(vdpa, show_keywords, argc - 1, argv + 1, &show, &given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;
	if (!given)
		return queues_show(vdpa, &vq_list, show.name);

	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_VQ_GET, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, show.name);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, show.queue);
	return command_show(vdpa, "vq", show.name, dev_vq_print, &vdpa->out);
}

struct set {
	uint32_t queue;
	uint16_t avail_index;
	uint8_t avail_counter;
	uint16_t used_index;
	uint8_t used_counter;
};

enum { SET_QIDX, SET_AVAIL_INDEX, SET_AVAIL_COUNTER, SET_USED_INDEX, SET_USED_COUNTER };

static const struct keyword set_keywords[] = {
	[SET_QIDX] = {
		.word = { .name = "qidx", .full = true }, .required = true,
		.check = arg_queue, .offset = offsetof(struct set, queue),
	},
	[SET_AVAIL_INDEX] = {
		.word = { .name = "avail_index", .full = true }, .required = true,
		.check = arg_ring_index, .offset = offsetof(struct set, avail_index),
	},
	[SET_AVAIL_COUNTER] = {
		.word = { .name = "avail_counter", .full = true },
		.check = arg_wrap_counter, .offset = offsetof(struct set, avail_counter),
	},
	[SET_USED_INDEX] = {
		.word = { .name = "used_index", .full = true },
		.check = arg_ring_index, .offset = offsetof(struct set, used_index),
	},
	[SET_USED_COUNTER] = {
		.word = { .name = "used_counter", .full = true },
		.check = arg_wrap_counter, .offset = offsetof(struct set, used_counter),
	},
	{ .word.name = NULL }
};

/* A packed ring has all four, a split ring the first; which it is the kernel knows. */
static enum status check_set(struct vdpa *vdpa, uint32_t given)
{
	uint32_t packed = given >> SET_AVAIL_COUNTER;

	if (packed && packed != 7)
		return error_usage(vdpa, "a packed ring has avail_counter, used_index and used_counter, "
				   "a split ring none of them");
	return STATUS_DONE;
}

static void put_set(struct nlmsghdr *nlh, const char *name, const struct set *set, uint32_t given)
{
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, set->queue);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_AVAIL_INDEX, set->avail_index);
	if (!(given >> SET_AVAIL_COUNTER))
		return;
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_AVAIL_COUNTER, set->avail_counter);
	mnl_attr_put_u16(nlh, VDPA_ATTR_VQ_USED_INDEX, set->used_index);
	mnl_attr_put_u8(nlh, VDPA_ATTR_VQ_USED_COUNTER, set->used_counter);
}

static enum status dev_vq_set(struct vdpa *vdpa, int argc, char **argv)
{
	const char *name = NULL;
	struct set set = { 0 };
	enum status status;
	uint32_t given;

	status = args_only(vdpa, "device", true, arg_device, argc ? 1 : 0, argv, &name);
	if (status == STATUS_DONE)
		status = args_keywords(vdpa, set_keywords, argc - 1, argv + 1, &set, &given);
	if (status == STATUS_DONE)
		status = check_set(vdpa, given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	put_set(nl_request(&vdpa->nl, VDPA_CMD_DEV_VQ_SET, 0), name, &set, given);
	return dev_change(vdpa, name);
}

const struct command dev_vq_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.usage = "[ DEV [ qidx N ] ]",
		.run = dev_vq_show,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_VQ_GET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "set" },
		.usage = "DEV qidx N { avail_index N | avail_index N avail_counter N\n"
			 "                    used_index N used_counter N }",
		.run = dev_vq_set,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_VQ_SET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
