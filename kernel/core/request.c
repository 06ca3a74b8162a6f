// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that a parent or a bus driver may keep waiting: see request.h.
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
#include "line.h"
#include "mgmtdev.h"
#include "netlink/answer.h"
#include "pending.h"
#include "registry.h"
#include "request.h"

/* How often a request looks again whether the lock it wants is free, in ms. */
#define LOCK_POLL_MS	5

/* Protects the table of requests; nothing is taken inside it. */
static DEFINE_SPINLOCK(requests_lock);
static DEFINE_HASHTABLE(requests, 8);

/* For those with CAP_NET_ADMIN, and for all others. */
static struct workqueue_struct *admin_wq, *public_wq;

static void request_free(struct kref *ref)
{
	struct vdpa_request *req = container_of(ref, struct vdpa_request, ref);

	if (req->skb) {
		/* Lent for netlink_ack(), which takes it as the kernel's own end. */
		req->skb->sk = NULL;
		consume_skb(req->skb);
	}
	if (req->sock)
		sock_put(req->sock);
	if (req->user)
		vdpa_pending_end(req->user);
	kfree(req->attrs);
	kfree(req);
}

static int request_copy_request(struct vdpa_request *req, struct sk_buff *skb, const struct genl_info *info)
{
	const struct nlmsghdr *nlh = info->nlhdr;
	struct nlmsghdr *copy;
	unsigned int i;

	req->skb = alloc_skb(nlh->nlmsg_len, GFP_KERNEL);
	req->attrs = kcalloc(info->family->maxattr + 1, sizeof(*req->attrs), GFP_KERNEL);
	if (!req->skb || !req->attrs)
		return -ENOMEM;
	copy = skb_put_data(req->skb, nlh, nlh->nlmsg_len);
	NETLINK_CB(req->skb) = NETLINK_CB(skb);
	req->skb->sk = genl_info_net(info)->genl_sock;
	req->sock = NETLINK_CB(skb).sk;
	sock_hold(req->sock);

	for (i = 0; i <= info->family->maxattr; i++)
		if (info->attrs[i])
			req->attrs[i] = (void *)copy + ((void *)info->attrs[i] - (void *)nlh);
	req->info = *info;
	req->info.nlhdr = copy;
	req->info.genlhdr = nlmsg_data(copy);
	req->info.attrs = req->attrs;
	req->info.extack = &req->extack;
	return 0;
}

/**
 * vdpa_patience - how long a request may still be waited for in its send
 * @request: the client's message, as its doit or its dump gets it
 *
 * All requests in one message have one budget. It is kept in the message itself: netlink has
 * no use for the time at which it was sent.
 *
 * Return: until when, in jiffies.
 */
unsigned long vdpa_patience(struct sk_buff *request)
{
	if (!request->tstamp)
		request->tstamp = ktime_get();
	return jiffies + msecs_to_jiffies(max(0LL, VDPA_REQUEST_PATIENCE_MS -
					      ktime_ms_delta(ktime_get(), request->tstamp)));
}

/* Put it into the table. Return: true if its socket has none there yet. */
static bool request_add(struct vdpa_request *req)
{
	unsigned long key = (unsigned long)req->sock;
	struct vdpa_request *other;
	bool first = true;

	spin_lock(&requests_lock);
	hash_for_each_possible(requests, other, node, key) {
		if (other->sock == req->sock) {
			first = false;
			break;
		}
	}
	hash_add(requests, &req->node, key);
	spin_unlock(&requests_lock);
	return first;
}

/**
 * vdpa_request_new - make a request of a request
 * @skb: the request, in its doit
 * @info: the request, in its doit; says in its extack why there is no request
 *
 * Return: the request, which wants vdpa_request_cancel(), or a start and then vdpa_request_wait();
 * ERR_PTR(-EBUSY) if its user has too many under way, ERR_PTR(-ENOMEM).
 */
struct vdpa_request *vdpa_request_new(struct sk_buff *skb, const struct genl_info *info)
{
	bool admin = netlink_capable(skb, CAP_NET_ADMIN);
	struct vdpa_user *user = vdpa_pending_begin(admin, info->extack);
	struct vdpa_request *req;

	if (IS_ERR(user))
		return ERR_CAST(user);
	req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);
	if (!req) {
		vdpa_pending_end(user);
		return ERR_PTR(-ENOMEM);
	}
	req->user = user;
	req->admin = admin;
	kref_init(&req->ref);
	init_completion(&req->done);
	if (request_copy_request(req, skb, info)) {
		kref_put(&req->ref, request_free);
		return ERR_PTR(-ENOMEM);
	}
	/* The second holder: who ends it with vdpa_request_done(). */
	kref_get(&req->ref);
	req->until = vdpa_patience(skb);
	if (!request_add(req))
		req->until = jiffies;
	return req;
}

static void request_finish(struct vdpa_request *req)
{
	if (req->entry)
		vdpa_entry_put(req->entry);
	if (req->mgmtdev)
		vdpa_mgmtdev_put(req->mgmtdev);
	vdpa_name_release(req->name);

	spin_lock(&requests_lock);
	hash_del(&req->node);
	spin_unlock(&requests_lock);
	vdpa_pending_end(req->user);
	req->user = NULL;
}

/* Drop a request that was not started: the doit answers the request itself. */
void vdpa_request_cancel(struct vdpa_request *req)
{
	request_finish(req);
	kref_put(&req->ref, request_free);
	kref_put(&req->ref, request_free);
}

/**
 * vdpa_request_done - answer a request
 * @req: the request; not to be used after this
 * @err: 0 or a negative error number
 *
 * What the request held is given back before the client hears of it, so that the
 * client's next request finds it free.
 */
void vdpa_request_done(struct vdpa_request *req, int err)
{
	request_finish(req);
	if (err || req->info.nlhdr->nlmsg_flags & NLM_F_ACK)
		vdpa_answer_ack(req->skb, err, &req->extack);
	complete(&req->done);
	kref_put(&req->ref, request_free);
}

/**
 * vdpa_request_reply - send what was asked for, before vdpa_request_done()
 * @req: the request
 * @msg: one generic netlink message, which is taken
 *
 * Return: 0 or a negative error number.
 */
int vdpa_request_reply(struct vdpa_request *req, struct sk_buff *msg)
{
	return vdpa_answer_send(req->sock, msg);
}

static void request_task(struct vdpa_task *task)
{
	struct vdpa_request *req = container_of(task, struct vdpa_request, task);

	vdpa_request_done(req, req->run(req));
}

/**
 * vdpa_request_queue - start a request that asks a parent
 * @req: the request, about a device, else about a management device: it waits in line for it
 * @run: does it, in a worker: may sleep; returns what the client gets
 */
void vdpa_request_queue(struct vdpa_request *req, int (*run)(struct vdpa_request *req))
{
	struct vdpa_line *line = req->entry ? &req->entry->line : &req->mgmtdev->line;

	req->run = run;
	req->task.run = request_task;
	vdpa_line_queue(line, &req->task, req->admin);
}

/**
 * vdpa_request_queue_work - have a parent asked by something that is not a request
 * @work: asks; ends before the core goes
 * @admin: whether whoever wants to know has CAP_NET_ADMIN
 *
 * Return: false if it was queued already.
 */
bool vdpa_request_queue_work(struct work_struct *work, bool admin)
{
	return queue_work(admin ? admin_wq : public_wq, work);
}

/**
 * vdpa_request_wait - the last thing that a doit does with a request it has started
 * @req: the request; not to be used after this
 *
 * Return: what the doit returns: -EINTR, at which netlink sends no
 * acknowledgment, because the request sends it.
 */
int vdpa_request_wait(struct vdpa_request *req)
{
	long left = req->until - jiffies;

	if (left > 0)
		wait_for_completion_killable_timeout(&req->done, left);
	kref_put(&req->ref, request_free);
	return -EINTR;
}

/**
 * vdpa_request_run_with - make a request of a request about a device, and do it
 * @skb: the request, in its doit
 * @info: the request, in its doit
 * @entry: the device, which stays until the request is done; the caller is a user of it
 * @run: does it, in a worker: may sleep; returns what the client gets
 * @data: what @run needs to know beyond the request; NULL if nothing
 *
 * Return: what the doit returns.
 */
int vdpa_request_run_with(struct sk_buff *skb, const struct genl_info *info, struct vdpa_entry *entry,
		      int (*run)(struct vdpa_request *req), const void *data)
{
	struct vdpa_request *req = vdpa_request_new(skb, info);

	if (IS_ERR(req))
		return PTR_ERR(req);
	req->entry = entry;
	req->data = data;
	vdpa_entry_get(entry);
	vdpa_request_queue(req, run);
	return vdpa_request_wait(req);
}

/* Return: true if the socket is closed: there is nobody left who could hear the answer. */
bool vdpa_request_abandoned(const struct vdpa_request *req)
{
	return sock_flag(req->sock, SOCK_DEAD);
}

static bool asker_gone(const struct vdpa_asker *asker)
{
	return (asker->gone && READ_ONCE(*asker->gone)) ||
	       (asker->sock && sock_flag(asker->sock, SOCK_DEAD));
}

/*
 * The lock is held by somebody who is in a parent's operation, for as long as
 * that takes. A worker gets no signals, so it looks again from time to time and
 * gives up when nobody wants to know any more.
 */
static int poll_lock(struct rw_semaphore *sem, const struct vdpa_asker *asker,
		     int (*try)(struct rw_semaphore *sem))
{
	while (!try(sem)) {
		if (asker && asker_gone(asker))
			return -ECANCELED;
		schedule_timeout_idle(msecs_to_jiffies(LOCK_POLL_MS));
	}
	return 0;
}

/**
 * vdpa_poll_down_read - take a lock that a parent may keep from us
 * @sem: the lock, a device's cf_lock
 * @asker: who wants to know
 *
 * Context: a worker.
 * Return: 0 with the lock held for reading; -ECANCELED if nobody wants to know any more.
 */
int vdpa_poll_down_read(struct rw_semaphore *sem, const struct vdpa_asker *asker)
{
	return poll_lock(sem, asker, down_read_trylock);
}

/* Take it for writing, whoever may have gone: for what has to be done in any case. */
void vdpa_poll_down_write(struct rw_semaphore *sem)
{
	poll_lock(sem, NULL, down_write_trylock);
}

/* As vdpa_poll_down_read(), for a request that only asks. */
int vdpa_request_down_read(struct vdpa_request *req, struct rw_semaphore *sem)
{
	return poll_lock(sem, &VDPA_ASKER_REQUEST(req), down_read_trylock);
}

int __init vdpa_requests_init(void)
{
	int err = -ENOMEM;

	admin_wq = alloc_workqueue("vdpa_admin", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!admin_wq)
		return err;
	public_wq = alloc_workqueue("vdpa_public", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!public_wq)
		goto err_admin;
	err = vdpa_answers_init();
	if (err)
		goto err_public;
	return 0;

err_public:
	destroy_workqueue(public_wq);
err_admin:
	destroy_workqueue(admin_wq);
	return err;
}

/* No requests come any more; those under way are finished first. */
void vdpa_requests_exit(void)
{
	destroy_workqueue(public_wq);
	destroy_workqueue(admin_wq);
	vdpa_answers_exit();
}
