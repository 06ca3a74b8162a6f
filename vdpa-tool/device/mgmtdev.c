// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa mgmtdev */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/args.h"
#include "netlink/attrs.h"
#include "netlink/bits.h"
#include "cli/error.h"
#include "device/virtio.h"
#include "device/mgmtdev.h"

char *mgmtdev_name(const struct nlattr **slots)
{
	char *device = attr_string(slots[VDPA_ATTR_MGMTDEV_DEV_NAME]);
	char *bus, *name;
	size_t size;

	if (!slots[VDPA_ATTR_MGMTDEV_BUS_NAME])
		return device;
	bus = attr_string(slots[VDPA_ATTR_MGMTDEV_BUS_NAME]);
	size = strlen(bus) + strlen(device) + sizeof("/");
	name = malloc(size);
	if (!name)
		error_no_memory();
	snprintf(name, size, "%s/%s", bus, device);
	free(device);
	free(bus);
	return name;
}

static json_t *mgmtdev_json(const struct nlattr **slots)
{
	uint64_t classes = 0;
	json_t *mgmtdev = output_object();

	if (slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES]) {
		classes = attr_uint(slots[VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES]);
		output_set(mgmtdev, "supported_classes", classes_json(classes));
	}
	if (slots[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS])
		output_set(mgmtdev, "max_supported_vqs",
			   attr_json_uint(slots[VDPA_ATTR_DEV_MGMTDEV_MAX_VQS]));
	if (slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES]) {
		struct bits features = bits_of_reply(slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES],
						     slots[VDPA_ATTR_DEV_SUPPORTED_FEATURES_WORDS]);

		output_set(mgmtdev, "dev_features", features_json(&features, classes_naming(classes)));
	}
	return mgmtdev;
}

int mgmtdev_print(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *slots[ATTR_SLOTS];
	char *name;

	if (attrs_parse(nlh, slots, err) < 0 ||
	    attrs_require(slots, VDPA_ATTR_MGMTDEV_DEV_NAME, err) < 0)
		return -1;
	name = mgmtdev_name(slots);
	output_entry(data, name, mgmtdev_json(slots));
	free(name);
	return 0;
}

static enum status mgmtdev_show(struct vdpa *vdpa, int argc, char **argv)
{
	struct mgmtdev_handle handle;
	struct nlmsghdr *nlh;
	enum status status;

	status = args_only(vdpa, "management device", false, arg_mgmtdev, argc, argv, &handle);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	nlh = nl_request(&vdpa->nl, VDPA_CMD_MGMTDEV_GET, argc ? 0 : NLM_F_DUMP);
	if (argc)
		args_put_mgmtdev(nlh, &handle);
	return command_show(vdpa, "mgmtdev", argc ? handle.text : NULL, mgmtdev_print,
			    &vdpa->out);
}

const struct command mgmtdev_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.usage = "[ MGMTDEV ]",
		.run = mgmtdev_show,
		.takes_name = true,
		.needs = VDPA_CMD_MGMTDEV_GET,
		.needs_text = "Linux 5.12",
	},
	{ .word = { .name = "migration" }, .below = mgmtdev_migration_commands, .bare = "show" },
	{ .word.name = NULL }
};
