// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of management devices: found by name in constant time, walked by index in dumps. Also
 * the queue of each, which calls dev_add and dev_del one at a time.
 *
 * This is not in mgmtdev.c, because that file exports symbols and must not include
 * linux/rhashtable.h: see export.h.
 */
#include <linux/jhash.h>
#include <linux/rhashtable.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "mgmtdev.h"
#include "notify.h"
#include "registry.h"

/* The key of a lookup. */
struct mgmtdev_key {
	const struct vdpa_str *bus;	/* NULL: no bus */
	struct vdpa_str name;
};

/* Unbound: a parent may take long. */
static struct workqueue_struct *mgmtdev_wq;

static struct rhashtable mgmtdevs_by_name;
static DEFINE_XARRAY_ALLOC(mgmtdevs_by_index);
static u32 mgmtdevs_generation = 1;

/* Number of management devices that are not in the table because another one has the same name. */
static unsigned int mgmtdevs_unnamed;

static u32 mgmtdev_hash_key(const void *key, u32 len, u32 seed)
{
	const struct mgmtdev_key *k = key;

	return jhash(k->name.s, k->name.len, seed);
}

static u32 mgmtdev_hash_obj(const void *obj, u32 len, u32 seed)
{
	const struct vdpa_mgmtdev *mgmtdev = obj;
	const char *name = dev_name(mgmtdev->mdev->device);

	return jhash(name, strlen(name), seed);
}

static int mgmtdev_cmp(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct vdpa_mgmtdev *mgmtdev = obj;
	const struct device *dev = mgmtdev->mdev->device;
	const struct mgmtdev_key *k = arg->key;

	if (!k->bus != !dev->bus)
		return 1;
	if (k->bus && !vdpa_str_eq(*k->bus, vdpa_str(dev->bus->name)))
		return 1;
	return !vdpa_str_eq(k->name, vdpa_str(dev_name(dev)));
}

static const struct rhashtable_params mgmtdev_params = {
	.head_offset = offsetof(struct vdpa_mgmtdev, node),
	.hashfn = mgmtdev_hash_key,
	.obj_hashfn = mgmtdev_hash_obj,
	.obj_cmpfn = mgmtdev_cmp,
	.automatic_shrinking = true,
};

/**
 * vdpa_mgmtdev_find - find a management device
 * @bus: name of its bus; NULL: none
 * @name: its device name
 *
 * Return: the first that was registered with these names, to be put with vdpa_mgmtdev_put(), or
 * NULL. Until then it stays registered.
 */
struct vdpa_mgmtdev *vdpa_mgmtdev_find(const struct vdpa_str *bus, struct vdpa_str name)
{
	struct mgmtdev_key key = { .bus = bus, .name = name };
	struct vdpa_mgmtdev *mgmtdev;

	mutex_lock(&vdpa_registry_lock);
	mgmtdev = rhashtable_lookup_fast(&mgmtdevs_by_name, &key, mgmtdev_params);
	if (mgmtdev)
		vdpa_mgmtdev_get(mgmtdev);
	mutex_unlock(&vdpa_registry_lock);
	return mgmtdev;
}

/**
 * vdpa_mgmtdev_next - walk the management devices in the order of their indices
 * @index: where to start (0 at first); set to the index of the one found
 *
 * Return: the first at or after @index, to be put with vdpa_mgmtdev_put(), or
 * NULL after the last.
 */
struct vdpa_mgmtdev *vdpa_mgmtdev_next(unsigned long *index)
{
	struct vdpa_mgmtdev *mgmtdev;

	mutex_lock(&vdpa_registry_lock);
	mgmtdev = xa_find(&mgmtdevs_by_index, index, ULONG_MAX, XA_PRESENT);
	if (mgmtdev)
		vdpa_mgmtdev_get(mgmtdev);
	mutex_unlock(&vdpa_registry_lock);
	return mgmtdev;
}

/* Return: a number that changes whenever a management device is added or removed. */
u32 vdpa_mgmtdev_generation(void)
{
	return READ_ONCE(mgmtdevs_generation);
}

static void mgmtdevs_changed(void)
{
	lockdep_assert_held(&vdpa_registry_lock);
	if (!++mgmtdevs_generation)
		mgmtdevs_generation = 1;
}

/* Return: the key of @mgmtdev; @bus provides room for the name of its bus. */
static struct mgmtdev_key mgmtdev_key(const struct vdpa_mgmtdev *mgmtdev, struct vdpa_str *bus)
{
	const struct device *dev = mgmtdev->mdev->device;

	if (dev->bus)
		*bus = vdpa_str(dev->bus->name);
	return (struct mgmtdev_key){
		.bus = dev->bus ? bus : NULL,
		.name = vdpa_str(dev_name(dev)),
	};
}

/* Two management devices may have the same name: the second gets it when the first is removed. */
static int mgmtdev_take_name(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_str bus;
	struct mgmtdev_key key = mgmtdev_key(mgmtdev, &bus);
	int err;

	lockdep_assert_held(&vdpa_registry_lock);
	err = rhashtable_lookup_insert_key(&mgmtdevs_by_name, &key, &mgmtdev->node, mgmtdev_params);
	mgmtdev->named = !err;
	return err == -EEXIST ? 0 : err;
}

static void mgmtdev_drop_name(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_mgmtdev *other;
	unsigned long index;

	lockdep_assert_held(&vdpa_registry_lock);
	if (!mgmtdev->named) {
		mgmtdevs_unnamed--;
		return;
	}
	rhashtable_remove_fast(&mgmtdevs_by_name, &mgmtdev->node, mgmtdev_params);
	if (!mgmtdevs_unnamed)
		return;
	xa_for_each(&mgmtdevs_by_index, index, other)
		if (!other->named && !mgmtdev_take_name(other) && other->named)
			mgmtdevs_unnamed--;
}

/**
 * vdpa_mgmtdevs_add - make a management device visible
 * @mgmtdev: the management device
 *
 * Context: may sleep; takes vdpa_registry_lock.
 * Return: 0, -ENOMEM, or -EBUSY if there is no index left.
 */
int vdpa_mgmtdevs_add(struct vdpa_mgmtdev *mgmtdev)
{
	int err;

	err = xa_alloc(&mgmtdevs_by_index, &mgmtdev->index, NULL, xa_limit_31b, GFP_KERNEL);
	if (err)
		return err;

	mutex_lock(&vdpa_registry_lock);
	err = mgmtdev_take_name(mgmtdev);
	if (err) {
		xa_erase(&mgmtdevs_by_index, mgmtdev->index);
	} else {
		mgmtdevs_unnamed += !mgmtdev->named;
		xa_store(&mgmtdevs_by_index, mgmtdev->index, mgmtdev, GFP_KERNEL);
		mgmtdevs_changed();
		vdpa_event_mgmtdev(mgmtdev, VDPA_EVENT_MGMTDEV_ADDED);
	}
	mutex_unlock(&vdpa_registry_lock);
	return err;
}

/* Make a management device invisible. vdpa_registry_lock is held. */
void vdpa_mgmtdevs_del(struct vdpa_mgmtdev *mgmtdev)
{
	lockdep_assert_held(&vdpa_registry_lock);
	xa_erase(&mgmtdevs_by_index, mgmtdev->index);
	mgmtdev_drop_name(mgmtdev);
	mgmtdevs_changed();
}

/* The queues. */

static struct vdpa_task *mgmtdev_next_task(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_task *task;

	mutex_lock(&vdpa_registry_lock);
	task = list_first_entry_or_null(&mgmtdev->tasks, struct vdpa_task, link);
	if (task)
		list_del_init(&task->link);
	mutex_unlock(&vdpa_registry_lock);
	return task;
}

static void mgmtdev_work(struct work_struct *work)
{
	struct vdpa_mgmtdev *mgmtdev = container_of(work, struct vdpa_mgmtdev, work);
	struct vdpa_task *task;

	while ((task = mgmtdev_next_task(mgmtdev)))
		task->run(task);
}

/**
 * vdpa_mgmtdev_submit - queue a task
 * @mgmtdev: the management device; the caller is a user of it, or of one of its devices
 * @task: the task
 *
 * Return: false, and the task is not queued, if the parent is being unregistered.
 */
bool vdpa_mgmtdev_submit(struct vdpa_mgmtdev *mgmtdev, struct vdpa_task *task)
{
	bool taken;

	mutex_lock(&vdpa_registry_lock);
	taken = !mgmtdev->going;
	if (taken) {
		list_add_tail(&task->link, &mgmtdev->tasks);
		queue_work(mgmtdev_wq, &mgmtdev->work);
	}
	mutex_unlock(&vdpa_registry_lock);
	return taken;
}

/**
 * vdpa_mgmtdev_adopt_name - take over the name that was reserved for a new device
 * @mgmtdev: the parent, in its dev_add
 * @text: the name that the parent gave the device
 *
 * Return: the reservation, which the device now owns; NULL if there is none of that name.
 */
struct vdpa_name *vdpa_mgmtdev_adopt_name(struct vdpa_mgmtdev *mgmtdev, struct vdpa_str text)
{
	struct vdpa_name *name;

	mutex_lock(&vdpa_registry_lock);
	name = mgmtdev->adding;
	if (name && vdpa_str_eq(text, vdpa_name_str(name)))
		mgmtdev->adding = NULL;
	else
		name = NULL;
	mutex_unlock(&vdpa_registry_lock);
	return name;
}

void vdpa_mgmtdev_turns_init(struct vdpa_mgmtdev *mgmtdev)
{
	INIT_LIST_HEAD(&mgmtdev->tasks);
	INIT_WORK(&mgmtdev->work, mgmtdev_work);
}

int __init vdpa_mgmtdevs_init(void)
{
	int err = rhashtable_init(&mgmtdevs_by_name, &mgmtdev_params);

	if (err)
		return err;
	mgmtdev_wq = alloc_workqueue("vdpa_mgmtdev", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (mgmtdev_wq)
		return 0;
	rhashtable_destroy(&mgmtdevs_by_name);
	return -ENOMEM;
}

void vdpa_mgmtdevs_exit(void)
{
	destroy_workqueue(mgmtdev_wq);
	rhashtable_destroy(&mgmtdevs_by_name);
	WARN_ON(!xa_empty(&mgmtdevs_by_index));
}
