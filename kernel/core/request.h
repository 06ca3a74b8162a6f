/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that may wait for a parent or a bus driver.
 *
 * A worker carries out a request and ends it with vdpa_request_done(). Only the code that created
 * the request knows its client and how to answer it: netlink/nl_request.h. The code that carries it
 * out sees only this structure: the device or management device, a struct netlink_ext_ack for the
 * message, and the attribute at fault.
 *
 * A request is carried out even if its client stops waiting, unless it only reads, or deletes a
 * device: see vdpa_request_abandoned().
 *
 * pending.h limits the number of requests of a user.
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
 * struct vdpa_request_ops - how a request is answered
 * @answer: send the result, 0 or a negative error number; may sleep
 * @abandoned: return true if the client has gone; any context
 * @free: free the request after its last reference
 */
struct vdpa_request_ops {
	void (*answer)(struct vdpa_request *req, int err);
	bool (*abandoned)(const struct vdpa_request *req);
	void (*free)(struct vdpa_request *req);
};

/**
 * struct vdpa_request - a request under way
 * @ops: how its client hears of it
 * @extack: the message for the client
 * @fault: VDPA_ATTR_* of the attribute at fault; 0: none
 * @fault_index: which one, if the request has several of them
 * @user: the user whose request it is
 * @ref: two references: the creator's, and one that vdpa_request_done() drops
 * @done: it is answered
 * @admin: the client has CAP_NET_ADMIN
 * @run: carries it out after vdpa_request_queue()
 * @task: its node in a line or in the management device's queue
 * @entry: a device that must stay until the request is done, or NULL
 * @mgmtdev: a management device that must stay until the request is done, or NULL
 * @name: a reserved name, released when the request is done, or NULL
 * @data: private data of @run
 * @config: attributes for the parent
 * @driver: name of the bus driver to bind; NULL: any; valid as long as the request
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

/* Return: true if the client has gone. */
static inline bool vdpa_request_abandoned(const struct vdpa_request *req)
{
	return req->ops->abandoned(req);
}

/**
 * struct vdpa_asker - tells whether the result of a call into a parent is still wanted
 * @req: not wanted once this request is abandoned; or NULL
 * @gone: not wanted once this becomes true; or NULL
 *
 * With neither, it is always wanted.
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
