// SPDX-License-Identifier: GPL-2.0-only
/*
 * Management devices: who can create devices, and in which order they do it.
 */
#include "export.h"

#include <linux/workqueue.h>

#include "device.h"
#include "mgmtdev.h"
#include "notify.h"
#include "registry.h"
#include "removal.h"

/* Unbound: a parent may take its time, on whichever processor is free. */
static struct workqueue_struct *parent_wq;

/**
 * vdpa_parent_classes - the classes of devices that a parent can create
 * @parent: the management device
 *
 * Return: bit n set for the virtio device ID n; IDs above 63 have none.
 */
u64 vdpa_parent_classes(const struct vdpa_parent *parent)
{
	const struct virtio_device_id *id;
	u64 classes = 0;

	for (id = parent->mdev->id_table; id->device; id++)
		if (id->device < 64)
			classes |= BIT_ULL(id->device);
	return classes;
}

static struct vdpa_task *parent_next_task(struct vdpa_parent *parent)
{
	struct vdpa_task *task;

	mutex_lock(&vdpa_registry_lock);
	task = list_first_entry_or_null(&parent->tasks, struct vdpa_task, link);
	if (task)
		list_del_init(&task->link);
	mutex_unlock(&vdpa_registry_lock);
	return task;
}

static void parent_work(struct work_struct *work)
{
	struct vdpa_parent *parent = container_of(work, struct vdpa_parent, work);
	struct vdpa_task *task;

	while ((task = parent_next_task(parent)))
		task->run(task);
}

/**
 * vdpa_parent_submit - have something done when it is its turn
 * @parent: the management device, still registered
 * @task: what to do
 *
 * Return: false, and nothing will be done, if the parent is being unregistered.
 */
bool vdpa_parent_submit(struct vdpa_parent *parent, struct vdpa_task *task)
{
	bool taken;

	mutex_lock(&vdpa_registry_lock);
	taken = !parent->going;
	if (taken) {
		list_add_tail(&task->link, &parent->tasks);
		queue_work(parent_wq, &parent->work);
	}
	mutex_unlock(&vdpa_registry_lock);
	return taken;
}

/**
 * vdpa_parent_adopt_name - take over the name that was reserved for a new device
 * @parent: the parent, from within its dev_add
 * @text: the name that the parent gave the device
 *
 * Return: the reservation, now the device's; NULL if there is none of that name.
 */
struct vdpa_name *vdpa_parent_adopt_name(struct vdpa_parent *parent, struct vdpa_str text)
{
	struct vdpa_name *name;

	mutex_lock(&vdpa_registry_lock);
	name = parent->adding;
	if (name && vdpa_str_eq(text, vdpa_name_str(name)))
		parent->adding = NULL;
	else
		name = NULL;
	mutex_unlock(&vdpa_registry_lock);
	return name;
}

/**
 * __vdpa_mgmtdev_refuse - say why a device is not created
 * @mdev: the management device
 * @attr: the attribute at fault; 0 if none is
 * @reason: a few words
 *
 * For vdpa_mgmtdev_refuse(), which finds it by its name. Without a dev_add under way nobody
 * wants to know.
 *
 * Context: may sleep; called by the parent's dev_add.
 */
void __vdpa_mgmtdev_refuse(struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr, const char *reason)
{
	struct vdpa_parent *parent = vdpa_parent(mdev);

	mutex_lock(&vdpa_registry_lock);
	if (parent->in_dev_add) {
		strscpy(parent->refusal, reason);
		parent->refusal_attr = attr;
	}
	mutex_unlock(&vdpa_registry_lock);
}
EXPORT_SYMBOL_GPL(__vdpa_mgmtdev_refuse);

static int parent_register(struct vdpa_mgmt_dev *mdev, const struct vdpa_migration_ops *ops)
{
	struct vdpa_parent *parent;
	int err;

	if (!mdev->device || !mdev->ops || !mdev->ops->dev_add || !mdev->ops->dev_del ||
	    !mdev->id_table)
		return -EINVAL;

	parent = kzalloc(sizeof(*parent), GFP_KERNEL);
	if (!parent)
		return -ENOMEM;
	parent->mdev = mdev;
	if (ops)
		memcpy(&parent->migration, ops, min(ops->size, sizeof(parent->migration)));
	INIT_LIST_HEAD(&parent->ring);
	list_add(&mdev->list, &parent->ring);
	vdpa_guard_init(&parent->guard);
	vdpa_line_init(&parent->line, &parent->guard);
	INIT_LIST_HEAD(&parent->devices);
	INIT_LIST_HEAD(&parent->tasks);
	INIT_WORK(&parent->work, parent_work);

	err = vdpa_parents_add(parent);
	if (err)
		kfree(parent);
	return err;
}

/**
 * vdpa_mgmtdev_register - register a management device
 * @mdev: the management device
 *
 * Context: may sleep.
 * Return: 0; -EINVAL without a device, dev_add, dev_del or ID table, -ENOMEM.
 */
int vdpa_mgmtdev_register(struct vdpa_mgmt_dev *mdev)
{
	return parent_register(mdev, NULL);
}
EXPORT_SYMBOL_GPL(vdpa_mgmtdev_register);

/**
 * __vdpa_mgmtdev_register_migration - register a management device that can do more
 * @mdev: the management device
 * @ops: what it can do for migration
 *
 * For vdpa_mgmtdev_register_migration(), which finds it by its name.
 *
 * Context: may sleep.
 * Return: as vdpa_mgmtdev_register(); -EINVAL also if @ops tells no size.
 */
int __vdpa_mgmtdev_register_migration(struct vdpa_mgmt_dev *mdev,
				      const struct vdpa_migration_ops *ops)
{
	if (!ops || ops->size < offsetofend(struct vdpa_migration_ops, size))
		return -EINVAL;
	return parent_register(mdev, ops);
}
EXPORT_SYMBOL_GPL(__vdpa_mgmtdev_register_migration);

/* Out of the tables; what is in the queue will find it going. */
static void parent_hide(struct vdpa_parent *parent)
{
	mutex_lock(&vdpa_registry_lock);
	parent->going = true;
	vdpa_parents_del(parent);
	mutex_unlock(&vdpa_registry_lock);
	flush_work(&parent->work);
}

static struct vdpa_entry *parent_first_device(struct vdpa_parent *parent)
{
	struct vdpa_entry *entry;

	mutex_lock(&vdpa_registry_lock);
	entry = list_first_entry_or_null(&parent->devices, struct vdpa_entry, sibling);
	if (entry)
		get_device(&entry->vdev->dev);
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/**
 * vdpa_mgmtdev_unregister - unregister a management device, with all its devices
 * @mdev: the management device
 *
 * Context: may sleep for as long as the parent's running operation and the bus
 * drivers of its devices take; it cannot fail, so it cannot be called off. Only
 * the caller waits: no lock is held.
 */
void vdpa_mgmtdev_unregister(struct vdpa_mgmt_dev *mdev)
{
	struct vdpa_parent *parent = vdpa_parent(mdev);
	struct vdpa_entry *entry;

	parent_hide(parent);
	while ((entry = parent_first_device(parent))) {
		vdpa_removal_force(entry);
		put_device(&entry->vdev->dev);
	}
	vdpa_guard_close(&parent->guard);
	vdpa_event_mgmtdev(parent, VDPA_EVENT_MGMTDEV_REMOVED);
	list_del_init(&mdev->list);
	kfree_rcu(parent, rcu);
}
EXPORT_SYMBOL_GPL(vdpa_mgmtdev_unregister);

int __init vdpa_mgmtdevs_init(void)
{
	parent_wq = alloc_workqueue("vdpa_parent", WQ_UNBOUND, WQ_MAX_ACTIVE);
	return parent_wq ? 0 : -ENOMEM;
}

void vdpa_mgmtdevs_exit(void)
{
	destroy_workqueue(parent_wq);
}
