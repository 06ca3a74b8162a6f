// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume over netlink.
 */
#include <linux/err.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "netlink/netlink.h"
#include "netlink/nl_group.h"
#include "netlink/nl_request.h"
#include "suspend.h"

static int read_deadline(struct vdpa_request *req, enum vdpa_dev_state via, u32 *deadline)
{
	struct nlattr *attr = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_DEADLINE];

	*deadline = 0;
	if (!attr)
		return 0;
	if (via != VDPA_DEV_STATE_SUSPENDING) {
		NL_SET_ERR_MSG_ATTR(&req->extack, attr, "a resume has no deadline");
		return -EINVAL;
	}
	return vdpa_nl_read_deadline(attr, deadline, &req->extack);
}

static int check_force(struct vdpa_request *req, enum vdpa_dev_state via)
{
	struct nlattr *attr = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_FORCE];

	if (!attr || via == VDPA_DEV_STATE_SUSPENDING)
		return 0;
	NL_SET_ERR_MSG_ATTR(&req->extack, attr, "a resume needs no force");
	return -EINVAL;
}

/* After an error no device was touched. */
static int start(struct vdpa_request *req, enum vdpa_dev_state via)
{
	struct vdpa_group_plan plan = {
		.via = via,
		.force = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_FORCE],
	};
	struct vdpa_entry **entries;
	unsigned int n;
	int err;

	err = vdpa_nl_count_devices(req, &n);
	if (!err)
		err = read_deadline(req, via, &plan.deadline);
	if (!err)
		err = check_force(req, via);
	if (err)
		return err;
	entries = vdpa_nl_find_devices(req, n);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = vdpa_group_start(req, &plan, entries, n);
	vdpa_nl_put_devices(entries, n);
	return err;
}

static int suspend_or_resume(struct sk_buff *skb, struct genl_info *info, enum vdpa_dev_state via)
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);
	int err;

	if (IS_ERR(req))
		return PTR_ERR(req);
	err = start(req, via);
	if (err)
		vdpa_request_done(req, err);
	return vdpa_nl_request_wait(req);
}

int vdpa_nl_dev_suspend_doit(struct sk_buff *skb, struct genl_info *info)
{
	return suspend_or_resume(skb, info, VDPA_DEV_STATE_SUSPENDING);
}

int vdpa_nl_dev_resume_doit(struct sk_buff *skb, struct genl_info *info)
{
	return suspend_or_resume(skb, info, VDPA_DEV_STATE_RESUMING);
}
