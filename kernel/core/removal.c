// SPDX-License-Identifier: GPL-2.0-only
/*
 * Deleting a device: see removal.h.
 */
#include <linux/device.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>

#include "device.h"
#include "hold.h"
#include "message.h"
#include "mgmtdev.h"
#include "registry.h"
#include "removal.h"
#include "request.h"

/* One worker for each device whose bus driver has not let go of it yet. */
static struct workqueue_struct *detach_wq;

/* Ends deletions at their deadlines. It never waits, nor do works that wait hold it up. */
static struct workqueue_struct *deadline_wq;

/*
 * First half. The reference on the device was taken by vdpa_removal_start() and
 * goes on to the second half.
 */
static void removal_detach(struct work_struct *work)
{
	struct vdpa_entry *entry = container_of(work, struct vdpa_entry, removal);

	device_release_driver(&entry->vdev->dev);
	/* Here rather than in the parent's turn, where others would wait with us. */
	vdpa_hold_wait(entry);
	/* A parent that is going deletes its devices itself: vdpa_removal_force(). */
	if (!vdpa_mgmtdev_submit(entry->mgmtdev, &entry->del_task))
		put_device(&entry->vdev->dev);
}

/*
 * Who asked has gone. Back to where the device was: with the driver that it
 * had, if that one is still there.
 */
static void removal_call_off(struct vdpa_entry *entry)
{
	struct device *dev = &entry->vdev->dev;

	if (entry->restore[0] && device_attach(dev) < 0)
		dev_warn(dev, "deletion called off, but could not bind driver %s again\n",
			 entry->restore);
	mutex_lock(&vdpa_registry_lock);
	if (!entry->removing)
		entry->restore[0] = '\0';
	mutex_unlock(&vdpa_registry_lock);
}

/* The bus driver has not let go in time. The device goes back to it when it does. */
static void removal_late(struct work_struct *work)
{
	struct vdpa_entry *entry = container_of(to_delayed_work(work), struct vdpa_entry,
						del_deadline);
	struct vdpa_request *req = NULL;
	int err;

	mutex_lock(&vdpa_registry_lock);
	err = entry->del_err;
	/* Another request may just have taken the deletion over, with another deadline or none. */
	if (err && time_after_eq(jiffies, entry->del_until)) {
		req = entry->del_req;
		entry->del_req = NULL;
	}
	if (req)
		entry->called_off = true;
	mutex_unlock(&vdpa_registry_lock);
	if (!req)
		return;
	req->fault = VDPA_ATTR_DEV_NAME;
	NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
			   " is in use: its driver %.20s has not let go of it",
			   vdpa_entry_name(entry), entry->restore);
	vdpa_request_done(req, err);
}

/* Second half, in the parent's turn. */
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

	cancel_delayed_work_sync(&entry->del_deadline);
	if (call_off)
		removal_call_off(entry);
	else
		mdev->ops->dev_del(mdev, vdev);
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

/**
 * vdpa_removal_start - begin to delete a device
 * @entry: the device, made by a management device; the caller is a user of it
 * @req: the request, answered when the device is gone; owned by the removal on success
 * @deadline: in ms from now: it is called off if the bus driver has not let go by then; 0: none
 * @late: what the request is answered with in that case
 *
 * Return: 0; -EBUSY, and nothing was done, if another request that is still
 * waiting has begun to delete it.
 */
int vdpa_removal_start(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late)
{
	struct vdpa_request *orphan = NULL;
	int err = 0;

	mutex_lock(&vdpa_registry_lock);
	if (!entry->removing) {
		entry->removing = true;
		vdpa_state_set_removing(entry, true);
		strscpy(entry->restore, entry->driver ?: "");
		entry->del_req = req;
		get_device(&entry->vdev->dev);
		queue_work(detach_wq, &entry->removal);
	} else if (entry->called_off ||
		   (entry->del_req && vdpa_request_abandoned(entry->del_req))) {
		orphan = entry->del_req;
		entry->called_off = false;
		entry->del_req = req;
	} else {
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
 * vdpa_removal_force - delete a device because its parent goes
 * @entry: the device; the caller holds a reference on it
 *
 * Takes over whatever deletion is under way.
 *
 * Context: may sleep until the bus driver has let go; the parent is going and
 * its queue is empty.
 */
void vdpa_removal_force(struct vdpa_entry *entry)
{
	struct vdpa_mgmt_dev *mdev = entry->mgmtdev->mdev;
	struct vdpa_request *req;

	mutex_lock(&vdpa_registry_lock);
	if (!entry->removing)
		vdpa_state_set_removing(entry, true);
	entry->removing = true;
	req = entry->del_req;
	entry->del_req = NULL;
	mutex_unlock(&vdpa_registry_lock);

	cancel_delayed_work_sync(&entry->del_deadline);
	device_release_driver(&entry->vdev->dev);
	if (cancel_work_sync(&entry->removal))
		put_device(&entry->vdev->dev);
	mdev->ops->dev_del(mdev, entry->vdev);
	if (req)
		vdpa_request_done(req, 0);
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
