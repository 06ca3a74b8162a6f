// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev migration show, vdpa mgmtdev migration show */
#include <string.h>

#include <linux/vdpa.h>

#include "command/command.h"
#include "device/dev.h"
#include "device/mgmtdev.h"
#include "migration/description_json.h"
#include "migration/migration.h"

static void print(struct subject *subject, void *data)
{
	struct output *out = data;

	out_entry(out, subject->name, strlen(subject->name));
	subject_write(out, subject);
	out_entry_end(out);
}

static enum status show_all(struct vdpa *vdpa, bool mgmtdev)
{
	struct nl_error err = { 0 };
	bool interrupted = false;
	int failed;

	out_begin(&vdpa->out, mgmtdev ? "mgmtdev" : "dev");
	failed = migration_dump(vdpa, mgmtdev, print, &vdpa->out, &interrupted, &err);
	return command_end(vdpa, failed, interrupted, NULL, &err);
}

static enum status show_one(struct vdpa *vdpa, const struct target *target)
{
	struct nl_error err = { 0 };
	struct subject subject;

	if (migration_get(vdpa, target, &subject, &err) < 0)
		return error_refused(vdpa, target_text(target), &err);
	out_begin(&vdpa->out, subject.mgmtdev ? "mgmtdev" : "dev");
	print(&subject, &vdpa->out);
	out_end(&vdpa->out, true);
	subject_free(&subject);
	return STATUS_DONE;
}

static enum status dev_show(struct vdpa *vdpa, const void *values)
{
	const struct one_device *device = values;
	const struct target target = { .device = device->name };

	return device->name ? show_one(vdpa, &target) : show_all(vdpa, false);
}

static enum status mgmtdev_show(struct vdpa *vdpa, const void *values)
{
	const struct one_mgmtdev *mgmtdev = values;
	const struct target target = { .mgmtdev = mgmtdev->handle };

	return mgmtdev->handle.text ? show_one(vdpa, &target) : show_all(vdpa, true);
}

const struct command dev_migration_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows the migration description of a device, or of all devices.",
		.arguments = any_device, .size = sizeof(struct one_device),
		.needs = VDPA_CMD_DEV_MIGRATION_GET, .needs_text = NEEDS_OURS,
		.run = dev_show,
	},
	{ .word.name = NULL }
};

const struct command mgmtdev_migration_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.text = "Shows the migration description of a management device, or of all.",
		.arguments = any_mgmtdev, .size = sizeof(struct one_mgmtdev),
		.needs = VDPA_CMD_MGMTDEV_MIGRATION_GET, .needs_text = NEEDS_OURS,
		.run = mgmtdev_show,
	},
	{ .word.name = NULL }
};
