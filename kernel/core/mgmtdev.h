/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A management device, as the core sees it.
 */
#ifndef _VDPA_MGMTDEV_H
#define _VDPA_MGMTDEV_H

#include <linux/vdpa.h>
#include <linux/vdpa_migration.h>
#include <linux/vdpa_refusal.h>
#include <linux/workqueue.h>

#include "line.h"
#include "registry.h"

struct netlink_ext_ack;
struct vdpa_request;

/**
 * struct vdpa_task - something to be done by one parent at a time
 * @link: in the parent's queue, or in a line (line.h)
 * @run: does it; sleeps as long as the parent likes
 */
struct vdpa_task {
	struct list_head link;
	void (*run)(struct vdpa_task *task);
};

/**
 * struct vdpa_mgmtdev - the core's own part of a management device
 * @mdev: the parent driver's part
 * @migration: what the parent can do for migration; nothing if it does not say
 * @ring: holds mdev->list and nothing else, which is the way from a
 *	struct vdpa_mgmt_dev to its struct vdpa_mgmtdev
 * @guard: users of @mdev right now
 * @line: requests that ask it about itself
 * @node: in the table by name, if @named
 * @rcu: for freeing it behind that table's own readers
 * @index: in the table by index
 * @named: it is found by its name, which no other one has taken before
 * @devices: its devices (struct vdpa_entry.sibling)
 * @tasks: dev_add and dev_del calls that wait for their turn
 * @work: runs them one after the other
 * @adding: the name of the device that its dev_add creates right now, until the
 *	device takes it over
 * @add_req: the request that its dev_add carries out right now
 * @added: the device that it has registered for that request, while it is registered
 * @in_dev_add: it is in its dev_add: what it registers can be found when that is over
 * @refusal: why its dev_add does not create the device, in its own words; "" if it has none
 * @refusal_attr: the attribute at fault; 0 if none is
 * @going: it is being unregistered
 *
 * A parent's dev_add and dev_del are called one at a time. They wait in a queue
 * rather than for a lock, so that a parent that is stuck costs one worker, not
 * one for each request that waits for it.
 *
 * @named and all from @devices on are protected by vdpa_registry_lock.
 */
struct vdpa_mgmtdev {
	struct vdpa_mgmt_dev *mdev;
	struct vdpa_migration_ops migration;
	struct list_head ring;
	struct vdpa_guard guard;
	struct vdpa_line line;
	struct rhash_head node;
	struct rcu_head rcu;
	u32 index;
	bool named;

	struct list_head devices;
	struct list_head tasks;
	struct work_struct work;
	struct vdpa_name *adding;
	struct vdpa_request *add_req;
	struct vdpa_entry *added;
	bool in_dev_add;
	char refusal[VDPA_REFUSAL_LEN];
	unsigned int refusal_attr;
	bool going;
};

/* The core's part of a registered management device. */
static inline struct vdpa_mgmtdev *vdpa_mgmtdev_of(const struct vdpa_mgmt_dev *mdev)
{
	return list_first_entry(&mdev->list, struct vdpa_mgmtdev, ring);
}

/* For a caller that found it in the table, or is a user of it already. */
static inline void vdpa_mgmtdev_get(struct vdpa_mgmtdev *mgmtdev)
{
	vdpa_guard_get(&mgmtdev->guard);
}

static inline void vdpa_mgmtdev_put(struct vdpa_mgmtdev *mgmtdev)
{
	vdpa_guard_put(&mgmtdev->guard);
}

/* mgmtdevs.c: all of them, and whose turn it is at each */
struct vdpa_mgmtdev *vdpa_mgmtdev_find(const struct vdpa_str *bus, struct vdpa_str name);
struct vdpa_mgmtdev *vdpa_mgmtdev_next(unsigned long *index);
u32 vdpa_mgmtdev_generation(void);
int vdpa_mgmtdevs_add(struct vdpa_mgmtdev *mgmtdev);
void vdpa_mgmtdevs_del(struct vdpa_mgmtdev *mgmtdev);
void vdpa_mgmtdev_turns_init(struct vdpa_mgmtdev *mgmtdev);
bool vdpa_mgmtdev_submit(struct vdpa_mgmtdev *mgmtdev, struct vdpa_task *task);
struct vdpa_name *vdpa_mgmtdev_adopt_name(struct vdpa_mgmtdev *mgmtdev, struct vdpa_str text);
int vdpa_mgmtdevs_init(void);
void vdpa_mgmtdevs_exit(void);

/* mgmtdev.c: what one of them does */
int vdpa_mgmtdev_add_device(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req,
			    struct netlink_ext_ack *extack);
int vdpa_mgmtdev_set_device(struct vdpa_request *req);
u64 vdpa_mgmtdev_classes(const struct vdpa_mgmtdev *mgmtdev);

#endif
