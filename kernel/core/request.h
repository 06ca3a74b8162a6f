/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests that a parent or a bus driver may keep waiting.
 *
 * Generic netlink calls a family's doit with a lock held that all families of
 * the host share (cb_lock, for reading: the next module that registers a family
 * takes it for writing, and everybody queues behind). So a doit must not wait
 * for anybody. What may take long is a request: a worker does it and sends the
 * acknowledgment. The doit waits for it, but not longer than
 * VDPA_REQUEST_PATIENCE_MS, so that a client that does not ask for acknowledgments
 * finds the request done after its send, as ever, in all but those cases where
 * it would have hung. After that time the client waits in its own receive, where
 * any signal ends it.
 *
 * That patience is for all requests of one send together, since the lock is held from the
 * first to the last of them; and there is none with a socket that has a request under way:
 * its next one is done and answered when it is. How many a user may have under way is in
 * pending.h.
 *
 * A request is carried out whether or not its client waits for that, unless it is one that only
 * asks, or a deletion; see vdpa_request_abandoned().
 *
 * A parent that does not answer keeps one worker for each of its devices (line.h), and a
 * workqueue has no more than WQ_MAX_ACTIVE. So clients without CAP_NET_ADMIN, who may ask
 * for configurations and descriptions, have a workqueue of their own: they can use up that
 * one, and are in nobody's way but each other's.
 */
#ifndef _VDPA_JOB_H
#define _VDPA_JOB_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/rwsem.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "mgmtdev.h"

struct vdpa_entry;
struct vdpa_user;

#define VDPA_REQUEST_PATIENCE_MS	100

/**
 * struct vdpa_request - a request under way
 * @info: the request, as a doit gets it; everything in it lies in @skb
 * @extack: what there is to say about it
 * @skb: a copy of the request, since the client's is gone when the doit returns
 * @attrs: the attributes of that copy
 * @sock: the client's socket
 * @user: whose request it is
 * @ref: its two holders, the doit and whoever does the work
 * @node: in the table of requests, by @sock
 * @done: it is answered
 * @until: how long the doit waits for that, in jiffies
 * @admin: the client has CAP_NET_ADMIN
 * @run: what @task does in a line, where vdpa_request_queue() has put it
 * @task: waits for its turn, in a line or at the parent
 * @entry: a device that must stay until the request is done, or NULL
 * @mgmtdev: a management device that must stay until the request is done, or NULL
 * @name: a name that is given back when the request is done, or NULL
 * @data: what @run needs to know beyond this
 * @config: attributes for the parent
 */
struct vdpa_request {
	struct genl_info info;
	struct netlink_ext_ack extack;
	struct sk_buff *skb;
	struct nlattr **attrs;
	struct sock *sock;
	struct vdpa_user *user;
	struct kref ref;
	struct hlist_node node;
	struct completion done;
	unsigned long until;
	bool admin;

	int (*run)(struct vdpa_request *req);
	struct vdpa_task task;

	struct vdpa_entry *entry;
	struct vdpa_mgmtdev *mgmtdev;
	struct vdpa_name *name;
	const void *data;
	struct vdpa_dev_set_config config;
};

struct vdpa_request *vdpa_request_new(struct sk_buff *skb, const struct genl_info *info);
void vdpa_request_cancel(struct vdpa_request *req);
void vdpa_request_queue(struct vdpa_request *req, int (*run)(struct vdpa_request *req));
int vdpa_request_wait(struct vdpa_request *req);
int vdpa_request_run_with(struct sk_buff *skb, const struct genl_info *info, struct vdpa_entry *entry,
		      int (*run)(struct vdpa_request *req), const void *data);
void vdpa_request_done(struct vdpa_request *req, int err);
int vdpa_request_reply(struct vdpa_request *req, struct sk_buff *msg);
bool vdpa_request_abandoned(const struct vdpa_request *req);

/**
 * struct vdpa_asker - who wants to know something of a parent
 * @sock: the client's socket: when it is closed nobody wants to know any more; or NULL
 * @gone: becomes true when nobody wants to know any more; or NULL
 *
 * With neither it is to be done in any case.
 */
struct vdpa_asker {
	const struct sock *sock;
	const bool *gone;
};

#define VDPA_ASKER_REQUEST(req)	((const struct vdpa_asker){ .sock = (req)->sock })

bool vdpa_request_queue_work(struct work_struct *work, bool admin);
unsigned long vdpa_patience(struct sk_buff *request);
int vdpa_poll_down_read(struct rw_semaphore *sem, const struct vdpa_asker *asker);
void vdpa_poll_down_write(struct rw_semaphore *sem);
int vdpa_request_down_read(struct vdpa_request *req, struct rw_semaphore *sem);

int vdpa_requests_init(void);
void vdpa_requests_exit(void);

#endif
