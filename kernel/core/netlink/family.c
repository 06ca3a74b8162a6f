// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family: its commands and its policy. A new command needs a row here, a
 * function in the file of its object in this folder, and one in that object.
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

/* What pre_doit looks up for a command, in genl_ops.internal_flags. */
enum {
	NEEDS_DEVICE = BIT(0),	/* the device that VDPA_ATTR_DEV_NAME names */
	NEEDS_MGMTDEV = BIT(1),	/* the management device that the request names */
	NEEDS_EITHER = BIT(2),	/* the device if one is named, else the management device */
};

static const struct nla_policy group_policy[VDPA_ATTR_DEV_NAME + 1] = {
	[VDPA_ATTR_DEV_NAME]		= { .type = NLA_NUL_STRING, .len = VDPA_NAME_LEN_MAX },
};

/* Old clients may send these names without a terminator: vdpa_nl_str() reads them by length. */
static const struct nla_policy vdpa_nl_policy[VDPA_ATTR_LAST + 1] = {
	[VDPA_ATTR_MGMTDEV_BUS_NAME]	= { .type = NLA_NUL_STRING },
	[VDPA_ATTR_MGMTDEV_DEV_NAME]	= { .type = NLA_STRING },
	[VDPA_ATTR_DEV_NAME]		= { .type = NLA_STRING },
	[VDPA_ATTR_DEV_NET_CFG_MACADDR]	= NLA_POLICY_ETH_ADDR,
	[VDPA_ATTR_DEV_NET_CFG_MAX_VQP]	= { .type = NLA_U16 },
	/* virtio 1.2, 5.1.4.1: an MTU is at least 68 bytes */
	[VDPA_ATTR_DEV_NET_CFG_MTU]	= NLA_POLICY_MIN(NLA_U16, 68),
	[VDPA_ATTR_DEV_QUEUE_INDEX]	= { .type = NLA_U32 },
	[VDPA_ATTR_DEV_FEATURES]	= { .type = NLA_U64 },
	[VDPA_ATTR_DEV_GROUP]		= NLA_POLICY_NESTED(group_policy),
	[VDPA_ATTR_DEADLINE]		= { .type = NLA_U32 },
	[VDPA_ATTR_VQ_AVAIL_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_AVAIL_COUNTER]	= { .type = NLA_U8 },
	[VDPA_ATTR_VQ_USED_INDEX]	= { .type = NLA_U16 },
	[VDPA_ATTR_VQ_USED_COUNTER]	= { .type = NLA_U8 },
	/* parsed where they are read, as their contents may repeat */
	[VDPA_ATTR_MIGRATION]		= { .type = NLA_NESTED },
	[VDPA_ATTR_STATE_VQ]		= { .type = NLA_NESTED },
	[VDPA_ATTR_STATE_FEATURES]	= { .type = NLA_U64 },
	[VDPA_ATTR_STATE_FEATURES_WORDS] = { .type = NLA_BINARY },
	[VDPA_ATTR_STATE_STATUS]	= { .type = NLA_U8 },
	[VDPA_ATTR_STATE_PRIVATE]	= { .type = NLA_BINARY },
	[VDPA_ATTR_STATE_OFFSET]	= { .type = NLA_U64 },
	[VDPA_ATTR_STATE_END]		= { .type = NLA_FLAG },
	[VDPA_ATTR_FORCE]		= { .type = NLA_FLAG },
	[VDPA_ATTR_NOWAIT]		= { .type = NLA_FLAG },
	[VDPA_ATTR_STATE_ROUND]		= { .type = NLA_U32 },
	[VDPA_ATTR_STATE_ROUNDS]	= { .type = NLA_U32 },
	[VDPA_ATTR_STATE_REST]		= { .type = NLA_FLAG },
	[VDPA_ATTR_DIRTY_RANGE]		= { .type = NLA_NESTED },
	[VDPA_ATTR_DIRTY_FIRST]		= { .type = NLA_U64 },
	[VDPA_ATTR_DIRTY_LAST]		= { .type = NLA_U64 },
	[VDPA_ATTR_DIRTY_ASID]		= { .type = NLA_U32 },
	[VDPA_ATTR_DIRTY_PAGE_SIZE]	= { .type = NLA_U64 },
	[VDPA_ATTR_DIRTY_KEEP]		= { .type = NLA_FLAG },
	[VDPA_ATTR_DEV_DRIVER]		= { .type = NLA_NUL_STRING, .len = VDPA_DRIVER_LEN_MAX },
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
	}, {
		.cmd		= VDPA_CMD_DEV_PRECOPY_START,
		.doit		= vdpa_nl_dev_precopy_start_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_PRECOPY_GET,
		.start		= vdpa_nl_dev_precopy_get_start,
		.dumpit		= vdpa_nl_dev_state_get_dumpit,
		.done		= vdpa_nl_dev_state_get_done,
		.flags		= GENL_ADMIN_PERM,
	}, {
		.cmd		= VDPA_CMD_DEV_PRECOPY_STOP,
		.doit		= vdpa_nl_dev_precopy_stop_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_MIGRATION_ESTIMATE,
		.doit		= vdpa_nl_migration_estimate_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_STATE_LOAD,
		.doit		= vdpa_nl_dev_state_load_doit,
		.flags		= GENL_ADMIN_PERM,
	}, {
		.cmd		= VDPA_CMD_DEV_DRIVER_SET,
		.doit		= vdpa_nl_dev_driver_set_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_DIRTY_START,
		.doit		= vdpa_nl_dev_dirty_start_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_DIRTY_GET,
		.doit		= vdpa_nl_dev_dirty_get_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	}, {
		.cmd		= VDPA_CMD_DEV_DIRTY_STOP,
		.doit		= vdpa_nl_dev_dirty_stop_doit,
		.flags		= GENL_ADMIN_PERM,
		.internal_flags	= NEEDS_DEVICE,
	},
};

static int find_mgmtdev(struct genl_info *info)
{
	struct nlattr *bus_attr = info->attrs[VDPA_ATTR_MGMTDEV_BUS_NAME];
	struct vdpa_mgmtdev *mgmtdev;
	struct vdpa_str name, bus;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_MGMTDEV_DEV_NAME)) {
		NL_SET_ERR_MSG(info->extack, "the management device's name is missing");
		return -EINVAL;
	}
	name = vdpa_nl_str(info->attrs[VDPA_ATTR_MGMTDEV_DEV_NAME]);
	if (bus_attr)
		bus = vdpa_nl_str(bus_attr);
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

/**
 * vdpa_nl_init - register the family; requests may arrive from then on
 *
 * Return: 0 or generic netlink's error.
 */
int __init vdpa_nl_init(void)
{
	struct genl_family *family = &vdpa_nl_family;

	family->policy = vdpa_nl_policy;
	family->pre_doit = vdpa_nl_pre_doit;
	family->post_doit = vdpa_nl_post_doit;
	family->ops = vdpa_nl_ops;
	family->n_ops = ARRAY_SIZE(vdpa_nl_ops);
	return genl_register_family(family);
}

/* Unregister the family. Afterwards no request arrives and no doit runs. */
void vdpa_nl_exit(void)
{
	genl_unregister_family(&vdpa_nl_family);
}
