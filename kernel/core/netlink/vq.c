// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of virtqueues over netlink.
 */
#include <linux/vdpa.h>
#include <linux/virtio_config.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "netlink/netlink.h"
#include "netlink/nl_vq.h"
#include "netlink/queue.h"
#include "vq.h"
#include "netlink/nl_request.h"

/* The index of a packed ring has 15 bits; bit 15 is the wrap counter. */
#define PACKED_INDEX_MAX	0x7fff

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

static int put_inflight(struct sk_buff *msg, const struct vdpa_inflight *inflight)
{
	return nla_put(msg, VDPA_ATTR_VQ_INFLIGHT, inflight->n * sizeof(*inflight->heads),
		       inflight->heads);
}

/**
 * vdpa_nl_put_vq - write a virtqueue's state, without its index
 * @msg: destination
 * @view: the state
 *
 * Return: 0 or -EMSGSIZE.
 */
int vdpa_nl_put_vq(struct sk_buff *msg, const struct vdpa_vq_view *view)
{
	if (nla_put_u8(msg, VDPA_ATTR_VQ_TYPE, view->type) ||
	    nla_put_u8(msg, VDPA_ATTR_VQ_READY, view->ready) ||
	    nla_put_u16(msg, VDPA_ATTR_VQ_SIZE, view->size))
		return -EMSGSIZE;
	if (!view->known)
		return 0;
	if (view->packed ? put_packed(msg, &view->state) : put_split(msg, &view->state))
		return -EMSGSIZE;
	if (nla_put_u8(msg, VDPA_ATTR_VQ_STABLE, view->stable))
		return -EMSGSIZE;
	return view->inflight.told ? put_inflight(msg, &view->inflight) : 0;
}

static int vq_fill(struct vdpa_entry *entry, u16 index, struct sk_buff *msg,
		   struct netlink_ext_ack *extack)
{
	struct vdpa_vq_view view;
	int err;

	if (nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, index))
		return -EMSGSIZE;
	err = vdpa_vq_read(entry, index, &view);
	if (err)
		return err;
	err = vdpa_nl_put_vq(msg, &view);
	/* Not in vdpa_nl_put_vq(): a saved state has no groups, as the target has its own. */
	if (!err && (nla_put_u32(msg, VDPA_ATTR_VQ_GROUP, view.group) ||
		     nla_put_u32(msg, VDPA_ATTR_VQ_ASID, view.asid)))
		err = -EMSGSIZE;
	vdpa_vq_view_free(&view);
	return err;
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

/* The attributes of a packed ring's position, and their maximum values. */
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
 * vdpa_nl_read_vq_state - read a virtqueue's position from a request
 * @attrs: the attributes by enum vdpa_attr
 * @packed: the ring is packed
 * @state: set to the position
 * @extack: set on error, with the attribute at fault
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int vdpa_nl_read_vq_state(struct nlattr **attrs, bool packed, struct vdpa_vq_state *state,
			  struct netlink_ext_ack *extack)
{
	return packed ? read_packed(attrs, state, extack) : read_split(attrs, state, extack);
}

/**
 * vdpa_nl_read_inflight - read the chains in flight of a virtqueue from a request
 * @attr: VDPA_ATTR_VQ_INFLIGHT, or NULL
 * @inflight: set to the chains, to be freed; not @told without @attr
 * @extack: set on error, with the attribute at fault
 *
 * Return: 0, -EINVAL, -E2BIG or -ENOMEM.
 */
int vdpa_nl_read_inflight(const struct nlattr *attr, struct vdpa_inflight *inflight,
			  struct netlink_ext_ack *extack)
{
	unsigned int n;

	*inflight = (struct vdpa_inflight) {};
	if (!attr)
		return 0;
	n = nla_len(attr) / sizeof(*inflight->heads);
	if (nla_len(attr) % sizeof(*inflight->heads)) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "%u bytes, but a chain in flight has 2",
					nla_len(attr));
		return -EINVAL;
	}
	if (n > VDPA_VQ_INFLIGHT_MAX) {
		NL_SET_ERR_MSG_ATTR_FMT(extack, attr,
					"a queue has %u chains in flight, but at most %u are possible",
					n, VDPA_VQ_INFLIGHT_MAX);
		return -E2BIG;
	}
	if (n) {
		inflight->heads = kvmemdup(nla_data(attr), nla_len(attr), GFP_KERNEL_ACCOUNT);
		if (!inflight->heads)
			return -ENOMEM;
	}
	inflight->told = true;
	inflight->n = n;
	return 0;
}

/* The caller holds cf_lock, so that no driver starts the device meanwhile. */
static int vq_set_locked(struct vdpa_request *req)
{
	struct nlattr **attrs = vdpa_nl_request_info(req)->attrs;
	u16 index = nla_get_u32(attrs[VDPA_ATTR_DEV_QUEUE_INDEX]);
	struct vdpa_entry *entry = req->entry;
	struct vdpa_vq_state state = {};
	int err;

	err = vdpa_vq_can_set(entry, &req->extack);
	if (err) {
		req->fault = VDPA_ATTR_DEV_NAME;
		return err;
	}
	err = vdpa_nl_read_vq_state(attrs, vdpa_vq_is_packed(entry), &state, &req->extack);
	if (err)
		return err;
	req->fault = VDPA_ATTR_DEV_QUEUE_INDEX;
	return vdpa_vq_set(entry, index, &state, &req->extack);
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
	/* Checked early too, as the request may wait long in the line. */
	if (!err) {
		err = vdpa_entry_check_owner(entry, NULL, info->extack);
		if (err)
			NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
	}
	return err ?: vdpa_nl_request_run(skb, info, entry, vq_set, NULL);
}
