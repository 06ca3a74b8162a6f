// SPDX-License-Identifier: GPL-2.0-or-later
/* The objects: where the tables of all commands begin. */
#include <linux/vdpa.h>

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
	{ .word.name = NULL }
};
