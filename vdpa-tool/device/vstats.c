// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev vstats: what a device's queues have counted */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "cli/args.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "cli/error.h"
#include "device/queues.h"
#include "device/virtio.h"

enum { NET_F_CTRL_VQ = 17, QUEUES_MAX = 65536 };

/* --- one queue --- */

/* A network device has receive and transmit queues in turn, then the control queue. */
static const char *net_queue_type(const struct nlattr **slots, uint32_t index)
{
	uint64_t features = 0, pairs = 1;

	if (slots[VDPA_ATTR_DEV_NEGOTIATED_FEATURES])
		features = attr_uint(slots[VDPA_ATTR_DEV_NEGOTIATED_FEATURES]);
	if (slots[VDPA_ATTR_DEV_NET_CFG_MAX_VQP])
		pairs = attr_uint(slots[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]);
	if (features >> NET_F_CTRL_VQ & 1 && index == 2 * pairs)
		return "control_vq";
	return index & 1 ? "tx" : "rx";
}

static void set_queue_type(json_t *queue, const struct nlattr **slots, uint32_t index)
{
	switch (attr_uint(slots[VDPA_ATTR_DEV_ID])) {
	case CLASS_NET:
		output_set(queue, "queue_type", json_string(net_queue_type(slots, index)));
		break;
	case CLASS_BLOCK:
		output_set(queue, "queue_type", json_string("request"));
		break;
	}
}

/* The counters come as pairs, a name before each value. */
static void set_counters(json_t *queue, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	char *name = NULL;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case VDPA_ATTR_DEV_VENDOR_ATTR_NAME:
			free(name);
			name = attr_string(attr);
			break;
		case VDPA_ATTR_DEV_VENDOR_ATTR_VALUE:
			if (name)
				output_set(queue, name, attr_json_uint(attr));
			free(name);
			name = NULL;
			break;
		}
	}
	free(name);
}

static int parse_queue(const struct nlmsghdr *nlh, const struct nlattr **slots,
		       struct nl_error *err)
{
	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	return attrs_require(slots, VDPA_ATTR_DEV_QUEUE_INDEX, err);
}

int dev_vstats_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	json_t *queue;
	char *name;

	if (parse_queue(nlh, slots, err) < 0)
		return -1;
	queue = output_object();
	set_queue_type(queue, slots, attr_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	set_counters(queue, nlh);
	name = attr_string(slots[VDPA_ATTR_DEV_NAME]);
	output_entry(data, name, queue);
	free(name);
	return 0;
}

static json_t *listed_queue(const struct nlmsghdr *nlh, const struct nlattr **slots)
{
	json_t *queue = output_object();

	output_set(queue, "qidx", attr_json_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	set_queue_type(queue, slots, attr_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	set_counters(queue, nlh);
	return queue;
}

/* Collects one queue; @data is the array. */
static int collect_queue(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];

	if (parse_queue(nlh, slots, err) < 0)
		return -1;
	output_append(data, listed_queue(nlh, slots));
	return 0;
}

static void put_queue(struct nlmsghdr *nlh, const char *name, uint32_t index)
{
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	mnl_attr_put_u32(nlh, VDPA_ATTR_DEV_QUEUE_INDEX, index);
}

/* Mainline says no more than a number about what most parents lack. */
static void explain(struct nl_error *err)
{
	if (err->errnum == EOPNOTSUPP && !*err->message)
		nl_fail(err, EOPNOTSUPP, "keeps no statistics");
}

/* --- all queues, of one or of all devices --- */

enum { STATUS_FEATURES_OK = 8 };

static const char *no_queues(const struct nlattr **slots)
{
	const struct nlattr *caps = slots[VDPA_ATTR_DEV_CAPS];
	const struct nlattr *status = slots[VDPA_ATTR_DEV_STATUS];

	if (caps && !(attr_uint(caps) & VDPA_DEV_CAP_VSTATS))
		return "its parent keeps no statistics";
	if (status && !(attr_uint(status) & STATUS_FEATURES_OK))
		return "no driver has negotiated features yet";
	return "its parent does not answer";
}

static const struct queues_list vstats_list = {
	.section = "vstats",
	.command = VDPA_CMD_DEV_VSTATS_GET,
	.queue = listed_queue,
	.why_not = no_queues,
};

/* --- the same from a kernel that has no such dump --- */

/* What walks the devices, on a socket of its own while they are listed on another. */
struct walk {
	struct nl nl;
	struct output *out;
	bool named;		/* the user asked for one device */
};

/* A parent may count for some queues only, or have fewer than it may have at most. */
static bool lacks_queue(int errnum)
{
	return errnum == EOPNOTSUPP || errnum == EINVAL || errnum == ERANGE;
}

/* Mainline gives one queue a request. Returns 0 or -1 with @err. */
static int ask_each(struct walk *walk, const char *name, uint64_t max_vqs, json_t *queues,
		    struct nl_error *err)
{
	uint32_t last = max_vqs < QUEUES_MAX ? max_vqs : QUEUES_MAX;

	for (uint32_t index = 0; index < last; index++) {
		put_queue(nl_request(&walk->nl, VDPA_CMD_DEV_VSTATS_GET, 0), name, index);
		if (nl_exchange(&walk->nl, collect_queue, queues, NULL, err) == 0)
			continue;
		if (!index || !lacks_queue(err->errnum))
			return -1;
	}
	return 0;
}

/*
 * Where all devices are listed, one that counts nothing, or not yet, is part
 * of the list, and one that went away meanwhile is not. Returns 0, or -1 where
 * it is an error all the same.
 */
static int list_failed(const struct walk *walk, const char *shown, const struct nl_error *err)
{
	if (walk->named)
		return -1;
	switch (err->errnum) {
	case EOPNOTSUPP:
	case EAGAIN:
		output_entry(walk->out, shown, queues_unavailable(error_reason(err)));
		return 0;
	case ENODEV:
		return 0;
	default:
		return -1;
	}
}

static int list_queues(struct walk *walk, const struct nlattr **slots, struct nl_error *err)
{
	const struct nlattr *max_vqs = slots[VDPA_ATTR_DEV_MAX_VQS];
	char *shown = attr_string(slots[VDPA_ATTR_DEV_NAME]);
	json_t *queues = output_array();
	char name[256];
	json_t *device;
	int failed;

	attr_bytes(slots[VDPA_ATTR_DEV_NAME], name, sizeof(name));
	failed = ask_each(walk, name, max_vqs ? attr_uint(max_vqs) : 0, queues, err);
	if (failed) {
		json_decref(queues);
		explain(err);
		failed = list_failed(walk, shown, err);
	} else {
		device = output_object();
		output_set(device, "queues", queues);
		output_entry(walk->out, shown, device);
	}
	free(shown);
	return failed;
}

/* One device of those listed; @data is the struct walk. */
static int walk_device(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];

	if (attrs_parse(nlh, slots, err) < 0 || attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0)
		return -1;
	return list_queues(data, slots, err);
}

/* --- the command --- */

static enum status show_queue(struct vdpa *vdpa, const char *name, uint32_t index)
{
	struct nl_error err = { 0 };
	int failed;

	out_begin(&vdpa->out, "vstats");
	put_queue(nl_request(&vdpa->nl, VDPA_CMD_DEV_VSTATS_GET, 0), name, index);
	failed = nl_exchange(&vdpa->nl, dev_vstats_print, &vdpa->out, NULL, &err);
	out_end(&vdpa->out, !failed);
	if (!failed)
		return STATUS_DONE;
	explain(&err);
	return error_refused(name, &err);
}

static enum status show_queues(struct vdpa *vdpa, const char *name)
{
	struct walk walk = { .out = &vdpa->out, .named = name };
	struct nl_error err = { 0 };
	struct nlmsghdr *nlh;
	enum status status;

	if (nl_dumps(&vdpa->nl, VDPA_CMD_DEV_VSTATS_GET))
		return queues_show(vdpa, &vstats_list, name);
	if (nl_open_like(&walk.nl, &vdpa->nl, &err) < 0)
		return error_refused(NULL, &err);
	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, name ? 0 : NLM_F_DUMP);
	if (name)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	status = command_show(vdpa, "vstats", name, walk_device, &walk);
	nl_close(&walk.nl);
	return status;
}

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

static enum status dev_vstats_show(struct vdpa *vdpa, int argc, char **argv)
{
	struct show show = { 0 };
	enum status status;
	uint32_t given = 0;

	status = args_only(vdpa, "device", false, arg_device, argc ? 1 : 0, argv, &show.name);
	if (status == STATUS_DONE && argc > 1)
		status = args_keywords(vdpa, show_keywords, argc - 1, argv + 1, &show, &given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;
	return given ? show_queue(vdpa, show.name, show.queue) : show_queues(vdpa, show.name);
}

const struct command dev_vstats_commands[] = {
	{
		.word = { .name = "show", .alias = "list" },
		.usage = "[ DEV [ qidx N ] ]",
		.run = dev_vstats_show,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_VSTATS_GET,
		.needs_text = "Linux 5.19",
	},
	{ .word.name = NULL }
};
