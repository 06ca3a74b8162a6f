/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of a virtqueue in netlink messages.
 */
#ifndef _VDPA_NL_VQ_H
#define _VDPA_NL_VQ_H

#include <linux/types.h>

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct vdpa_inflight;
struct vdpa_vq_view;
struct vdpa_vq_state;

int vdpa_nl_put_vq(struct sk_buff *msg, const struct vdpa_vq_view *view);
int vdpa_nl_read_vq_state(struct nlattr **attrs, bool packed, struct vdpa_vq_state *state,
			  struct netlink_ext_ack *extack);
int vdpa_nl_read_inflight(const struct nlattr *attr, struct vdpa_inflight *inflight,
			  struct netlink_ext_ack *extack);

#endif
