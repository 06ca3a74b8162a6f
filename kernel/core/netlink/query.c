// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a dump about virtqueues asks several devices: see query.h.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/netlink.h>

#include "device.h"
#include "netlink/query.h"
#include "netlink/queue.h"
#include "request.h"

/* Between two attempts to get a device's cf_lock, in ms. */
#define LOCK_PAUSE_MS	5

/* What a device gets at least that was begun with when the time was all but over, in ms. */
#define GRACE_MS	10

/* Bytes that one question brings at most; a dump asks again for the rest. */
#define ANSWER_SIZE	(3 * NLMSG_GOODSIZE)

static void question_free(struct kref *ref)
{
	struct vdpa_question *q = container_of(ref, struct vdpa_question, ref);

	nlmsg_free(q->answer);
	kfree(q);
}

static void question_put(struct vdpa_question *q)
{
	kref_put(&q->ref, question_free);
}

/* Return: -EMSGSIZE if the answer is full; a queue that has nothing to say is left out. */
static int ask_queue(struct vdpa_question *q, struct vdpa_asked *asked, u16 index)
{
	struct netlink_ext_ack extack = {};
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(q->answer, VDPA_QUESTION_QUEUE);
	if (!nest)
		return -EMSGSIZE;
	err = q->request->fill(asked->entry, index, q->answer, &extack);
	if (!err) {
		nla_nest_end(q->answer, nest);
		return 0;
	}
	nla_nest_cancel(q->answer, nest);
	if (err != -EMSGSIZE && !asked->err) {
		asked->err = err;
		if (!q->extack._msg)
			NL_SET_ERR_MSG_FMT(&q->extack, "%s", extack._msg ?: "");
	}
	return err;
}

/* Whoever has the lock may be in the parent for ever, so this does not wait for it as such. */
static bool lock_config(struct vdpa_device *vdev, unsigned long until)
{
	unsigned long grace = jiffies + msecs_to_jiffies(GRACE_MS);

	if (time_after(grace, until))
		until = grace;
	while (!down_read_trylock(&vdev->cf_lock)) {
		if (time_after(jiffies, until))
			return false;
		msleep(LOCK_PAUSE_MS);
	}
	return true;
}

/* Return: false if the answer is full before the device's last queue. */
static bool ask_queues(struct vdpa_question *q, struct vdpa_asked *asked)
{
	u32 nvqs = asked->entry->vdev->nvqs;

	for (asked->next = asked->first; asked->next < nvqs; asked->next++)
		if (ask_queue(q, asked, asked->next) == -EMSGSIZE && q->answer->len)
			return false;
	return true;
}

/* Return: as ask_queues(). */
static bool ask_device(struct vdpa_question *q, struct vdpa_asked *asked)
{
	struct vdpa_device *vdev = asked->entry->vdev;
	bool all = true;

	asked->begin = q->answer->len;
	if (!asked->skip && vdpa_line_take(&asked->entry->line, q->until)) {
		asked->reached = lock_config(vdev, q->until);
		if (asked->reached) {
			all = ask_queues(q, asked);
			up_read(&vdev->cf_lock);
		}
		vdpa_line_release(&asked->entry->line);
	}
	asked->end = q->answer->len;
	return all;
}

static struct vdpa_asked *question_begin(struct vdpa_question *q)
{
	struct vdpa_asked *asked = NULL;

	spin_lock(&q->lock);
	/* The rest gets a time of its own. */
	if (q->begun && time_after_eq(jiffies, q->until))
		q->count = min(q->begun, q->count);
	if (q->begun < q->count)
		asked = &q->devices[q->begun++];
	spin_unlock(&q->lock);
	return asked;
}

/* A device of which nothing fits into the answer is as one that was not asked. */
static void question_end(struct vdpa_question *q, const struct vdpa_asked *asked, bool all)
{
	bool left;

	spin_lock(&q->lock);
	left = q->left;
	q->ended++;
	if (!all)
		q->count = q->ended - (asked->begin == asked->end);
	spin_unlock(&q->lock);
	if (left)
		vdpa_entry_put(asked->entry);
}

static void question_work(struct work_struct *work)
{
	struct vdpa_question *q = container_of(work, struct vdpa_question, work);
	struct vdpa_asked *asked;

	while ((asked = question_begin(q)))
		question_end(q, asked, ask_device(q, asked));
	complete(&q->done);
	question_put(q);
}

/**
 * vdpa_question_new - a question to nobody yet
 * @request: what to ask
 *
 * Context: may sleep.
 * Return: the question, to be closed with vdpa_question_close(), or NULL.
 */
struct vdpa_question *vdpa_question_new(const struct vdpa_queue_request *request)
{
	struct vdpa_question *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	q->answer = alloc_skb(ANSWER_SIZE, GFP_KERNEL);
	if (!q->answer) {
		kfree(q);
		return NULL;
	}
	kref_init(&q->ref);
	init_completion(&q->done);
	INIT_WORK(&q->work, question_work);
	spin_lock_init(&q->lock);
	q->request = request;
	return q;
}

/**
 * vdpa_question_add - one more device to ask
 * @q: the question, with fewer than VDPA_QUESTION_DEVICES, not asked yet
 * @entry: the device; the question takes over the caller's hold on it
 * @first: the first queue
 * @skip: do not ask it
 */
void vdpa_question_add(struct vdpa_question *q, struct vdpa_entry *entry, u32 first, bool skip)
{
	q->devices[q->held++] = (struct vdpa_asked) {
		.entry = entry,
		.first = first,
		.skip = skip,
	};
}

static void question_leave(struct vdpa_question *q)
{
	spin_lock(&q->lock);
	q->left = true;
	q->told = min(q->ended, q->count);
	q->stuck = q->told < q->count;
	if (q->begun > q->ended)
		vdpa_entry_get(q->devices[q->ended].entry);
	q->count = min(q->begun, q->count);
	spin_unlock(&q->lock);
}

/**
 * vdpa_question_ask - ask
 * @q: the question; afterwards @told and @stuck say how far it has come
 * @until: how long all of them may take, in jiffies
 *
 * Context: may sleep, killably.
 */
void vdpa_question_ask(struct vdpa_question *q, unsigned long until)
{
	long left = max_t(long, until - jiffies, 0) + msecs_to_jiffies(GRACE_MS) + 1;

	q->until = until;
	q->count = q->held;
	kref_get(&q->ref);
	/* only they may ask about queues */
	vdpa_job_queue_work(&q->work, true);
	wait_for_completion_killable_timeout(&q->done, left);
	question_leave(q);
}

/* Give up what the dump holds; a worker that still asks frees the rest. */
void vdpa_question_close(struct vdpa_question *q)
{
	unsigned int i;

	for (i = 0; i < q->held; i++)
		vdpa_entry_put(q->devices[i].entry);
	question_put(q);
}
