// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume over netlink.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "suspend.h"

/* How many devices a request names: one by VDPA_ATTR_DEV_NAME, or a group. */
static int count_devices(struct vdpa_request *req, unsigned int *n)
{
	struct nlattr *name = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_DEV_NAME];
	struct nlattr *group = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_DEV_GROUP];
	struct nlattr *attr;
	int left;

	*n = 0;
	if (name && group) {
		NL_SET_ERR_MSG_ATTR(&req->extack, group, "either one device or a group, not both");
		return -EINVAL;
	}
	if (group)
		nla_for_each_nested(attr, group, left)
			(*n)++;
	else if (name)
		*n = 1;
	if (!*n) {
		NL_SET_ERR_ATTR_MISS(&req->extack, group, VDPA_ATTR_DEV_NAME);
		NL_SET_ERR_MSG(&req->extack, "the device's name is missing");
		return -EINVAL;
	}
	if (*n > VDPA_GROUP_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(&req->extack, group, "a group has at most %u devices",
					VDPA_GROUP_MAX);
		return -E2BIG;
	}
	return 0;
}

static void put_devices(struct vdpa_entry **entries, unsigned int n)
{
	while (n--)
		vdpa_entry_put(entries[n]);
	kvfree(entries);
}

/* Return: the devices that the request names, to be given to put_devices(), or an ERR_PTR. */
static struct vdpa_entry **find_devices(struct vdpa_request *req, unsigned int n)
{
	struct nlattr **attrs = vdpa_nl_request_info(req)->attrs;
	struct vdpa_entry **entries;
	struct nlattr *attr;
	unsigned int i = 0;
	int left, err = 0;

	entries = kvcalloc(n, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return ERR_PTR(-ENOMEM);
	if (!attrs[VDPA_ATTR_DEV_GROUP]) {
		err = vdpa_nl_find_device(attrs[VDPA_ATTR_DEV_NAME], &req->extack, entries);
	} else {
		/* The policy lets nothing else than names in. */
		nla_for_each_nested(attr, attrs[VDPA_ATTR_DEV_GROUP], left) {
			err = vdpa_nl_find_device(attr, &req->extack, &entries[i]);
			if (err)
				break;
			i++;
		}
	}
	if (!err)
		return entries;
	put_devices(entries, i);
	return ERR_PTR(err);
}

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

/* Whatever this returns but 0, no device was touched. */
static int start(struct vdpa_request *req, enum vdpa_dev_state via)
{
	struct vdpa_group_plan plan = {
		.via = via,
		.force = vdpa_nl_request_info(req)->attrs[VDPA_ATTR_FORCE],
	};
	struct vdpa_entry **entries;
	unsigned int n;
	int err;

	err = count_devices(req, &n);
	if (!err)
		err = read_deadline(req, via, &plan.deadline);
	if (!err)
		err = check_force(req, via);
	if (err)
		return err;
	entries = find_devices(req, n);
	if (IS_ERR(entries))
		return PTR_ERR(entries);
	err = vdpa_group_start(req, &plan, entries, n);
	put_devices(entries, n);
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
