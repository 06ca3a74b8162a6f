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
#include "mgmtdev.h"
#include "migration/describe.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "request.h"

/*
 * How long a round of a dump waits for parents, in ms, and for how long it goes on with that
 * about each. The first round is a doit, of which request.h says why it must not wait; in the
 * others the client waits in its own receive, with a lock held that its own requests want.
 */
#define ROUND_PATIENCE_MS	100
#define ANSWER_PATIENCE_MS	1000

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
 * @task: asks, in line
 * @done: the answer is there
 * @until: how long the dump waits for it, in jiffies
 * @abandoned: nobody waits for it any more
 * @subject: what it is about, of which the question is a user
 * @answer: the description, or an ERR_PTR
 */
struct question {
	struct kref ref;
	struct vdpa_task task;
	struct completion done;
	unsigned long until;
	bool abandoned;
	struct subject subject;
	struct vdpa_description *answer;
};

static struct vdpa_description *describe(const struct subject *subject,
					 const struct vdpa_asker *asker,
					 struct netlink_ext_ack *extack)
{
	if (subject->entry)
		return vdpa_describe_device(subject->entry, asker, extack);
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

static void question_ask(struct vdpa_task *task)
{
	struct question *q = container_of(task, struct question, task);
	const struct vdpa_asker asker = { .gone = &q->abandoned };
	struct netlink_ext_ack extack = {};

	q->answer = describe(&q->subject, &asker, &extack);
	complete_all(&q->done);
	kref_put(&q->ref, question_free);
}

static struct vdpa_line *line_of(const struct subject *subject)
{
	return subject->entry ? &subject->entry->line : &subject->parent->line;
}

/* @admin: the client has CAP_NET_ADMIN. Return: the question, which is being asked, or NULL. */
static struct question *question_new(const struct subject *subject, bool admin)
{
	struct question *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	kref_init(&q->ref);
	q->task.run = question_ask;
	q->until = jiffies + msecs_to_jiffies(ANSWER_PATIENCE_MS);
	init_completion(&q->done);
	q->subject = *subject;
	if (subject->entry)
		vdpa_entry_get(subject->entry);
	else
		vdpa_parent_get(subject->parent);
	kref_get(&q->ref);
	vdpa_line_queue(line_of(subject), &q->task, admin);
	return q;
}

static void question_put(struct question *q)
{
	WRITE_ONCE(q->abandoned, true);
	/* Nobody has begun: then nobody needs to. */
	if (vdpa_line_cancel(line_of(&q->subject), &q->task))
		kref_put(&q->ref, question_free);
	kref_put(&q->ref, question_free);
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

/*
 * @description: NULL if it is not known
 * @unanswered: because the parent does not answer
 */
static int fill(struct sk_buff *msg, const struct subject *subject,
		const struct vdpa_description *description, bool unanswered, u32 portid, u32 seq,
		struct netlink_callback *cb)
{
	void *hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, cb ? NLM_F_MULTI : 0,
				subject->command);

	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (put_subject(msg, subject) || (description && put_description(msg, description)) ||
	    (unanswered && nla_put_flag(msg, VDPA_ATTR_DEV_UNANSWERED))) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* What the dump has asked about @subject, or asks now. Return: NULL if there is no memory. */
static struct question *dump_question(struct netlink_callback *cb, const struct subject *subject)
{
	struct question *q = (struct question *)cb->args[2];

	if (q && q->subject.entry == subject->entry && q->subject.parent == subject->parent)
		return q;
	if (q)
		question_put(q);
	q = question_new(subject, netlink_capable(cb->skb, CAP_NET_ADMIN));
	cb->args[2] = (long)q;
	return q;
}

/*
 * Write down what is known about @subject. args[2] is the question about it.
 * Return: 0; -EMSGSIZE, and the round is over, if there is nothing yet, or no room.
 */
static int dump_answer(struct sk_buff *msg, struct netlink_callback *cb,
		       const struct subject *subject, unsigned long until)
{
	struct question *q = dump_question(cb, subject);
	struct vdpa_description *answer = NULL;
	u32 portid = NETLINK_CB(cb->skb).portid;
	bool answered;
	int err;

	if (!q)
		return -ENOMEM;
	wait_for_completion_killable_timeout(&q->done, max_t(long, until - jiffies, 0));
	answered = completion_done(&q->done);
	if (!answered && time_before(jiffies, q->until))
		return msg->len ? -EMSGSIZE : vdpa_nl_dump_later(msg, cb);
	if (answered && !IS_ERR(q->answer))
		answer = q->answer;
	err = fill(msg, subject, answer, !answered, portid, cb->nlh->nlmsg_seq, cb);
	/* One that is too long even for a message of its own must not hide the others. */
	if (err == -EMSGSIZE && !msg->len)
		err = fill(msg, subject, NULL, false, portid, cb->nlh->nlmsg_seq, cb);
	if (err)
		return err;
	question_put(q);
	cb->args[2] = 0;
	return 0;
}

static int fill_dump(struct sk_buff *msg, struct netlink_callback *cb,
		     const struct subject *subject, unsigned long until)
{
	if (cb->args[2] || !vdpa_line_owes(line_of(subject)))
		return dump_answer(msg, cb, subject, until);
	return fill(msg, subject, NULL, true, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, cb);
}

/* In jiffies. args[1]: the first round is over. */
static unsigned long round_until(struct netlink_callback *cb)
{
	bool first = !cb->args[1];

	cb->args[1] = 1;
	return first ? vdpa_patience(cb->skb) : jiffies + msecs_to_jiffies(ROUND_PATIENCE_MS);
}

int vdpa_nl_migration_get_done(struct netlink_callback *cb)
{
	if (cb->args[2])
		question_put((struct question *)cb->args[2]);
	return 0;
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
	unsigned long until = round_until(cb);
	unsigned long index = cb->args[0];
	int err = 0;

	cb->seq = vdpa_registry_generation();
	while (!err && (subject.entry = vdpa_registry_next(&index))) {
		subject.parent = subject.entry->parent;
		if (subject.parent)
			err = fill_dump(msg, cb, &subject, until);
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
	unsigned long until = round_until(cb);
	unsigned long index = cb->args[0];
	int err = 0;

	cb->seq = vdpa_parent_generation();
	while (!err && (subject.parent = vdpa_parent_next(&index))) {
		err = fill_dump(msg, cb, &subject, until);
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

	description = describe(subject, &VDPA_ASKER_JOB(job), &job->extack);
	if (IS_ERR(description))
		return PTR_ERR(description);
	msg = nlmsg_new(MESSAGE_SIZE, GFP_KERNEL);
	err = -ENOMEM;
	if (msg)
		err = fill(msg, subject, description, false, info->snd_portid, info->snd_seq, NULL);
	vdpa_description_free(description);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return vdpa_job_reply(job, msg);
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

	if (IS_ERR(job))
		return PTR_ERR(job);
	job->parent = vdpa_nl_parent(info);
	vdpa_parent_get(job->parent);
	vdpa_job_queue(job, mgmtdev_reply);
	return vdpa_job_wait(job);
}
