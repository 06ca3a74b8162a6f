// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that a parent or a bus driver may keep waiting: see request.h.
 */
#include <linux/sched.h>

#include "device.h"
#include "line.h"
#include "mgmtdev.h"
#include "pending.h"
#include "registry.h"
#include "request.h"

/* How often a request looks again whether the lock it wants is free, in ms. */
#define LOCK_POLL_MS	5

static void request_free(struct kref *ref)
{
	struct vdpa_request *req = container_of(ref, struct vdpa_request, ref);

	if (req->user)
		vdpa_pending_end(req->user);
	req->ops->free(req);
}

/* For one of its two holders. */
void vdpa_request_put(struct vdpa_request *req)
{
	kref_put(&req->ref, request_free);
}

/**
 * vdpa_request_init - begin a request, which is all zeroes
 * @req: the request, with two holders: the caller, and what ends it by vdpa_request_done()
 * @ops: how its client hears of it
 * @user: whose request it is; NULL: it is part of another one
 * @admin: the client has CAP_NET_ADMIN
 */
void vdpa_request_init(struct vdpa_request *req, const struct vdpa_request_ops *ops,
		       struct vdpa_user *user, bool admin)
{
	req->ops = ops;
	req->user = user;
	req->admin = admin;
	kref_init(&req->ref);
	kref_get(&req->ref);
	init_completion(&req->done);
}

/* Give back what it holds, before its client hears of it: the next request finds it free. */
static void request_finish(struct vdpa_request *req)
{
	if (req->entry)
		vdpa_entry_put(req->entry);
	if (req->mgmtdev)
		vdpa_mgmtdev_put(req->mgmtdev);
	vdpa_name_release(req->name);
	if (req->user)
		vdpa_pending_end(req->user);
	req->user = NULL;
}

/* Drop a request that was not begun. Its maker answers by other means. */
void vdpa_request_cancel(struct vdpa_request *req)
{
	request_finish(req);
	vdpa_request_put(req);
	vdpa_request_put(req);
}

/**
 * vdpa_request_done - answer a request
 * @req: the request; not to be used after this
 * @err: 0 or a negative error number
 *
 * Context: may sleep.
 */
void vdpa_request_done(struct vdpa_request *req, int err)
{
	request_finish(req);
	req->ops->answer(req, err);
	complete(&req->done);
	vdpa_request_put(req);
}

static void request_task(struct vdpa_task *task)
{
	struct vdpa_request *req = container_of(task, struct vdpa_request, task);

	vdpa_request_done(req, req->run(req));
}

/**
 * vdpa_request_queue - start a request that asks a parent
 * @req: the request, about a device, else about a management device: it waits in line for it
 * @run: does it, in a worker: may sleep; returns what the client gets
 */
void vdpa_request_queue(struct vdpa_request *req, int (*run)(struct vdpa_request *req))
{
	struct vdpa_line *line = req->entry ? &req->entry->line : &req->mgmtdev->line;

	req->run = run;
	req->task.run = request_task;
	vdpa_line_queue(line, &req->task, req->admin);
}

static bool asker_gone(const struct vdpa_asker *asker)
{
	return (asker->gone && READ_ONCE(*asker->gone)) ||
	       (asker->req && vdpa_request_abandoned(asker->req));
}

/*
 * The lock is held by somebody who is in a parent's operation, for as long as
 * that takes. A worker gets no signals, so it looks again from time to time and
 * gives up when nobody wants to know any more.
 */
static int poll_lock(struct rw_semaphore *sem, const struct vdpa_asker *asker,
		     int (*try)(struct rw_semaphore *sem))
{
	while (!try(sem)) {
		if (asker && asker_gone(asker))
			return -ECANCELED;
		schedule_timeout_idle(msecs_to_jiffies(LOCK_POLL_MS));
	}
	return 0;
}

/**
 * vdpa_poll_down_read - take a lock that a parent may keep from us
 * @sem: the lock, a device's cf_lock
 * @asker: who wants to know
 *
 * Context: a worker.
 * Return: 0 with the lock held for reading; -ECANCELED if nobody wants to know any more.
 */
int vdpa_poll_down_read(struct rw_semaphore *sem, const struct vdpa_asker *asker)
{
	return poll_lock(sem, asker, down_read_trylock);
}

/* Take it for writing, even if the client has gone: for what has to be done in any case. */
void vdpa_poll_down_write(struct rw_semaphore *sem)
{
	poll_lock(sem, NULL, down_write_trylock);
}

/* As vdpa_poll_down_read(), for a request that only asks. */
int vdpa_request_down_read(struct vdpa_request *req, struct rw_semaphore *sem)
{
	return poll_lock(sem, &VDPA_ASKER_REQUEST(req), down_read_trylock);
}
