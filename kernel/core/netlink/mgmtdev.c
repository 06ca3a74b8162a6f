// SPDX-License-Identifier: GPL-2.0-only
/*
 * Management devices over netlink.
 */
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "mgmtdev.h"
#include "netlink/netlink.h"
#include "netlink/nl_words.h"
#include "notify.h"
#include "words.h"

static int mgmtdev_fill(struct vdpa_mgmtdev *mgmtdev, struct sk_buff *msg, u32 portid, u32 seq,
			int flags, struct netlink_callback *cb)
{
	const struct vdpa_words features = vdpa_features_supported(mgmtdev);
	const struct vdpa_mgmt_dev *mdev = mgmtdev->mdev;
	void *hdr;

	hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, VDPA_CMD_MGMTDEV_NEW);
	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (vdpa_nl_put_mgmtdev(msg, mgmtdev) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES,
			      vdpa_mgmtdev_classes(mgmtdev), VDPA_ATTR_PAD) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_MGMTDEV_MAX_VQS, mdev->max_supported_vqs) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_SUPPORTED_FEATURES,
			      features.word[0], VDPA_ATTR_PAD) ||
	    vdpa_nl_put_high(msg, VDPA_ATTR_DEV_SUPPORTED_FEATURES_WORDS, &features) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_EVENT_SEQ, vdpa_event_seq(), VDPA_ATTR_PAD) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS,
			      vdpa_nl_dev_new_attrs(mgmtdev), VDPA_ATTR_PAD)) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

int vdpa_nl_mgmtdev_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	int err;

	if (!msg)
		return -ENOMEM;
	err = mgmtdev_fill(vdpa_nl_mgmtdev(info), msg, info->snd_portid, info->snd_seq, 0, NULL);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

int vdpa_nl_mgmtdev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	unsigned long index = cb->args[0];
	struct vdpa_mgmtdev *mgmtdev;
	int err = 0;

	cb->seq = vdpa_mgmtdev_generation();
	while (!err && (mgmtdev = vdpa_mgmtdev_next(&index))) {
		err = mgmtdev_fill(mgmtdev, msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   NLM_F_MULTI, cb);
		vdpa_mgmtdev_put(mgmtdev);
		if (!err)
			index++;
	}
	cb->args[0] = index;
	return msg->len ?: err;
}
