// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev: show, add, del, set */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "device/dev.h"
#include "device/feature_names.h"
#include "device/fields.h"
#include "device/virtio.h"
#include "device/mgmtdev.h"
#include "device/state.h"
#include "device/sysfs.h"
#include "device/users.h"

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

	out_word(out, "type", class_type(attr_uint(slots[VDPA_ATTR_DEV_ID]), unknown, sizeof(unknown)));
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

/* What it was created with: the keywords of "dev add", and what they were given. */
static int write_created(struct output *out, const struct nlattr *nest, struct nl_error *err)
{
	static const struct field fields[] = {
		{ VDPA_ATTR_DEV_NET_CFG_MACADDR,	"mac",			field_mac },
		{ VDPA_ATTR_DEV_NET_CFG_MTU,		"mtu",			field_uint },
		{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP,	"max_vqp",		field_uint },
		{ VDPA_ATTR_DEV_FEATURES,		"device_features",	field_hex },
		{ .key = NULL }
	};
	const struct nlattr *slots[ATTR_SLOTS];
	bool empty = nest && nest->nla_len == NLA_HDRLEN;

	if (!nest)
		return 0;
	if (!empty && attrs_parse_nested(nest, slots, err) < 0)
		return -1;
	out_object(out, "created_with");
	if (!empty)
		fields_write(out, fields, slots);
	out_object_end(out);
	return 0;
}

/* Who has its character device open, as far as we may know. */
static void write_users(struct output *out, const char *node)
{
	struct user users[USERS_MAX];
	int n = users_find(node, users);

	if (n < 0)
		return;
	out_table(out, "opened_by");
	for (int i = 0; i < n && i < USERS_MAX; i++) {
		out_row(out);
		out_number(out, "pid", users[i].pid);
		out_bytes(out, "name", users[i].name, strlen(users[i].name));
		out_row_end(out);
	}
	out_table_end(out);
}

/*
 * What takes longer to find out, of a device that was asked for by its name.
 * @node: of its character device, "" if it has none
 */
static void write_details(struct output *out, const char *name, const char *node)
{
	char address[64];

	if (sysfs_pci(name, address, sizeof(address)))
		out_text(out, "pci", address);
	if (*node)
		write_users(out, node);
}

struct shown {
	struct output *out;
	bool details;
	bool has_mac;
	uint8_t mac[ETH_ALEN];	/* if @has_mac */
};

static int print(const struct nlmsghdr *nlh, struct nl_error *err, const struct shown *shown)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct output *out = shown->out;
	char bytes[256], driver[256], node[NODE_SIZE] = "";
	const uint8_t *mac = shown->mac;
	const char *name;
	size_t len;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_DEV_ID, err) < 0)
		return -1;
	name = attr_text(slots[VDPA_ATTR_DEV_NAME], &len);
	attr_bytes(slots[VDPA_ATTR_DEV_NAME], bytes, sizeof(bytes));
	out_entry(out, name, len);
	write_dev(out, slots);
	if (*bytes && dev_driver(slots, bytes, driver, sizeof(driver)))
		sysfs_place(bytes, driver, out, node);
	state_write(out, slots);
	if (slots[VDPA_ATTR_DEV_DRIVER_OVERRIDE])
		field_text(out, "driver_override", slots[VDPA_ATTR_DEV_DRIVER_OVERRIDE]);
	if (write_created(out, slots[VDPA_ATTR_DEV_CREATED_WITH], err) < 0)
		return -1;
	if (shown->has_mac)
		out_format(out, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	if (shown->details && *bytes)
		write_details(out, bytes, node);
	out_entry_end(out);
	return 0;
}

int dev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	return print(nlh, err, &(struct shown){ .out = data });
}

static int print_shown(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	return print(nlh, err, data);
}

static enum status dev_show(struct vdpa *vdpa, const void *values)
{
	struct shown shown = { .out = &vdpa->out, .details = vdpa->dev };
	struct nlmsghdr *nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, vdpa->dev ? 0 : NLM_F_DUMP);

	if (vdpa->dev)
		put_one_device(nlh, values);
	return command_show(vdpa, "dev", vdpa->dev, print_shown, &shown);
}

/* --- rows --- */

const struct argument one_device[] = {
	ARGUMENT_DEVICE(struct one_device, name, true),
	{ .word.name = NULL }
};

const struct argument any_device[] = {
	ARGUMENT_DEVICE(struct one_device, name, false),
	{ .word.name = NULL }
};

void put_one_device(struct nlmsghdr *nlh, const void *values)
{
	const struct one_device *device = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, device->name);
}

/* --- add --- */

/* mac and mtu have no short form in iproute2: "ma" is max_vqp there. */
const struct argument dev_add_arguments[] = {
	[ADD_NAME] = {
		.word = { .name = "name" }, .required = true, .type = &type_device, .value = "NAME",
		.text = "the device's name", .offset = offsetof(struct dev_add, name),
	},
	[ADD_MGMTDEV] = {
		.word = { .name = "mgmtdev", .first = true }, .required = true, .type = &type_mgmtdev,
		.text = "the management device that creates it", .offset = offsetof(struct dev_add, mgmtdev),
	},
	[ADD_FEATURES] = {
		.word = { .name = "device_features" }, .type = &type_features,
		.text = "the features that it offers: a hexadecimal number, or names", .offset = offsetof(struct dev_add, features),
	},
	[ADD_MAC] = {
		.word = { .name = "mac", .full = true }, .type = &type_mac,
		.text = "the MAC address of a network device", .offset = offsetof(struct dev_add, mac),
	},
	[ADD_MTU] = {
		.word = { .name = "mtu", .full = true }, .type = &type_mtu,
		.text = "the MTU of a network device", .offset = offsetof(struct dev_add, mtu),
	},
	[ADD_MAX_VQP] = {
		.word = { .name = "max_vqp" }, .type = &type_max_vqp,
		.text = "the number of queue pairs of a network device", .offset = offsetof(struct dev_add, max_vqp),
	},
	[ADD_DRIVER] = {
		.word = { .name = "driver", .full = true }, .type = &type_driver,
		.text = "the bus driver that it is for: vhost_vdpa, virtio_vdpa, or none",
		.offset = offsetof(struct dev_add, driver),
	},
	{ .word.name = NULL }
};

void dev_add_put_settings(struct nlmsghdr *nlh, const struct dev_add *add)
{
	if (was_given(add, ADD_MAC))
		mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, add->mac);
	if (was_given(add, ADD_MTU))
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MTU, add->mtu);
	if (was_given(add, ADD_MAX_VQP))
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, add->max_vqp);
	if (was_given(add, ADD_FEATURES))
		mnl_attr_put_u64(nlh, VDPA_ATTR_DEV_FEATURES, add->features.bits);
}

void dev_add_put(struct nlmsghdr *nlh, const void *values)
{
	const struct dev_add *add = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, add->name);
	args_put_mgmtdev(nlh, &add->mgmtdev);
	dev_add_put_settings(nlh, add);
	if (was_given(add, ADD_DRIVER))
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_DRIVER, add->driver);
}

enum status dev_check_known(struct vdpa *vdpa, uint8_t command, const char *word)
{
	struct nl_error err = { 0 };

	if (nl_knows(&vdpa->nl, command))
		return STATUS_DONE;
	nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core knows no \"%s\" (needs " NEEDS_OURS ")", word);
	return error_refused(vdpa, NULL, &err);
}

enum status dev_add_check(struct vdpa *vdpa, const void *values)
{
	const struct dev_add *add = values;

	return feature_names_check(vdpa, &add->features);
}

enum status dev_add_prepare(struct vdpa *vdpa, void *values)
{
	struct dev_add *add = values;
	enum status status = STATUS_DONE;

	if (was_given(add, ADD_DRIVER))
		status = dev_check_known(vdpa, VDPA_CMD_DEV_DRIVER_SET, "driver");
	return status == STATUS_DONE ? feature_names_ask(vdpa, &add->mgmtdev, &add->features) : status;
}

static int take_mac(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	struct shown *shown = data;

	if (attrs_parse(nlh, slots, err) < 0)
		return -1;
	shown->has_mac = slots[VDPA_ATTR_DEV_NET_CFG_MACADDR];
	if (shown->has_mac)
		memcpy(shown->mac, mnl_attr_get_payload(slots[VDPA_ATTR_DEV_NET_CFG_MACADDR]), ETH_ALEN);
	return 0;
}

/*
 * The device that came of it, with its address, which its parent may have chosen. In text a batch is silent: there may be
 * thousands.
 */
static enum status show_added(struct vdpa *vdpa, const void *values)
{
	struct shown shown = { .out = &vdpa->out };
	const struct dev_add *add = values;
	struct nl_error unheard = { 0 }, err = { 0 };
	bool failed;

	if (options.batch && !options.json)
		return STATUS_DONE;
	if (nl_knows(&vdpa->nl, VDPA_CMD_DEV_CONFIG_GET)) {
		mnl_attr_put_strz(nl_request(&vdpa->nl, VDPA_CMD_DEV_CONFIG_GET, 0), VDPA_ATTR_DEV_NAME, add->name);
		nl_exchange(&vdpa->nl, take_mac, &shown, NULL, &unheard);
	}
	mnl_attr_put_strz(nl_request(&vdpa->nl, VDPA_CMD_DEV_GET, 0), VDPA_ATTR_DEV_NAME, add->name);
	out_begin(&vdpa->out, "dev");
	failed = nl_exchange(&vdpa->nl, print_shown, &shown, NULL, &err) < 0;
	/* Somebody may have deleted it since. It was created all the same. */
	return command_end(vdpa, failed && err.errnum != ENODEV, false, add->name, &err);
}

/* vduse has a management device without devices: a program makes them, and the kernel says no more than "invalid". */
void dev_add_explain(const void *values, struct nl_error *err)
{
	const struct dev_add *add = values;
	char path[128];

	if (err->errnum != EINVAL || *err->attribute || strcmp(add->mgmtdev.device, "vduse") != 0)
		return;
	snprintf(path, sizeof(path), "/dev/vduse/%s", add->name);
	if (access(path, F_OK) == 0)
		nl_fail(err, EINVAL, "the program that offers vduse the device %s has not set it up yet", add->name);
	else
		nl_fail(err, EINVAL, "no program offers vduse a device named %s (there is no %s)", add->name, path);
}

/* --- del --- */

struct del {
	uint32_t given;
	const char *name;
	uint32_t deadline;
};

enum { DEL_NAME, DEL_NOWAIT, DEL_DEADLINE };

static const struct argument del_arguments[] = {
	[DEL_NAME] = ARGUMENT_DEVICE(struct del, name, true),
	[DEL_NOWAIT] = {
		.word = { .name = "nowait", .full = true }, .choice = 1,
		.text = "do not wait: fail if the device is in use",
	},
	[DEL_DEADLINE] = {
		.word = { .name = "deadline", .full = true }, .choice = 1, .type = &type_ms,
		.text = "how long it may take", .offset = offsetof(struct del, deadline),
	},
	{ .word.name = NULL }
};

static enum status prepare_del(struct vdpa *vdpa, void *values)
{
	bool nowait = was_given(values, DEL_NOWAIT);

	if (!nowait && !was_given(values, DEL_DEADLINE))
		return STATUS_DONE;
	return dev_check_known(vdpa, VDPA_CMD_DEV_SUSPEND, del_arguments[nowait ? DEL_NOWAIT : DEL_DEADLINE].word.name);
}

static void put_del(struct nlmsghdr *nlh, const void *values)
{
	const struct del *del = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, del->name);
	if (was_given(del, DEL_NOWAIT))
		mnl_attr_put(nlh, VDPA_ATTR_NOWAIT, 0, NULL);
	if (was_given(del, DEL_DEADLINE))
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEADLINE, del->deadline);
}

/* --- set --- */

struct set {
	uint32_t given;
	const char *name;
	uint8_t mac[ETH_ALEN];
	uint16_t mtu;
	const char *driver;
	uint32_t deadline;
};

enum { SET_DEV, SET_NAME, SET_MAC, SET_MTU, SET_DRIVER, SET_DEADLINE };

/* iproute2 has the name behind a keyword. */
static const struct argument set_arguments[] = {
	[SET_DEV] = {
		.word.name = "DEV", .positional = true, .paired = true, .choice = 1, .required = true,
		.type = &type_device, .text = "the device", .offset = offsetof(struct set, name),
	},
	[SET_NAME] = {
		.word = { .name = "name" }, .choice = 1, .required = true, .type = &type_device, .value = "NAME",
		.text = "the same", .offset = offsetof(struct set, name),
	},
	[SET_MAC] = {
		.word = { .name = "mac", .full = true }, .choice = 2, .required = true, .type = &type_mac,
		.text = "the new MAC address", .offset = offsetof(struct set, mac),
	},
	[SET_MTU] = {
		.word = { .name = "mtu", .full = true }, .choice = 2, .required = true, .type = &type_mtu,
		.text = "the new MTU", .offset = offsetof(struct set, mtu),
	},
	[SET_DRIVER] = {
		.word = { .name = "driver", .full = true }, .choice = 2, .required = true, .type = &type_driver,
		.text = "the new bus driver: vhost_vdpa, virtio_vdpa, or none",
		.offset = offsetof(struct set, driver),
	},
	[SET_DEADLINE] = {
		.word = { .name = "deadline", .full = true }, .within = 1, .type = &type_ms,
		.text = "how long to wait for those who use it", .offset = offsetof(struct set, deadline),
	},
	{ .word.name = NULL }
};

enum status dev_check_closed(struct vdpa *vdpa, const char *name, const char *driver)
{
	struct user users[USERS_MAX];
	struct nl_error err = { 0 };
	char node[NODE_SIZE];

	if (!sysfs_chardev(name, node) || strcmp(driver, "vhost_vdpa") == 0 || users_find(node, users) <= 0)
		return STATUS_DONE;
	nl_fail(&err, EBUSY, "device %s is in use: %s is open, %s, pid %d", name, node, users[0].name,
		(int)users[0].pid);
	return error_refused(vdpa, name, &err);
}

static enum status prepare_set(struct vdpa *vdpa, void *values)
{
	const struct set *set = values;
	enum status status;

	if (!was_given(values, SET_DRIVER))
		return STATUS_DONE;
	status = dev_check_known(vdpa, VDPA_CMD_DEV_DRIVER_SET, "driver");
	if (status != STATUS_DONE || was_given(set, SET_DEADLINE))
		return status;
	return dev_check_closed(vdpa, set->name, set->driver);
}

static void put_set(struct nlmsghdr *nlh, const void *values)
{
	const struct set *set = values;
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, set->name);
	if (was_given(set, SET_MAC))
		mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, set->mac);
	if (was_given(set, SET_MTU))
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MTU, set->mtu);
	if (!was_given(set, SET_DRIVER))
		return;
	genl->cmd = VDPA_CMD_DEV_DRIVER_SET;
	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_DRIVER, set->driver);
	if (was_given(set, SET_DEADLINE))
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEADLINE, set->deadline);
}

void dev_explain_driver(const char *driver, struct nl_error *err)
{
	if (err->errnum == ENOENT)
		snprintf(err->message, sizeof(err->message), "no vdpa bus driver named %s is loaded (modprobe %s)", driver, driver);
}

static void explain_set(const void *values, struct nl_error *err)
{
	const struct set *set = values;

	if (was_given(set, SET_DRIVER))
		dev_explain_driver(set->driver, err);
}

/* --- the table --- */

const struct command dev_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows a device, or all devices.",
		.arguments = any_device, .size = sizeof(struct one_device),
		.needs = VDPA_CMD_DEV_GET, .needs_text = "Linux 5.12",
		.run = dev_show,
	},
	{
		.word = { .name = "add" },
		.text = "Creates a device.",
		.arguments = dev_add_arguments, .size = sizeof(struct dev_add),
		.needs = VDPA_CMD_DEV_NEW, .needs_text = "Linux 5.12",
		.check = dev_add_check, .prepare = dev_add_prepare, .put = dev_add_put,
		.after = show_added, .explain = dev_add_explain,
	},
	{
		.word = { .name = "del", .first = true },
		.text = "Deletes a device.",
		.arguments = del_arguments, .size = sizeof(struct del),
		.needs = VDPA_CMD_DEV_DEL, .needs_text = "Linux 5.12",
		.prepare = prepare_del, .put = put_del,
	},
	{
		.word = { .name = "set" },
		.text = "Changes the configuration of a device, or its bus driver.",
		.arguments = set_arguments, .size = sizeof(struct set),
		.needs = VDPA_CMD_DEV_ATTR_SET, .needs_text = "Linux 6.12",
		.prepare = prepare_set, .put = put_set, .explain = explain_set,
	},
	{
		.word = { .name = "suspend" },
		.text = "Suspends devices; of several, all or none.",
		.arguments = suspend_arguments, .size = sizeof(struct suspend),
		.needs = VDPA_CMD_DEV_SUSPEND, .needs_text = NEEDS_OURS,
		.put = put_suspend,
	},
	{
		.word = { .name = "resume" },
		.text = "Resumes devices that were suspended by command.",
		.arguments = resume_arguments, .size = sizeof(struct suspend),
		.needs = VDPA_CMD_DEV_RESUME, .needs_text = NEEDS_OURS,
		.put = put_suspend,
	},
	{
		.word = { .name = "wait" },
		.text = "Waits until a device is in a state, has its character device, or is gone.",
		.arguments = wait_arguments, .size = sizeof(struct wait_values),
		.needs = VDPA_CMD_DEV_DRIVER_SET, .needs_text = NEEDS_OURS,
		.run = dev_wait,
	},
	{ .word = { .name = "config" }, .below = dev_config_commands, .bare = "show" },
	{ .word = { .name = "vstats", .first = true }, .below = dev_vstats_commands, .bare = "show" },
	{ .word = { .name = "vq" }, .below = dev_vq_commands, .bare = "show" },
	{ .word = { .name = "migration" }, .below = dev_migration_commands, .bare = "show" },
	{ .word = { .name = "state" }, .below = dev_state_commands },
	{ .word = { .name = "dirty" }, .below = dev_dirty_commands },
	{ .word.name = NULL }
};
