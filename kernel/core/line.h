/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines: queues of requests that call a parent about one device or one management device.
 *
 * A parent may block its caller for any time. So only one request of a line runs at a time; the
 * others wait in a list, which needs memory but no worker: a stuck device occupies one worker,
 * however many requests wait. Requests of clients with CAP_NET_ADMIN come first. Dumps do not
 * queue: they take the line if it becomes free soon, and skip a device that does not answer.
 *
 * A workqueue has at most WQ_MAX_ACTIVE workers. So requests without CAP_NET_ADMIN, which may read
 * configurations and descriptions, have a workqueue of their own. If it is exhausted, only such
 * requests wait.
 */
#ifndef _VDPA_LINE_H
#define _VDPA_LINE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct vdpa_guard;
struct vdpa_task;

/**
 * struct vdpa_line - the line of a device or management device
 * @lock: protects all fields but @guard and the works; a spinlock; nothing is taken inside it
 * @guard: guard of the device or management device; each queued work is a user of it
 * @admin: tasks of clients with CAP_NET_ADMIN
 * @others: tasks of all other clients
 * @held: a task or a dump has the line
 * @since: since when, in jiffies
 * @admin_work: runs the tasks in @admin
 * @public_work: runs the tasks in both lists, @admin first
 */
struct vdpa_line {
	spinlock_t lock; /* see above */
	struct vdpa_guard *guard;
	struct list_head admin;
	struct list_head others;
	bool held;
	unsigned long since;
	struct work_struct admin_work;
	struct work_struct public_work;
};

void vdpa_line_init(struct vdpa_line *line, struct vdpa_guard *guard);
void vdpa_line_queue(struct vdpa_line *line, struct vdpa_task *task, bool admin);
bool vdpa_line_cancel(struct vdpa_line *line, struct vdpa_task *task);
bool vdpa_line_owes(struct vdpa_line *line);
bool vdpa_line_take(struct vdpa_line *line, unsigned long until);
void vdpa_line_release(struct vdpa_line *line);
bool vdpa_line_queue_work(struct work_struct *work, bool admin);

int vdpa_lines_init(void);
void vdpa_lines_exit(void);

#endif
