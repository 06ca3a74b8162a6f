/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lines: requests that ask a parent, about one device or about itself, one after the other.
 *
 * A parent may keep whoever asks it for as long as it likes. So only one asks at a time,
 * the others wait in a line, which costs memory and no worker: a stuck device costs one
 * worker, however many ask. CAP_NET_ADMIN comes first. Dumps do not queue: they
 * take the line if they get it soon, and go past a device that owes an answer.
 *
 * A workqueue has no more than WQ_MAX_ACTIVE workers. So clients without CAP_NET_ADMIN, who may
 * ask for configurations and descriptions, have a workqueue of their own: they can use up that
 * one, and are in nobody's way but each other's.
 */
#ifndef _VDPA_LINE_H
#define _VDPA_LINE_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct vdpa_guard;
struct vdpa_task;

/**
 * struct vdpa_line - a line
 * @lock: protects all but @guard and the works; nothing is taken inside it
 * @guard: of the device or management device; each work queued is a user of it
 * @admin: tasks of those who have CAP_NET_ADMIN
 * @others: tasks of all others
 * @held: somebody asks
 * @since: the time at which it began to, in jiffies
 * @admin_work: does what is in the lists, for the first in @admin
 * @public_work: the same, for the first in @others
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
