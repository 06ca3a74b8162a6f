/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptions in netlink messages.
 */
#ifndef _VDPA_NL_LIST_H
#define _VDPA_NL_LIST_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct vdpa_list;

int vdpa_nl_put_list(struct sk_buff *msg, const struct vdpa_list *list);
struct vdpa_list *vdpa_nl_read_list(const struct nlattr *nest, struct netlink_ext_ack *extack);

#endif
