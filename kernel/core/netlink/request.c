// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests as they come over netlink: see nl_request.h.
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

/* Put it into the table. Return: true if its socket has none there yet. */
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

/* The range at fault, one of several. */
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

/* The attribute at fault, of which there may be several in a group. */
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

/* The socket is closed. */
static bool request_abandoned(const struct vdpa_request *req)
{
	return sock_flag(container_of_const(req, struct vdpa_nl_request, req)->sock, SOCK_DEAD);
}

static void request_free(struct vdpa_request *req)
{
	struct vdpa_nl_request *nlr = nl_request(req);

	table_del(nlr);
	if (nlr->skb) {
		/* Lent for netlink_ack(), which takes it as the kernel's own end. */
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
 * vdpa_nl_patience - how long a message may still be waited for in its send
 * @message: the client's message, as its doit or its dump gets it
 *
 * All requests in one message have one budget. It is kept in the message itself: netlink has
 * no use for the time at which it was sent.
 *
 * Return: until when, in jiffies.
 */
unsigned long vdpa_nl_patience(struct sk_buff *message)
{
	if (!message->tstamp)
		message->tstamp = ktime_get();
	return jiffies + msecs_to_jiffies(max(0LL, VDPA_NL_PATIENCE_MS -
					      ktime_ms_delta(ktime_get(), message->tstamp)));
}

/**
 * vdpa_nl_request_new - make a request of a message
 * @skb: the message, in its doit
 * @info: the message, in its doit; says in its extack why there is no request
 *
 * Return: the request, which wants vdpa_request_cancel(), or a start and then
 * vdpa_nl_request_wait(); ERR_PTR(-EBUSY) if its user has too many under way,
 * ERR_PTR(-ENOMEM).
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
 * vdpa_nl_request_wait - the last thing that a doit does with a request it has started
 * @req: the request; not to be used after this
 *
 * Return: what the doit returns: -EINTR, at which netlink sends no
 * acknowledgment, because the request sends it.
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
 * vdpa_nl_request_run - make a request of a message about a device, and carry it out
 * @skb: the message, in its doit
 * @info: the message, in its doit
 * @entry: the device, which stays until the request is done; the caller is a user of it
 * @run: does it, in a worker: may sleep; returns what the client gets
 * @data: what @run needs to know beyond the message; NULL if nothing
 *
 * Return: what the doit returns.
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
 * vdpa_nl_request_reply - send what was asked for, before vdpa_request_done()
 * @req: the request
 * @msg: one generic netlink message, which is taken
 *
 * Return: 0 or a negative error number.
 */
int vdpa_nl_request_reply(struct vdpa_request *req, struct sk_buff *msg)
{
	return vdpa_answer_send(nl_request(req)->sock, msg);
}
