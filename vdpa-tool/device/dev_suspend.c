// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev suspend, vdpa dev resume */
#include <linux/vdpa.h>

#include "device/dev.h"

enum { SUSPEND_NAMES, SUSPEND_DEADLINE, SUSPEND_FORCE };

const struct argument suspend_arguments[] = {
	[SUSPEND_NAMES] = ARGUMENT_DEVICES(struct suspend, names),
	[SUSPEND_DEADLINE] = ARGUMENT_DEADLINE(struct suspend, deadline),
	[SUSPEND_FORCE] = {
		.word = { .name = "force", .full = true },
		.text = "also a NIC whose control queue this host uses, or a device that cannot be resumed",
	},
	{ .word.name = NULL }
};

const struct argument resume_arguments[] = {
	ARGUMENT_DEVICES(struct suspend, names),
	{ .word.name = NULL }
};

/* One device goes by its name, several as a group. */
static void put_names(struct nlmsghdr *nlh, const struct names *names)
{
	struct nlattr *group;

	if (names->count == 1) {
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, names->words[0]);
		return;
	}
	group = mnl_attr_nest_start(nlh, VDPA_ATTR_DEV_GROUP);
	for (int i = 0; i < names->count; i++)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, names->words[i]);
	mnl_attr_nest_end(nlh, group);
}

void put_suspend(struct nlmsghdr *nlh, const void *values)
{
	const struct suspend *suspend = values;

	put_names(nlh, &suspend->names);
	if (was_given(suspend, SUSPEND_DEADLINE))
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEADLINE, suspend->deadline);
	if (was_given(suspend, SUSPEND_FORCE))
		mnl_attr_put(nlh, VDPA_ATTR_FORCE, 0, NULL);
}
