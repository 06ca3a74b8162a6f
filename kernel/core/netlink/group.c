// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about several devices: see nl_group.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "netlink/netlink.h"
#include "netlink/nl_group.h"
#include "netlink/nl_request.h"

/**
 * vdpa_nl_count_devices - count the devices that a request names
 * @req: the request, with VDPA_ATTR_DEV_NAME or VDPA_ATTR_DEV_GROUP
 * @n: set to their number
 *
 * Return: 0; -EINVAL if it has neither attribute, or both; -E2BIG if the group is too large.
 */
int vdpa_nl_count_devices(struct vdpa_request *req, unsigned int *n)
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

/* Put the devices that vdpa_nl_find_devices() found. */
void vdpa_nl_put_devices(struct vdpa_entry **entries, unsigned int n)
{
	while (n--)
		vdpa_entry_put(entries[n]);
	kvfree(entries);
}

/**
 * vdpa_nl_find_devices - find the devices that a request names
 * @req: the request
 * @n: their number, from vdpa_nl_count_devices()
 *
 * Return: the devices, to be put with vdpa_nl_put_devices(), or an ERR_PTR.
 */
struct vdpa_entry **vdpa_nl_find_devices(struct vdpa_request *req, unsigned int n)
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
		/* The policy allows only names in a group. */
		nla_for_each_nested(attr, attrs[VDPA_ATTR_DEV_GROUP], left) {
			err = vdpa_nl_find_device(attr, &req->extack, &entries[i]);
			if (err)
				break;
			i++;
		}
	}
	if (!err)
		return entries;
	vdpa_nl_put_devices(entries, i);
	return ERR_PTR(err);
}
