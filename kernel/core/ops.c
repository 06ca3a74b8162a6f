// SPDX-License-Identifier: GPL-2.0-only
/*
 * Observed operations: see ops.h.
 */
#include <linux/sched.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>

#include "device.h"
#include "hold.h"
#include "hold_status.h"
#include "notify.h"
#include "ops.h"
#include "registry.h"
#include "state.h"
#include "status.h"

/* The process that sets the status through vhost_vdpa counts as the user of the device. */
static void note_user(struct vdpa_entry *entry)
{
	const struct task_struct *leader = current->group_leader;

	mutex_lock(&vdpa_registry_lock);
	if (entry->driver && !strcmp(entry->driver, VDPA_VHOST_DRIVER)) {
		entry->user_pid = task_tgid_nr(current);
		strscpy(entry->user_comm, leader->comm);
	}
	mutex_unlock(&vdpa_registry_lock);
}

static void observed_set_status(struct vdpa_device *vdev, u8 status)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);

	if (status)
		note_user(entry);
	if (vdpa_status_negotiated(entry)) {
		vdpa_hold_status_write(entry, status);
		return;
	}
	vdpa_state_driver_begin(entry);
	entry->parent_ops->set_status(vdev, status);
	vdpa_state_driver_status(entry);
}

static u8 observed_get_status(struct vdpa_device *vdev)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);

	return vdpa_status_negotiated(entry) ? vdpa_hold_status_read(entry) :
					       entry->parent_ops->get_status(vdev);
}

/* A reset puts all groups of virtqueues into the first address space. */
static void forget_asids(struct vdpa_entry *entry)
{
	unsigned int i;

	for (i = 0; entry->group_asid && i < entry->vdev->ngroups; i++)
		WRITE_ONCE(entry->group_asid[i], 0);
}

static int observed_set_group_asid(struct vdpa_device *vdev, unsigned int group, unsigned int asid)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);
	int err = entry->parent_ops->set_group_asid(vdev, group, asid);

	if (!err && entry->group_asid && group < vdev->ngroups)
		WRITE_ONCE(entry->group_asid[group], asid);
	return err;
}

static int observed_reset(struct vdpa_device *vdev)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);
	int err;

	vdpa_hold_reset_begin(entry);
	err = entry->parent_ops->reset(vdev);
	if (!err)
		forget_asids(entry);
	vdpa_hold_reset_end(entry, !err);
	return err;
}

static int observed_compat_reset(struct vdpa_device *vdev, u32 flags)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);
	int err;

	vdpa_hold_reset_begin(entry);
	err = entry->parent_ops->compat_reset(vdev, flags);
	if (!err)
		forget_asids(entry);
	vdpa_hold_reset_end(entry, !err);
	return err;
}

static int observed_suspend(struct vdpa_device *vdev)
{
	return vdpa_hold_driver(vdpa_entry(vdev), VDPA_DEV_STATE_SUSPENDING);
}

static int observed_resume(struct vdpa_device *vdev)
{
	return vdpa_hold_driver(vdpa_entry(vdev), VDPA_DEV_STATE_RESUMING);
}

/* Order: a queue must never be made ready by a resume unless its driver wants that. */
static void observed_set_vq_ready(struct vdpa_device *vdev, u16 index, bool ready)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);

	if (!ready)
		vdpa_hold_queue(entry, index, false);
	entry->parent_ops->set_vq_ready(vdev, index, ready);
	if (ready)
		vdpa_hold_queue(entry, index, true);
}

/* A suspend needs the negotiated features without calling the parent. */
static int observed_set_driver_features(struct vdpa_device *vdev, u64 features)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);
	int err = entry->parent_ops->set_driver_features(vdev, features);

	if (!err)
		WRITE_ONCE(entry->driver_features, features);
	return err;
}

/*
 * The device reports that its configuration has changed or that it has failed. The parent calls
 * this in any context, perhaps with a lock held that its get_status takes; so a work reads the
 * status.
 */
static irqreturn_t config_interrupt(void *data)
{
	struct vdpa_entry *entry = data;
	const struct vdpa_callback *cb = &entry->config_cb;
	irqreturn_t ret = IRQ_NONE;
	unsigned long flags;

	if (READ_ONCE(entry->state.notified))
		vdpa_event_config(entry, VDPA_CAUSE_DEVICE);
	queue_work(system_unbound_wq, &entry->refresh);
	spin_lock_irqsave(&entry->config_cb_lock, flags);
	if (cb->callback)
		ret = cb->callback(cb->private);
	spin_unlock_irqrestore(&entry->config_cb_lock, flags);
	return ret;
}

/*
 * Many parents replace the stored callback without a lock, while they may be calling it. So they
 * always get the same callback, ours, and we replace the driver's callback under a lock. Set it
 * each time, as some parents forget it at a reset; and never set none, or changes would be missed.
 */
static void observed_set_config_cb(struct vdpa_device *vdev, struct vdpa_callback *cb)
{
	struct vdpa_entry *entry = vdpa_entry(vdev);
	struct vdpa_callback ours = {
		.callback = config_interrupt,
		.private = entry,
	};
	unsigned long flags;

	spin_lock_irqsave(&entry->config_cb_lock, flags);
	entry->config_cb = cb ? *cb : (struct vdpa_callback){};
	spin_unlock_irqrestore(&entry->config_cb_lock, flags);
	entry->parent_ops->set_config_cb(vdev, &ours);
}

/**
 * vdpa_ops_observe - fill in a device's table of observed operations
 * @ops: the table
 * @parent: the parent's operations, never written to
 */
void vdpa_ops_observe(struct vdpa_config_ops *ops, const struct vdpa_config_ops *parent)
{
	*ops = *parent;
	ops->get_status = observed_get_status;
	ops->set_status = observed_set_status;
	ops->reset = observed_reset;
	ops->set_config_cb = observed_set_config_cb;
	ops->set_driver_features = observed_set_driver_features;
	if (parent->set_group_asid)
		ops->set_group_asid = observed_set_group_asid;
	if (parent->compat_reset)
		ops->compat_reset = observed_compat_reset;
	if (parent->suspend) {
		ops->suspend = observed_suspend;
		ops->set_vq_ready = observed_set_vq_ready;
	}
	if (parent->resume)
		ops->resume = observed_resume;
}
