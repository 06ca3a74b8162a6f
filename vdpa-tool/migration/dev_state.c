// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev state */
#include <linux/vdpa.h>

#include "device/dev.h"

const struct command dev_state_commands[] = {
	{
		.word = { .name = "save" },
		.usage = "DEV [ DEV ... ] [ precopy [ rounds N ] [ below BYTES ] [ deadline MS ] ] [ file FILE ]",
		.run = dev_state_save,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_STATE_GET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{
		.word = { .name = "load" },
		.usage = "{ DEV [ DEV ... ] [ file FILE ] | DEV=FILE [ DEV=FILE ... ] } [ policy FILE ]",
		.run = dev_state_load,
		.takes_name = true,
		.needs = VDPA_CMD_DEV_STATE_SET,
		.needs_text = "the vdpa.ko that comes with this command",
	},
	{ .word.name = NULL }
};
