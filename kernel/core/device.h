/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device, as the core sees it.
 */
#ifndef _VDPA_DEVICE_H
#define _VDPA_DEVICE_H

#include <linux/sched.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>

#include "hold.h"
#include "mgmtdev.h"
#include "registry.h"
#include "state.h"

struct netlink_ext_ack;
struct vdpa_precopy;
struct vdpa_dirty;
struct vdpa_request;

/* The bus driver that hands devices to user space. */
#define VDPA_VHOST_DRIVER	"vhost_vdpa"

/* Which way private state is copied, in rounds. */
enum vdpa_precopy_way {
	VDPA_PRECOPY_SOURCE,	/* out of the device */
	VDPA_PRECOPY_TARGET,	/* to beside the device */
	VDPA_PRECOPY_WAYS,
};

/* Bytes of a bus driver's name, with the terminator. */
#define VDPA_DRIVER_NAME_LEN	(VDPA_DRIVER_LEN_MAX + 1)

/**
 * struct vdpa_entry - the core's own part of a device
 * @ops: the device's operations, observed: see ops.h. vdev->config points here,
 *	which is also the way from a struct vdpa_device to its entry.
 * @parent_ops: the parent's own, which may be shared with other devices
 * @config_cb: the bus driver's config callback, behind the observing one
 * @config_cb_lock: protects @config_cb, which is called with it held, so that none is called
 *	any more once it was exchanged; what the callback takes is taken inside it
 * @state: what it is doing
 * @ready: which of its queues are ready
 * @driver_features: what its driver has negotiated, last
 * @serial: no other device has had or will have it
 * @refresh: sees what it is doing, when it has something to say
 * @status_poll: sees whether the device has answered to a suspend through its status
 * @status_delay: how long to wait before looking again, in jiffies; who has begun the suspend sets
 *	it before the work is queued, which then changes it
 * @vdev: the device itself, allocated with the parent's part around it
 * @guard: users that call the parent's operations right now
 * @line: requests that ask its parent about it
 * @load_group: the devices with which it is being loaded, as who owns it; NULL: nobody does
 * @precopy: the pre-copy under way, each way: precopy.h
 * @name: the name it holds; NULL while it is not registered
 * @mgmtdev: the management device that made it; NULL for a device that its
 *	driver registered by itself ("unmanaged")
 * @sibling: in @mgmtdev's list of devices
 * @dirty: what is tracked of the pages that it writes; NULL: nothing is. In its turn alone
 * @device_id: virtio device ID. This and the next five are constants of a
 *	device, asked for once, so that listing the devices asks parents for nothing
 *	but the status, which they know.
 * @vendor_id: virtio vendor ID
 * @max_vq_size: descriptors
 * @min_vq_size: descriptors
 * @has_vq_state: its parent tells and takes the state of virtqueues
 * @offers_suspend: its features have virtio's own suspend
 * @group_asid: the address space of each virtqueue group; NULL: all are in address space 0
 * @created: what DEV_NEW asked for
 * @by_request: @created says so; a constant once the device can be found
 * @driver: name of the bound bus driver, NULL if none; the string is the driver's
 *	and valid under vdpa_registry_lock only
 * @probe_err: what the bus driver's last probe ended with
 * @user_pid: the process that last set its status through vhost_vdpa, as the first PID namespace
 *	has it; 0: none
 * @user_comm: the name of that process
 * @published: it can be found
 * @removing: it is being deleted, or given another driver; no driver can bind to it
 * @removal: detaches the bus driver, the first half of either
 * @del_task: calls the parent, the second half of a deletion
 * @del_req: the request that waits for either; NULL once the parent has begun to delete it, and
 *	while @called_off
 * @del_deadline: calls either off if the bus driver has not let go by then
 * @del_until: when that is, in jiffies
 * @del_err: what the request is answered with then, -ETIMEDOUT or -EBUSY; 0: it has no deadline
 * @called_off: that has happened; the next request can take over
 * @restore: the bus driver that it had before; "" if none. While it is set and
 *	@removing is not, no other driver matches.
 * @changing: it is being given another driver; once @removing is over, that one is at it
 * @next_driver: the name of that driver
 *
 * @name, @sibling and all from @driver on are protected by vdpa_registry_lock.
 */
struct vdpa_entry {
	struct vdpa_config_ops ops;
	const struct vdpa_config_ops *parent_ops;
	struct vdpa_callback config_cb;
	spinlock_t config_cb_lock; /* see above */
	struct vdpa_state state;
	struct vdpa_ready ready;
	u64 driver_features;
	u64 serial;
	struct work_struct refresh;
	struct delayed_work status_poll;
	unsigned long status_delay;
	struct vdpa_device *vdev;
	struct vdpa_guard guard;
	struct vdpa_line line;
	const void *load_group;
	struct vdpa_precopy *precopy[VDPA_PRECOPY_WAYS];
	struct vdpa_name *name;
	struct vdpa_mgmtdev *mgmtdev;
	struct list_head sibling;
	struct vdpa_dirty *dirty;

	u32 device_id;
	u32 vendor_id;
	u16 max_vq_size;
	u16 min_vq_size;
	bool has_vq_state;
	bool offers_suspend;

	u32 *group_asid;
	struct vdpa_dev_set_config created;
	bool by_request;

	const char *driver;
	int probe_err;
	pid_t user_pid;
	char user_comm[TASK_COMM_LEN];
	bool published;
	bool removing;
	struct work_struct removal;
	struct vdpa_task del_task;
	struct vdpa_request *del_req;
	struct delayed_work del_deadline;
	unsigned long del_until;
	int del_err;
	bool called_off;
	char restore[VDPA_DRIVER_NAME_LEN];
	bool changing;
	char next_driver[VDPA_DRIVER_NAME_LEN];
};

/* The entry of a device that __vdpa_alloc_device() has made. */
static inline struct vdpa_entry *vdpa_entry(const struct vdpa_device *vdev)
{
	return container_of(vdev->config, struct vdpa_entry, ops);
}

static inline const char *vdpa_entry_name(const struct vdpa_entry *entry)
{
	return dev_name(&entry->vdev->dev);
}

/* For a caller that found it in the registry, or is a user of it already. */
static inline void vdpa_entry_get(struct vdpa_entry *entry)
{
	vdpa_guard_get(&entry->guard);
}

static inline void vdpa_entry_put(struct vdpa_entry *entry)
{
	vdpa_guard_put(&entry->guard);
}

int vdpa_entry_check_owner(const struct vdpa_entry *entry, const void *owner,
			   struct netlink_ext_ack *extack);
void vdpa_entries_publish(struct vdpa_mgmtdev *mgmtdev);

#endif
