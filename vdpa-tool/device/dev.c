// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev: show, add, del, set */
#include <errno.h>
#include <stddef.h>
#include <string.h>

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

struct add {
	uint32_t given;
	const char *name;
	struct mgmtdev_handle mgmtdev;
	uint8_t mac[ETH_ALEN];
	uint16_t mtu;
	uint16_t max_vqp;
	struct features_wanted features;
};

enum { ADD_NAME, ADD_MGMTDEV, ADD_FEATURES, ADD_MAC, ADD_MTU, ADD_MAX_VQP };

/* mac and mtu have no short form in iproute2: "ma" is max_vqp there. */
static const struct argument add_arguments[] = {
	[ADD_NAME] = {
		.word = { .name = "name" }, .required = true, .type = &type_device, .value = "NAME",
		.text = "the device's name", .offset = offsetof(struct add, name),
	},
	[ADD_MGMTDEV] = {
		.word = { .name = "mgmtdev", .first = true }, .required = true, .type = &type_mgmtdev,
		.text = "the management device that creates it", .offset = offsetof(struct add, mgmtdev),
	},
	[ADD_FEATURES] = {
		.word = { .name = "device_features" }, .type = &type_features,
		.text = "the features that it offers: a hexadecimal number, or names", .offset = offsetof(struct add, features),
	},
	[ADD_MAC] = {
		.word = { .name = "mac", .full = true }, .type = &type_mac,
		.text = "the MAC address of a network device", .offset = offsetof(struct add, mac),
	},
	[ADD_MTU] = {
		.word = { .name = "mtu", .full = true }, .type = &type_mtu,
		.text = "the MTU of a network device", .offset = offsetof(struct add, mtu),
	},
	[ADD_MAX_VQP] = {
		.word = { .name = "max_vqp" }, .type = &type_max_vqp,
		.text = "the number of queue pairs of a network device", .offset = offsetof(struct add, max_vqp),
	},
	{ .word.name = NULL }
};

static void put_add(struct nlmsghdr *nlh, const void *values)
{
	const struct add *add = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, add->name);
	args_put_mgmtdev(nlh, &add->mgmtdev);
	if (was_given(add, ADD_MAC))
		mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, add->mac);
	if (was_given(add, ADD_MTU))
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MTU, add->mtu);
	if (was_given(add, ADD_MAX_VQP))
		mnl_attr_put_u16(nlh, VDPA_ATTR_DEV_NET_CFG_MAX_VQP, add->max_vqp);
	if (was_given(add, ADD_FEATURES))
		mnl_attr_put_u64(nlh, VDPA_ATTR_DEV_FEATURES, add->features.bits);
}

static enum status check_add(struct vdpa *vdpa, const void *values)
{
	const struct add *add = values;

	return feature_names_check(vdpa, &add->features);
}

static enum status prepare_add(struct vdpa *vdpa, void *values)
{
	struct add *add = values;

	return feature_names_ask(vdpa, &add->mgmtdev, &add->features);
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

/* A core without what came with these would pass over them and wait for ever. */
static enum status prepare_del(struct vdpa *vdpa, void *values)
{
	bool nowait = was_given(values, DEL_NOWAIT);
	struct nl_error err = { 0 };

	if ((!nowait && !was_given(values, DEL_DEADLINE)) || nl_knows(&vdpa->nl, VDPA_CMD_DEV_SUSPEND))
		return STATUS_DONE;
	nl_fail(&err, EOPNOTSUPP, "this kernel's vdpa core knows no \"%s\" (needs " NEEDS_OURS ")",
		del_arguments[nowait ? DEL_NOWAIT : DEL_DEADLINE].word.name);
	return error_refused(vdpa, NULL, &err);
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
};

static const struct argument set_arguments[] = {
	{
		.word = { .name = "name" }, .required = true, .type = &type_device, .value = "NAME",
		.text = "the device's name", .offset = offsetof(struct set, name),
	},
	{
		.word = { .name = "mac", .full = true }, .required = true, .type = &type_mac,
		.text = "the new MAC address", .offset = offsetof(struct set, mac),
	},
	{ .word.name = NULL }
};

static void put_set(struct nlmsghdr *nlh, const void *values)
{
	const struct set *set = values;

	mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, set->name);
	mnl_attr_put(nlh, VDPA_ATTR_DEV_NET_CFG_MACADDR, ETH_ALEN, set->mac);
}

/* --- the table --- */

const struct command dev_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows a device, or all devices.",
		.arguments = any_device, .size = sizeof(struct one_device),
		.needs = VDPA_CMD_DEV_GET, .needs_text = "Linux 5.12",
		.put = put_one_device, .print = dev_print, .section = "dev",
	},
	{
		.word = { .name = "add" },
		.text = "Creates a device.",
		.arguments = add_arguments, .size = sizeof(struct add),
		.needs = VDPA_CMD_DEV_NEW, .needs_text = "Linux 5.12",
		.check = check_add, .prepare = prepare_add, .put = put_add,
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
		.text = "Changes the configuration of a device.",
		.arguments = set_arguments, .size = sizeof(struct set),
		.needs = VDPA_CMD_DEV_ATTR_SET, .needs_text = "Linux 6.12",
		.put = put_set,
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
	{ .word = { .name = "config" }, .below = dev_config_commands, .bare = "show" },
	{ .word = { .name = "vstats", .first = true }, .below = dev_vstats_commands, .bare = "show" },
	{ .word = { .name = "vq" }, .below = dev_vq_commands, .bare = "show" },
	{ .word = { .name = "migration" }, .below = dev_migration_commands, .bare = "show" },
	{ .word = { .name = "state" }, .below = dev_state_commands },
	{ .word = { .name = "dirty" }, .below = dev_dirty_commands },
	{ .word.name = NULL }
};
