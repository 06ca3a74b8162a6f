// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev: show, add, del, set */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "cli/ahead.h"
#include "cli/args.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "cli/error.h"
#include "device/feature_names.h"
#include "device/fields.h"
#include "device/virtio.h"
#include "device/mgmtdev.h"
#include "device/state.h"
#include "device/sysfs.h"

/* --- show --- */

static void write_part(struct output *out, const struct nlattr *attr)
{
	size_t len;
	const char *text = attr_text(attr, &len);

	out_part(out, text, len);
}

/* As mgmtdev_name() has it. */
static void write_mgmtdev(struct output *out, const struct nlattr **slots)
{
	out_text_begin(out, "mgmtdev");
	if (slots[VDPA_ATTR_MGMTDEV_BUS_NAME]) {
		write_part(out, slots[VDPA_ATTR_MGMTDEV_BUS_NAME]);
		out_part(out, "/", 1);
	}
	write_part(out, slots[VDPA_ATTR_MGMTDEV_DEV_NAME]);
	out_text_end(out);
}

static void write_dev(struct output *out, const struct nlattr **slots)
{
	static const struct field numbers[] = {
		{ VDPA_ATTR_DEV_VENDOR_ID,	"vendor_id",	field_uint },
		{ VDPA_ATTR_DEV_MAX_VQS,	"max_vqs",	field_uint },
		{ VDPA_ATTR_DEV_MAX_VQ_SIZE,	"max_vq_size",	field_uint },
		{ VDPA_ATTR_DEV_MIN_VQ_SIZE,	"min_vq_size",	field_uint },
		{ .key = NULL }
	};
	char unknown[CLASS_SIZE];

	out_text(out, "type", class_type(attr_uint(slots[VDPA_ATTR_DEV_ID]), unknown, sizeof(unknown)));
	write_mgmtdev(out, slots);
	fields_write(out, numbers, slots);
}

/* A kernel that tells a device's state tells its driver, too. */
static bool dev_driver(const struct nlattr **slots, const char *name, char *driver, size_t size)
{
	if (!slots[VDPA_ATTR_DEV_STATE])
		return sysfs_driver(name, driver, size);
	return slots[VDPA_ATTR_DEV_DRIVER] && attr_bytes(slots[VDPA_ATTR_DEV_DRIVER], driver, size);
}

int dev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	char bytes[256], driver[256];
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	out_entry(data, name, len);
	write_dev(data, slots);
	if (attr_bytes(slots[VDPA_ATTR_DEV_NAME], bytes, sizeof(bytes)) &&
	    dev_driver(slots, bytes, driver, sizeof(driver)))
		sysfs_place(bytes, driver, data);
	state_write(data, slots);
	out_entry_end(data);
	return 0;
}

enum status dev_show_by(struct vdpa *vdpa, int argc, char **argv, uint8_t request,
			const char *section, nl_cb print)
{
	const char *name = NULL;
	struct nlmsghdr *nlh;
	enum status status;

	status = args_only(vdpa, "device", false, arg_device, argc, argv, &name);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	nlh = nl_request(&vdpa->nl, request, name ? 0 : NLM_F_DUMP);
	if (name)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	return command_show(vdpa, section, name, print, &vdpa->out);
}

static enum status dev_show(struct vdpa *vdpa, int argc, char **argv)
{
	return dev_show_by(vdpa, argc, argv, VDPA_CMD_DEV_GET, "dev", dev_print);
}

/* --- add, del, set --- */

static enum status change(struct vdpa *vdpa, const char *subject, const char *where)
{
	struct nl_error err = { 0 };

	if (vdpa->ahead && subject) {
		ahead_send(vdpa->ahead, vdpa->command, subject, where);
		return STATUS_DONE;
	}
	if (vdpa->ahead)
		ahead_finish(vdpa->ahead, NULL);
	if (nl_exchange(&vdpa->nl, NULL, NULL, NULL, &err) < 0)
		return error_refused(err.errnum == ENODEV ? where : subject, &err);
	return STATUS_DONE;
}

enum status dev_change(struct vdpa *vdpa, const char *subject)
{
	return change(vdpa, subject, subject);
}

struct add {
	const char *name;
	struct mgmtdev_handle mgmtdev;
	uint8_t mac[ETH_ALEN];
	uint16_t mtu;
	uint16_t max_vqp;
	struct features_wanted features;
};

enum { ADD_NAME, ADD_MGMTDEV, ADD_MAC, ADD_MTU, ADD_MAX_VQP, ADD_FEATURES };

/* mac and mtu have no short form in iproute2: "ma" is max_vqp there. */
static const struct keyword add_keywords[] = {
	[ADD_NAME] = {
		.word = { .name = "name" }, .required = true,
		.check = arg_device, .offset = offsetof(struct add, name),
	},
	[ADD_MGMTDEV] = {
		.word = { .name = "mgmtdev", .first = true }, .required = true,
		.check = arg_mgmtdev, .offset = offsetof(struct add, mgmtdev),
	},
	[ADD_MAC] = {
		.word = { .name = "mac", .full = true },
		.check = arg_mac, .offset = offsetof(struct add, mac),
	},
	[ADD_MTU] = {
		.word = { .name = "mtu", .full = true },
		.check = arg_mtu, .offset = offsetof(struct add, mtu),
	},
	[ADD_MAX_VQP] = {
		.word = { .name = "max_vqp" },
		.check = arg_max_vqp, .offset = offsetof(struct add, max_vqp),
	},
	[ADD_FEATURES] = {
		.word = { .name = "device_features" },
		.check = arg_features, .offset = offsetof(struct add, features),
	},
	{ .word.name = NULL }
};

static void put_add(struct nlmsghdr *nlh, const struct add *add, uint32_t given)
{
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, add->name);
	args_put_mgmtdev(nlh, &add->mgmtdev);
	if (given >> ADD_MAC & 1)
		mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, add->mac);
	if (given >> ADD_MTU & 1)
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MTU, add->mtu);
	if (given >> ADD_MAX_VQP & 1)
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, add->max_vqp);
	if (given >> ADD_FEATURES & 1)
		mnl_attr_put_u64(nlh, VDPA_ATTR_DEV_FEATURES, add->features.bits);
}

static enum status dev_add(struct vdpa *vdpa, int argc, char **argv)
{
	struct add add = { 0 };
	enum status status;
	uint32_t given;

	status = args_keywords(vdpa, add_keywords, argc, argv, &add, &given);
	if (status == STATUS_DONE)
		status = feature_names_check(vdpa, &add.features);
	if (add.features.names)
		ahead_settle(vdpa, NULL);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = feature_names_ask(vdpa, &add.mgmtdev, &add.features);
	if (status != STATUS_DONE)
		return status;

	put_add(nl_request(&vdpa->nl, VDPA_CMD_DEV_NEW, 0), &add, given);
	/* What is not there can only be the management device. */
	return change(vdpa, add.name, add.mgmtdev.text);
}

struct del {
	uint32_t deadline;
};

enum { DEL_NOWAIT, DEL_DEADLINE };

static const struct keyword del_keywords[] = {
	[DEL_NOWAIT] = { .word = { .name = "nowait", .full = true } },
	[DEL_DEADLINE] = KEYWORD_DEADLINE(struct del, deadline),
	{ .word.name = NULL }
};

/* A core without what came with these would pass over them and wait for ever. */
static enum status check_patience(struct vdpa *vdpa, uint32_t given)
{
	struct nl_error err = { 0 };

	if (!given || nl_knows(&vdpa->nl, VDPA_CMD_DEV_SUSPEND))
		return STATUS_DONE;
	nl_fail(&err, EOPNOTSUPP,
		"this kernel's vdpa core knows no \"%s\" (needs the vdpa.ko that comes with this command)",
		del_keywords[given & 1 << DEL_NOWAIT ? DEL_NOWAIT : DEL_DEADLINE].word.name);
	return error_refused(NULL, &err);
}

static enum status dev_del(struct vdpa *vdpa, int argc, char **argv)
{
	const char *name = NULL;
	struct del del = { 0 };
	struct nlmsghdr *nlh;
	enum status status;
	uint32_t given = 0;

	status = args_only(vdpa, "device", true, arg_device, argc ? 1 : 0, argv, &name);
	if (status == STATUS_DONE && argc > 1)
		status = args_keywords(vdpa, del_keywords, argc - 1, argv + 1, &del, &given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status == STATUS_DONE)
		status = check_patience(vdpa, given);
	if (status != STATUS_DONE)
		return status;

	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_DEL, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, name);
	if (given >> DEL_NOWAIT & 1)
		mnl_attr_put(nlh, VDPA_ATTR_NOWAIT, 0, NULL);
	if (given >> DEL_DEADLINE & 1)
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEADLINE, del.deadline);
	return dev_change(vdpa, name);
}

struct set {
	const char *name;
	uint8_t mac[ETH_ALEN];
};

static const struct keyword set_keywords[] = {
	{
		.word = { .name = "name" }, .required = true,
		.check = arg_device, .offset = offsetof(struct set, name),
	},
	{
		.word = { .name = "mac", .full = true }, .required = true,
		.check = arg_mac, .offset = offsetof(struct set, mac),
	},
	{ .word.name = NULL }
};

static enum status dev_set(struct vdpa *vdpa, int argc, char **argv)
{
	struct set set = { 0 };
	struct nlmsghdr *nlh;
	enum status status;
	uint32_t given;

	status = args_keywords(vdpa, set_keywords, argc, argv, &set, &given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_ATTR_SET, 0);
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, set.name);
	mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, set.mac);
	return dev_change(vdpa, set.name);
}

const struct command dev_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.usage = "[ DEV ]",
		.run = dev_show,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_GET,
		.needs_text = "Linux 5.12",
	},
	{
		.word = { .name = "add" },
		.usage = "name NAME mgmtdev MGMTDEV [ device_features FEATURES ] [ mac MAC ]\n"
			 "                    [ mtu MTU ] [ max_vqp N ]",
		.run = dev_add,
		.needs = VDPA_CMD_DEV_NEW,
		.needs_text = "Linux 5.12",
	},
	{
		.word = { .name = "del", .first = true },
		.usage = "DEV [ nowait | deadline MS ]",
		.run = dev_del,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_DEL,
		.needs_text = "Linux 5.12",
	},
	{
		.word = { .name = "set" },
		.usage = "name NAME mac MAC",
		.run = dev_set,
		.needs = VDPA_CMD_DEV_ATTR_SET,
		.needs_text = "Linux 6.12",
	},
	{
		.word = { .name = "suspend" },
		.usage = "DEV [ DEV ... ] [ deadline MS ] [ force ]",
		.run = dev_suspend,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_SUSPEND,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "resume" },
		.usage = "DEV [ DEV ... ]",
		.run = dev_resume,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_RESUME,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word = { .name = "config" }, .below = dev_config_commands, .bare = "show" },
	{ .word = { .name = "vstats", .first = true }, .below = dev_vstats_commands, .bare = "show" },
	{ .word = { .name = "vq" }, .below = dev_vq_commands, .bare = "show" },
	{ .word = { .name = "migration" }, .below = dev_migration_commands, .bare = "show" },
	{ .word = { .name = "state" }, .below = dev_state_commands },
	{ .word = { .name = "dirty" }, .below = dev_dirty_commands },
	{ .word.name = NULL }
};
