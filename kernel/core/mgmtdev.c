// SPDX-License-Identifier: GPL-2.0-only
/*
 * Management devices: they create, change and delete devices.
 */
#include "export.h"

#include "device.h"
#include "driver.h"
#include "message.h"
#include "mgmtdev.h"
#include "notify.h"
#include "registry.h"
#include "removal.h"
#include "request.h"

/**
 * vdpa_mgmtdev_classes - get the classes of devices that a parent can create
 * @mgmtdev: the management device
 *
 * Return: bit n is set for virtio device ID n; IDs above 63 are left out.
 */
u64 vdpa_mgmtdev_classes(const struct vdpa_mgmtdev *mgmtdev)
{
	const struct virtio_device_id *id;
	u64 classes = 0;

	for (id = mgmtdev->mdev->id_table; id->device; id++)
		if (id->device < 64)
			classes |= BIT_ULL(id->device);
	return classes;
}

/**
 * __vdpa_mgmtdev_refuse - set the reason why a device is not created
 * @version: VDPA_REFUSAL_VERSION that the parent was built with
 * @mdev: the management device
 * @attr: the attribute at fault; 0: none
 * @reason: a few words
 *
 * Called through vdpa_mgmtdev_refuse(), which looks the symbol up by name. Does nothing if no
 * dev_add is under way.
 *
 * Context: may sleep; called by the parent's dev_add.
 * Return: false if the core has another version, and so ignores the reason.
 */
bool __vdpa_mgmtdev_refuse(unsigned int version, struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
			   const char *reason)
{
	struct vdpa_mgmtdev *mgmtdev;

	if (version != VDPA_REFUSAL_VERSION)
		return false;
	mgmtdev = vdpa_mgmtdev_of(mdev);
	mutex_lock(&vdpa_registry_lock);
	if (mgmtdev->in_dev_add) {
		strscpy(mgmtdev->refusal, reason);
		mgmtdev->refusal_attr = attr;
	}
	mutex_unlock(&vdpa_registry_lock);
	return true;
}
EXPORT_SYMBOL_GPL(__vdpa_mgmtdev_refuse);

/* Set the error message: the parent's reason, if it gave one. Meanwhile no other dev_add runs. */
static void refuse_device(struct vdpa_request *req)
{
	const struct vdpa_mgmtdev *mgmtdev = req->mgmtdev;
	const char *name = dev_name(mgmtdev->mdev->device);

	if (!mgmtdev->refusal[0]) {
		NL_SET_ERR_MSG_FMT(&req->extack, "management device " VDPA_MSG_NAME
				   " refused to create it", name);
		return;
	}
	NL_SET_ERR_MSG_FMT(&req->extack, VDPA_MSG_NAME " refuses it: %s", name, mgmtdev->refusal);
	if (mgmtdev->refusal_attr <= VDPA_ATTR_LAST)
		req->fault = mgmtdev->refusal_attr;
}

/* Return: the device that dev_add has registered, with a reference, or NULL. */
static struct vdpa_entry *added_device(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_entry *entry;

	mutex_lock(&vdpa_registry_lock);
	entry = mgmtdev->added;
	if (entry)
		get_device(&entry->vdev->dev);
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/*
 * Bind the driver. The device is not published yet: if the driver does not bind, delete the device.
 */
static int give_driver(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req)
{
	struct vdpa_entry *entry = added_device(mgmtdev);
	int err;

	if (!entry)
		return 0;
	err = vdpa_driver_attach(entry, req->driver, &req->extack);
	if (err) {
		req->fault = VDPA_ATTR_DEV_DRIVER;
		mgmtdev->mdev->ops->dev_del(mgmtdev->mdev, entry->vdev);
	}
	put_device(&entry->vdev->dev);
	return err;
}

static int create_device(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req)
{
	struct vdpa_mgmt_dev *mdev = mgmtdev->mdev;
	int err = mdev->ops->dev_add(mdev, req->name->text, &req->config);

	if (err)
		refuse_device(req);
	else if (req->driver)
		err = give_driver(mgmtdev, req);
	return err;
}

static int add_device(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req)
{
	int err;

	mutex_lock(&vdpa_registry_lock);
	mgmtdev->adding = req->name;
	mgmtdev->add_req = req;
	mgmtdev->added = NULL;
	mgmtdev->refusal[0] = '\0';
	mgmtdev->in_dev_add = true;
	mutex_unlock(&vdpa_registry_lock);

	err = create_device(mgmtdev, req);

	mutex_lock(&vdpa_registry_lock);
	if (!mgmtdev->adding)
		req->name = NULL;	/* the device took the name, or has released it */
	mgmtdev->adding = NULL;
	mgmtdev->add_req = NULL;
	mgmtdev->added = NULL;
	mgmtdev->in_dev_add = false;
	vdpa_entries_publish(mgmtdev);
	mutex_unlock(&vdpa_registry_lock);
	return err;
}

static int refuse_going(const struct vdpa_mgmtdev *mgmtdev, struct netlink_ext_ack *extack)
{
	NL_SET_ERR_MSG_FMT(extack, "management device " VDPA_MSG_NAME " is going away",
			   dev_name(mgmtdev->mdev->device));
	return -ENODEV;
}

/* Runs in the parent's queue. */
static void add_task(struct vdpa_task *task)
{
	struct vdpa_request *req = container_of(task, struct vdpa_request, task);
	struct vdpa_mgmtdev *mgmtdev = req->mgmtdev;

	vdpa_request_done(req, READ_ONCE(mgmtdev->going) ? refuse_going(mgmtdev, &req->extack) :
							   add_device(mgmtdev, req));
}

/**
 * vdpa_mgmtdev_add_device - queue the creation of a device
 * @mgmtdev: the management device, of which the caller is a user
 * @req: the request, with the reserved name and the configuration
 * @extack: set on error
 *
 * Return: 0, and @req will be answered; -ENODEV if @mgmtdev is being unregistered.
 */
int vdpa_mgmtdev_add_device(struct vdpa_mgmtdev *mgmtdev, struct vdpa_request *req,
			    struct netlink_ext_ack *extack)
{
	req->mgmtdev = mgmtdev;
	vdpa_mgmtdev_get(mgmtdev);
	req->task.run = add_task;
	return vdpa_mgmtdev_submit(mgmtdev, &req->task) ? 0 : refuse_going(mgmtdev, extack);
}

/**
 * vdpa_mgmtdev_set_device - change the configuration of a device
 * @req: the request, with the device and the new configuration
 *
 * Context: a worker; may sleep for as long as the parent takes.
 * Return: 0 or the parent's error.
 */
int vdpa_mgmtdev_set_device(struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	struct vdpa_mgmt_dev *mdev = entry->mgmtdev->mdev;
	int err;

	vdpa_poll_down_write(&entry->vdev->cf_lock);
	err = mdev->ops->dev_set_attr(mdev, entry->vdev, &req->config);
	up_write(&entry->vdev->cf_lock);
	if (!err)
		vdpa_event_config(entry, VDPA_CAUSE_MANAGEMENT);
	else
		NL_SET_ERR_MSG_FMT(&req->extack, "management device " VDPA_MSG_NAME
				   " refused the change", dev_name(mdev->device));
	return err;
}

/* Powers of two. */
#define VDPA_DIRTY_PAGE_SIZES	(2 * VDPA_DIRTY_PAGE_SIZE_MAX - VDPA_DIRTY_PAGE_SIZE_MIN)

/*
 * Return: whether the dirty tracking operations are complete or absent, and the page sizes are
 * valid.
 */
static bool dirty_ops_sound(const struct vdpa_migration_ops *ops)
{
	bool all = ops->dirty_start && ops->dirty_read && ops->dirty_stop && ops->dirty_page_sizes;
	bool any = ops->dirty_start || ops->dirty_read || ops->dirty_stop || ops->dirty_page_sizes;

	return all == any && !(ops->dirty_page_sizes & ~VDPA_DIRTY_PAGE_SIZES);
}

static int mgmtdev_register(struct vdpa_mgmt_dev *mdev, const struct vdpa_migration_ops *ops)
{
	struct vdpa_mgmtdev *mgmtdev;
	int err;

	if (!mdev->device || !mdev->ops || !mdev->ops->dev_add || !mdev->ops->dev_del ||
	    !mdev->id_table)
		return -EINVAL;

	mgmtdev = kzalloc(sizeof(*mgmtdev), GFP_KERNEL);
	if (!mgmtdev)
		return -ENOMEM;
	mgmtdev->mdev = mdev;
	if (ops)
		mgmtdev->migration = *ops;
	INIT_LIST_HEAD(&mgmtdev->ring);
	list_add(&mdev->list, &mgmtdev->ring);
	vdpa_guard_init(&mgmtdev->guard);
	vdpa_line_init(&mgmtdev->line, &mgmtdev->guard);
	INIT_LIST_HEAD(&mgmtdev->devices);
	vdpa_mgmtdev_turns_init(mgmtdev);

	err = vdpa_mgmtdevs_add(mgmtdev);
	if (err)
		kfree(mgmtdev);
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
	return mgmtdev_register(mdev, NULL);
}
EXPORT_SYMBOL_GPL(vdpa_mgmtdev_register);

/*
 * Each side of pre-copy needs all of its operations, and save or load. Return: what is wrong, or
 * NULL.
 */
static const char *half_precopy(const struct vdpa_migration_ops *ops)
{
	unsigned int source = !!ops->precopy_begin + !!ops->precopy_read + !!ops->precopy_info +
			      !!ops->precopy_save + !!ops->precopy_end;
	unsigned int target = !!ops->precopy_load + !!ops->precopy_drop;

	if (source && source < 5)
		return "a part of pre-copy only: begin, read, info, save and end go together";
	if (source && !ops->save)
		return "a part of pre-copy only: save is missing";
	if (target && target < 2)
		return "a part of pre-copy only: load and drop go together";
	if (target && !ops->load)
		return "a part of pre-copy only: load is missing";
	return NULL;
}

static const char *half_dirty(const struct vdpa_migration_ops *ops)
{
	return dirty_ops_sound(ops) ? NULL :
	       "a part of dirty tracking only: start, read, stop and page sizes go together";
}

static const char *half_inflight(const struct vdpa_migration_ops *ops)
{
	if (!ops->vq_inflight_get == !ops->vq_inflight_set)
		return NULL;
	return ops->vq_inflight_get ? "vq_inflight_get alone" : "vq_inflight_set alone";
}

static const char *name_of(const struct vdpa_mgmt_dev *mdev)
{
	return mdev->device ? dev_name(mdev->device) : "a management device";
}

/* Refuse incomplete groups of operations. Return: 0 or -EINVAL. */
static int check_halves(const struct vdpa_mgmt_dev *mdev, const struct vdpa_migration_ops *ops)
{
	const char *half = half_precopy(ops) ?: half_dirty(ops) ?: half_inflight(ops);

	if (!half)
		return 0;
	pr_err("vdpa: %s is not registered: it has %s\n", name_of(mdev), half);
	return -EINVAL;
}

/**
 * __vdpa_mgmtdev_register_migration - register a management device with migration operations
 * @version: VDPA_MIGRATION_VERSION that the parent was built with
 * @mdev: the management device
 * @ops: its migration operations
 *
 * Called through vdpa_mgmtdev_register_migration(), which looks the symbol up by name. With another
 * @version, the management device is registered without @ops.
 *
 * Context: may sleep.
 * Return: as vdpa_mgmtdev_register(); -EINVAL also if @ops has no size, or an incomplete group of
 * operations.
 */
int __vdpa_mgmtdev_register_migration(unsigned int version, struct vdpa_mgmt_dev *mdev,
				      const struct vdpa_migration_ops *ops)
{
	struct vdpa_migration_ops known = {};
	int err;

	if (version != VDPA_MIGRATION_VERSION) {
		pr_warn("vdpa: %s is built for version %u of linux/vdpa_migration.h, the core for %u: not used\n",
			name_of(mdev), version, VDPA_MIGRATION_VERSION);
		return vdpa_mgmtdev_register(mdev);
	}
	if (!ops || ops->size < offsetofend(struct vdpa_migration_ops, size))
		return -EINVAL;
	memcpy(&known, ops, min(ops->size, sizeof(known)));
	err = check_halves(mdev, &known);
	if (err)
		return err;
	return mgmtdev_register(mdev, &known);
}
EXPORT_SYMBOL_GPL(__vdpa_mgmtdev_register_migration);

/* Remove it from the tables, and wait until the queue is empty: queued tasks see @going. */
static void mgmtdev_hide(struct vdpa_mgmtdev *mgmtdev)
{
	mutex_lock(&vdpa_registry_lock);
	mgmtdev->going = true;
	vdpa_mgmtdevs_del(mgmtdev);
	mutex_unlock(&vdpa_registry_lock);
	flush_work(&mgmtdev->work);
}

static struct vdpa_entry *mgmtdev_first_device(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_entry *entry;

	mutex_lock(&vdpa_registry_lock);
	entry = list_first_entry_or_null(&mgmtdev->devices, struct vdpa_entry, sibling);
	if (entry)
		get_device(&entry->vdev->dev);
	mutex_unlock(&vdpa_registry_lock);
	return entry;
}

/**
 * vdpa_mgmtdev_unregister - unregister a management device, with all its devices
 * @mdev: the management device
 *
 * Context: may sleep for as long as the parent's running operation and the unbind of its devices
 * take. It cannot fail, so it cannot be cancelled. No lock is held meanwhile.
 */
void vdpa_mgmtdev_unregister(struct vdpa_mgmt_dev *mdev)
{
	struct vdpa_mgmtdev *mgmtdev = vdpa_mgmtdev_of(mdev);
	struct vdpa_entry *entry;

	mgmtdev_hide(mgmtdev);
	while ((entry = mgmtdev_first_device(mgmtdev))) {
		vdpa_removal_force(entry);
		put_device(&entry->vdev->dev);
	}
	vdpa_guard_close(&mgmtdev->guard);
	vdpa_event_mgmtdev(mgmtdev, VDPA_EVENT_MGMTDEV_REMOVED);
	list_del_init(&mdev->list);
	kfree_rcu(mgmtdev, rcu);
}
EXPORT_SYMBOL_GPL(vdpa_mgmtdev_unregister);
