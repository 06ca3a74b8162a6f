// SPDX-License-Identifier: GPL-2.0-only
/*
 * The statistics that a parent keeps for each virtqueue, over netlink.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "job.h"
#include "netlink.h"
#include "registry.h"

/* The number of queue pairs that the driver can use, if it has asked for several. */
static int put_queue_pairs(struct vdpa_entry *entry, struct sk_buff *msg, u64 features)
{
	struct virtio_net_config config;

	if (entry->device_id != VIRTIO_ID_NET ||
	    !(features & (BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS))))
		return 0;
	vdpa_nl_read_config(entry, &config, sizeof(config));
	return nla_put_u16(msg, VDPA_ATTR_DEV_NET_CFG_MAX_VQP,
			   le16_to_cpu((__force __le16)config.max_virtqueue_pairs));
}

/* The device's cf_lock is held. */
static int vstats_fill(struct vdpa_entry *entry, struct sk_buff *msg, struct genl_info *info,
		       u16 index)
{
	struct vdpa_device *vdev = entry->vdev;
	u64 features;
	void *hdr;
	int err;

	hdr = genlmsg_put(msg, info->snd_portid, info->snd_seq, &vdpa_nl_family, 0,
			  VDPA_CMD_DEV_VSTATS_GET);
	if (!hdr)
		return -EMSGSIZE;
	features = entry->ops.get_driver_features(vdev);
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_DEV_NEGOTIATED_FEATURES, features, VDPA_ATTR_PAD) ||
	    put_queue_pairs(entry, msg, features) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, index))
		return -EMSGSIZE;
	err = entry->ops.get_vendor_vq_stats(vdev, index, msg, info->extack);
	if (err)
		return err;
	genlmsg_end(msg, hdr);
	return 0;
}

static int vstats_reply(struct vdpa_entry *entry, struct genl_info *info)
{
	u16 index = nla_get_u32(info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX]);
	const char *name = vdpa_entry_name(entry);
	struct sk_buff *msg;
	int err;

	if (!(entry->ops.get_status(entry->vdev) & VIRTIO_CONFIG_S_FEATURES_OK)) {
		NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
				   ": no driver has negotiated features yet", name);
		return -EAGAIN;
	}
	msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = vstats_fill(entry, msg, info, index);
	if (err) {
		if (!info->extack->_msg)
			NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
					   ": its parent has no statistics of queue %u",
					   name, index);
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

static int check_queue(struct genl_info *info, const struct vdpa_entry *entry)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX];
	const char *name = vdpa_entry_name(entry);
	u32 index;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_QUEUE_INDEX)) {
		NL_SET_ERR_MSG(info->extack, "the virtqueue's index is missing");
		return -EINVAL;
	}
	index = nla_get_u32(attr);
	if (!entry->ops.get_vendor_vq_stats) {
		NL_SET_ERR_MSG_FMT(info->extack, "device " VDPA_MSG_NAME
				   ": its parent keeps no statistics", name);
		return -EOPNOTSUPP;
	}
	if (index < entry->vdev->nvqs)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "device " VDPA_MSG_NAME
				" has the virtqueues 0 to %u", name, entry->vdev->nvqs - 1);
	/* Mainline tells what no network device can have from what this one has not. */
	return index > VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX ? -ERANGE : -EINVAL;
}

/* A job, because a parent may have to ask its firmware. */
static int vstats_get(struct vdpa_job *job)
{
	struct rw_semaphore *sem = &job->entry->vdev->cf_lock;
	int err;

	err = vdpa_job_down_read(job, sem);
	if (err)
		return err;
	err = vstats_reply(job->entry, &job->info);
	up_read(sem);
	return err;
}

int vdpa_nl_dev_vstats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	int err = check_queue(info, entry);

	return err ?: vdpa_job_run_with(skb, info, entry, vstats_get);
}
