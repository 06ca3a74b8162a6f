// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that arrive over netlink: see nl_request.h.
 */
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "device.h"
#include "netlink/answer.h"
#include "netlink/nl_request.h"
#include "pending.h"

/* Protects the table of requests under way; nothing is taken inside it. */
static DEFINE_SPINLOCK(requests_lock);
static DEFINE_HASHTABLE(requests, 8);

static struct vdpa_nl_request *nl_request(struct vdpa_request *req)
{
	return container_of(req, struct vdpa_nl_request, req);
}

/* Add a request to the table. Return: true if it is the only one of its socket. */
static bool table_add(struct vdpa_nl_request *nlr)
{
	unsigned long key = (unsigned long)nlr->sock;
	struct vdpa_nl_request *other;
	bool first = true;

	spin_lock(&requests_lock);
	hash_for_each_possible(requests, other, node, key) {
		if (other->sock == nlr->sock) {
			first = false;
			break;
		}
	}
	hash_add(requests, &nlr->node, key);
	spin_unlock(&requests_lock);
	return first;
}

static void table_del(struct vdpa_nl_request *nlr)
{
	spin_lock(&requests_lock);
	hash_del(&nlr->node);
	spin_unlock(&requests_lock);
}

/* Return: the range at fault. */
static const struct nlattr *fault_range(const struct vdpa_nl_request *nlr)
{
	const struct nlattr *attr;
	unsigned int i = 0;
	int left;

	nlmsg_for_each_attr(attr, nlr->info.nlhdr, GENL_HDRLEN, left)
		if (nla_type(attr) == VDPA_ATTR_DIRTY_RANGE && i++ == nlr->req.fault_index)
			return attr;
	return NULL;
}

/* Return: the attribute at fault; in a group, the one with index fault_index. */
static const struct nlattr *fault_attr(const struct vdpa_nl_request *nlr)
{
	const struct nlattr *attr = nlr->attrs[nlr->req.fault];
	const struct nlattr *group = nlr->attrs[VDPA_ATTR_DEV_GROUP];
	unsigned int i = 0;
	int left;

	if (nlr->req.fault == VDPA_ATTR_DIRTY_RANGE)
		return fault_range(nlr);
	if (attr || nlr->req.fault != VDPA_ATTR_DEV_NAME || !group)
		return attr;
	nla_for_each_nested(attr, group, left)
		if (i++ == nlr->req.fault_index)
			return attr;
	return NULL;
}

static void request_answer(struct vdpa_request *req, int err)
{
	struct vdpa_nl_request *nlr = nl_request(req);

	table_del(nlr);
	if (err && req->fault)
		NL_SET_BAD_ATTR(&req->extack, fault_attr(nlr));
	if (err || nlr->info.nlhdr->nlmsg_flags & NLM_F_ACK)
		vdpa_answer_ack(nlr->skb, err, &req->extack);
}

/* Return: true if the client's socket is closed. */
static bool request_abandoned(const struct vdpa_request *req)
{
	return sock_flag(container_of_const(req, struct vdpa_nl_request, req)->sock, SOCK_DEAD);
}

static void request_free(struct vdpa_request *req)
{
	struct vdpa_nl_request *nlr = nl_request(req);

	table_del(nlr);
	if (nlr->skb) {
		/* This was set for netlink_ack() only, without a reference. */
		nlr->skb->sk = NULL;
		consume_skb(nlr->skb);
	}
	if (nlr->sock)
		sock_put(nlr->sock);
	kfree(nlr->attrs);
	kfree(nlr);
}

static const struct vdpa_request_ops nl_request_ops = {
	.answer		= request_answer,
	.abandoned	= request_abandoned,
	.free		= request_free,
};

static int copy_message(struct vdpa_nl_request *nlr, struct sk_buff *skb,
			const struct genl_info *info)
{
	const struct nlmsghdr *nlh = info->nlhdr;
	struct nlmsghdr *copy;
	unsigned int i;

	nlr->skb = alloc_skb(nlh->nlmsg_len, GFP_KERNEL);
	nlr->attrs = kcalloc(info->family->maxattr + 1, sizeof(*nlr->attrs), GFP_KERNEL);
	if (!nlr->skb || !nlr->attrs)
		return -ENOMEM;
	copy = skb_put_data(nlr->skb, nlh, nlh->nlmsg_len);
	NETLINK_CB(nlr->skb) = NETLINK_CB(skb);
	nlr->skb->sk = genl_info_net(info)->genl_sock;
	nlr->sock = NETLINK_CB(skb).sk;
	sock_hold(nlr->sock);

	for (i = 0; i <= info->family->maxattr; i++)
		if (info->attrs[i])
			nlr->attrs[i] = (void *)copy + ((void *)info->attrs[i] - (void *)nlh);
	nlr->info = *info;
	nlr->info.nlhdr = copy;
	nlr->info.genlhdr = nlmsg_data(copy);
	nlr->info.attrs = nlr->attrs;
	nlr->info.extack = &nlr->req.extack;
	return 0;
}

/**
 * vdpa_nl_patience - get the end of the time that a message may wait in its send
 * @message: the client's message, as its doit or dump gets it
 *
 * All requests in one message share one budget. Its start is kept in the message's tstamp, which
 * netlink does not use.
 *
 * Return: the end, in jiffies.
 */
unsigned long vdpa_nl_patience(struct sk_buff *message)
{
	if (!message->tstamp)
		message->tstamp = ktime_get();
	return jiffies + msecs_to_jiffies(max(0LL, VDPA_NL_PATIENCE_MS -
					      ktime_ms_delta(ktime_get(), message->tstamp)));
}

/**
 * vdpa_nl_request_new - create a request from a message
 * @skb: the message, in its doit
 * @info: the message, in its doit; its extack is set on error
 *
 * Return: the request; the caller either calls vdpa_request_cancel(), or starts it and calls
 * vdpa_nl_request_wait(). ERR_PTR(-EBUSY) if its user has too many requests, ERR_PTR(-ENOMEM).
 */
struct vdpa_request *vdpa_nl_request_new(struct sk_buff *skb, const struct genl_info *info)
{
	bool admin = netlink_capable(skb, CAP_NET_ADMIN);
	struct vdpa_user *user = vdpa_pending_begin(admin, info->extack);
	struct vdpa_nl_request *nlr;

	if (IS_ERR(user))
		return ERR_CAST(user);
	nlr = kzalloc(sizeof(*nlr), GFP_KERNEL_ACCOUNT);
	if (!nlr) {
		vdpa_pending_end(user);
		return ERR_PTR(-ENOMEM);
	}
	vdpa_request_init(&nlr->req, &nl_request_ops, user, admin);
	if (copy_message(nlr, skb, info)) {
		vdpa_request_cancel(&nlr->req);
		return ERR_PTR(-ENOMEM);
	}
	nlr->until = vdpa_nl_patience(skb);
	if (!table_add(nlr))
		nlr->until = jiffies;
	return &nlr->req;
}

/**
 * vdpa_nl_request_wait - wait for a started request, at the end of a doit
 * @req: the request; must not be used afterwards
 *
 * Return: the value for the doit to return: -EINTR, so that netlink sends no acknowledgment. The
 * request sends it.
 */
int vdpa_nl_request_wait(struct vdpa_request *req)
{
	long left = nl_request(req)->until - jiffies;

	if (left > 0)
		wait_for_completion_killable_timeout(&req->done, left);
	vdpa_request_put(req);
	return -EINTR;
}

/**
 * vdpa_nl_request_run - create a request about a device from a message, and carry it out
 * @skb: the message, in its doit
 * @info: the message, in its doit
 * @entry: the device, which stays until the request is done; the caller is a user of it
 * @run: carries it out in a worker; may sleep; returns the result for the client
 * @data: private data of @run, or NULL
 *
 * Return: the value for the doit to return.
 */
int vdpa_nl_request_run(struct sk_buff *skb, const struct genl_info *info,
			struct vdpa_entry *entry, int (*run)(struct vdpa_request *req),
			const void *data)
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);

	if (IS_ERR(req))
		return PTR_ERR(req);
	req->entry = entry;
	req->data = data;
	vdpa_entry_get(entry);
	vdpa_request_queue(req, run);
	return vdpa_nl_request_wait(req);
}

/**
 * vdpa_nl_request_reply - send a reply, before vdpa_request_done()
 * @req: the request
 * @msg: one generic netlink message, which is consumed
 *
 * Return: 0 or a negative error number.
 */
int vdpa_nl_request_reply(struct vdpa_request *req, struct sk_buff *msg)
{
	return vdpa_answer_send(nl_request(req)->sock, msg);
}
