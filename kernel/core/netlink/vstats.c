// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics that a parent keeps for each virtqueue, over netlink.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "config.h"
#include "device.h"
#include "netlink/netlink.h"
#include "netlink/queue.h"
#include "words.h"

/* Write the maximum number of queue pairs, if the driver negotiated several. */
static int put_queue_pairs(struct vdpa_entry *entry, struct sk_buff *msg, u64 features)
{
	struct virtio_net_config config;

	if (entry->device_id != VIRTIO_ID_NET ||
	    !(features & (BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS))))
		return 0;
	vdpa_config_read(entry, &config, sizeof(config));
	return nla_put_u16(msg, VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
			   le16_to_cpu((__force __le16)config.max_virtqueue_pairs));
}

static int vstats_fill(struct vdpa_entry *entry, u16 index, struct sk_buff *msg,
		       struct netlink_ext_ack *extack)
{
	struct vdpa_device *vdev = entry->vdev;
	struct vdpa_words features;
	int err;

	if (!(entry->ops.get_status(vdev) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": no driver has negotiated features yet",
				   vdpa_entry_name(entry));
		return -EAGAIN;
	}
	features = vdpa_features_negotiated(entry);
	if (nla_put_u64_64bit(msg, VDPA_ATTR_DEV_NEGOTIATED_FEATURES, features.word[0],
			      VDPA_ATTR_PAD) ||
	    put_queue_pairs(entry, msg, features.word[0]) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, index))
		return -EMSGSIZE;
	err = entry->ops.get_vendor_vq_stats(vdev, index, msg, extack);
	if (err && !extack->_msg)
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": its parent has no statistics of queue %u",
				   vdpa_entry_name(entry), index);
	return err;
}

static int vstats_check(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	if (entry->ops.get_vendor_vq_stats)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME ": its parent keeps no statistics",
			   vdpa_entry_name(entry));
	return -EOPNOTSUPP;
}

static const struct vdpa_queue_request vstats_request = {
	.command = VDPA_CMD_DEV_VSTATS_GET,
	.check = vstats_check,
	.fill = vstats_fill,
};

int vdpa_nl_dev_vstats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_nl_queue_doit(skb, info, &vstats_request);
}

int vdpa_nl_dev_vstats_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vdpa_nl_queue_dumpit(msg, cb, &vstats_request);
}
