// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of requests that call a parent: see line.h.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/sched.h>

#include "line.h"
#include "mgmtdev.h"
#include "registry.h"

/* After this time, in ms, dumps skip a device whose parent does not answer. */
#define OWED_AFTER_MS	1000

/* Interval between a dump's attempts to take the line, in ms. */
#define LINE_POLL_MS	5

/* For clients with CAP_NET_ADMIN, and for all others. */
static struct workqueue_struct *admin_wq, *public_wq;

/**
 * vdpa_line_queue_work - queue a work that calls a parent
 * @work: the work; vdpa_lines_exit() waits for it
 * @admin: the client has CAP_NET_ADMIN
 *
 * Return: false if it was queued already.
 */
bool vdpa_line_queue_work(struct work_struct *work, bool admin)
{
	return queue_work(admin ? admin_wq : public_wq, work);
}

/*
 * Under the lock. @admin: the worker serves clients with CAP_NET_ADMIN only. Return: the next task,
 * which now has the line; NULL if none waits.
 */
static struct vdpa_task *line_next(struct vdpa_line *line, bool admin)
{
	struct vdpa_task *task;

	task = list_first_entry_or_null(&line->admin, struct vdpa_task, link);
	if (!task && !admin)
		task = list_first_entry_or_null(&line->others, struct vdpa_task, link);
	if (task)
		list_del_init(&task->link);
	line->held = task;
	line->since = jiffies;
	return task;
}

/* The caller is a user of the line's object. */
static void line_wake(struct vdpa_line *line, bool admin)
{
	vdpa_guard_get(line->guard);
	if (!vdpa_line_queue_work(admin ? &line->admin_work : &line->public_work, admin))
		vdpa_guard_put(line->guard);
}

/* The line was released. The caller is a user of the line's object. */
static void line_wake_next(struct vdpa_line *line)
{
	bool admin, wait;

	spin_lock(&line->lock);
	admin = !list_empty(&line->admin);
	wait = !line->held && (admin || !list_empty(&line->others));
	spin_unlock(&line->lock);
	if (wait)
		line_wake(line, admin);
}

static void line_run(struct vdpa_line *line, bool admin)
{
	struct vdpa_task *task = NULL;

	spin_lock(&line->lock);
	if (!line->held)
		task = line_next(line, admin);
	while (task) {
		spin_unlock(&line->lock);
		task->run(task);
		cond_resched();
		spin_lock(&line->lock);
		task = line_next(line, admin);
	}
	spin_unlock(&line->lock);
	line_wake_next(line);
	vdpa_guard_put(line->guard);
}

static void line_admin_work(struct work_struct *work)
{
	line_run(container_of(work, struct vdpa_line, admin_work), true);
}

static void line_public_work(struct work_struct *work)
{
	line_run(container_of(work, struct vdpa_line, public_work), false);
}

void vdpa_line_init(struct vdpa_line *line, struct vdpa_guard *guard)
{
	spin_lock_init(&line->lock);
	line->guard = guard;
	INIT_LIST_HEAD(&line->admin);
	INIT_LIST_HEAD(&line->others);
	INIT_WORK(&line->admin_work, line_admin_work);
	INIT_WORK(&line->public_work, line_public_work);
}

/**
 * vdpa_line_queue - queue a task
 * @line: the line of a device or management device, of which the caller is a user
 * @task: runs in a worker; its submitter stays a user until it has run
 * @admin: the client has CAP_NET_ADMIN
 */
void vdpa_line_queue(struct vdpa_line *line, struct vdpa_task *task, bool admin)
{
	bool held;

	spin_lock(&line->lock);
	list_add_tail(&task->link, admin ? &line->admin : &line->others);
	held = line->held;
	spin_unlock(&line->lock);
	if (!held)
		line_wake(line, admin);
}

/* Return: true if the task had not begun; it is then removed. */
bool vdpa_line_cancel(struct vdpa_line *line, struct vdpa_task *task)
{
	bool waits;

	spin_lock(&line->lock);
	waits = !list_empty(&task->link);
	if (waits)
		list_del_init(&task->link);
	spin_unlock(&line->lock);
	return waits;
}

/* Under the lock. */
static bool line_owes(const struct vdpa_line *line)
{
	return line->held && time_after(jiffies, line->since + msecs_to_jiffies(OWED_AFTER_MS));
}

/* Return: true if the line is held for so long that a dump should not wait for it. */
bool vdpa_line_owes(struct vdpa_line *line)
{
	bool owes;

	spin_lock(&line->lock);
	owes = line_owes(line);
	spin_unlock(&line->lock);
	return owes;
}

/**
 * vdpa_line_take - take the line without queueing
 * @line: the line of a device, of which the caller is a user
 * @until: end of the wait for the present holder, in jiffies
 *
 * Context: a worker.
 * Return: true if the caller has the line, until vdpa_line_release(); false if its holder takes too
 * long.
 */
bool vdpa_line_take(struct vdpa_line *line, unsigned long until)
{
	bool taken, owes;

	for (;;) {
		spin_lock(&line->lock);
		owes = line_owes(line);
		taken = !line->held;
		if (taken) {
			line->held = true;
			line->since = jiffies;
		}
		spin_unlock(&line->lock);
		if (taken || owes || time_after_eq(jiffies, until))
			return taken;
		msleep(LINE_POLL_MS);
	}
}

/* Release the line. The caller is a user of the line's object. */
void vdpa_line_release(struct vdpa_line *line)
{
	spin_lock(&line->lock);
	line->held = false;
	spin_unlock(&line->lock);
	line_wake_next(line);
}

int __init vdpa_lines_init(void)
{
	admin_wq = alloc_workqueue("vdpa_admin", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!admin_wq)
		return -ENOMEM;
	public_wq = alloc_workqueue("vdpa_public", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (public_wq)
		return 0;
	destroy_workqueue(admin_wq);
	return -ENOMEM;
}

/* Waits for the works that are under way. No new ones are queued. */
void vdpa_lines_exit(void)
{
	destroy_workqueue(public_wq);
	destroy_workqueue(admin_wq);
}
