// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa mgmtdev */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "netlink/attrs.h"
#include "netlink/bits.h"
#include "device/virtio.h"
#include "device/mgmtdev.h"
#include "output/text.h"

char *mgmtdev_bytes(const struct nlattr **slots)
{
	const struct nlattr *bus = slots[VDPA_ATTR_MGMTDEV_BUS_NAME];
	size_t device_len, bus_len = 0;
	const char *device = attr_text(slots[VDPA_ATTR_MGMTDEV_DEV_NAME], &device_len);
	const char *bus_name = bus ? attr_text(bus, &bus_len) : "";
	char *name;

	if (asprintf(&name, "%.*s%s%.*s", (int)bus_len, bus_name, bus ? "/" : "", (int)device_len, device) < 0)
		error_no_memory();
	return name;
}

char *mgmtdev_name(const struct nlattr **slots)
{
	char *bytes = mgmtdev_bytes(slots);
	char *name = text_utf8(bytes, strlen(bytes));

	free(bytes);
	return name;
}

static void write_mgmtdev(struct output *out, const struct nlattr **slots)
{
	uint64_t classes = 0;

	if (slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES]) {
		classes = attr_uint(slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES]);
		out_classes(out, "supported_classes", classes);
	}
	if (slots[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS])
		out_number(out, "max_supported_vqs", attr_uint(slots[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS]));
	if (slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES]) {
		struct bits features = bits_of_reply(slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES],
						     slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES_WORDS]);

		out_features(out, "dev_features", &features, classes_naming(classes));
	}
}

/* A keyword of "dev add"; numbers have a range. */
static void write_keyword(struct output *out, const char *keyword, uint64_t min, uint64_t max)
{
	out_row(out);
	out_text(out, "keyword", keyword);
	if (max) {
		out_number(out, "min", min);
		out_number(out, "max", max);
	}
	out_row_end(out);
}

/* What "dev add" takes. A core that tells it takes a driver, too. */
static void write_dev_add(struct output *out, const struct nlattr **slots)
{
	const struct nlattr *max_vqs = slots[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS];
	uint64_t pairs = max_vqs ? attr_uint(max_vqs) / 2 : 0;
	const struct {
		uint16_t attr;
		const char *keyword;
		uint64_t min, max;
	} keywords[] = {
		{ VDPA_ATTR_DEV_FEATURES,		"device_features",	0, 0 },
		{ VDPA_ATTR_DEV_NET_CFG_MACADDR,	"mac",			0, 0 },
		{ VDPA_ATTR_DEV_NET_CFG_MTU,		"mtu",			type_mtu.min, type_mtu.max },
		{ VDPA_ATTR_DEV_NET_CFG_MAX_VQP,	"max_vqp",		1, pairs ? pairs : type_max_vqp.max },
	};
	uint64_t taken;

	if (!slots[VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS])
		return;
	taken = attr_uint(slots[VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS]);
	out_table(out, "dev_add");
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (taken >> keywords[i].attr & 1)
			write_keyword(out, keywords[i].keyword, keywords[i].min, keywords[i].max);
	write_keyword(out, "driver", 0, 0);
	out_table_end(out);
}

int mgmtdev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0)
		return -1;
	name = mgmtdev_bytes(slots);
	out_entry(data, name, strlen(name));
	free(name);
	write_mgmtdev(data, slots);
	write_dev_add(data, slots);
	out_entry_end(data);
	return 0;
}

const struct argument any_mgmtdev[] = {
	{
		.word.name = "MGMTDEV", .positional = true, .type = &type_mgmtdev,
		.text = "the management device; default: all", .offset = offsetof(struct one_mgmtdev, handle),
	},
	{ .word.name = NULL }
};

static void put_mgmtdev(struct nlmsghdr *nlh, const void *values)
{
	const struct one_mgmtdev *mgmtdev = values;

	args_put_mgmtdev(nlh, &mgmtdev->handle);
}

const struct command mgmtdev_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows what a management device supports, or all of them.",
		.arguments = any_mgmtdev, .size = sizeof(struct one_mgmtdev),
		.needs = VDPA_CMD_MGMTDEV_GET, .needs_text = "Linux 5.12",
		.put = put_mgmtdev, .print = mgmtdev_print, .section = "mgmtdev",
	},
	{ .word = { .name = "migration" }, .below = mgmtdev_migration_commands, .bare = "show" },
	{ .word.name = NULL }
};
