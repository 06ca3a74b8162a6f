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

/* How often a job looks again whether the lock it wants is free, in ms. */
#define LOCK_POLL_MS	5

/* Protects the table of jobs; nothing is taken inside it. */
static DEFINE_SPINLOCK(jobs_lock);
static DEFINE_HASHTABLE(jobs, 8);

/* For those with CAP_NET_ADMIN, and for all others. */
static struct workqueue_struct *admin_wq, *public_wq;

static void job_free(struct kref *ref)
{
	struct vdpa_job *job = container_of(ref, struct vdpa_job, ref);

	if (job->skb) {
		/* Lent for netlink_ack(), which takes it as the kernel's own end. */
		job->skb->sk = NULL;
		consume_skb(job->skb);
	}
	if (job->sock)
		sock_put(job->sock);
	if (job->user)
		vdpa_pending_end(job->user);
	kfree(job->attrs);
	kfree(job);
}

static int job_copy_request(struct vdpa_job *job, struct sk_buff *skb, const struct genl_info *info)
{
	const struct nlmsghdr *nlh = info->nlhdr;
	struct nlmsghdr *copy;
	unsigned int i;

	job->skb = alloc_skb(nlh->nlmsg_len, GFP_KERNEL);
	job->attrs = kcalloc(info->family->maxattr + 1, sizeof(*job->attrs), GFP_KERNEL);
	if (!job->skb || !job->attrs)
		return -ENOMEM;
	copy = skb_put_data(job->skb, nlh, nlh->nlmsg_len);
	NETLINK_CB(job->skb) = NETLINK_CB(skb);
	job->skb->sk = genl_info_net(info)->genl_sock;
	job->sock = NETLINK_CB(skb).sk;
	sock_hold(job->sock);

	for (i = 0; i <= info->family->maxattr; i++)
		if (info->attrs[i])
			job->attrs[i] = (void *)copy + ((void *)info->attrs[i] - (void *)nlh);
	job->info = *info;
	job->info.nlhdr = copy;
	job->info.genlhdr = nlmsg_data(copy);
	job->info.attrs = job->attrs;
	job->info.extack = &job->extack;
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
	return jiffies + msecs_to_jiffies(max(0LL, VDPA_JOB_PATIENCE_MS -
					      ktime_ms_delta(ktime_get(), request->tstamp)));
}

/* Put it into the table. Return: true if its socket has none there yet. */
static bool job_add(struct vdpa_job *job)
{
	unsigned long key = (unsigned long)job->sock;
	struct vdpa_job *other;
	bool first = true;

	spin_lock(&jobs_lock);
	hash_for_each_possible(jobs, other, node, key) {
		if (other->sock == job->sock) {
			first = false;
			break;
		}
	}
	hash_add(jobs, &job->node, key);
	spin_unlock(&jobs_lock);
	return first;
}

/**
 * vdpa_job_new - make a job of a request
 * @skb: the request, in its doit
 * @info: the request, in its doit; says in its extack why there is no job
 *
 * Return: the job, which wants vdpa_job_cancel(), or a start and then vdpa_job_wait();
 * ERR_PTR(-EBUSY) if its user has too many under way, ERR_PTR(-ENOMEM).
 */
struct vdpa_job *vdpa_job_new(struct sk_buff *skb, const struct genl_info *info)
{
	bool admin = netlink_capable(skb, CAP_NET_ADMIN);
	struct vdpa_user *user = vdpa_pending_begin(admin, info->extack);
	struct vdpa_job *job;

	if (IS_ERR(user))
		return ERR_CAST(user);
	job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);
	if (!job) {
		vdpa_pending_end(user);
		return ERR_PTR(-ENOMEM);
	}
	job->user = user;
	job->admin = admin;
	kref_init(&job->ref);
	init_completion(&job->done);
	if (job_copy_request(job, skb, info)) {
		kref_put(&job->ref, job_free);
		return ERR_PTR(-ENOMEM);
	}
	/* The second holder: who ends it with vdpa_job_done(). */
	kref_get(&job->ref);
	job->until = vdpa_patience(skb);
	if (!job_add(job))
		job->until = jiffies;
	return job;
}

static void job_finish(struct vdpa_job *job)
{
	if (job->entry)
		vdpa_entry_put(job->entry);
	if (job->parent)
		vdpa_parent_put(job->parent);
	vdpa_name_release(job->name);

	spin_lock(&jobs_lock);
	hash_del(&job->node);
	spin_unlock(&jobs_lock);
	vdpa_pending_end(job->user);
	job->user = NULL;
}

/* Drop a job that was not started: the doit answers the request itself. */
void vdpa_job_cancel(struct vdpa_job *job)
{
	job_finish(job);
	kref_put(&job->ref, job_free);
	kref_put(&job->ref, job_free);
}

/**
 * vdpa_job_done - answer a request
 * @job: the job; not to be used after this
 * @err: 0 or a negative error number
 *
 * What the job held is given back before the client hears of it, so that the
 * client's next request finds it free.
 */
void vdpa_job_done(struct vdpa_job *job, int err)
{
	job_finish(job);
	if (err || job->info.nlhdr->nlmsg_flags & NLM_F_ACK)
		vdpa_answer_ack(job->skb, err, &job->extack);
	complete(&job->done);
	kref_put(&job->ref, job_free);
}

/**
 * vdpa_job_reply - send what was asked for, before vdpa_job_done()
 * @job: the job
 * @msg: one generic netlink message, which is taken
 *
 * Return: 0 or a negative error number.
 */
int vdpa_job_reply(struct vdpa_job *job, struct sk_buff *msg)
{
	return vdpa_answer_send(job->sock, msg);
}

static void job_task(struct vdpa_task *task)
{
	struct vdpa_job *job = container_of(task, struct vdpa_job, task);

	vdpa_job_done(job, job->run(job));
}

/**
 * vdpa_job_queue - start a job that asks a parent
 * @job: the job, about a device, else about a management device: it waits in line for it
 * @run: does it, in a worker: may sleep; returns what the client gets
 */
void vdpa_job_queue(struct vdpa_job *job, int (*run)(struct vdpa_job *job))
{
	struct vdpa_line *line = job->entry ? &job->entry->line : &job->parent->line;

	job->run = run;
	job->task.run = job_task;
	vdpa_line_queue(line, &job->task, job->admin);
}

/**
 * vdpa_job_queue_work - have a parent asked by something that is not a job
 * @work: asks; ends before the core goes
 * @admin: whether whoever wants to know has CAP_NET_ADMIN
 *
 * Return: false if it was queued already.
 */
bool vdpa_job_queue_work(struct work_struct *work, bool admin)
{
	return queue_work(admin ? admin_wq : public_wq, work);
}

/**
 * vdpa_job_wait - the last thing that a doit does with a job it has started
 * @job: the job; not to be used after this
 *
 * Return: what the doit returns: -EINTR, at which netlink sends no
 * acknowledgment, because the job sends it.
 */
int vdpa_job_wait(struct vdpa_job *job)
{
	long left = job->until - jiffies;

	if (left > 0)
		wait_for_completion_killable_timeout(&job->done, left);
	kref_put(&job->ref, job_free);
	return -EINTR;
}

/**
 * vdpa_job_run_with - make a job of a request about a device, and do it
 * @skb: the request, in its doit
 * @info: the request, in its doit
 * @entry: the device, which stays until the job is done; the caller is a user of it
 * @run: does it, in a worker: may sleep; returns what the client gets
 * @data: what @run needs to know beyond the request; NULL if nothing
 *
 * Return: what the doit returns.
 */
int vdpa_job_run_with(struct sk_buff *skb, const struct genl_info *info, struct vdpa_entry *entry,
		      int (*run)(struct vdpa_job *job), const void *data)
{
	struct vdpa_job *job = vdpa_job_new(skb, info);

	if (IS_ERR(job))
		return PTR_ERR(job);
	job->entry = entry;
	job->data = data;
	vdpa_entry_get(entry);
	vdpa_job_queue(job, run);
	return vdpa_job_wait(job);
}

/* Return: true if the socket is closed: there is nobody left who could hear the answer. */
bool vdpa_job_abandoned(const struct vdpa_job *job)
{
	return sock_flag(job->sock, SOCK_DEAD);
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

/* As vdpa_poll_down_read(), for a job that only asks. */
int vdpa_job_down_read(struct vdpa_job *job, struct rw_semaphore *sem)
{
	return poll_lock(sem, &VDPA_ASKER_JOB(job), down_read_trylock);
}

int __init vdpa_jobs_init(void)
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
void vdpa_jobs_exit(void)
{
	destroy_workqueue(public_wq);
	destroy_workqueue(admin_wq);
	vdpa_answers_exit();
}
