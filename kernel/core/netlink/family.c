// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its commands, its policy, and what they share.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "mgmtdev.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"
#include "registry.h"

/* What a command needs before it begins, in genl_ops.internal_flags. */
enum {
	NEEDS_DEVICE = BIT(0),	/* the device that VDPA_ATTR_DEV_NAME names */
	NEEDS_MGMTDEV = BIT(1),	/* the management device that the request names */
	NEEDS_EITHER = BIT(2),	/* the one if it is named, else the other */
};

static const struct nla_policy group_policy[VDPA_ATTR_DEV_NAME + 1] = {
	[VDPA_ATTR_DEV_NAME]		= { .type = NLA_NUL_STRING, .len = VDPA_NAME_LEN_MAX },
};

/* Names are taken by their length: an old client may leave the terminator out. */
static const struct nla_policy vdpa_nl_policy[VDPA_ATTR_LAST + 1] = {
	[VDPA_ATTR_MGMTDEV_BUS_NAME]	= { .type = NLA_NUL_STRING },
	[VDPA_ATTR_MGMTDEV_DEV_NAME]	= { .type = NLA_STRING },
	[VDPA_ATTR_DEV_NAME]		= { .type = NLA_STRING },
	[VDPA_ATTR_DEV_NET_CFG_MACADDR]	= NLA_POLICY_ETH_ADDR,
	[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]	= { .type = NLA_U16 },
	/* virtio 1.2, 5.1.4.1: the driver is not offered less than 68 bytes */
	[VDPA_ATTR_DEV_NET_CFG_MTU]	= NLA_POLICY_MIN(NLA_U16, 68),
	[VDPA_ATTR_DEV_QUEUE_INDEX]	= { .type = NLA_U32 },
	[VDPA_ATTR_DEV_FEATURES]	= { .type = NLA_U64 },
	[VDPA_ATTR_DEV_GROUP]		= NLA_POLICY_NESTED(group_policy),
	[VDPA_ATTR_DEADLINE]		= { .type = NLA_U32 },
	[VDPA_ATTR_VQ_AVAIL_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_USED_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_USED_COUNTER]	= { .type = NLA_U8 },
	/* looked into where they are read: what is nested there comes more than once */
	[VDPA_ATTR_MIGRATION]		= { .type = NLA_NESTED },
	[VDPA_ATTR_STATE_VQ]		= { .type = NLA_NESTED },
	[VDPA_ATTR_STATE_FEATURES]	= { .type = NLA_U64 },
	[VDPA_ATTR_STATE_STATUS]	= { .type = NLA_U8 },
	[VDPA_ATTR_STATE_PRIVATE]	= { .type = NLA_BINARY },
	[VDPA_ATTR_STATE_OFFSET]	= { .type = NLA_U64 },
	[VDPA_ATTR_STATE_END]		= { .type = NLA_FLAG },
	[VDPA_ATTR_FORCE]		= { .type = NLA_FLAG },
	[VDPA_ATTR_NOWAIT]		= { .type = NLA_FLAG },
};

static const struct genl_ops vdpa_nl_ops[] = {
	{
		.cmd		= VDPA_CMD_MGMTDEV_GET,
		.doit		= vdpa_nl_mgmtdev_get_doit,
		.dumpit		= vdpa_nl_mgmtdev_get_dumpit,
		.internal_flags	= NEEDS_MGMTDEV,
	}, {
		.cmd		= VDPA_CMD_DEV_NEW,
		.doit		= vdpa_nl_dev_new_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_MGMTDEV,
	}, {
		.cmd		= VDPA_CMD_DEV_DEL,
		.doit		= vdpa_nl_dev_del_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_GET,
		.doit		= vdpa_nl_dev_get_doit,
		.dumpit		= vdpa_nl_dev_get_dumpit,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_CONFIG_GET,
		.doit		= vdpa_nl_dev_config_get_doit,
		.dumpit		= vdpa_nl_dev_config_get_dumpit,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_VSTATS_GET,
		.doit		= vdpa_nl_dev_vstats_get_doit,
		.dumpit		= vdpa_nl_dev_vstats_get_dumpit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_ATTR_SET,
		.doit		= vdpa_nl_dev_attr_set_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_SUSPEND,
		.doit		= vdpa_nl_dev_suspend_doit,
		.flags		= GENL_ADMIN_PERM,
	}, {
		.cmd		= VDPA_CMD_DEV_RESUME,
		.doit		= vdpa_nl_dev_resume_doit,
		.flags		= GENL_ADMIN_PERM,
	}, {
		.cmd		= VDPA_CMD_DEV_VQ_GET,
		.doit		= vdpa_nl_dev_vq_get_doit,
		.dumpit		= vdpa_nl_dev_vq_get_dumpit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_VQ_SET,
		.doit		= vdpa_nl_dev_vq_set_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_MIGRATION_GET,
		.doit		= vdpa_nl_dev_migration_get_doit,
		.start		= vdpa_nl_migration_get_start,
		.dumpit		= vdpa_nl_dev_migration_get_dumpit,
		.done		= vdpa_nl_migration_get_done,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_MGMTDEV_MIGRATION_GET,
		.doit		= vdpa_nl_mgmtdev_migration_get_doit,
		.start		= vdpa_nl_migration_get_start,
		.dumpit		= vdpa_nl_mgmtdev_migration_get_dumpit,
		.done		= vdpa_nl_migration_get_done,
		.internal_flags	= NEEDS_MGMTDEV,
	}, {
		.cmd		= VDPA_CMD_MIGRATION_CHECK,
		.doit		= vdpa_nl_migration_check_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_EITHER,
	}, {
		.cmd		= VDPA_CMD_DEV_STATE_GET,
		.start		= vdpa_nl_dev_state_get_start,
		.dumpit		= vdpa_nl_dev_state_get_dumpit,
		.done		= vdpa_nl_dev_state_get_done,
		.flags		= GENL_ADMIN_PERM,
	}, {
		.cmd		= VDPA_CMD_DEV_STATE_SET,
		.doit		= vdpa_nl_dev_state_set_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	},
};

/* Reading what mainline lets anyone read stays open, and so does hearing of it. */
static const struct genl_multicast_group vdpa_nl_mcgrps[] = {
	{ .name = VDPA_MCGRP_MONITOR },
};

/**
 * vdpa_nl_parse_nested - nla_parse_nested() of what may have pad attributes in it
 * @tb: by type, up to @maxtype
 * @maxtype: the last type there is
 * @nest: the attribute around them
 * @policy: by type
 * @extack: says what is wrong, and points at it
 *
 * As strict as the kernel is with all that is new, but for one thing: the kernel itself puts
 * an empty attribute of type 0 before a 64-bit number on machines that want it aligned, and
 * clients bring back what they were given.
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
	NL_SET_ERR_MSG_ATTR(extack, nest, "bytes leftover behind the attributes");
	return -EINVAL;
}

static int find_mgmtdev(struct genl_info *info)
{
	struct nlattr *bus_attr = info->attrs[VDPA_ATTR_MGMTDEV_BUS_NAME];
	struct vdpa_mgmtdev *mgmtdev;
	struct vdpa_str name, bus;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_MGMTDEV_DEV_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the management device's name is missing");
		return -EINVAL;
	}
	name = vdpa_str_from_attr(info->attrs[VDPA_ATTR_MGMTDEV_DEV_NAME]);
	if (bus_attr)
		bus = vdpa_str_from_attr(bus_attr);
	mgmtdev = vdpa_mgmtdev_find(bus_attr ? &bus : NULL, name);
	if (!mgmtdev) {
		NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_MGMTDEV_DEV_NAME]);
		NL_SET_ERR_MSG_FMT(info->extack, "no management device named %.*s%s%.*s",
				   bus_attr ? min_t(int, bus.len, 16) : 0, bus_attr ? bus.s : "",
				   bus_attr ? "/" : "", min_t(int, name.len, 32), name.s);
		return -ENODEV;
	}
	info->user_ptr[1] = mgmtdev;
	return 0;
}

/**
 * vdpa_nl_find_device - find a device that can be managed
 * @name: the attribute that names it
 * @extack: says what is wrong, and points at @name
 * @entry: set to the device, to be put with vdpa_entry_put()
 *
 * Return: 0; -ENODEV; -EINVAL if no management device made it.
 */
int vdpa_nl_find_device(const struct nlattr *name, struct netlink_ext_ack *extack,
			struct vdpa_entry **entry)
{
	struct vdpa_str text = vdpa_str_from_attr(name);

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

static int find_device(struct genl_info *info)
{
	struct vdpa_entry *entry;
	int err;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the device's name is missing");
		return -EINVAL;
	}
	err = vdpa_nl_find_device(info->attrs[VDPA_ATTR_DEV_NAME], info->extack, &entry);
	if (!err)
		info->user_ptr[0] = entry;
	return err;
}

static int vdpa_nl_pre_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
			    struct genl_info *info)
{
	u8 needs = ops->internal_flags;

	if (needs & NEEDS_EITHER)
		needs = info->attrs[VDPA_ATTR_DEV_NAME] ? NEEDS_DEVICE : NEEDS_MGMTDEV;
	if (needs & NEEDS_MGMTDEV)
		return find_mgmtdev(info);
	if (needs & NEEDS_DEVICE)
		return find_device(info);
	return 0;
}

static void vdpa_nl_post_doit(const struct genl_split_ops *ops, struct sk_buff *skb,
			      struct genl_info *info)
{
	if (vdpa_nl_entry(info))
		vdpa_entry_put(vdpa_nl_entry(info));
	if (vdpa_nl_mgmtdev(info))
		vdpa_mgmtdev_put(vdpa_nl_mgmtdev(info));
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
 * vdpa_nl_reply - answer a request with the message about one device
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

/* As vdpa_nl_reply(), in a worker, for a request about a device. */
int vdpa_nl_reply_late(struct vdpa_request *req, vdpa_nl_fill_t fill)
{
	struct sk_buff *msg = reply_new(vdpa_nl_request_info(req), req->entry, fill);

	return IS_ERR(msg) ? PTR_ERR(msg) : vdpa_nl_request_reply(req, msg);
}

/**
 * vdpa_nl_dump_later - end a round of a dump in which there is nothing to write yet
 * @msg: where to; empty
 * @cb: the dump
 *
 * A round cannot be empty: this one has a message that means nothing, and the next can wait.
 *
 * Return: -EMSGSIZE, at which a round ends.
 */
int vdpa_nl_dump_later(struct sk_buff *msg, struct netlink_callback *cb)
{
	nlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLMSG_NOOP, 0, NLM_F_MULTI);
	return -EMSGSIZE;
}

/**
 * vdpa_nl_dump_devices - one round of a dump of the devices that can be managed
 * @msg: where to
 * @cb: the dump; args[0] is the index to go on at, the others are @fill's own
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

struct genl_family vdpa_nl_family __ro_after_init = {
	.name		= VDPA_GENL_NAME,
	.version	= VDPA_GENL_VERSION,
	.maxattr	= VDPA_ATTR_LAST,
	.policy		= vdpa_nl_policy,
	.netnsok	= false,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.pre_doit	= vdpa_nl_pre_doit,
	.post_doit	= vdpa_nl_post_doit,
	.ops		= vdpa_nl_ops,
	.n_ops		= ARRAY_SIZE(vdpa_nl_ops),
	.mcgrps		= vdpa_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(vdpa_nl_mcgrps),
	.resv_start_op	= VDPA_CMD_DEV_VSTATS_GET + 1,
};

int __init vdpa_nl_init(void)
{
	return genl_register_family(&vdpa_nl_family);
}

void vdpa_nl_exit(void)
{
	genl_unregister_family(&vdpa_nl_family);
}
