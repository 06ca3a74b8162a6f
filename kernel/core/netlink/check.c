// SPDX-License-Identifier: GPL-2.0-only
/*
 * MIGRATION_CHECK: check whether a device can be migrated to a device or management device here.
 */
#include <linux/err.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "mgmtdev.h"
#include "migration/describe.h"
#include "migration/description.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "netlink/nl_request.h"

static int check(struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	struct vdpa_description *source;
	int err;

	source = vdpa_nl_read_description(vdpa_nl_request_info(req)->attrs[VDPA_ATTR_MIGRATION],
					  &req->extack);
	if (IS_ERR(source))
		return PTR_ERR(source);
	err = vdpa_judge(source, entry, entry ? entry->mgmtdev : req->mgmtdev,
			 &VDPA_ASKER_REQUEST(req), &req->extack);
	vdpa_description_free(source);
	if (err == -EMEDIUMTYPE)
		NL_SET_BAD_ATTR(&req->extack,
				vdpa_nl_request_info(req)->attrs[VDPA_ATTR_MIGRATION]);
	return err;
}

int vdpa_nl_migration_check_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_request *req;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_MIGRATION)) {
		NL_SET_ERR_MSG(info->extack, "the source's description is missing");
		return -EINVAL;
	}
	req = vdpa_nl_request_new(skb, info);
	if (IS_ERR(req))
		return PTR_ERR(req);
	req->entry = vdpa_nl_entry(info);
	req->mgmtdev = vdpa_nl_mgmtdev(info);
	if (req->entry)
		vdpa_entry_get(req->entry);
	if (req->mgmtdev)
		vdpa_mgmtdev_get(req->mgmtdev);
	vdpa_request_queue(req, check);
	return vdpa_nl_request_wait(req);
}
