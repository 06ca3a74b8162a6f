// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtqueues: see vq.h.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <net/netlink.h>

#include "config.h"
#include "device.h"
#include "message.h"
#include "state.h"
#include "vq.h"

/* Return: whether the driver has negotiated packed rings. */
bool vdpa_vq_is_packed(struct vdpa_entry *entry)
{
	return entry->ops.get_driver_features(entry->vdev) & BIT_ULL(VIRTIO_F_RING_PACKED);
}

/* virtio 1.2, 5.1.2: rx and tx alternate, the control queue follows the last pair. */
static enum vdpa_vq_type net_vq_type(struct vdpa_entry *entry, u16 index)
{
	u64 features = entry->ops.get_driver_features(entry->vdev);
	struct virtio_net_config config;
	u32 pairs = 1;

	if (features & (BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS))) {
		vdpa_config_read(entry, &config, sizeof(config));
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

/*
 * The state is read before and after the position: the position is stable only if the device was
 * suspended all the time.
 */
static bool stays_suspended(const struct vdpa_state_view *before,
			    const struct vdpa_state_view *after)
{
	return before->now == VDPA_DEV_STATE_SUSPENDED && after->now == before->now &&
	       after->transitions == before->transitions;
}

/* Read the position and the chains in flight, if the parent reports them. */
static int read_state(struct vdpa_entry *entry, struct vdpa_vq_view *view)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	bool was_ready = ops->get_vq_ready(entry->vdev, view->index);
	struct vdpa_state_view before, after;
	u64 seq;
	int err;

	if (!ops->get_vq_state)
		return 0;
	before = vdpa_state_read(entry, &seq);
	if (ops->get_vq_state(entry->vdev, view->index, &view->state))
		return 0;
	view->known = true;
	err = vdpa_inflight_read(entry, view->index, view->size, &view->inflight);
	after = vdpa_state_read(entry, &seq);
	view->stable = stays_suspended(&before, &after) ||
		       (!was_ready && !ops->get_vq_ready(entry->vdev, view->index));
	return err == -ENOMEM ? err : 0;
}

/* Without get_vq_group there is one group, in address space 0. */
static void read_group(struct vdpa_entry *entry, struct vdpa_vq_view *view)
{
	const struct vdpa_config_ops *ops = &entry->ops;

	if (ops->get_vq_group)
		view->group = ops->get_vq_group(entry->vdev, view->index);
	if (entry->group_asid && view->group < entry->vdev->ngroups)
		view->asid = READ_ONCE(entry->group_asid[view->group]);
}

/**
 * vdpa_vq_read - read a virtqueue's state
 * @entry: the device, with cf_lock held for reading
 * @index: the virtqueue
 * @view: set to the state, to be freed with vdpa_vq_view_free()
 *
 * Context: a worker, as the parent may sleep.
 * Return: 0 or -ENOMEM.
 */
int vdpa_vq_read(struct vdpa_entry *entry, u16 index, struct vdpa_vq_view *view)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	int err;

	*view = (struct vdpa_vq_view) {
		.index = index,
		.type = vq_type(entry, index),
		.ready = ops->get_vq_ready(entry->vdev, index),
		.size = entry->max_vq_size,
	};

	if (ops->get_vq_size)
		view->size = ops->get_vq_size(entry->vdev, index);
	read_group(entry, view);
	err = read_state(entry, view);
	if (view->known)
		view->packed = vdpa_vq_is_packed(entry);
	return err;
}

void vdpa_vq_view_free(struct vdpa_vq_view *view)
{
	vdpa_inflight_free(&view->inflight);
}

/**
 * vdpa_vq_can_set - check that a device is suspended or inactive, so that positions can be set
 * @entry: the device, with cf_lock held for writing, so that no driver starts it meanwhile
 * @extack: set on error
 *
 * Return: 0 or -EBUSY.
 */
int vdpa_vq_can_set(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	int err = vdpa_entry_check_owner(entry, NULL, extack);
	u64 seq;

	if (err)
		return err;
	switch (vdpa_state_read(entry, &seq).now) {
	case VDPA_DEV_STATE_SUSPENDED:
	case VDPA_DEV_STATE_INACTIVE:
		return 0;
	default:
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   " is neither suspended nor inactive", vdpa_entry_name(entry));
		return -EBUSY;
	}
}

/**
 * vdpa_vq_set - set the position of a virtqueue
 * @entry: the device, for which vdpa_vq_can_set() returned 0
 * @index: the virtqueue
 * @state: its position
 * @extack: set on error
 *
 * Context: a worker, as the parent may sleep.
 * Return: 0 or the parent's error.
 */
int vdpa_vq_set(struct vdpa_entry *entry, u16 index, const struct vdpa_vq_state *state,
		struct netlink_ext_ack *extack)
{
	int err = entry->ops.set_vq_state(entry->vdev, index, state);

	if (err)
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": its parent refuses queue %u: %pe", vdpa_entry_name(entry),
				   index, ERR_PTR(err));
	return err;
}
