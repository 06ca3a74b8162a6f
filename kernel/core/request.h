/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that a parent or a bus driver may keep waiting.
 *
 * A request is carried out by a worker, which says with vdpa_request_done() when it is over. Whose
 * request it is, and how that one hears of it, is known where it was made: on the wire
 * (netlink/nl_request.h). What carries it out sees what is here: the device or management device
 * that it is about, a struct netlink_ext_ack for words, and which of the things that were given
 * is at fault.
 *
 * It is carried out whether or not its client waits for that, unless it is one that only asks, or
 * a deletion; see vdpa_request_abandoned().
 *
 * How many requests a user may have under way is in pending.h.
 */
#ifndef _VDPA_REQUEST_H
#define _VDPA_REQUEST_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/netlink.h>
#include <linux/rwsem.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>

#include "mgmtdev.h"

struct vdpa_entry;
struct vdpa_request;
struct vdpa_user;

/**
 * struct vdpa_request_ops - how a request's client hears of it
 * @answer: it is over, with 0 or a negative error number; may sleep
 * @abandoned: return true if nobody is left to get the answer; any context
 * @free: nobody uses it any more
 */
struct vdpa_request_ops {
	void (*answer)(struct vdpa_request *req, int err);
	bool (*abandoned)(const struct vdpa_request *req);
	void (*free)(struct vdpa_request *req);
};

/**
 * struct vdpa_request - a request under way
 * @ops: how its client hears of it
 * @extack: what there is to say about it
 * @fault: VDPA_ATTR_* of what is at fault; 0: nothing that was given
 * @fault_index: where several of these were given: which one
 * @user: whose request it is
 * @ref: its two holders, its maker and its worker
 * @done: it is answered
 * @admin: the client has CAP_NET_ADMIN
 * @run: what @task does in a line, where vdpa_request_queue() has put it
 * @task: waits for its turn, in a line or at the management device
 * @entry: a device that must stay until the request is done, or NULL
 * @mgmtdev: a management device that must stay until the request is done, or NULL
 * @name: a name that is given back when the request is done, or NULL
 * @data: what @run needs to know beyond this
 * @config: attributes for the parent
 * @driver: the bus driver that the device is to have; NULL: any. It stays as long as the request
 */
struct vdpa_request {
	const struct vdpa_request_ops *ops;
	struct netlink_ext_ack extack;
	u16 fault;
	u16 fault_index;
	struct vdpa_user *user;
	struct kref ref;
	struct completion done;
	bool admin;

	int (*run)(struct vdpa_request *req);
	struct vdpa_task task;

	struct vdpa_entry *entry;
	struct vdpa_mgmtdev *mgmtdev;
	struct vdpa_name *name;
	const void *data;
	struct vdpa_dev_set_config config;
	const char *driver;
};

void vdpa_request_init(struct vdpa_request *req, const struct vdpa_request_ops *ops,
		       struct vdpa_user *user, bool admin);
void vdpa_request_put(struct vdpa_request *req);
void vdpa_request_cancel(struct vdpa_request *req);
void vdpa_request_queue(struct vdpa_request *req, int (*run)(struct vdpa_request *req));
void vdpa_request_done(struct vdpa_request *req, int err);

/* Return: true if nobody is left to get the answer. */
static inline bool vdpa_request_abandoned(const struct vdpa_request *req)
{
	return req->ops->abandoned(req);
}

/**
 * struct vdpa_asker - who asks a parent
 * @req: whose request it is: when it is abandoned nobody wants to know any more; or NULL
 * @gone: becomes true when nobody wants to know any more; or NULL
 *
 * With neither it is to be done in any case.
 */
struct vdpa_asker {
	const struct vdpa_request *req;
	const bool *gone;
};

#define VDPA_ASKER_REQUEST(r)	((const struct vdpa_asker){ .req = (r) })

int vdpa_poll_down_read(struct rw_semaphore *sem, const struct vdpa_asker *asker);
void vdpa_poll_down_write(struct rw_semaphore *sem);
int vdpa_request_down_read(struct vdpa_request *req, struct rw_semaphore *sem);

#endif
