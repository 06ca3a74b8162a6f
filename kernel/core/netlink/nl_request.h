/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that arrive over netlink, and their answers.
 *
 * Generic netlink calls a doit with a lock that all families of the host share (cb_lock, for
 * reading). If a module then registers a family, it waits for the lock for writing, and all later
 * readers wait behind it. So a doit must not wait long. A long operation becomes a struct
 * vdpa_request: a worker carries it out and sends the acknowledgment. The doit waits at most
 * VDPA_NL_PATIENCE_MS for it. So a client that does not ask for acknowledgments still finds a
 * request done after its send, as with mainline, unless that would have hung. After that time the
 * client waits in its own receive, which any signal interrupts.
 *
 * All requests of one send share that time, because the lock is held over all of them. There is no
 * wait for a request on a socket that already has one under way.
 *
 * A doit ends in one of two ways. It answers itself and returns 0 or an error; or it creates a
 * request, starts it, and returns the value of vdpa_nl_request_wait().
 */
#ifndef _VDPA_NL_REQUEST_H
#define _VDPA_NL_REQUEST_H

#include <net/genetlink.h>

#include "request.h"

#define VDPA_NL_PATIENCE_MS	100

/**
 * struct vdpa_nl_request - a request that arrived over netlink
 * @req: the part that the worker sees
 * @info: the message, as a doit gets it; it points into @skb
 * @skb: a copy of the message, as the client's is freed after the doit
 * @attrs: the attributes of that copy
 * @sock: the client's socket
 * @node: node in the table of requests, by @sock
 * @until: end of the doit's wait, in jiffies
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

/* Return: the message of a request from vdpa_nl_request_new(). */
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
