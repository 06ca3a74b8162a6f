/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Migration descriptions in netlink messages.
 */
#ifndef _VDPA_NL_DESCRIPTION_H
#define _VDPA_NL_DESCRIPTION_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct vdpa_description;

int vdpa_nl_put_description(struct sk_buff *msg, const struct vdpa_description *description);
struct vdpa_description *vdpa_nl_read_description(const struct nlattr *nest,
						  struct netlink_ext_ack *extack);

#endif
