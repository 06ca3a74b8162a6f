// SPDX-License-Identifier: GPL-2.0-only
/*
 * Migration descriptions of devices and management devices over netlink.
 *
 * A parent may need long for its part of a description: a worker calls it for a request about one
 * object. A dump waits a short time for each, and lists one that does not answer by name only.
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
#include "netlink/nl_request.h"

/*
 * How long a round of a dump waits for parents, and how long the dump waits for each of them, over
 * several rounds, in ms. The first round runs like a doit, which must not wait (nl_request.h). In
 * the others the client waits in its own receive, with a lock held that its own requests need.
 */
#define ROUND_PATIENCE_MS	100
#define ANSWER_PATIENCE_MS	1000

/* Large enough for the largest description, and small enough for a client's buffer of 32 KiB. */
#define MESSAGE_SIZE		SKB_WITH_OVERHEAD(SZ_32K)

/* The object of a description. */
struct subject {
	u8 command;
	struct vdpa_entry *entry;	/* NULL: a management device */
	struct vdpa_mgmtdev *mgmtdev;
};

/**
 * struct description_query - a query of a dump
 * @ref: references of the dump and the worker
 * @task: calls the parent, in the line
 * @done: @answer is set
 * @until: end of the dump's wait, in jiffies
 * @abandoned: the dump has stopped waiting
 * @subject: the object; the query is a user of it
 * @answer: the description, or an ERR_PTR
 */
struct description_query {
	struct kref ref;
	struct vdpa_task task;
	struct completion done;
	unsigned long until;
	bool abandoned;
	struct subject subject;
	struct vdpa_descriptions *answer;
};

static struct vdpa_descriptions *describe(const struct subject *subject,
					  const struct vdpa_asker *asker,
					  struct netlink_ext_ack *extack)
{
	if (subject->entry)
		return vdpa_describe_device(subject->entry, asker, extack);
	return vdpa_describe_mgmtdev(subject->mgmtdev, extack);
}

static void query_free(struct kref *ref)
{
	struct description_query *q = container_of(ref, struct description_query, ref);

	if (q->subject.entry)
		vdpa_entry_put(q->subject.entry);
	else
		vdpa_mgmtdev_put(q->subject.mgmtdev);
	if (!IS_ERR(q->answer))
		vdpa_descriptions_free(q->answer);
	kfree(q);
}

static void query_ask(struct vdpa_task *task)
{
	struct description_query *q = container_of(task, struct description_query, task);
	const struct vdpa_asker asker = { .gone = &q->abandoned };
	struct netlink_ext_ack extack = {};

	q->answer = describe(&q->subject, &asker, &extack);
	complete_all(&q->done);
	kref_put(&q->ref, query_free);
}

static struct vdpa_line *line_of(const struct subject *subject)
{
	return subject->entry ? &subject->entry->line : &subject->mgmtdev->line;
}

/* Start a query. @admin: the client has CAP_NET_ADMIN. Return: the query, or NULL. */
static struct description_query *query_new(const struct subject *subject, bool admin)
{
	struct description_query *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	kref_init(&q->ref);
	q->task.run = query_ask;
	q->until = jiffies + msecs_to_jiffies(ANSWER_PATIENCE_MS);
	init_completion(&q->done);
	q->subject = *subject;
	if (subject->entry)
		vdpa_entry_get(subject->entry);
	else
		vdpa_mgmtdev_get(subject->mgmtdev);
	kref_get(&q->ref);
	vdpa_line_queue(line_of(subject), &q->task, admin);
	return q;
}

static void query_put(struct description_query *q)
{
	WRITE_ONCE(q->abandoned, true);
	/* The worker has not begun: drop its reference. */
	if (vdpa_line_cancel(line_of(&q->subject), &q->task))
		kref_put(&q->ref, query_free);
	kref_put(&q->ref, query_free);
}

static int put_subject(struct sk_buff *msg, const struct subject *subject)
{
	if (vdpa_nl_put_mgmtdev(msg, subject->mgmtdev))
		return -EMSGSIZE;
	if (!subject->entry)
		return 0;
	return nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(subject->entry)) ||
	       nla_put_u32(msg, VDPA_ATTR_DEV_ID, subject->entry->device_id) ? -EMSGSIZE : 0;
}

static int put_description(struct sk_buff *msg, const struct vdpa_descriptions *descriptions)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < descriptions->n; i++)
		err = vdpa_nl_put_description(msg, descriptions->list[i]);
	return err;
}

/*
 * Write the message about @subject.
 * @descriptions: its descriptions, or NULL
 * @unanswered: the parent did not answer
 */
static int fill(struct sk_buff *msg, const struct subject *subject,
		const struct vdpa_descriptions *descriptions, bool unanswered, u32 portid, u32 seq,
		struct netlink_callback *cb)
{
	void *hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, cb ? NLM_F_MULTI : 0,
				subject->command);

	if (!hdr)
		return -EMSGSIZE;
	if (cb)
		genl_dump_check_consistent(cb, hdr);
	if (put_subject(msg, subject) || (descriptions && put_description(msg, descriptions)) ||
	    (unanswered && nla_put_flag(msg, VDPA_ATTR_DEV_UNANSWERED))) {
		genlmsg_cancel(msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return 0;
}

/* Return: the dump's query about @subject, started if necessary; NULL without memory. */
static struct description_query *dump_query(struct netlink_callback *cb,
					    const struct subject *subject)
{
	struct description_query *q = (struct description_query *)cb->args[2];

	if (q && q->subject.entry == subject->entry && q->subject.mgmtdev == subject->mgmtdev)
		return q;
	if (q)
		query_put(q);
	q = query_new(subject, netlink_capable(cb->skb, CAP_NET_ADMIN));
	cb->args[2] = (long)q;
	return q;
}

/*
 * Write the answer about @subject. args[2] is the query about it.
 * Return: 0; -EMSGSIZE, which ends the round, if there is no answer yet, or no room.
 */
static int dump_answer(struct sk_buff *msg, struct netlink_callback *cb,
		       const struct subject *subject, unsigned long until)
{
	struct description_query *q = dump_query(cb, subject);
	struct vdpa_descriptions *answer = NULL;
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
	/* A description that is too long for a message must not end the dump. */
	if (err == -EMSGSIZE && !msg->len)
		err = fill(msg, subject, NULL, false, portid, cb->nlh->nlmsg_seq, cb);
	if (err)
		return err;
	query_put(q);
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

/* Return: the end of the round's wait, in jiffies. args[1]: the first round is over. */
static unsigned long round_until(struct netlink_callback *cb)
{
	bool first = !cb->args[1];

	cb->args[1] = 1;
	return first ? vdpa_nl_patience(cb->skb) : jiffies + msecs_to_jiffies(ROUND_PATIENCE_MS);
}

int vdpa_nl_migration_get_done(struct netlink_callback *cb)
{
	if (cb->args[2])
		query_put((struct description_query *)cb->args[2]);
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
		subject.mgmtdev = subject.entry->mgmtdev;
		if (subject.mgmtdev)
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

	cb->seq = vdpa_mgmtdev_generation();
	while (!err && (subject.mgmtdev = vdpa_mgmtdev_next(&index))) {
		err = fill_dump(msg, cb, &subject, until);
		vdpa_mgmtdev_put(subject.mgmtdev);
		if (!err)
			index++;
	}
	cb->args[0] = index;
	return msg->len ?: err;
}

static int reply(struct vdpa_request *req, const struct subject *subject)
{
	struct vdpa_descriptions *descriptions;
	struct genl_info *info = vdpa_nl_request_info(req);
	struct sk_buff *msg;
	int err;

	descriptions = describe(subject, &VDPA_ASKER_REQUEST(req), &req->extack);
	if (IS_ERR(descriptions))
		return PTR_ERR(descriptions);
	msg = nlmsg_new(MESSAGE_SIZE, GFP_KERNEL);
	err = -ENOMEM;
	if (msg)
		err = fill(msg, subject, descriptions, false, info->snd_portid, info->snd_seq,
			   NULL);
	vdpa_descriptions_free(descriptions);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return vdpa_nl_request_reply(req, msg);
}

static int dev_reply(struct vdpa_request *req)
{
	const struct subject subject = {
		.command = VDPA_CMD_DEV_MIGRATION_GET,
		.entry = req->entry,
		.mgmtdev = req->entry->mgmtdev,
	};

	return reply(req, &subject);
}

static int mgmtdev_reply(struct vdpa_request *req)
{
	const struct subject subject = {
		.command = VDPA_CMD_MGMTDEV_MIGRATION_GET,
		.mgmtdev = req->mgmtdev,
	};

	return reply(req, &subject);
}

int vdpa_nl_dev_migration_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return vdpa_nl_request_run(skb, info, vdpa_nl_entry(info), dev_reply, NULL);
}

int vdpa_nl_mgmtdev_migration_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_request *req = vdpa_nl_request_new(skb, info);

	if (IS_ERR(req))
		return PTR_ERR(req);
	req->mgmtdev = vdpa_nl_mgmtdev(info);
	vdpa_mgmtdev_get(req->mgmtdev);
	vdpa_request_queue(req, mgmtdev_reply);
	return vdpa_nl_request_wait(req);
}
