/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's own part of a management device.
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
 * struct vdpa_task - an item of work in a queue
 * @link: in the parent's queue, or in a line (line.h)
 * @run: does the work; may sleep for as long as the parent takes
 */
struct vdpa_task {
	struct list_head link;
	void (*run)(struct vdpa_task *task);
};

/**
 * struct vdpa_mgmtdev - the core's own part of a management device
 * @mdev: the parent driver's part
 * @migration: a copy of the parent's migration operations; all zero without any
 * @ring: list head whose only node is mdev->list; vdpa_mgmtdev_of() uses it to get from a struct
 *	vdpa_mgmt_dev to its struct vdpa_mgmtdev
 * @guard: counts the users of @mdev
 * @line: requests that call the parent about the management device itself
 * @node: node in the table by name, if @named
 * @rcu: frees it after a grace period, for readers of that table
 * @index: its index in the table by index
 * @named: it is in the table by name; false while another one has the same name
 * @devices: its devices (struct vdpa_entry.sibling)
 * @tasks: queue of dev_add and dev_del calls
 * @work: work: runs @tasks one after the other
 * @adding: the name of the device that dev_add is creating, until the device takes it over
 * @add_req: the request that dev_add is carrying out
 * @added: the device registered for that request, or NULL
 * @in_dev_add: dev_add is running: devices that it registers are published when it is over
 * @refusal: the parent's message why dev_add fails; "" if it gave none
 * @refusal_attr: the attribute at fault; 0: none
 * @going: it is being unregistered
 *
 * A parent's dev_add and dev_del are called one at a time. The calls wait in a queue, not for a
 * lock, so that a stuck parent occupies one worker, not one for each waiting request.
 *
 * vdpa_registry_lock protects @named and all fields from @devices on.
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

/* The caller found it in a table under the lock, or is a user already. */
static inline void vdpa_mgmtdev_get(struct vdpa_mgmtdev *mgmtdev)
{
	vdpa_guard_get(&mgmtdev->guard);
}

static inline void vdpa_mgmtdev_put(struct vdpa_mgmtdev *mgmtdev)
{
	vdpa_guard_put(&mgmtdev->guard);
}

/* mgmtdevs.c: the table of management devices, and their queues */
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

/* mgmtdev.c: operations of one management device */
int vdpa_mgmtdev_add_device(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req,
			    struct netlink_ext_ack *extack);
int vdpa_mgmtdev_set_device(struct vdpa_request *req);
u64 vdpa_mgmtdev_classes(const struct vdpa_mgmtdev *mgmtdev);

#endif
