/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about one or all virtqueues: the common part of VQ_GET and VSTATS_GET.
 *
 * A parent may have to ask its hardware or a process (vduse) about a queue. So a worker calls it,
 * for a request about one queue and for a dump. A dump waits a short time. It lists a device that
 * does not answer (VDPA_ATTR_DEV_UNANSWERED), or that does not support the request, with its
 * capabilities and status only.
 */
#ifndef _VDPA_NL_QUEUE_H
#define _VDPA_NL_QUEUE_H

#include <net/genetlink.h>

struct vdpa_entry;

/**
 * struct vdpa_queue_request - a kind of request about virtqueues
 * @command: command of the replies
 * @check: check that the device supports the request; must not sleep; sets the extack
 * @fill: write one queue, including its index; called in the worker with cf_lock held for reading;
 *	sets the extack
 */
struct vdpa_queue_request {
	u8 command;
	int (*check)(struct vdpa_entry *entry, struct netlink_ext_ack *extack);
	int (*fill)(struct vdpa_entry *entry, u16 index, struct sk_buff *msg,
		    struct netlink_ext_ack *extack);
};

int vdpa_nl_queue_check(struct genl_info *info, const struct vdpa_entry *entry);
int vdpa_nl_queue_doit(struct sk_buff *skb, struct genl_info *info,
		       const struct vdpa_queue_request *request);
int vdpa_nl_queue_dumpit(struct sk_buff *msg, struct netlink_callback *cb,
			 const struct vdpa_queue_request *request);

#endif
