// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that a parent or a bus driver may keep waiting: see job.h.
 */
#include <linux/netlink.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <net/genetlink.h>
#include <net/netns/generic.h>
#include <net/sock.h>

#include "device.h"
#include "job.h"
#include "mgmtdev.h"
#include "registry.h"

/* How often a job looks again whether the lock it wants is free, in ms. */
#define LOCK_POLL_MS	5

/* Protects the list of jobs; vdpa_registry_lock is not taken inside it, nor it inside that. */
static DEFINE_SPINLOCK(jobs_lock);
static LIST_HEAD(jobs);

/* For those with CAP_NET_ADMIN, and for all others. */
static struct workqueue_struct *admin_wq, *public_wq;

static void queue_for(struct work_struct *work, bool admin)
{
	queue_work(admin ? admin_wq : public_wq, work);
}

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
	job->admin = netlink_capable(skb, CAP_NET_ADMIN);
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
 * vdpa_job_new - make a job of a request
 * @skb: the request, in its doit
 * @info: the request, in its doit
 *
 * Return: the job, which wants vdpa_job_cancel(), or a start and then
 * vdpa_job_wait(); NULL if there is no memory.
 */
struct vdpa_job *vdpa_job_new(struct sk_buff *skb, const struct genl_info *info)
{
	struct vdpa_job *job = kzalloc(sizeof(*job), GFP_KERNEL);

	if (!job)
		return NULL;
	kref_init(&job->ref);
	init_completion(&job->done);
	if (job_copy_request(job, skb, info)) {
		kref_put(&job->ref, job_free);
		return NULL;
	}
	/* The second holder: who ends it with vdpa_job_done(). */
	kref_get(&job->ref);
	spin_lock(&jobs_lock);
	list_add_tail(&job->node, &jobs);
	spin_unlock(&jobs_lock);
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
	list_del(&job->node);
	spin_unlock(&jobs_lock);
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
	struct nlmsghdr *nlh = (struct nlmsghdr *)job->info.nlhdr;

	job_finish(job);
	/* The port of a client that has gone may be somebody else's by now. */
	if (!vdpa_job_abandoned(job) && (err || nlh->nlmsg_flags & NLM_F_ACK))
		netlink_ack(job->skb, nlh, err, &job->extack);
	complete(&job->done);
	kref_put(&job->ref, job_free);
}

static void job_work(struct work_struct *work)
{
	struct vdpa_job *job = container_of(work, struct vdpa_job, work);

	vdpa_job_done(job, job->run(job));
}

/**
 * vdpa_job_queue - start a job that waits for nobody's turn
 * @job: the job
 * @run: does it, in a worker: may sleep; returns what the client gets
 */
void vdpa_job_queue(struct vdpa_job *job, int (*run)(struct vdpa_job *job))
{
	job->run = run;
	INIT_WORK(&job->work, job_work);
	queue_for(&job->work, job->admin);
}

/**
 * vdpa_job_queue_work - have a parent asked by something that is not a job
 * @work: asks; ends before the core goes
 * @admin: whether whoever wants to know has CAP_NET_ADMIN
 */
void vdpa_job_queue_work(struct work_struct *work, bool admin)
{
	queue_for(work, admin);
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
	wait_for_completion_killable_timeout(&job->done, msecs_to_jiffies(VDPA_JOB_PATIENCE_MS));
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

	if (!job)
		return -ENOMEM;
	job->entry = entry;
	job->data = data;
	vdpa_entry_get(entry);
	vdpa_job_queue(job, run);
	return vdpa_job_wait(job);
}

/* Return: true if there is nobody left who could hear the answer. */
bool vdpa_job_abandoned(const struct vdpa_job *job)
{
	return READ_ONCE(job->abandoned);
}

/*
 * The lock is held by somebody who is in a parent's operation, for as long as
 * that takes. A worker gets no signals, so it looks again from time to time and
 * gives up when its client has.
 */
static int poll_lock(struct rw_semaphore *sem, const bool *abandoned,
		     int (*try)(struct rw_semaphore *sem))
{
	while (!try(sem)) {
		if (abandoned && READ_ONCE(*abandoned))
			return -ECANCELED;
		schedule_timeout_idle(msecs_to_jiffies(LOCK_POLL_MS));
	}
	return 0;
}

/**
 * vdpa_poll_down_read - take a lock that a parent may keep from us
 * @sem: the lock, a device's cf_lock
 * @abandoned: becomes true when nobody waits for what is done under it any more
 *
 * Context: a worker.
 * Return: 0 with the lock held for reading; -ECANCELED if it was abandoned.
 */
int vdpa_poll_down_read(struct rw_semaphore *sem, const bool *abandoned)
{
	return poll_lock(sem, abandoned, down_read_trylock);
}

/* Take it for writing, whoever may have gone: for what has to be done in any case. */
void vdpa_poll_down_write(struct rw_semaphore *sem)
{
	poll_lock(sem, NULL, down_write_trylock);
}

/* As vdpa_poll_down_read(), for a job: abandoned when its client has gone. */
int vdpa_job_down_read(struct vdpa_job *job, struct rw_semaphore *sem)
{
	return poll_lock(sem, &job->abandoned, down_read_trylock);
}

/* As vdpa_job_down_read(), for writing. */
int vdpa_job_down_write(struct vdpa_job *job, struct rw_semaphore *sem)
{
	return poll_lock(sem, &job->abandoned, down_write_trylock);
}

static int job_client_gone(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct vdpa_job *job;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	spin_lock(&jobs_lock);
	list_for_each_entry(job, &jobs, node)
		if (job->info.snd_portid == notify->portid &&
		    net_eq(genl_info_net(&job->info), notify->net))
			WRITE_ONCE(job->abandoned, true);
	spin_unlock(&jobs_lock);
	return NOTIFY_DONE;
}

static struct notifier_block job_notifier = {
	.notifier_call = job_client_gone,
};

int __init vdpa_jobs_init(void)
{
	int err = -ENOMEM;

	admin_wq = alloc_workqueue("vdpa_admin", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!admin_wq)
		return err;
	public_wq = alloc_workqueue("vdpa_public", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!public_wq)
		goto err_admin;
	err = netlink_register_notifier(&job_notifier);
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
	netlink_unregister_notifier(&job_notifier);
}
