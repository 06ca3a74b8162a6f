/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queries: how a dump about virtqueues calls the parents of several devices.
 *
 * A parent may block its caller for any time. So a worker calls the parents: one device after the
 * other, as many as fit into one answer, because waking a worker costs more than most answers. The
 * dump waits a short time for all of them together. Then it uses the answers so far. The worker
 * finishes only the device in which it is stuck, and is a user of no other. It has the line of that
 * device (line.h), so that the next dump skips it.
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

/* Largest number of devices in a query. */
#define VDPA_QUERY_DEVICES	16

/**
 * struct vdpa_query_device - a device in a query, and its answer
 * @entry: the device; the query is a user of it
 * @skip: do not call the parent, only list the device
 * @first: the first queue to read
 * @next: the first queue that is not in the answer
 * @reached: the worker got the device's line and cf_lock
 * @begin: start of its part in the answer
 * @end: end of its part
 * @err: error code of the first queue that failed
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
 * struct vdpa_query - a query
 * @ref: references of the dump and the worker
 * @work: calls the parents
 * @done: the worker is done
 * @request: the kind of request
 * @until: end of the dump's wait, in jiffies
 * @lock: protects @begun, @ended, @count, @left; a spinlock; nothing is taken inside it
 * @begun: number of devices that the worker has begun
 * @ended: number of devices that it has finished
 * @count: number of devices to query; less than @held once the answer is full, the time is over, or
 *	the dump has stopped waiting
 * @left: the dump has stopped waiting, and the worker must put the device that it is in
 * @held: number of @devices
 * @told: for the dump: number of devices finished when it stopped waiting
 * @stuck: for the dump: the next device did not answer
 * @devices: the devices
 * @answer: the answers: one VDPA_QUERY_QUEUE attribute for each queue
 * @extack: the message of the first queue that failed
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
