// SPDX-License-Identifier: GPL-2.0-or-later
/* vdpa dev suspend, vdpa dev resume */
#include <stdlib.h>
#include <string.h>

#include <linux/vdpa.h>

#include "cli/args.h"
#include "device/dev.h"
#include "cli/error.h"

struct suspend {
	uint32_t deadline;
};

enum { SUSPEND_DEADLINE, SUSPEND_FORCE };

static const struct keyword suspend_keywords[] = {
	[SUSPEND_DEADLINE] = KEYWORD_DEADLINE(struct suspend, deadline),
	[SUSPEND_FORCE] = { .word = { .name = "force", .full = true } },
	{ .word.name = NULL }
};

/* One device goes by its name, several as a group. */
static void put_names(struct nlmsghdr *nlh, int n, char **argv)
{
	struct nlattr *group;

	if (n == 1) {
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, argv[0]);
		return;
	}
	group = mnl_attr_nest_start(nlh, VDPA_ATTR_DEV_GROUP);
	for (int i = 0; i < n; i++)
		mnl_attr_put_strz(nlh, VDPA_ATTR_DEV_NAME, argv[i]);
	mnl_attr_nest_end(nlh, group);
}

enum status dev_suspend(struct vdpa *vdpa, int argc, char **argv)
{
	int n = args_count_names(argc, argv, suspend_keywords);
	struct suspend suspend = { 0 };
	struct nlmsghdr *nlh;
	enum status status;
	uint32_t given;

	status = args_names(vdpa, n, argv);
	if (status == STATUS_DONE)
		status = args_keywords(vdpa, suspend_keywords, argc - n, argv + n, &suspend,
				       &given);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	nlh = nl_request(&vdpa->nl, VDPA_CMD_DEV_SUSPEND, 0);
	put_names(nlh, n, argv);
	if (given >> SUSPEND_DEADLINE & 1)
		mnl_attr_put_u32(nlh, VDPA_ATTR_DEADLINE, suspend.deadline);
	if (given >> SUSPEND_FORCE & 1)
		mnl_attr_put(nlh, VDPA_ATTR_FORCE, 0, NULL);
	return dev_change(vdpa, n == 1 ? argv[0] : NULL);
}

enum status dev_resume(struct vdpa *vdpa, int argc, char **argv)
{
	int n = args_count_names(argc, argv, NULL);
	enum status status;

	status = args_names(vdpa, n, argv);
	if (status == STATUS_DONE)
		status = command_connect(vdpa);
	if (status != STATUS_DONE)
		return status;

	put_names(nl_request(&vdpa->nl, VDPA_CMD_DEV_RESUME, 0), n, argv);
	return dev_change(vdpa, n == 1 ? argv[0] : NULL);
}
