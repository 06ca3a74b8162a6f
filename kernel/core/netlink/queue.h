/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests about virtqueues, of one or of all: what VQ_GET and VSTATS_GET share.
 *
 * Parents may have to ask their hardware about a queue, or a process (vduse). So
 * a worker asks them, for a request about one queue as for a dump; the latter waits for
 * them a little, and lists one that does not answer (VDPA_ATTR_DEV_UNANSWERED), or cannot,
 * by what it can do and its status alone.
 */
#ifndef _VDPA_NL_QUEUE_H
#define _VDPA_NL_QUEUE_H

#include <net/genetlink.h>

struct vdpa_entry;

/**
 * struct vdpa_queue_request - a kind of request about virtqueues
 * @command: of the replies
 * @check: whether the device can be asked at all; may be called in any context
 *	that sleeps not; sets the extack
 * @fill: writes what there is about one queue, its index included; in the worker, with
 *	cf_lock held
 *	for reading; sets the extack
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
