/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core's own part of a vDPA device.
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

/* The bus driver that gives user space access to devices. */
#define VDPA_VHOST_DRIVER	"vhost_vdpa"

/* Direction of a pre-copy: private state copied in rounds. */
enum vdpa_precopy_way {
	VDPA_PRECOPY_SOURCE,	/* out of the device */
	VDPA_PRECOPY_TARGET,	/* to a staging area beside the device */
	VDPA_PRECOPY_WAYS,
};

/* Bytes of a bus driver's name, with the terminator. */
#define VDPA_DRIVER_NAME_LEN	(VDPA_DRIVER_LEN_MAX + 1)

/**
 * struct vdpa_entry - the core's own part of a device
 * @ops: the device's observed operations: see ops.h. vdev->config points here; vdpa_entry() uses
 *	that to find the entry of a struct vdpa_device.
 * @parent_ops: the parent's own operations; several devices may share them
 * @config_cb: the bus driver's config callback; the core's observing callback calls it
 * @config_cb_lock: protects @config_cb and is held while it is called, so that an old callback is
 *	never called after it was replaced; locks that the callback takes nest inside
 * @state: the device's state: state.h
 * @ready: which virtqueues are ready
 * @driver_features: the features that its driver negotiated last
 * @serial: unique number, never used again
 * @refresh: work: reads the status after a config interrupt and updates @state
 * @status_poll: work: polls whether the device completed a suspend or resume through its status
 * @status_delay: time until the next poll, in jiffies; set by the caller that begins the suspend or
 *	resume before it queues @status_poll, then changed only by that work
 * @vdev: the device itself, embedded in the parent's structure
 * @guard: counts the users that may call the parent's operations
 * @line: requests that call the parent about this device
 * @load_group: owner while the device is being loaded: the group of devices loaded together; NULL:
 *	no load is under way
 * @precopy: the pre-copy under way in each direction: precopy.h
 * @name: its reserved name; NULL while it is not registered
 * @mgmtdev: the management device that created it; NULL for an unmanaged device, which its parent
 *	driver registered with vdpa_register_device()
 * @sibling: node in @mgmtdev's list of devices
 * @dirty: dirty page tracking under way, or NULL; accessed only by the holder of @line
 * @device_id: virtio device ID. This and the next five are constants of the device. The core reads
 *	them once, so that a dump asks the parent only for the status.
 * @vendor_id: virtio vendor ID
 * @max_vq_size: descriptors
 * @min_vq_size: descriptors
 * @has_vq_state: its parent can get and set the state of virtqueues
 * @offers_suspend: it offers VIRTIO_F_SUSPEND
 * @group_asid: the address space of each virtqueue group; NULL: all are in address space 0
 * @created: the configuration in the DEV_NEW request
 * @by_request: @created is valid; constant once the device is published
 * @driver: name of the bound bus driver, or NULL; the string belongs to the driver and is valid
 *	under vdpa_registry_lock only
 * @probe_err: return value of the last bus driver probe
 * @user_pid: process that last set the status through vhost_vdpa, as a PID of the initial
 *	namespace; 0: none
 * @user_comm: the name of that process
 * @published: it is in the registry: lookups and dumps can find it
 * @removing: a deletion or a driver change is detaching the bus driver; no driver can bind
 * @removal: work: detaches the bus driver, the first half of either
 * @del_task: calls the parent's dev_del, the second half of a deletion
 * @del_req: the request that waits for either; NULL once the parent begins to delete the device,
 *	and while @called_off
 * @del_deadline: work: cancels either if the bus driver is not detached by the deadline
 * @del_until: that deadline, in jiffies
 * @del_err: error code of the request if the deadline passes, -ETIMEDOUT or -EBUSY; 0: no deadline
 * @called_off: the deadline passed and cancelled it; the next request can take over
 * @restore: the bus driver that was bound before; "" if none. While this is set and no
 *	unbind is under way, only that driver matches.
 * @changing: a driver change is under way; once @removing is cleared, the new driver probes
 * @next_driver: the name of the new driver, or of the old one if that is bound again; no other
 *	driver matches while @changing
 *
 * vdpa_registry_lock protects @name, @sibling and all fields from @driver on.
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

/* The entry of a device that __vdpa_alloc_device() allocated. */
static inline struct vdpa_entry *vdpa_entry(const struct vdpa_device *vdev)
{
	return container_of(vdev->config, struct vdpa_entry, ops);
}

static inline const char *vdpa_entry_name(const struct vdpa_entry *entry)
{
	return dev_name(&entry->vdev->dev);
}

/* The caller must have found the entry in the registry under the lock, or be a user already. */
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
