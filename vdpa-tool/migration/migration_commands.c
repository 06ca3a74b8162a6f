// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa migration */
#include <linux/vdpa.h>

#include "migration/migration_check.h"

const struct command migration_commands[] = {
	{
		.word = { .name = "check" },
		.usage = "source FILE { target FILE | dev DEV | mgmtdev MGMTDEV } [ policy FILE ]",
		.run = migration_check,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "find" },
		.usage = "source FILE [ policy FILE ]",
		.run = migration_find,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "plan" },
		.usage = "source FILE mgmtdev MGMTDEV name NAME [ policy FILE ]",
		.run = migration_plan,
		.needs = VDPA_CMD_MIGRATION_CHECK,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "estimate" },
		.usage = "DEV [ interval MS ]",
		.run = migration_estimate,
		.takes_name = true,
		.needs = VDPA_CMD_MIGRATION_ESTIMATE,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
