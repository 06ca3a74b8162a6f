/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Declarations shared by the files of the netlink family.
 */
#ifndef _VDPA_NETLINK_H
#define _VDPA_NETLINK_H

#include <net/genetlink.h>

#include "device.h"
#include "message.h"
#include "mgmtdev.h"

struct vdpa_precopy;
struct vdpa_request;
struct vdpa_state_view;

extern struct genl_family vdpa_nl_family;

struct vdpa_str vdpa_nl_str(const struct nlattr *attr);
int vdpa_nl_read_deadline(const struct nlattr *attr, u32 *deadline,
			  struct netlink_ext_ack *extack);
int vdpa_nl_find_device(const struct nlattr *name, struct netlink_ext_ack *extack,
			struct vdpa_entry **entry);

int vdpa_nl_parse_nested(struct nlattr **tb, int maxtype, const struct nlattr *nest,
			 const struct nla_policy *policy, struct netlink_ext_ack *extack);

int vdpa_nl_put_mgmtdev(struct sk_buff *msg, const struct vdpa_mgmtdev *mgmtdev);
int vdpa_nl_put_device(struct sk_buff *msg, const struct vdpa_entry *entry);
int vdpa_nl_put_caps(struct sk_buff *msg, const struct vdpa_entry *entry);
int vdpa_nl_put_latencies(struct sk_buff *msg, const struct vdpa_entry *entry,
			  const struct vdpa_state_view *state);

/* family.c */
int vdpa_nl_init(void);
void vdpa_nl_exit(void);

/* The device and management device that pre_doit found, if the command's flags require them. */
static inline struct vdpa_entry *vdpa_nl_entry(const struct genl_info *info)
{
	return info->user_ptr[0];
}

static inline struct vdpa_mgmtdev *vdpa_nl_mgmtdev(const struct genl_info *info)
{
	return info->user_ptr[1];
}

/* mgmtdev.c */
int vdpa_nl_mgmtdev_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_mgmtdev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

/* device.c */
u64 vdpa_nl_dev_new_attrs(const struct vdpa_mgmtdev *mgmtdev);
int vdpa_nl_dev_new_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_del_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);
int vdpa_nl_dev_attr_set_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_driver_set_doit(struct sk_buff *skb, struct genl_info *info);

/* config.c */
int vdpa_nl_dev_config_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_config_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

/* migration.c */
int vdpa_nl_dev_migration_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_mgmtdev_migration_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_migration_get_start(struct netlink_callback *cb);
int vdpa_nl_migration_get_done(struct netlink_callback *cb);
int vdpa_nl_dev_migration_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);
int vdpa_nl_mgmtdev_migration_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

/* check.c */
int vdpa_nl_migration_check_doit(struct sk_buff *skb, struct genl_info *info);

/* save.c */
int vdpa_nl_dev_state_get_start(struct netlink_callback *cb);
int vdpa_nl_dev_precopy_get_start(struct netlink_callback *cb);
int vdpa_nl_dev_state_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);
int vdpa_nl_dev_state_get_done(struct netlink_callback *cb);

/* load.c */
int vdpa_nl_dev_state_set_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_state_load_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_loads_init(void);
void vdpa_nl_loads_exit(void);

/* precopy.c */
struct vdpa_precopy *vdpa_nl_precopy_find(const struct sock *sock, struct vdpa_entry *entry,
					  struct netlink_ext_ack *extack);
void vdpa_nl_precopy_drop(const struct vdpa_precopy *precopy);
int vdpa_nl_dev_precopy_start_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_precopy_stop_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_migration_estimate_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_precopies_init(void);
void vdpa_nl_precopies_exit(void);
/* dirty.c */
int vdpa_nl_dev_dirty_start_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_dirty_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_dirty_stop_doit(struct sk_buff *skb, struct genl_info *info);

/* vstats.c */
int vdpa_nl_dev_vstats_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_vstats_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);

/* vq.c */
int vdpa_nl_dev_vq_get_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_vq_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb);
int vdpa_nl_dev_vq_set_doit(struct sk_buff *skb, struct genl_info *info);

/* suspend.c */
int vdpa_nl_dev_suspend_doit(struct sk_buff *skb, struct genl_info *info);
int vdpa_nl_dev_resume_doit(struct sk_buff *skb, struct genl_info *info);

/**
 * typedef vdpa_nl_fill_t - writes the message about one device
 * @entry: the device
 * @msg: destination
 * @portid: port of the client
 * @seq: sequence number of the request
 * @flags: flags of the netlink header
 * @cb: the dump, or NULL
 *
 * Return: 0; -EMSGSIZE if it does not fit; nothing is written then.
 */
typedef int (*vdpa_nl_fill_t)(struct vdpa_entry *entry, struct sk_buff *msg, u32 portid, u32 seq,
			      int flags, struct netlink_callback *cb);

int vdpa_nl_reply(struct genl_info *info, struct vdpa_entry *entry, vdpa_nl_fill_t fill);
int vdpa_nl_reply_late(struct vdpa_request *req, vdpa_nl_fill_t fill);
int vdpa_nl_dump_later(struct sk_buff *msg, struct netlink_callback *cb);
int vdpa_nl_dump_devices(struct sk_buff *msg, struct netlink_callback *cb, vdpa_nl_fill_t fill);

#endif
