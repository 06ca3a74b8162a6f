// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev vstats: what a device's queues have counted */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "device/queues.h"
#include "device/virtio.h"

enum { NET_F_CTRL_VQ = 17, QUEUES_MAX = 65536 };

/* --- one queue --- */

/* As the core itself has it: receive and transmit queues in turn, then the control queue. */
static enum vdpa_vq_type net_queue_type(const struct nlattr **slots, uint32_t index)
{
	uint64_t features = 0, pairs = 1;

	if (slots[VDPA_ATTR_DEV_NEGOTIATED_FEATURES])
		features = attr_uint(slots[VDPA_ATTR_DEV_NEGOTIATED_FEATURES]);
	if (slots[VDPA_ATTR_DEV_NET_CFG_MAX_VQP])
		pairs = attr_uint(slots[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]);
	if (index < 2 * pairs)
		return index & 1 ? VDPA_VQ_TYPE_TX : VDPA_VQ_TYPE_RX;
	if (index == 2 * pairs && features >> NET_F_CTRL_VQ & 1)
		return VDPA_VQ_TYPE_CTRL;
	return VDPA_VQ_TYPE_OTHER;
}

static enum vdpa_vq_type type_of(const struct nlattr **slots)
{
	switch (attr_uint(slots[VDPA_ATTR_DEV_ID])) {
	case CLASS_NET:
		return net_queue_type(slots, attr_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	case CLASS_BLOCK:
		return VDPA_VQ_TYPE_REQUEST;
	default:
		return VDPA_VQ_TYPE_OTHER;
	}
}

/* Whether a counter before @attr in the message has the same name. */
static bool is_repeated(const struct nlmsghdr *nlh, const struct nlattr *attr)
{
	const struct nlattr *other;
	size_t len, other_len;
	const char *name = attr_text(attr, &len), *text;

	mnl_attr_for_each(other, nlh, GENL_HDRLEN) {
		if (other == attr)
			break;
		if (mnl_attr_get_type(other) != VDPA_ATTR_DEV_VENDOR_ATTR_NAME)
			continue;
		text = attr_text(other, &other_len);
		if (other_len == len && memcmp(text, name, len) == 0)
			return true;
	}
	return false;
}

/* Keys that a queue has beside its counters, which no counter takes. */
static bool is_own_key(const struct nlattr *attr)
{
	static const char *const keys[] = { "qidx", "queue_type", "counters" };
	size_t len;
	const char *name = attr_text(attr, &len);

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strlen(keys[i]) == len && memcmp(keys[i], name, len) == 0)
			return true;
	return false;
}

/*
 * The counters come as pairs, a name before each value.
 * @beside: they stand beside keys of ours, as iproute2 has them
 */
static void write_counters(struct output *out, const struct nlmsghdr *nlh, bool beside)
{
	const struct nlattr *attr, *name = NULL;
	const char *text;
	size_t len;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		if (mnl_attr_get_type(attr) == VDPA_ATTR_DEV_VENDOR_ATTR_NAME)
			name = attr;
		if (mnl_attr_get_type(attr) != VDPA_ATTR_DEV_VENDOR_ATTR_VALUE || !name)
			continue;
		if (!(beside && is_own_key(name)) && !is_repeated(nlh, name)) {
			text = attr_text(name, &len);
			out_key(out, text, len);
			out_number(out, NULL, attr_uint(attr));
		}
		name = NULL;
	}
}

/* In text they are never taken for keys of ours: there are none behind them. */
static void write_nested(struct output *out, const struct nlmsghdr *nlh)
{
	if (!out->json) {
		write_counters(out, nlh, false);
		return;
	}
	out_object(out, "counters");
	write_counters(out, nlh, false);
	out_object_end(out);
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

/* As iproute2 shows it; with the counters once more under a key of their own. */
int dev_vstats_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct output *out = data;
	const char *name;
	size_t len;

	if (parse_queue(nlh, slots, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	out_entry(out, name, len);
	out_text(out, "queue_type", queue_type(type_of(slots)));
	if (out->json)
		write_counters(out, nlh, true);
	write_nested(out, nlh);
	out_entry_end(out);
	return 0;
}

static void write_queue(struct output *out, const struct nlmsghdr *nlh, const struct nlattr **slots)
{
	out_number(out, "qidx", attr_uint(slots[VDPA_ATTR_DEV_QUEUE_INDEX]));
	out_text(out, "queue_type", queue_type(type_of(slots)));
	write_nested(out, nlh);
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
	.queue = write_queue,
	.why_not = no_queues,
};

/* --- the same from a kernel that has no such dump --- */

/* What walks the devices, on a socket of its own while they are listed on another. */
struct walk {
	struct nl nl;
	struct output *out;
	bool named;		/* the user asked for one device */
	bool begun;		/* the entry of the device that is asked */
};

/* A parent may count for some queues only, or have fewer than it may have at most. */
static bool lacks_queue(int errnum)
{
	return errnum == EOPNOTSUPP || errnum == EINVAL || errnum == ERANGE;
}

static void begin_device(struct walk *walk, const char *name, size_t len)
{
	if (walk->begun)
		return;
	walk->begun = true;
	out_entry(walk->out, name, len);
	out_table(walk->out, "queues");
}

static void end_device(struct walk *walk)
{
	out_table_end(walk->out);
	out_entry_end(walk->out);
}

/* One queue of a device; @data is the struct walk. */
static int take_queue(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct walk *walk = data;
	const char *name;
	size_t len;

	if (parse_queue(nlh, slots, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	begin_device(walk, name, len);
	out_row(walk->out);
	write_queue(walk->out, nlh, slots);
	out_row_end(walk->out);
	return 0;
}

/* Mainline gives one queue a request. Returns 0 or -1 with @err. */
static int ask_each(struct walk *walk, const char *name, uint64_t max_vqs, struct nl_error *err)
{
	uint32_t last = max_vqs < QUEUES_MAX ? max_vqs : QUEUES_MAX;

	for (uint32_t index = 0; index < last; index++) {
		put_queue(nl_request(&walk->nl, VDPA_CMD_DEV_VSTATS_GET, 0), name, index);
		if (nl_exchange(&walk->nl, take_queue, walk, NULL, err) == 0)
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
static int list_failed(const struct walk *walk, const char *name, const struct nl_error *err)
{
	if (walk->named || (walk->begun && err->errnum != ENODEV))
		return -1;
	switch (err->errnum) {
	case EOPNOTSUPP:
	case EAGAIN:
		out_entry(walk->out, name, strlen(name));
		queues_unavailable(walk->out, error_reason(err));
		out_entry_end(walk->out);
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
	char name[256];
	int failed;

	attr_bytes(slots[VDPA_ATTR_DEV_NAME], name, sizeof(name));
	walk->begun = false;
	failed = ask_each(walk, name, max_vqs ? attr_uint(max_vqs) : 0, err);
	if (!failed)
		begin_device(walk, name, strlen(name));
	if (walk->begun)
		end_device(walk);
	if (!failed)
		return 0;
	explain(err);
	return list_failed(walk, name, err);
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
	explain(&err);
	return command_end(vdpa, failed, false, name, &err);
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
		return error_refused(vdpa, NULL, &err);
	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, name ? 0 : NLM_F_DUMP);
	if (name)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	status = command_show(vdpa, "vstats", name, walk_device, &walk);
	nl_close(&walk.nl);
	return status;
}

static enum status dev_vstats_show(struct vdpa *vdpa, const void *values)
{
	const struct queues_wanted *show = values;

	return was_given(show, QUEUES_QIDX) ? show_queue(vdpa, show->name, show->queue) : show_queues(vdpa, show->name);
}

const struct command dev_vstats_commands[] = {
	{
		.word = { .name = "show", .alias = "list" },
		.text = "Shows the statistics of the queues of a device, or of all devices.",
		.arguments = queues_arguments, .size = sizeof(struct queues_wanted),
		.needs = VDPA_CMD_DEV_VSTATS_GET, .needs_text = "Linux 5.19",
		.run = dev_vstats_show,
	},
	{ .word.name = NULL }
};
