// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev migration show, vdpa mgmtdev migration show */
#include <string.h>

#include <linux/vdpa.h>

#include "cli/args.h"
#include "cli/error.h"
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
	out_end(&vdpa->out, !failed);
	if (failed)
		return error_refused(NULL, &err);
	if (interrupted)
		error_devices_changed();
	return STATUS_DONE;
}

static enum status show_one(struct vdpa *vdpa, const struct target *target)
{
	struct nl_error err = { 0 };
	struct subject subject;

	if (migration_get(vdpa, target, &subject, &err) < 0)
		return error_refused(target_text(target), &err);
	out_begin(&vdpa->out, subject.mgmtdev ? "mgmtdev" : "dev");
	print(&subject, &vdpa->out);
	out_end(&vdpa->out, true);
	subject_free(&subject);
	return STATUS_DONE;
}

static enum status dev_show(struct vdpa *vdpa, int argc, char **argv)
{
	struct target target = { 0 };
	enum status status;

	status = args_only(vdpa, "device", false, arg_device, argc, argv, &target.device);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;
	return argc ? show_one(vdpa, &target) : show_all(vdpa, false);
}

static enum status mgmtdev_show(struct vdpa *vdpa, int argc, char **argv)
{
	struct target target = { 0 };
	enum status status;

	status = args_only(vdpa, "management device", false, arg_mgmtdev, argc, argv,
			   &target.mgmtdev);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;
	return argc ? show_one(vdpa, &target) : show_all(vdpa, true);
}

const struct command dev_migration_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.usage = "[ DEV ]",
		.run = dev_show,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_MIGRATION_GET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};

const struct command mgmtdev_migration_commands[] = {
	{
		.word = { .name = "show", .alias = "list", .first = true },
		.usage = "[ MGMTDEV ]",
		.run = mgmtdev_show,
		.takes_name = true,
		.needs = VDPA_CMD_MGMTDEV_MIGRATION_GET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
