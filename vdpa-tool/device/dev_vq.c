// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev vq: where a device's virtqueues are */
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/args.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "cli/error.h"
#include "device/queues.h"

/* By the numbers of enum vdpa_vq_type. */
static const char *const types[] = {
	[VDPA_VQ_TYPE_OTHER] = "other",
	[VDPA_VQ_TYPE_RX] = "rx",
	[VDPA_VQ_TYPE_TX] = "tx",
	[VDPA_VQ_TYPE_CTRL] = "ctrl",
	[VDPA_VQ_TYPE_REQUEST] = "request",
};

json_t *vq_type_json(const struct nlattr *attr)
{
	uint64_t type = attr_uint(attr);

	return json_string(types[type < sizeof(types) / sizeof(types[0]) ? type :
				 VDPA_VQ_TYPE_OTHER]);
}

bool vq_type_number(const json_t *name, uint8_t *type)
{
	for (*type = 0; *type < sizeof(types) / sizeof(types[0]); (*type)++)
		if (json_is_string(name) && strcmp(json_string_value(name), types[*type]) == 0)
			return true;
	return false;
}

/* What is shown of the attributes that a queue has, in this order. */
static const struct {
	uint16_t attr;
	const char *key;
	json_t *(*value)(const struct nlattr *attr);
} fields[] = {
	{ VDPA_ATTR_DEV_QUEUE_INDEX,	"qidx",			attr_json_uint },
	{ VDPA_ATTR_VQ_TYPE,		"queue_type",		vq_type_json },
	{ VDPA_ATTR_VQ_READY,		"ready",		attr_json_bool },
	{ VDPA_ATTR_VQ_SIZE,		"size",			attr_json_uint },
	{ VDPA_ATTR_VQ_AVAIL_INDEX,	"avail_index",		attr_json_uint },
	{ VDPA_ATTR_VQ_AVAIL_COUNTER,	"avail_counter",	attr_json_uint },
	{ VDPA_ATTR_VQ_USED_INDEX,	"used_index",		attr_json_uint },
	{ VDPA_ATTR_VQ_USED_COUNTER,	"used_counter",		attr_json_uint },
	{ VDPA_ATTR_VQ_STABLE,		"stable",		attr_json_bool },
	{ VDPA_ATTR_VQ_INFLIGHT,	"inflight",		attr_json_u16s },
};

static json_t *queue_json(const struct nlattr **slots)
{
	json_t *queue = output_object();

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (slots[fields[i].attr])
			output_set(queue, fields[i].key, fields[i].value(slots[fields[i].attr]));
	return queue;
}

/* --- one queue --- */

int dev_vq_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_QUEUE_INDEX, err) < 0)
		return -1;
	name = attr_string(slots[VDPA_ATTR_DEV_NAME]);
	output_entry(data, name, queue_json(slots));
	free(name);
	return 0;
}

/* --- all queues, of one or of all devices --- */

static json_t *listed_queue(const struct nlmsghdr *nlh, const struct nlattr **slots)
{
	(void)nlh;
	return queue_json(slots);
}

static const char *no_queues(const struct nlattr **slots)
{
	(void)slots;
	return "its parent does not answer";
}

static const struct queues_list vq_list = {
	.section = "vq",
	.command = VDPA_CMD_DEV_VQ_GET,
	.queue = listed_queue,
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
