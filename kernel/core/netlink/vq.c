// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of virtqueues over netlink.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "netlink/netlink.h"
#include "netlink/nl_vq.h"
#include "netlink/queue.h"
#include "request.h"
#include "state.h"

/* Indices of packed rings have 15 bits, the 16th is the wrap counter. */
#define PACKED_INDEX_MAX	0x7fff

static bool is_packed(struct vdpa_entry *entry)
{
	return entry->ops.get_driver_features(entry->vdev) & BIT_ULL(VIRTIO_F_RING_PACKED);
}

/* virtio 1.2, 5.1.2: rx and tx in turn, the control queue behind the last pair. */
static enum vdpa_vq_type net_vq_type(struct vdpa_entry *entry, u16 index)
{
	u64 features = entry->ops.get_driver_features(entry->vdev);
	struct virtio_net_config config;
	u32 pairs = 1;

	if (features & (BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS))) {
		vdpa_nl_read_config(entry, &config, sizeof(config));
		pairs = le16_to_cpu((__force __le16)config.max_virtqueue_pairs);
	}
	if (index < 2 * pairs)
		return index & 1 ? VDPA_VQ_TYPE_TX : VDPA_VQ_TYPE_RX;
	if (index == 2 * pairs && (features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ)))
		return VDPA_VQ_TYPE_CTRL;
	return VDPA_VQ_TYPE_OTHER;
}

static enum vdpa_vq_type vq_type(struct vdpa_entry *entry, u16 index)
{
	switch (entry->device_id) {
	case VIRTIO_ID_NET:
		return net_vq_type(entry, index);
	case VIRTIO_ID_BLOCK:
		return VDPA_VQ_TYPE_REQUEST;
	default:
		return VDPA_VQ_TYPE_OTHER;
	}
}

static int put_split(struct sk_buff *msg, const struct vdpa_vq_state *state)
{
	return nla_put_u16(msg, VDPA_ATTR_VQ_AVAIL_INDEX, state->split.avail_index);
}

static int put_packed(struct sk_buff *msg, const struct vdpa_vq_state *state)
{
	return nla_put_u16(msg, VDPA_ATTR_VQ_AVAIL_INDEX, state->packed.last_avail_idx) ||
	       nla_put_u8(msg, VDPA_ATTR_VQ_AVAIL_COUNTER, state->packed.last_avail_counter) ||
	       nla_put_u16(msg, VDPA_ATTR_VQ_USED_INDEX, state->packed.last_used_idx) ||
	       nla_put_u8(msg, VDPA_ATTR_VQ_USED_COUNTER, state->packed.last_used_counter);
}

/*
 * Suspended or not is looked at on both sides: the position is stable only if
 * nothing could move it from before it was read until after.
 */
static bool stays_suspended(const struct vdpa_state_view *before,
			    const struct vdpa_state_view *after)
{
	return before->now == VDPA_DEV_STATE_SUSPENDED && after->now == before->now &&
	       after->transitions == before->transitions;
}

/* Return: true if the parent knows, with @state and whether it is @stable. */
static bool read_state(struct vdpa_entry *entry, u16 index, struct vdpa_vq_state *state,
		       bool *stable)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	bool was_ready = ops->get_vq_ready(entry->vdev, index);
	struct vdpa_state_view before, after;
	u64 seq;

	if (!ops->get_vq_state)
		return false;
	before = vdpa_state_read(entry, &seq);
	if (ops->get_vq_state(entry->vdev, index, state))
		return false;
	after = vdpa_state_read(entry, &seq);
	*stable = stays_suspended(&before, &after) ||
		  (!was_ready && !ops->get_vq_ready(entry->vdev, index));
	return true;
}

/**
 * vdpa_nl_put_vq - write what there is about a virtqueue
 * @entry: the device, with cf_lock held for reading
 * @index: the virtqueue
 * @msg: where to
 *
 * Context: a worker, as the parent may sleep.
 * Return: 0 or -EMSGSIZE.
 */
int vdpa_nl_put_vq(struct vdpa_entry *entry, u16 index, struct sk_buff *msg)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	struct vdpa_vq_state state = {};
	bool stable;
	u16 size;

	size = ops->get_vq_size ? ops->get_vq_size(entry->vdev, index) : entry->max_vq_size;
	if (nla_put_u8(msg, VDPA_ATTR_VQ_TYPE, vq_type(entry, index)) ||
	    nla_put_u8(msg, VDPA_ATTR_VQ_READY, ops->get_vq_ready(entry->vdev, index)) ||
	    nla_put_u16(msg, VDPA_ATTR_VQ_SIZE, size))
		return -EMSGSIZE;
	if (!read_state(entry, index, &state, &stable))
		return 0;
	if (is_packed(entry) ? put_packed(msg, &state) : put_split(msg, &state))
		return -EMSGSIZE;
	return nla_put_u8(msg, VDPA_ATTR_VQ_STABLE, stable);
}

static int vq_fill(struct vdpa_entry *entry, u16 index, struct sk_buff *msg,
		   struct netlink_ext_ack *extack)
{
	if (nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, index))
		return -EMSGSIZE;
	return vdpa_nl_put_vq(entry, index, msg);
}

static int vq_check(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	return 0;
}

static const struct vdpa_queue_request vq_request = {
	.command = VDPA_CMD_DEV_VQ_GET,
	.check = vq_check,
	.fill = vq_fill,
};

int vdpa_nl_dev_vq_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_nl_queue_doit(skb, info, &vq_request);
}

int vdpa_nl_dev_vq_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	return vdpa_nl_queue_dumpit(msg, cb, &vq_request);
}

/* The attributes that a packed ring needs beyond the available index, and their limits. */
static const struct {
	enum vdpa_attr attr;
	u16 max;
} packed_attrs[] = {
	{ VDPA_ATTR_VQ_AVAIL_INDEX, PACKED_INDEX_MAX },
	{ VDPA_ATTR_VQ_AVAIL_COUNTER, 1 },
	{ VDPA_ATTR_VQ_USED_INDEX, PACKED_INDEX_MAX },
	{ VDPA_ATTR_VQ_USED_COUNTER, 1 },
};

static u16 attr_value(const struct nlattr *attr)
{
	return nla_len(attr) == sizeof(u8) ? nla_get_u8(attr) : nla_get_u16(attr);
}

static int read_packed(struct nlattr **attrs, struct vdpa_vq_state *state,
		       struct netlink_ext_ack *extack)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(packed_attrs); i++) {
		struct nlattr *attr = attrs[packed_attrs[i].attr];

		if (!attr) {
			NL_SET_ERR_ATTR_MISS(extack, NULL, packed_attrs[i].attr);
			NL_SET_ERR_MSG(extack,
				       "a packed ring's state has two indices and two counters");
			return -EINVAL;
		}
		if (attr_value(attr) > packed_attrs[i].max) {
			NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "%u is more than %u",
						attr_value(attr), packed_attrs[i].max);
			return -ERANGE;
		}
	}
	state->packed.last_avail_idx = nla_get_u16(attrs[VDPA_ATTR_VQ_AVAIL_INDEX]);
	state->packed.last_avail_counter = nla_get_u8(attrs[VDPA_ATTR_VQ_AVAIL_COUNTER]);
	state->packed.last_used_idx = nla_get_u16(attrs[VDPA_ATTR_VQ_USED_INDEX]);
	state->packed.last_used_counter = nla_get_u8(attrs[VDPA_ATTR_VQ_USED_COUNTER]);
	return 0;
}

static int read_split(struct nlattr **attrs, struct vdpa_vq_state *state,
		      struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (!attrs[VDPA_ATTR_VQ_AVAIL_INDEX]) {
		NL_SET_ERR_ATTR_MISS(extack, NULL, VDPA_ATTR_VQ_AVAIL_INDEX);
		NL_SET_ERR_MSG(extack, "the available index is missing");
		return -EINVAL;
	}
	for (i = 1; i < ARRAY_SIZE(packed_attrs); i++) {
		if (!attrs[packed_attrs[i].attr])
			continue;
		NL_SET_ERR_MSG_ATTR(extack, attrs[packed_attrs[i].attr],
				    "a split ring's state is its available index alone");
		return -EINVAL;
	}
	state->split.avail_index = nla_get_u16(attrs[VDPA_ATTR_VQ_AVAIL_INDEX]);
	return 0;
}

/**
 * vdpa_nl_read_vq_state - read a virtqueue's position out of a request
 * @attrs: by enum vdpa_attr
 * @packed: the kind of the ring
 * @state: set to it
 * @extack: says what is wrong, and points at it
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int vdpa_nl_read_vq_state(struct nlattr **attrs, bool packed, struct vdpa_vq_state *state,
			  struct netlink_ext_ack *extack)
{
	return packed ? read_packed(attrs, state, extack) : read_split(attrs, state, extack);
}

/* Under cf_lock, so that no driver starts the device meanwhile. */
static int vq_set_locked(struct vdpa_request *req)
{
	u16 index = nla_get_u32(req->info.attrs[VDPA_ATTR_DEV_QUEUE_INDEX]);
	struct vdpa_entry *entry = req->entry;
	struct vdpa_vq_state state = {};
	u64 seq;
	int err;

	switch (vdpa_state_read(entry, &seq).now) {
	case VDPA_DEV_STATE_SUSPENDED:
	case VDPA_DEV_STATE_INACTIVE:
		break;
	default:
		NL_SET_ERR_MSG_ATTR_FMT(&req->extack, req->info.attrs[VDPA_ATTR_DEV_NAME],
					"device " VDPA_MSG_NAME
					" is neither suspended nor inactive",
					vdpa_entry_name(entry));
		return -EBUSY;
	}
	err = vdpa_nl_read_vq_state(req->info.attrs, is_packed(entry), &state, &req->extack);
	if (err)
		return err;
	err = entry->ops.set_vq_state(entry->vdev, index, &state);
	if (err)
		NL_SET_ERR_MSG_ATTR_FMT(&req->extack, req->info.attrs[VDPA_ATTR_DEV_QUEUE_INDEX],
					"device " VDPA_MSG_NAME
					": its parent refuses queue %u: %pe",
					vdpa_entry_name(entry), index, ERR_PTR(err));
	return err;
}

static int vq_set(struct vdpa_request *req)
{
	struct rw_semaphore *sem = &req->entry->vdev->cf_lock;
	int err;

	vdpa_poll_down_write(sem);
	err = vq_set_locked(req);
	up_write(sem);
	return err;
}

int vdpa_nl_dev_vq_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	int err = vdpa_nl_queue_check(info, entry);

	if (!err && !entry->ops.set_vq_state) {
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, info->attrs[VDPA_ATTR_DEV_NAME],
					"device " VDPA_MSG_NAME
					": its parent takes no queue state",
					vdpa_entry_name(entry));
		err = -EOPNOTSUPP;
	}
	return err ?: vdpa_request_run_with(skb, info, entry, vq_set, NULL);
}
