// SPDX-License-Identifier: GPL-2.0-or-later
/* The objects: where the tables of all commands begin. */
#include <linux/vdpa.h>

#include "apply/apply.h"
#include "command/command.h"

const struct command commands[] = {
	{ .word = { .name = "mgmtdev", .first = true }, .below = mgmtdev_commands },
	{ .word = { .name = "dev", .first = true }, .below = dev_commands, .bare = "show" },
	{ .word = { .name = "migration" }, .below = migration_commands },
	{
		.word = { .name = "monitor" },
		.text = "Prints events of management devices and devices as they happen.",
		.arguments = monitor_arguments,
		.takes = TAKES_STATE | TAKES_TIMESTAMP, .alone = true,
		.needs = VDPA_CMD_DEV_GET, .needs_text = "Linux 5.12",
		.run = monitor,
	},
	{
		.word = { .name = "doctor" },
		.text = "Tells whether a host is set up right.",
		.arguments = doctor_arguments, .size = sizeof(struct doctor_values), .local = true,
		.run = doctor,
	},
	{
		.word = { .name = "apply" },
		.text = "Creates and changes devices until they are as files say.",
		.arguments = apply_arguments, .size = sizeof(struct apply_values),
		.takes = TAKES_DRY_RUN | TAKES_PRUNE | TAKES_WATCH,
		.needs = VDPA_CMD_DEV_NEW, .needs_text = "Linux 5.12", .local = true,
		.run = apply,
	},
	{
		.word = { .name = "save" },
		.text = "Writes a file that makes apply create the devices that there are.",
		.arguments = save_file_arguments, .size = sizeof(struct save_file_values),
		.needs = VDPA_CMD_DEV_GET, .needs_text = "Linux 5.12",
		.run = save_file,
	},
	{ .word.name = NULL }
};
