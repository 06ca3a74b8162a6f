// SPDX-License-Identifier: GPL-2.0-only
/*
 * Descriptions of devices and management devices over netlink.
 *
 * Parents may take their time over their part of it: a request about one is a job,
 * a dump waits for each a little and lists who does not answer by name alone.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "job.h"
#include "mgmtdev.h"
#include "migration.h"
#include "netlink.h"
#include "nl_list.h"

/*
 * How long a round of a dump waits for parents, in ms. It ends then. The first one is a doit, of
 * which job.h says why it must not wait; in the others the client waits in its own receive.
 */
#define FIRST_PATIENCE_MS	100
#define ROUND_PATIENCE_MS	1000

/* The largest description fits, and so does a message of it a client's 32 KiB of memory. */
#define MESSAGE_SIZE		SKB_WITH_OVERHEAD(SZ_32K)

/* What a description is of. */
struct subject {
	u8 command;
	struct vdpa_entry *entry;	/* NULL: a management device's */
	struct vdpa_parent *parent;
};

/**
 * struct question - what a dump asks a parent
 * @ref: the dump, which may have gone, and the worker
 * @work: asks
 * @done: the answer is there
 * @abandoned: nobody waits for it any more
 * @subject: what it is about, of which the question is a user
 * @answer: the description, or an ERR_PTR
 */
struct question {
	struct kref ref;
	struct work_struct work;
	struct completion done;
	bool abandoned;
	struct subject subject;
	struct vdpa_description *answer;
};

static struct vdpa_description *describe(const struct subject *subject, const bool *abandoned,
					 struct netlink_ext_ack *extack)
{
	if (subject->entry)
		return vdpa_describe_device(subject->entry, abandoned, extack);
	return vdpa_describe_parent(subject->parent, extack);
}

static void question_free(struct kref *ref)
{
	struct question *q = container_of(ref, struct question, ref);

	if (q->subject.entry)
		vdpa_entry_put(q->subject.entry);
	else
		vdpa_parent_put(q->subject.parent);
	if (!IS_ERR(q->answer))
		vdpa_description_free(q->answer);
	kfree(q);
}

static void question_ask(struct work_struct *work)
{
	struct question *q = container_of(work, struct question, work);
	struct netlink_ext_ack extack = {};

	q->answer = describe(&q->subject, &q->abandoned, &extack);
	complete_all(&q->done);
	kref_put(&q->ref, question_free);
}

/* @admin: the client has CAP_NET_ADMIN. Return: the question, which is being asked, or NULL. */
static struct question *question_new(const struct subject *subject, bool admin)
{
	struct question *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	kref_init(&q->ref);
	INIT_WORK(&q->work, question_ask);
	init_completion(&q->done);
	q->subject = *subject;
	if (subject->entry)
		vdpa_entry_get(subject->entry);
	else
		vdpa_parent_get(subject->parent);
	kref_get(&q->ref);
	vdpa_job_queue_work(&q->work, admin);
	return q;
}

static void question_put(struct question *q)
{
	WRITE_ONCE(q->abandoned, true);
	kref_put(&q->ref, question_free);
}

/* @left: jiffies that the round may still wait. Return: the answer, if it came in time, or NULL. */
static const struct vdpa_description *question_answer(struct question *q, long *left)
{
	*left = max(wait_for_completion_killable_timeout(&q->done, *left), 0L);
	return completion_done(&q->done) && !IS_ERR(q->answer) ? q->answer : NULL;
}

static int put_subject(struct sk_buff *msg, const struct subject *subject)
{
	if (vdpa_nl_put_parent(msg, subject->parent))
		return -EMSGSIZE;
	if (!subject->entry)
		return 0;
	return nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(subject->entry)) ||
	       nla_put_u32(msg, VDPA_ATTR_DEV_ID, subject->entry->device_id) ? -EMSGSIZE : 0;
}

static int put_description(struct sk_buff *msg, const struct vdpa_description *description)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < description->n; i++)
		err = vdpa_nl_put_list(msg, description->lists[i]);
	return err;
}

/* @description: NULL if it is not known */
static int fill(struct sk_buff *msg, const struct subject *subject,
		const struct vdpa_description *description, u32 portid, u32 seq,
		struct netlink_callback *cb)
{
	void *hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, cb ? NLM_F_MULTI : 0,
				subject->command);

	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (put_subject(msg, subject) || (description && put_description(msg, description))) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

static int fill_dump(struct sk_buff *msg, struct netlink_callback *cb,
		     const struct subject *subject, long *left)
{
	const struct vdpa_description *answer;
	struct question *q = question_new(subject, netlink_capable(cb->skb, CAP_NET_ADMIN));
	u32 portid = NETLINK_CB(cb->skb).portid;
	int err;

	if (!q)
		return -ENOMEM;
	answer = question_answer(q, left);
	err = fill(msg, subject, answer, portid, cb->nlh->nlmsg_seq, cb);
	/* One that is too long even for a message of its own must not hide the others. */
	if (err == -EMSGSIZE && !msg->len)
		err = fill(msg, subject, NULL, portid, cb->nlh->nlmsg_seq, cb);
	question_put(q);
	return err;
}

/* In jiffies. args[1]: the first round is over. */
static long round_patience(struct netlink_callback *cb)
{
	bool first = !cb->args[1];

	cb->args[1] = 1;
	return msecs_to_jiffies(first ? FIRST_PATIENCE_MS : ROUND_PATIENCE_MS);
}

/* For both dumps: room for the largest description. */
int vdpa_nl_migration_get_start(struct netlink_callback *cb)
{
	cb->min_dump_alloc = MESSAGE_SIZE;
	return 0;
}

int vdpa_nl_dev_migration_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct subject subject = { .command = VDPA_CMD_DEV_MIGRATION_GET };
	long left = round_patience(cb);
	unsigned long index = cb->args[0];
	int err = 0;

	cb->seq = vdpa_registry_generation();
	while (!err && left && (subject.entry = vdpa_registry_next(&index))) {
		subject.parent = subject.entry->parent;
		if (subject.parent)
			err = fill_dump(msg, cb, &subject, &left);
		vdpa_entry_put(subject.entry);
		if (!err)
			index++;
	}
	cb->args[0] = index;
	return msg->len ?: err;
}

int vdpa_nl_mgmtdev_migration_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct subject subject = { .command = VDPA_CMD_MGMTDEV_MIGRATION_GET };
	long left = round_patience(cb);
	unsigned long index = cb->args[0];
	int err = 0;

	cb->seq = vdpa_parent_generation();
	while (!err && left && (subject.parent = vdpa_parent_next(&index))) {
		err = fill_dump(msg, cb, &subject, &left);
		vdpa_parent_put(subject.parent);
		if (!err)
			index++;
	}
	cb->args[0] = index;
	return msg->len ?: err;
}

static int reply(struct vdpa_job *job, const struct subject *subject)
{
	struct vdpa_description *description;
	struct genl_info *info = &job->info;
	struct sk_buff *msg;
	int err;

	description = describe(subject, &job->abandoned, &job->extack);
	if (IS_ERR(description))
		return PTR_ERR(description);
	msg = nlmsg_new(MESSAGE_SIZE, GFP_KERNEL);
	err = msg ? fill(msg, subject, description, info->snd_portid, info->snd_seq, NULL) :
		    -ENOMEM;
	vdpa_description_free(description);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

static int dev_reply(struct vdpa_job *job)
{
	const struct subject subject = {
		.command = VDPA_CMD_DEV_MIGRATION_GET,
		.entry = job->entry,
		.parent = job->entry->parent,
	};

	return reply(job, &subject);
}

static int mgmtdev_reply(struct vdpa_job *job)
{
	const struct subject subject = {
		.command = VDPA_CMD_MGMTDEV_MIGRATION_GET,
		.parent = job->parent,
	};

	return reply(job, &subject);
}

int vdpa_nl_dev_migration_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_job_run_with(skb, info, vdpa_nl_entry(info), dev_reply, NULL);
}

int vdpa_nl_mgmtdev_migration_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_job *job = vdpa_job_new(skb, info);

	if (!job)
		return -ENOMEM;
	job->parent = vdpa_nl_parent(info);
	vdpa_parent_get(job->parent);
	vdpa_job_queue(job, mgmtdev_reply);
	return vdpa_job_wait(job);
}
