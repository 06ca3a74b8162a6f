// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that may wait for a parent or a bus driver: see request.h.
 */
#include <linux/sched.h>

#include "device.h"
#include "line.h"
#include "mgmtdev.h"
#include "pending.h"
#include "registry.h"
#include "request.h"

/* Interval between attempts to take a lock, in ms. */
#define LOCK_POLL_MS	5

static void request_free(struct kref *ref)
{
	struct vdpa_request *req = container_of(ref, struct vdpa_request, ref);

	if (req->user)
		vdpa_pending_end(req->user);
	req->ops->free(req);
}

/* Drop one of the two references. */
void vdpa_request_put(struct vdpa_request *req)
{
	kref_put(&req->ref, request_free);
}

/**
 * vdpa_request_init - initialise a request that is all zeroes
 * @req: the request; it gets two references: the caller's, and one that vdpa_request_done() drops
 * @ops: how it is answered
 * @user: the user whose request it is; NULL: it is a part of another request
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

/* Release everything before the answer, so that the client's next request finds it free. */
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

/* Drop a request that was not started. Its creator answers the client itself. */
void vdpa_request_cancel(struct vdpa_request *req)
{
	request_finish(req);
	vdpa_request_put(req);
	vdpa_request_put(req);
}

/**
 * vdpa_request_done - answer a request
 * @req: the request; must not be used afterwards
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
 * vdpa_request_queue - queue a request that calls a parent
 * @req: the request; it waits in the line of its device, else of its management device
 * @run: carries it out in a worker; may sleep; returns the result for the client
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
 * The lock's holder may be in a parent's operation for any time. A worker gets no signals, so it
 * polls, and stops when the result is no longer wanted.
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
 * vdpa_poll_down_read - take a lock whose holder may be stuck in a parent
 * @sem: the lock, a device's cf_lock
 * @asker: tells whether the result is still wanted
 *
 * Context: a worker.
 * Return: 0 with the lock held for reading; -ECANCELED if the result is no longer wanted.
 */
int vdpa_poll_down_read(struct rw_semaphore *sem, const struct vdpa_asker *asker)
{
	return poll_lock(sem, asker, down_read_trylock);
}

/* Take the lock for writing, even if the client has gone: for requests that must be carried out. */
void vdpa_poll_down_write(struct rw_semaphore *sem)
{
	poll_lock(sem, NULL, down_write_trylock);
}

/* As vdpa_poll_down_read(), for a request that only reads. */
int vdpa_request_down_read(struct vdpa_request *req, struct rw_semaphore *sem)
{
	return poll_lock(sem, &VDPA_ASKER_REQUEST(req), down_read_trylock);
}
