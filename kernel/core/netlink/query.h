/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dump about virtqueues asks several devices.
 *
 * A parent may keep whoever asks it for as long as it likes, so a worker asks: one device
 * after the other, up to as many as fit into one answer, since to wake a worker costs more
 * than most answers. The dump waits a little for all of them together, then gives up: what
 * has been answered until then is used, the worker goes on with none but the device that it
 * is stuck in, and holds no other. It is in line for that one (line.h), so that the next dump
 * goes past it.
 */
#ifndef _VDPA_NL_QUERY_H
#define _VDPA_NL_QUERY_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/netlink.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct sk_buff;
struct vdpa_entry;
struct vdpa_queue_request;

/* Devices that are asked at once. */
#define VDPA_QUERY_DEVICES	16

/**
 * struct vdpa_query_device - a device that is asked, and what it says
 * @entry: the device, of which the query is a user
 * @skip: it is not asked, only listed
 * @first: the first queue that is asked for
 * @next: the first queue that is not in the answer
 * @reached: no other answer is owed, and nobody who is in the parent keeps the device's cf_lock
 * @begin: where in the answer its part begins
 * @end: where that ends
 * @err: why the first queue that is not in the answer has nothing to say
 */
struct vdpa_query_device {
	struct vdpa_entry *entry;
	bool skip;
	u32 first;
	u32 next;
	bool reached;
	unsigned int begin;
	unsigned int end;
	int err;
};

/**
 * struct vdpa_query - what a dump asks
 * @ref: the dump, which may have gone, and the worker
 * @work: asks
 * @done: the worker has asked all that it will ask
 * @request: what is asked
 * @until: how long the dump waits, in jiffies
 * @lock: protects @begun, @ended, @count, @left; nothing is taken inside it
 * @begun: devices that the worker has begun with
 * @ended: devices that it is done with
 * @count: devices that it shall ask; fewer than @held once the answer is full or the dump has left
 * @left: the dump does not wait any more; it has left the worker a hold on the device it is in
 * @held: devices in @devices
 * @told: for the dump: how many of them have been asked, up to when it waited no more
 * @stuck: for the dump: the one after those does not answer
 * @devices: the devices
 * @answer: attributes of a type of their own, VDPA_QUERY_QUEUE, with what there is about
 *	one queue in each
 * @extack: in words why the first queue that has nothing to say has not
 */
struct vdpa_query {
	struct kref ref;
	struct work_struct work;
	struct completion done;
	const struct vdpa_queue_request *request;
	unsigned long until;
	spinlock_t lock; /* see above */
	unsigned int begun;
	unsigned int ended;
	unsigned int count;
	bool left;
	unsigned int held;
	unsigned int told;
	bool stuck;
	struct vdpa_query_device devices[VDPA_QUERY_DEVICES];
	struct sk_buff *answer;
	struct netlink_ext_ack extack;
};

#define VDPA_QUERY_QUEUE	1

struct vdpa_query *vdpa_query_new(const struct vdpa_queue_request *request);
void vdpa_query_add(struct vdpa_query *q, struct vdpa_entry *entry, u32 first, bool skip);
void vdpa_query_ask(struct vdpa_query *q, unsigned long until);
void vdpa_query_close(struct vdpa_query *q);

#endif
