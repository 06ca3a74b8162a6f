// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queries of a dump about virtqueues: see query.h.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/netlink.h>

#include "device.h"
#include "line.h"
#include "netlink/query.h"
#include "netlink/queue.h"
#include "netlink/nl_request.h"

/* Interval between attempts to take a device's cf_lock, in ms. */
#define LOCK_PAUSE_MS	5

/* Minimum time for a device, even if the query's time is nearly over, in ms. */
#define GRACE_MS	10

/* Maximum size of an answer in bytes; a dump starts another query for the rest. */
#define ANSWER_SIZE	(3 * NLMSG_GOODSIZE)

static void query_free(struct kref *ref)
{
	struct vdpa_query *q = container_of(ref, struct vdpa_query, ref);

	nlmsg_free(q->answer);
	kfree(q);
}

static void query_put(struct vdpa_query *q)
{
	kref_put(&q->ref, query_free);
}

/* Return: -EMSGSIZE if the answer is full. A queue that fails is left out. */
static int ask_queue(struct vdpa_query *q, struct vdpa_query_device *device, u16 index)
{
	struct netlink_ext_ack extack = {};
	struct nlattr *nest;
	int err;

	nest = nla_nest_start(q->answer, VDPA_QUERY_QUEUE);
	if (!nest)
		return -EMSGSIZE;
	err = q->request->fill(device->entry, index, q->answer, &extack);
	if (!err) {
		nla_nest_end(q->answer, nest);
		return 0;
	}
	nla_nest_cancel(q->answer, nest);
	if (err != -EMSGSIZE && !device->err) {
		device->err = err;
		if (!q->extack._msg)
			NL_SET_ERR_MSG_FMT(&q->extack, "%s", extack._msg ?: "");
	}
	return err;
}

/* Poll the lock until @until, as its holder may be stuck in the parent. */
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
static bool ask_queues(struct vdpa_query *q, struct vdpa_query_device *device)
{
	u32 nvqs = device->entry->vdev->nvqs;

	for (device->next = device->first; device->next < nvqs; device->next++)
		if (ask_queue(q, device, device->next) == -EMSGSIZE && q->answer->len)
			return false;
	return true;
}

/* Return: as ask_queues(). */
static bool ask_device(struct vdpa_query *q, struct vdpa_query_device *device)
{
	struct vdpa_device *vdev = device->entry->vdev;
	bool all = true;

	device->begin = q->answer->len;
	if (!device->skip && vdpa_line_take(&device->entry->line, q->until)) {
		device->reached = lock_config(vdev, q->until);
		if (device->reached) {
			all = ask_queues(q, device);
			up_read(&vdev->cf_lock);
		}
		vdpa_line_release(&device->entry->line);
	}
	device->end = q->answer->len;
	return all;
}

static struct vdpa_query_device *query_begin(struct vdpa_query *q)
{
	struct vdpa_query_device *device = NULL;

	spin_lock(&q->lock);
	/* The time is over: leave the rest to another query. */
	if (q->begun && time_after_eq(jiffies, q->until))
		q->count = min(q->begun, q->count);
	if (q->begun < q->count)
		device = &q->devices[q->begun++];
	spin_unlock(&q->lock);
	return device;
}

/* @all: all queues fitted. If none did, another query repeats the device. */
static void query_end(struct vdpa_query *q, const struct vdpa_query_device *device, bool all)
{
	bool left;

	spin_lock(&q->lock);
	left = q->left;
	q->ended++;
	if (!all)
		q->count = q->ended - (device->begin == device->end);
	spin_unlock(&q->lock);
	if (left)
		vdpa_entry_put(device->entry);
}

static void query_work(struct work_struct *work)
{
	struct vdpa_query *q = container_of(work, struct vdpa_query, work);
	struct vdpa_query_device *device;

	while ((device = query_begin(q)))
		query_end(q, device, ask_device(q, device));
	complete(&q->done);
	query_put(q);
}

/**
 * vdpa_query_new - allocate a query without devices
 * @request: the kind of request
 *
 * Context: may sleep.
 * Return: the query, to be closed with vdpa_query_close(), or NULL.
 */
struct vdpa_query *vdpa_query_new(const struct vdpa_queue_request *request)
{
	struct vdpa_query *q = kzalloc(sizeof(*q), GFP_KERNEL);

	if (!q)
		return NULL;
	q->answer = alloc_skb(ANSWER_SIZE, GFP_KERNEL);
	if (!q->answer) {
		kfree(q);
		return NULL;
	}
	kref_init(&q->ref);
	init_completion(&q->done);
	INIT_WORK(&q->work, query_work);
	spin_lock_init(&q->lock);
	q->request = request;
	return q;
}

/**
 * vdpa_query_add - add a device
 * @q: the query, not started, with fewer than VDPA_QUERY_DEVICES devices
 * @entry: the device; the query takes over the caller's use of it
 * @first: the first queue to read
 * @skip: do not call its parent
 */
void vdpa_query_add(struct vdpa_query *q, struct vdpa_entry *entry, u32 first, bool skip)
{
	q->devices[q->held++] = (struct vdpa_query_device) {
		.entry = entry,
		.first = first,
		.skip = skip,
	};
}

static void query_leave(struct vdpa_query *q)
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
 * vdpa_query_ask - run a query
 * @q: the query; sets @told and @stuck
 * @until: end of the wait for all devices, in jiffies
 *
 * Context: may sleep, killably.
 */
void vdpa_query_ask(struct vdpa_query *q, unsigned long until)
{
	long left = max_t(long, until - jiffies, 0) + msecs_to_jiffies(GRACE_MS) + 1;

	q->until = until;
	q->count = q->held;
	kref_get(&q->ref);
	/* requests about queues need CAP_NET_ADMIN */
	vdpa_line_queue_work(&q->work, true);
	wait_for_completion_killable_timeout(&q->done, left);
	query_leave(q);
}

/* Drop the dump's reference and its devices; a worker that is still running frees the rest. */
void vdpa_query_close(struct vdpa_query *q)
{
	unsigned int i;

	for (i = 0; i < q->held; i++)
		vdpa_entry_put(q->devices[i].entry);
	query_put(q);
}
