/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests as they come over netlink, and their answers.
 *
 * Generic netlink calls a family's doit with a lock held that all families of
 * the host share (cb_lock, for reading: the next module that registers a family
 * takes it for writing, and everybody queues behind). So a doit must not wait
 * for anybody. What may take long is made a struct vdpa_request: a worker carries it out and
 * sends the acknowledgment. The doit waits for it, but not longer than
 * VDPA_NL_PATIENCE_MS, so that a client that does not ask for acknowledgments
 * finds the request done after its send, as ever, in all but those cases where
 * it would have hung. After that time the client waits in its own receive, where
 * any signal ends it.
 *
 * That patience is for all requests of one send together, since the lock is held from the
 * first to the last of them; and there is none with a socket that has a request under way:
 * its next one is done and answered when it is.
 *
 * A doit ends in one of two ways. It answers by itself and returns 0 or an error; or it makes a
 * request, has it carried out, and returns what vdpa_nl_request_wait() does.
 */
#ifndef _VDPA_NL_REQUEST_H
#define _VDPA_NL_REQUEST_H

#include <net/genetlink.h>

#include "request.h"

#define VDPA_NL_PATIENCE_MS	100

/**
 * struct vdpa_nl_request - a request that came over netlink
 * @req: what carries it out
 * @info: the message, as a doit gets it; everything in it lies in @skb
 * @skb: a copy of the message, since the client's is gone when the doit returns
 * @attrs: the attributes of that copy
 * @sock: the client's socket
 * @node: in the table of requests under way, by @sock
 * @until: how long the doit waits, in jiffies
 */
struct vdpa_nl_request {
	struct vdpa_request req;
	struct genl_info info;
	struct sk_buff *skb;
	struct nlattr **attrs;
	struct sock *sock;
	struct hlist_node node;
	unsigned long until;
};

/* The message of a request that vdpa_nl_request_new() has made. */
static inline struct genl_info *vdpa_nl_request_info(struct vdpa_request *req)
{
	return &container_of(req, struct vdpa_nl_request, req)->info;
}

struct vdpa_request *vdpa_nl_request_new(struct sk_buff *skb, const struct genl_info *info);
int vdpa_nl_request_wait(struct vdpa_request *req);
int vdpa_nl_request_run(struct sk_buff *skb, const struct genl_info *info,
			struct vdpa_entry *entry, int (*run)(struct vdpa_request *req),
			const void *data);
int vdpa_nl_request_reply(struct vdpa_request *req, struct sk_buff *msg);
unsigned long vdpa_nl_patience(struct sk_buff *message);

#endif
