// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about virtqueues: see nl_queue.h.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/virtio_net.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "job.h"
#include "netlink.h"
#include "nl_queue.h"
#include "registry.h"

/*
 * How long a dump waits for the answer about one device, in ms: of all devices for each,
 * and in its first round, which is a doit, of which job.h says why it must not wait; and
 * later about the one device that was asked for: the client waits in its own receive.
 */
#define ANSWER_PATIENCE_MS	100
#define NAMED_PATIENCE_MS	1000

/* Between two attempts to get a device's cf_lock, in ms. */
#define LOCK_PAUSE_MS		5

/* Bytes that one question brings at most; a dump asks again for the rest. */
#define ANSWER_SIZE		(3 * NLMSG_GOODSIZE)

/* The attribute that holds what there is about one queue, within an answer. */
#define ANSWER_QUEUE		1

/**
 * struct question - what a dump asks a device
 * @ref: the dump, which may have gone, and the worker
 * @work: asks
 * @done: the answer is complete
 * @request: what is asked
 * @entry: the device, of which the question is a user
 * @patience: how long to try, in jiffies
 * @first: the first queue
 * @next: the first queue that is not in the answer
 * @busy: somebody who is in the parent keeps the device's cf_lock
 * @answer: nested attributes, one a queue
 * @err: why the first queue that is not in the answer has nothing to say
 * @extack: the same in words
 */
struct question {
	struct kref ref;
	struct work_struct work;
	struct completion done;
	const struct vdpa_queue_request *request;
	struct vdpa_entry *entry;
	unsigned long patience;
	u32 first;
	u32 next;
	bool busy;
	struct sk_buff *answer;
	int err;
	struct netlink_ext_ack extack;
};

static void question_free(struct kref *ref)
{
	struct question *q = container_of(ref, struct question, ref);

	vdpa_entry_put(q->entry);
	nlmsg_free(q->answer);
	kfree(q);
}

static void question_put(struct question *q)
{
	kref_put(&q->ref, question_free);
}

/* Return: -EMSGSIZE if the answer is full; a queue that has nothing to say is left out. */
static int ask_queue(struct question *q, u16 index)
{
	struct netlink_ext_ack extack = {};
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(q->answer, ANSWER_QUEUE);
	if (!nest)
		return -EMSGSIZE;
	err = q->request->fill(q->entry, index, q->answer, &extack);
	if (!err) {
		nla_nest_end(q->answer, nest);
		return 0;
	}
	nla_nest_cancel(q->answer, nest);
	if (err != -EMSGSIZE && !q->err) {
		q->err = err;
		NL_SET_ERR_MSG_FMT(&q->extack, "%s", extack._msg ?: "");
	}
	return err;
}

/* Whoever has the lock may be in the parent for ever, so this does not wait for it as such. */
static bool lock_config(struct vdpa_device *vdev, unsigned long patience)
{
	unsigned long until = jiffies + patience;

	while (!down_read_trylock(&vdev->cf_lock)) {
		if (time_after(jiffies, until))
			return false;
		msleep(LOCK_PAUSE_MS);
	}
	return true;
}

static void question_ask(struct work_struct *work)
{
	struct question *q = container_of(work, struct question, work);
	struct vdpa_device *vdev = q->entry->vdev;

	q->busy = !lock_config(vdev, q->patience);
	if (!q->busy) {
		for (q->next = q->first; q->next < vdev->nvqs; q->next++)
			if (ask_queue(q, q->next) == -EMSGSIZE && q->next > q->first)
				break;
		up_read(&vdev->cf_lock);
	}
	complete_all(&q->done);
	question_put(q);
}

/* Return: the question, answered or not, or NULL. */
static struct question *question_put_to(struct vdpa_entry *entry,
					const struct vdpa_queue_request *request, u32 first,
					unsigned long patience)
{
	struct question *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	q->answer = alloc_skb(ANSWER_SIZE, GFP_KERNEL);
	if (!q->answer) {
		kfree(q);
		return NULL;
	}
	kref_init(&q->ref);
	init_completion(&q->done);
	INIT_WORK(&q->work, question_ask);
	q->request = request;
	q->entry = entry;
	q->patience = patience;
	q->first = first;
	vdpa_entry_get(entry);
	kref_get(&q->ref);
	/* only they may ask about queues */
	vdpa_job_queue_work(&q->work, true);
	wait_for_completion_killable_timeout(&q->done, patience);
	return q;
}

static void *message_begin(struct sk_buff *msg, const struct vdpa_entry *entry, u8 command,
			   u32 portid, u32 seq, int flags)
{
	void *hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, command);

	if (!hdr)
		return NULL;
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* One round of a dump: where it is, and where it writes. */
struct round {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	const struct vdpa_queue_request *request;
	bool named;	/* it is about one device */
	bool first;	/* it is the first round */
};

static void *round_message(const struct round *r, const struct vdpa_entry *entry)
{
	void *hdr = message_begin(r->msg, entry, r->request->command,
				  NETLINK_CB(r->cb->skb).portid, r->cb->nlh->nlmsg_seq,
				  NLM_F_MULTI);

	if (hdr)
		genl_dump_check_consistent(r->cb, hdr);
	return hdr;
}

/* There is nothing about queues to list: what the device can and does says why. */
static int dump_bare(const struct round *r, struct vdpa_entry *entry)
{
	void *hdr = round_message(r, entry);

	if (!hdr)
		return -EMSGSIZE;
	if (vdpa_nl_put_caps(r->msg, entry)) {
		genlmsg_cancel(r->msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(r->msg, hdr);
	return 0;
}

/* cb->args[1] is the next queue of the device. */
static int dump_answer(const struct round *r, struct question *q)
{
	struct nlattr *queue;
	int left;

	nla_for_each_attr(queue, (struct nlattr *)q->answer->data, q->answer->len, left) {
		const struct nlattr *index = nla_find(nla_data(queue), nla_len(queue),
						      VDPA_ATTR_DEV_QUEUE_INDEX);
		void *hdr = round_message(r, q->entry);

		if (!hdr)
			return -EMSGSIZE;
		if (nla_len(queue) > skb_tailroom(r->msg)) {
			genlmsg_cancel(r->msg, hdr);
			return -EMSGSIZE;
		}
		skb_put_data(r->msg, nla_data(queue), nla_len(queue));
		genlmsg_end(r->msg, hdr);
		r->cb->args[1] = nla_get_u32(index) + 1;
	}
	r->cb->args[1] = q->next;
	return 0;
}

/* No queue has anything to say: where one device was asked for, that is an error. */
static int dump_nothing(const struct round *r, struct question *q)
{
	if (!r->named)
		return dump_bare(r, q->entry);
	if (r->cb->extack)
		NL_SET_ERR_MSG_FMT(r->cb->extack, "%s", q->extack._msg_buf);
	return q->err;
}

/* In jiffies. */
static unsigned long round_patience(const struct round *r)
{
	return msecs_to_jiffies(r->named && !r->first ? NAMED_PATIENCE_MS : ANSWER_PATIENCE_MS);
}

/* A round cannot be empty: this one has a message that means nothing, and the next can wait. */
static int dump_later(const struct round *r)
{
	nlmsg_put(r->msg, NETLINK_CB(r->cb->skb).portid, r->cb->nlh->nlmsg_seq, NLMSG_NOOP, 0,
		  NLM_F_MULTI);
	return -EMSGSIZE;
}

/* Return: 0 at the end of the device, -EMSGSIZE if the round is full, or an error. */
static int dump_device(const struct round *r, struct vdpa_entry *entry)
{
	u32 nvqs = entry->vdev->nvqs;
	struct question *q;
	bool answered;
	int err = 0;

	while (!err && r->cb->args[1] < nvqs) {
		q = question_put_to(entry, r->request, r->cb->args[1], round_patience(r));
		if (!q)
			return -ENOMEM;
		answered = completion_done(&q->done) && !q->busy;
		if (answered && (q->answer->len || !q->err || q->first))
			err = dump_answer(r, q);
		else if (answered)
			err = dump_nothing(r, q);
		else if (r->named && r->first)
			err = dump_later(r);
		else if (!r->cb->args[1])
			err = dump_bare(r, entry);
		if (!err && !(answered && q->answer->len))
			r->cb->args[1] = nvqs;
		question_put(q);
	}
	return err;
}

/* The device that a dump is about, if it is about one. */
static int dump_one(const struct round *r, struct nlattr *name)
{
	struct vdpa_entry *entry;
	int err;

	if (r->cb->args[2])
		return 0;
	err = vdpa_nl_find_device(name, r->cb->extack, &entry);
	if (err)
		return err;
	err = r->request->check(entry, r->cb->extack);
	if (!err)
		err = dump_device(r, entry);
	vdpa_entry_put(entry);
	if (!err)
		r->cb->args[2] = 1;	/* that was all */
	return err;
}

static int dump_next(const struct round *r, struct vdpa_entry *entry)
{
	struct netlink_ext_ack none = {};

	if (!entry->parent)
		return 0;
	if (r->request->check(entry, &none))
		return dump_bare(r, entry);
	return dump_device(r, entry);
}

static int dump_all(const struct round *r)
{
	unsigned long index = r->cb->args[0];
	struct vdpa_entry *entry;
	int err = 0;

	while (!err && (entry = vdpa_registry_next(&index))) {
		if (index != r->cb->args[0])
			r->cb->args[1] = 0;
		r->cb->args[0] = index;
		err = dump_next(r, entry);
		vdpa_entry_put(entry);
		if (!err) {
			r->cb->args[0] = ++index;
			r->cb->args[1] = 0;
		}
	}
	return err;
}

/**
 * vdpa_nl_queue_dumpit - one round of a dump about the queues of one or all devices
 * @msg: where to
 * @cb: the dump; VDPA_ATTR_DEV_NAME in its request restricts it to one device.
 *	args[0] is the index of the device, args[1] the queue to go on at, args[2] that the
 *	one device is done, args[3] that the first round is over.
 * @request: what is asked; where it is about all, devices that it does not apply
 *	to, or that do not answer, are listed without queues
 *
 * Return: bytes written, 0 at the end, or a negative error number.
 */
int vdpa_nl_queue_dumpit(struct sk_buff *msg, struct netlink_callback *cb,
			 const struct vdpa_queue_request *request)
{
	struct nlattr *name = genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_DEV_NAME];
	struct round r = {
		.msg = msg,
		.cb = cb,
		.request = request,
		.named = name,
		.first = !cb->args[3],
	};
	int err;

	cb->args[3] = 1;
	cb->seq = vdpa_registry_generation();
	err = name ? dump_one(&r, name) : dump_all(&r);
	return msg->len ?: err;
}

/**
 * vdpa_nl_queue_check - which queue is a request about?
 * @info: the request
 * @entry: the device
 *
 * Return: 0 if it names one that the device has; else an error, with the extack set.
 */
int vdpa_nl_queue_check(struct genl_info *info, const struct vdpa_entry *entry)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX];
	u32 index;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_QUEUE_INDEX)) {
		NL_SET_ERR_MSG(info->extack, "the virtqueue's index is missing");
		return -EINVAL;
	}
	index = nla_get_u32(attr);
	if (index < entry->vdev->nvqs)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "device " VDPA_MSG_NAME
				" has the virtqueues 0 to %u", vdpa_entry_name(entry),
				entry->vdev->nvqs - 1);
	/* Mainline tells what no network device can have from what this one has not. */
	return index > VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX ? -ERANGE : -EINVAL;
}

static int queue_reply(struct vdpa_job *job)
{
	const struct vdpa_queue_request *request = job->data;
	struct genl_info *info = &job->info;
	u16 index = nla_get_u32(info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX]);
	struct sk_buff *msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;
	int err;

	if (!msg)
		return -ENOMEM;
	hdr = message_begin(msg, job->entry, request->command, info->snd_portid, info->snd_seq, 0);
	if (!hdr)
		err = -EMSGSIZE;
	else
		err = request->fill(job->entry, index, msg, info->extack);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

static int queue_get(struct vdpa_job *job)
{
	struct rw_semaphore *sem = &job->entry->vdev->cf_lock;
	int err;

	err = vdpa_job_down_read(job, sem);
	if (err)
		return err;
	err = queue_reply(job);
	up_read(sem);
	return err;
}

/**
 * vdpa_nl_queue_doit - a request about one queue
 * @skb: the request
 * @info: the request, about a device
 * @request: what is asked
 *
 * Return: what the doit returns.
 */
int vdpa_nl_queue_doit(struct sk_buff *skb, struct genl_info *info,
		       const struct vdpa_queue_request *request)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	int err;

	err = request->check(entry, info->extack);
	if (!err)
		err = vdpa_nl_queue_check(info, entry);
	return err ?: vdpa_job_run_with(skb, info, entry, queue_get, request);
}
