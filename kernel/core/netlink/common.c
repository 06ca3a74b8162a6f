// SPDX-License-Identifier: GPL-2.0-only
/*
 * Functions shared by the files of the netlink family: parsing, finding devices, common attributes,
 * replies and dumps. The commands are in family.c.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "inflight.h"
#include "mgmtdev.h"
#include "migration/dirty.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "registry.h"
#include "status.h"

/* Anyone may listen: the events tell no more than unprivileged reads do. */
static const struct genl_multicast_group vdpa_nl_mcgrps[] = {
	{ .name = VDPA_MCGRP_MONITOR },
};

/* vdpa_nl_init() adds the commands and the policy. */
struct genl_family vdpa_nl_family __ro_after_init = {
	.name		= VDPA_GENL_NAME,
	.version	= VDPA_GENL_VERSION,
	.maxattr	= VDPA_ATTR_LAST,
	.netnsok	= false,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.mcgrps		= vdpa_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(vdpa_nl_mcgrps),
	.resv_start_op	= VDPA_CMD_DEV_VSTATS_GET + 1,
};

/**
 * vdpa_nl_parse_nested - nla_parse_nested() that accepts pad attributes
 * @tb: set to the attributes by type, up to @maxtype
 * @maxtype: the highest type
 * @nest: the enclosing attribute
 * @policy: the policy by type
 * @extack: set on error, with the attribute at fault
 *
 * Parses strictly, except that it skips empty attributes of type 0. On machines that need aligned
 * 64-bit numbers the kernel puts such pad attributes into replies, and clients send them back.
 *
 * Return: 0, -EINVAL or -ERANGE.
 */
int vdpa_nl_parse_nested(struct nlattr **tb, int maxtype, const struct nlattr *nest,
			 const struct nla_policy *policy, struct netlink_ext_ack *extack)
{
	struct nlattr *attr;
	int left, err;

	memset(tb, 0, (maxtype + 1) * sizeof(*tb));
	if (!(nest->nla_type & NLA_F_NESTED)) {
		NL_SET_ERR_MSG_ATTR(extack, nest, "NLA_F_NESTED is missing");
		return -EINVAL;
	}
	nla_for_each_nested(attr, nest, left) {
		if (nla_type(attr) == VDPA_ATTR_PAD && !nla_len(attr))
			continue;
		err = __nla_validate(attr, attr->nla_len, maxtype, policy, NL_VALIDATE_STRICT,
				     extack);
		if (err)
			return err;
		tb[nla_type(attr)] = attr;
	}
	if (left <= 0)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, nest, "bytes left over after the attributes");
	return -EINVAL;
}

/**
 * vdpa_nl_str - get the string in an attribute
 * @attr: an attribute with a string, terminated or not
 *
 * Return: the bytes up to the first terminator or the end of the attribute, within the message.
 */
struct vdpa_str vdpa_nl_str(const struct nlattr *attr)
{
	return (struct vdpa_str){
		.s = nla_data(attr),
		.len = strnlen(nla_data(attr), nla_len(attr)),
	};
}

/**
 * vdpa_nl_read_deadline - read a deadline from a request
 * @attr: VDPA_ATTR_DEADLINE
 * @deadline: set to the deadline, in ms
 * @extack: set on error, with the attribute at fault
 *
 * Return: 0 or -ERANGE.
 */
int vdpa_nl_read_deadline(const struct nlattr *attr, u32 *deadline,
			  struct netlink_ext_ack *extack)
{
	*deadline = nla_get_u32(attr);
	if (*deadline && *deadline <= VDPA_DEADLINE_MAX)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, attr, "a deadline is 1 to %u ms, not %u",
				VDPA_DEADLINE_MAX, *deadline);
	return -ERANGE;
}

/**
 * vdpa_nl_find_device - find a device that can be managed
 * @name: the attribute that names it
 * @extack: set on error, with @name at fault
 * @entry: set to the device, to be put with vdpa_entry_put()
 *
 * Return: 0; -ENODEV; -EINVAL if no management device created it.
 */
int vdpa_nl_find_device(const struct nlattr *name, struct netlink_ext_ack *extack,
			struct vdpa_entry **entry)
{
	struct vdpa_str text = vdpa_nl_str(name);

	*entry = vdpa_registry_find(text);
	if (!*entry) {
		NL_SET_BAD_ATTR(extack, name);
		if (vdpa_name_taken(text))
			NL_SET_ERR_MSG_FMT(extack, "device %.*s is just being created, or deleted",
					   min_t(int, text.len, 32), text.s);
		else
			NL_SET_ERR_MSG_FMT(extack, "no device named %.*s",
					   min_t(int, text.len, VDPA_NAME_LEN_MAX), text.s);
		return -ENODEV;
	}
	if ((*entry)->mgmtdev)
		return 0;
	NL_SET_BAD_ATTR(extack, name);
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME " belongs to no management device",
			   vdpa_entry_name(*entry));
	vdpa_entry_put(*entry);
	return -EINVAL;
}

/* Write the names by which requests name @mgmtdev. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_mgmtdev(struct sk_buff *msg, const struct vdpa_mgmtdev *mgmtdev)
{
	const struct device *dev = mgmtdev->mdev->device;

	if (dev->bus && nla_put_string(msg, VDPA_ATTR_MGMTDEV_BUS_NAME, dev->bus->name))
		return -EMSGSIZE;
	return nla_put_string(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, dev_name(dev));
}

/* Write the constants of a device. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_device(struct sk_buff *msg, const struct vdpa_entry *entry)
{
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_VENDOR_ID, entry->vendor_id) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_MAX_VQS, entry->vdev->nvqs) ||
	    nla_put_u16(msg, VDPA_ATTR_DEV_MAX_VQ_SIZE, entry->max_vq_size) ||
	    nla_put_u16(msg, VDPA_ATTR_DEV_MIN_VQ_SIZE, entry->min_vq_size))
		return -EMSGSIZE;
	return 0;
}

static u32 dev_caps(const struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;

	return (vdpa_can_suspend(entry) ? VDPA_DEV_CAP_SUSPEND : 0) |
	       (vdpa_can_resume(entry) ? VDPA_DEV_CAP_RESUME : 0) |
	       (entry->has_vq_state ? VDPA_DEV_CAP_VQ_STATE : 0) |
	       (ops->get_vendor_vq_stats ? VDPA_DEV_CAP_VSTATS : 0) |
	       (entry->mgmtdev->migration.precopy_begin ? VDPA_DEV_CAP_PRECOPY : 0) |
	       (vdpa_dirty_knows(entry) ? VDPA_DEV_CAP_DIRTY_TRACKING : 0) |
	       (vdpa_inflight_can(entry) ? VDPA_DEV_CAP_INFLIGHT : 0);
}

/* Write the capabilities and the status of a device. Return: 0 or -EMSGSIZE. */
int vdpa_nl_put_caps(struct sk_buff *msg, const struct vdpa_entry *entry)
{
	u8 status = entry->parent_ops->get_status(entry->vdev);

	if (nla_put_u8(msg, VDPA_ATTR_DEV_STATUS, status) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_CAPS, dev_caps(entry)))
		return -EMSGSIZE;
	return 0;
}

static struct sk_buff *reply_new(const struct genl_info *info, struct vdpa_entry *entry,
				 vdpa_nl_fill_t fill)
{
	struct sk_buff *msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	int err;

	if (!msg)
		return ERR_PTR(-ENOMEM);
	err = fill(entry, msg, info->snd_portid, info->snd_seq, 0, NULL);
	if (!err)
		return msg;
	nlmsg_free(msg);
	return ERR_PTR(err);
}

/**
 * vdpa_nl_reply - answer a request with a message about a device
 * @info: the request, in its doit
 * @entry: the device
 * @fill: writes the message
 *
 * Return: 0 or a negative error number.
 */
int vdpa_nl_reply(struct genl_info *info, struct vdpa_entry *entry, vdpa_nl_fill_t fill)
{
	struct sk_buff *msg = reply_new(info, entry, fill);

	return IS_ERR(msg) ? PTR_ERR(msg) : genlmsg_reply(msg, info);
}

/* As vdpa_nl_reply(), for a request about a device, in a worker. */
int vdpa_nl_reply_late(struct vdpa_request *req, vdpa_nl_fill_t fill)
{
	struct sk_buff *msg = reply_new(vdpa_nl_request_info(req), req->entry, fill);

	return IS_ERR(msg) ? PTR_ERR(msg) : vdpa_nl_request_reply(req, msg);
}

/**
 * vdpa_nl_dump_later - end a round of a dump that has nothing to write yet
 * @msg: the message of the round; empty
 * @cb: the dump
 *
 * An empty round would end the dump. So write an NLMSG_NOOP; the next round can wait for data.
 *
 * Return: -EMSGSIZE, which ends the round.
 */
int vdpa_nl_dump_later(struct sk_buff *msg, struct netlink_callback *cb)
{
	nlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLMSG_NOOP, 0, NLM_F_MULTI);
	return -EMSGSIZE;
}

/**
 * vdpa_nl_dump_devices - one round of a dump of the devices that can be managed
 * @msg: destination
 * @cb: the dump; args[0] is the next index, the other args belong to @fill
 * @fill: writes the message about one device
 *
 * Return: bytes written, 0 at the end; -EMSGSIZE if not even one message fits.
 */
int vdpa_nl_dump_devices(struct sk_buff *msg, struct netlink_callback *cb, vdpa_nl_fill_t fill)
{
	unsigned long index = cb->args[0];
	struct vdpa_entry *entry;
	int err = 0;

	cb->seq = vdpa_registry_generation();
	while (!err && (entry = vdpa_registry_next(&index))) {
		if (entry->mgmtdev)
			err = fill(entry, msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				   NLM_F_MULTI, cb);
		vdpa_entry_put(entry);
		if (!err)
			index++;
	}
	cb->args[0] = index;
	return msg->len ?: err;
}
