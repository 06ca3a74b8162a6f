// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unbind a device from its bus driver: see removal.h.
 */
#include <linux/device.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>

#include "device.h"
#include "driver.h"
#include "hold.h"
#include "message.h"
#include "mgmtdev.h"
#include "registry.h"
#include "removal.h"
#include "request.h"

/* Each device that is being unbound from its bus driver occupies one worker. */
static struct workqueue_struct *detach_wq;

/* Cancels deletions at their deadlines. Its works never wait. */
static struct workqueue_struct *deadline_wq;

/* A driver change is over. @extack: the message about an error. */
static void change_end(struct vdpa_entry *entry, struct vdpa_request *req, int err,
		       const struct netlink_ext_ack *extack)
{
	/* Cancel before the next change can begin: that one sets the deadline again. */
	cancel_delayed_work_sync(&entry->del_deadline);
	mutex_lock(&vdpa_registry_lock);
	/* The deadline or vdpa_removal_force() may have answered it meanwhile. */
	if (req == entry->del_req)
		entry->del_req = NULL;
	else
		req = NULL;
	entry->changing = false;
	mutex_unlock(&vdpa_registry_lock);
	if (!req)
		return;
	if (extack->_msg) {
		NL_SET_ERR_MSG_FMT(&req->extack, "%s", extack->_msg);
		req->fault = VDPA_ATTR_DEV_DRIVER;
	}
	vdpa_request_done(req, err);
}

/*
 * Second half of a driver change: the device is unbound, or bound to the new driver.
 * Return: false if this is not a driver change, or no longer one.
 */
static bool removal_change(struct vdpa_entry *entry)
{
	struct netlink_ext_ack extack = {};
	struct vdpa_request *req;
	bool called_off;
	int err;

	mutex_lock(&vdpa_registry_lock);
	/* If the parent is being unregistered, vdpa_removal_force() answers the request. */
	if (!entry->changing || entry->mgmtdev->going) {
		mutex_unlock(&vdpa_registry_lock);
		return false;
	}
	req = entry->del_req;
	called_off = !req || vdpa_request_abandoned(req);
	if (called_off)
		strscpy(entry->next_driver, entry->restore);
	entry->called_off = false;
	entry->removing = false;
	/* -EBUSY (no wait) applies to the old driver only: wait for the new driver's probe. */
	if (entry->del_err == -EBUSY)
		entry->del_err = 0;
	mutex_unlock(&vdpa_registry_lock);

	if (called_off) {
		vdpa_driver_restore(entry);
		err = -ECANCELED;
	} else {
		err = vdpa_driver_change(entry, &extack);
	}
	change_end(entry, req, err, &extack);
	return true;
}

/* Note the driver to restore. Under the lock. If it is just being restored, its name stays. */
static void note_driver(struct vdpa_entry *entry)
{
	if (entry->driver)
		strscpy(entry->restore, entry->driver);
}

/*
 * A probe that was under way when a deletion or a driver change began may have bound a driver. If
 * it is the one that the change asks for, keep it: from then on nothing can take the change over,
 * as in its second half. Otherwise it is the one to restore.
 *
 * Return: whether the driver is kept.
 */
static bool keep_driver(struct vdpa_entry *entry)
{
	struct device *dev = &entry->vdev->dev;
	bool keep;

	/* Held throughout a probe. No other probe succeeds while @removing is set. */
	device_lock(dev);
	mutex_lock(&vdpa_registry_lock);
	keep = entry->changing && !entry->mgmtdev->going && entry->driver &&
	       !strcmp(entry->driver, entry->next_driver);
	if (keep)
		entry->removing = false;
	else
		note_driver(entry);
	mutex_unlock(&vdpa_registry_lock);
	device_unlock(dev);
	return keep;
}

/* First half. detach_begin() took the reference on the device; the second half drops it. */
static void removal_detach(struct work_struct *work)
{
	struct vdpa_entry *entry = container_of(work, struct vdpa_entry, removal);

	if (!keep_driver(entry)) {
		device_release_driver(&entry->vdev->dev);
		/* Wait here: in the parent's queue, other tasks would have to wait too. */
		vdpa_hold_wait(entry);
	}
	/* If the parent is being unregistered, vdpa_removal_force() deletes the device. */
	if (removal_change(entry) || !vdpa_mgmtdev_submit(entry->mgmtdev, &entry->del_task))
		put_device(&entry->vdev->dev);
}

/*
 * Set the message about a driver that is still bound, or being bound since before the request.
 * Under the lock.
 */
static void say_bound(const struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	const char *name = vdpa_entry_name(entry);

	if (entry->restore[0])
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   " is in use: driver %.11s has not let go of it",
				   name, entry->restore);
	else
		NL_SET_ERR_MSG_FMT(extack, "a driver still probes device " VDPA_MSG_NAME, name);
}

/*
 * Set the message of a request whose deadline passed. Under the lock. @detaching: the old driver is
 * still bound.
 */
static void say_late(struct vdpa_entry *entry, struct vdpa_request *req, bool detaching)
{
	if (detaching) {
		req->fault = VDPA_ATTR_DEV_NAME;
		say_bound(entry, &req->extack);
		return;
	}
	req->fault = VDPA_ATTR_DEV_DRIVER;
	NL_SET_ERR_MSG_FMT(&req->extack, "driver %.20s still probes device " VDPA_MSG_NAME,
			   entry->next_driver, vdpa_entry_name(entry));
}

/*
 * The deadline passed. If the old driver is still being unbound, the device will be bound to it
 * again afterwards. If the new driver is still probing, the probe continues.
 */
static void removal_late(struct work_struct *work)
{
	struct vdpa_entry *entry = container_of(to_delayed_work(work), struct vdpa_entry,
						del_deadline);
	struct vdpa_request *req = NULL;
	int err;

	mutex_lock(&vdpa_registry_lock);
	err = entry->del_err;
	/* Another request may have taken the deletion over, with another deadline or none. */
	if (err && time_after_eq(jiffies, entry->del_until)) {
		req = entry->del_req;
		entry->del_req = NULL;
	}
	if (req) {
		entry->called_off = entry->removing;
		say_late(entry, req, entry->removing);
	}
	mutex_unlock(&vdpa_registry_lock);
	if (req)
		vdpa_request_done(req, err);
}

/* Second half of a deletion, in the parent's queue. */
static void removal_delete(struct vdpa_task *task)
{
	struct vdpa_entry *entry = container_of(task, struct vdpa_entry, del_task);
	struct vdpa_mgmt_dev *mdev = entry->mgmtdev->mdev;
	struct vdpa_device *vdev = entry->vdev;
	bool call_off = false;
	struct vdpa_request *req;

	mutex_lock(&vdpa_registry_lock);
	if (entry->mgmtdev->going) {
		mutex_unlock(&vdpa_registry_lock);
		goto out;
	}
	req = entry->del_req;
	entry->del_req = NULL;
	if (!req || vdpa_request_abandoned(req)) {
		call_off = true;
		entry->called_off = false;
		entry->removing = false;
		vdpa_state_set_removing(entry, false);
	}
	mutex_unlock(&vdpa_registry_lock);

	/*
	 * After a cancelled deletion the next one may already have begun: then the deadline belongs
	 * to it.
	 */
	if (call_off) {
		vdpa_driver_restore(entry);
	} else {
		cancel_delayed_work_sync(&entry->del_deadline);
		mdev->ops->dev_del(mdev, vdev);
	}
	if (req)
		vdpa_request_done(req, call_off ? -ECANCELED : 0);
out:
	put_device(&vdev->dev);
}

void vdpa_removal_init(struct vdpa_entry *entry)
{
	INIT_WORK(&entry->removal, removal_detach);
	INIT_DELAYED_WORK(&entry->del_deadline, removal_late);
	INIT_LIST_HEAD(&entry->del_task.link);
	entry->del_task.run = removal_delete;
}

/* Begin a deletion or a driver change. Under the lock. */
static void detach_begin(struct vdpa_entry *entry, struct vdpa_request *req)
{
	entry->removing = true;
	note_driver(entry);
	entry->del_req = req;
	get_device(&entry->vdev->dev);
	queue_work(detach_wq, &entry->removal);
}

/*
 * Under the lock. Return: true if no client waits for the deletion or driver change under way, so
 * that a new request can take it over. A deletion can take over from either while the driver is
 * being unbound; a change only from a change, as the second half of a deletion may have begun.
 */
static bool can_take_over(const struct vdpa_entry *entry, bool change)
{
	return entry->removing && (!change || entry->changing) &&
	       (entry->called_off || (entry->del_req && vdpa_request_abandoned(entry->del_req)));
}

/* Under the lock. */
static void set_purpose(struct vdpa_entry *entry, const char *next_driver)
{
	bool was_deletion = entry->removing && !entry->changing;

	entry->changing = next_driver;
	strscpy(entry->next_driver, next_driver ?: "");
	if (!next_driver && !was_deletion)
		vdpa_state_set_removing(entry, true);
}

/* Under the lock. */
static void say_busy(const struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	if (entry->called_off)
		say_bound(entry, extack);
	else
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME " is being %s already",
				   vdpa_entry_name(entry),
				   entry->changing ? "given another driver" : "deleted");
}

/* @next_driver: NULL for a deletion. Return: 0 or -EBUSY. */
static int removal_start(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late,
			 const char *next_driver, struct netlink_ext_ack *extack)
{
	struct vdpa_request *orphan = NULL;
	int err = 0;

	mutex_lock(&vdpa_registry_lock);
	if (!entry->removing && !entry->changing) {
		set_purpose(entry, next_driver);
		detach_begin(entry, req);
	} else if (can_take_over(entry, next_driver)) {
		orphan = entry->del_req;
		entry->called_off = false;
		entry->del_req = req;
		set_purpose(entry, next_driver);
	} else {
		say_busy(entry, extack);
		err = -EBUSY;
	}
	if (!err) {
		entry->del_err = deadline ? late : 0;
		entry->del_until = jiffies + msecs_to_jiffies(deadline);
		if (deadline)
			mod_delayed_work(deadline_wq, &entry->del_deadline,
					 msecs_to_jiffies(deadline));
	}
	mutex_unlock(&vdpa_registry_lock);
	if (orphan)
		vdpa_request_done(orphan, -ECANCELED);
	return err;
}

/**
 * vdpa_removal_start - begin to delete a device
 * @entry: the device, created by a management device; the caller is a user of it
 * @req: the request, answered when the device is gone; owned by the removal on success
 * @deadline: in ms from now: the deletion is cancelled if the bus driver is still bound then; 0:
 *	none
 * @late: error code of the request if the deadline passes
 * @extack: set on error
 *
 * Return: 0; -EBUSY, and nothing was done, if a deletion or driver change is under way and
 * its client still waits.
 */
int vdpa_removal_start(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late,
		       struct netlink_ext_ack *extack)
{
	return removal_start(entry, req, deadline, late, NULL, extack);
}

/**
 * vdpa_removal_change - begin to bind a device to another driver
 * @entry: the device, created by a management device; the caller is a user of it
 * @req: the request, with the driver; answered when that driver is bound or its probe has failed
 * @deadline: as of vdpa_removal_start(); also for the new driver if @late is not -EBUSY
 * @late: error code of the request if the deadline passes
 * @extack: set on error
 *
 * Return: as vdpa_removal_start().
 */
int vdpa_removal_change(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late,
			struct netlink_ext_ack *extack)
{
	return removal_start(entry, req, deadline, late, req->driver, extack);
}

/**
 * vdpa_removal_force - delete a device because its parent is being unregistered
 * @entry: the device; the caller holds a reference on it
 *
 * Takes over whatever deletion or change of the driver is under way.
 *
 * Context: may sleep until the bus driver is unbound; the parent is being unregistered and its
 * queue is empty.
 */
void vdpa_removal_force(struct vdpa_entry *entry)
{
	struct vdpa_mgmt_dev *mdev = entry->mgmtdev->mdev;
	struct vdpa_request *req;
	bool changing;

	mutex_lock(&vdpa_registry_lock);
	changing = entry->changing;
	if (!entry->removing || changing)
		vdpa_state_set_removing(entry, true);
	entry->removing = true;
	/* No other request takes it over from here. */
	entry->called_off = false;
	req = entry->del_req;
	entry->del_req = NULL;
	mutex_unlock(&vdpa_registry_lock);

	cancel_delayed_work_sync(&entry->del_deadline);
	device_release_driver(&entry->vdev->dev);
	if (cancel_work_sync(&entry->removal))
		put_device(&entry->vdev->dev);
	mdev->ops->dev_del(mdev, entry->vdev);
	if (!req)
		return;
	if (changing)
		NL_SET_ERR_MSG(&req->extack,
			       "its management device is going away, and it is deleted");
	vdpa_request_done(req, changing ? -ENODEV : 0);
}

int __init vdpa_removals_init(void)
{
	detach_wq = alloc_workqueue("vdpa_detach", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (!detach_wq)
		return -ENOMEM;
	deadline_wq = alloc_workqueue("vdpa_del_late", WQ_UNBOUND, 0);
	if (deadline_wq)
		return 0;
	destroy_workqueue(detach_wq);
	return -ENOMEM;
}

void vdpa_removals_exit(void)
{
	destroy_workqueue(deadline_wq);
	destroy_workqueue(detach_wq);
}
