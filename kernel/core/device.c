// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices: the exported functions that parent drivers and bus drivers call.
 */
#include "export.h"

#include <linux/netlink.h>

#include "bus.h"
#include "device.h"
#include "hold_status.h"
#include "kver.h"
#include "message.h"
#include "mgmtdev.h"
#include "migration/dirty.h"
#include "notify.h"
#include "ops.h"
#include "precopy.h"
#include "registry.h"
#include "removal.h"
#include "request.h"

static void vdpa_device_release(struct device *dev)
{
	struct vdpa_device *vdev = dev_to_vdpa(dev);
	struct vdpa_entry *entry = vdpa_entry(vdev);

	if (entry->ops.free)
		entry->ops.free(vdev);
	vdpa_registry_index_put(entry);
	kver_free_override(vdev);
	vdpa_hold_exit(entry);
	vdpa_precopy_forget(entry);
	vdpa_dirty_exit(entry);
	kvfree(entry->group_asid);
	kfree(entry);
	kfree(vdev);
}

static struct vdpa_entry *entry_alloc(struct vdpa_device *vdev, const struct vdpa_config_ops *ops,
				      unsigned int ngroups)
{
	static atomic64_t serial;
	struct vdpa_entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL);

	if (!entry)
		return NULL;
	if (ops->set_group_asid && ngroups) {
		entry->group_asid = kvcalloc(ngroups, sizeof(*entry->group_asid), GFP_KERNEL);
		if (!entry->group_asid) {
			kfree(entry);
			return NULL;
		}
	}
	entry->parent_ops = ops;
	spin_lock_init(&entry->config_cb_lock);
	vdpa_ops_observe(&entry->ops, ops);
	entry->vdev = vdev;
	entry->serial = atomic64_inc_return(&serial);
	vdpa_state_init(entry);
	vdpa_hold_status_init(entry);
	INIT_LIST_HEAD(&entry->sibling);
	vdpa_removal_init(entry);
	return entry;
}

/**
 * __vdpa_alloc_device - allocate a device
 * @mgmtdev: its parent in sysfs
 * @config: the operations; never written to, so the table may be shared and constant
 * @ngroups: virtqueue groups
 * @nas: address spaces
 * @size: bytes of the parent's structure, whose first member is the struct vdpa_device
 * @name: its name; NULL: "vdpa" and its index
 * @use_va: it uses user virtual addresses
 *
 * The device is not registered. Release it with put_device(&vdev->dev).
 *
 * Context: may sleep.
 * Return: the device; ERR_PTR(-EINVAL) if @config lacks operations that others need;
 * ERR_PTR(-ENOMEM), ERR_PTR(-EBUSY) if no index is free.
 */
struct vdpa_device *__vdpa_alloc_device(struct device *mgmtdev,
					const struct vdpa_config_ops *config,
					KVER_MAP_PARAM
					unsigned int ngroups, unsigned int nas,
					size_t size, const char *name, bool use_va)
{
	struct vdpa_device *vdev;
	struct vdpa_entry *entry;
	int err;

	if (!config || !config->dma_map != !config->dma_unmap)
		return ERR_PTR(-EINVAL);
	/* User addresses mean nothing to a platform IOMMU. */
	if (use_va && !config->dma_map && !config->set_map)
		return ERR_PTR(-EINVAL);

	vdev = kzalloc(size, GFP_KERNEL);
	if (!vdev)
		return ERR_PTR(-ENOMEM);
	err = -ENOMEM;
	entry = entry_alloc(vdev, config, ngroups);
	if (!entry)
		goto err_entry;
	err = vdpa_registry_index_get(entry);
	if (err)
		goto err_index;
	if (name)
		err = dev_set_name(&vdev->dev, "%s", name);
	else
		err = dev_set_name(&vdev->dev, "vdpa%u", vdev->index);
	if (err)
		goto err_name;

	vdev->config = &entry->ops;
	KVER_SET_MAP(vdev);
	vdev->use_va = use_va;
	vdev->ngroups = ngroups;
	vdev->nas = nas;
	init_rwsem(&vdev->cf_lock);
	vdev->dev.bus = &vdpa_bus;
	vdev->dev.parent = mgmtdev;
	vdev->dev.release = vdpa_device_release;
	device_initialize(&vdev->dev);
	return vdev;

err_name:
	vdpa_registry_index_put(entry);
err_index:
	kvfree(entry->group_asid);
	kfree(entry);
err_entry:
	kfree(vdev);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(__vdpa_alloc_device);

/*
 * Some parents have the operations but always return an error: try once. Do not try with a device
 * that uses user addresses: its parent may wait for a process that is not ready yet.
 */
static bool has_vq_state(struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_device *vdev = entry->vdev;
	struct vdpa_vq_state state;

	if (!ops->get_vq_state || !ops->set_vq_state)
		return false;
	return vdev->use_va || !vdev->nvqs ||
	       ops->get_vq_state(vdev, 0, &state) != -EOPNOTSUPP;
}

static void entry_read_constants(struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	struct vdpa_device *vdev = entry->vdev;

	entry->device_id = ops->get_device_id(vdev);
	entry->vendor_id = ops->get_vendor_id(vdev);
	entry->max_vq_size = ops->get_vq_num_max(vdev);
	entry->min_vq_size = ops->get_vq_num_min ? ops->get_vq_num_min(vdev) : 1;
	entry->has_vq_state = has_vq_state(entry);
	entry->offers_suspend = ops->get_device_features(vdev) & BIT_ULL(VIRTIO_F_SUSPEND);
}

/* Take the name that DEV_NEW reserved for the parent's dev_add, or reserve a new one. */
static int entry_take_name(struct vdpa_entry *entry, struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_str text = vdpa_str(vdpa_entry_name(entry));
	struct vdpa_name *name = NULL;

	if (mgmtdev)
		name = vdpa_mgmtdev_adopt_name(mgmtdev, text);
	if (!name)
		name = vdpa_name_reserve(text);
	if (IS_ERR(name))
		return PTR_ERR(name);
	entry->name = name;
	return 0;
}

/*
 * Return: the DEV_NEW request that creates this device, or NULL. It is recognised by its name,
 * which it keeps until dev_add returns.
 */
static struct vdpa_request *entry_request(struct vdpa_entry *entry, struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_request *req = NULL;

	if (!mgmtdev)
		return NULL;
	mutex_lock(&vdpa_registry_lock);
	if (mgmtdev->add_req && mgmtdev->add_req->name == entry->name)
		req = mgmtdev->add_req;
	mutex_unlock(&vdpa_registry_lock);
	return req;
}

/* Apply the DEV_NEW request before any driver can see the device. */
static int entry_take_request(struct vdpa_entry *entry, struct vdpa_mgmtdev *mgmtdev)
{
	const struct vdpa_request *req = entry_request(entry, mgmtdev);

	if (!req)
		return 0;
	entry->by_request = true;
	entry->created = req->config;
	return req->driver ? kver_set_override(entry->vdev, req->driver) : 0;
}

/* From now on lookups and dumps find the device. */
static void entry_publish(struct vdpa_entry *entry)
{
	lockdep_assert_held(&vdpa_registry_lock);
	entry->published = true;
	vdpa_registry_add(entry);
	vdpa_state_publish(entry);
	if (entry->driver)
		vdpa_event_driver(entry);
}

/**
 * vdpa_entry_check_owner - check that no other request is loading a device
 * @entry: the device
 * @owner: the caller's load group; NULL: the caller has none
 * @extack: set if another one is
 *
 * Context: any.
 * Return: 0 or -EBUSY.
 */
int vdpa_entry_check_owner(const struct vdpa_entry *entry, const void *owner,
			   struct netlink_ext_ack *extack)
{
	const void *now = READ_ONCE(entry->load_group);

	if (!now || now == owner)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
			   " is just being loaded by another request", vdpa_entry_name(entry));
	return -EBUSY;
}

/**
 * vdpa_entries_publish - publish the devices that a parent has created
 * @mgmtdev: the parent, whose dev_add has returned
 *
 * Context: may sleep; vdpa_registry_lock is held.
 */
void vdpa_entries_publish(struct vdpa_mgmtdev *mgmtdev)
{
	struct vdpa_entry *entry;

	/* The newest devices are at the end of the list. */
	list_for_each_entry_reverse(entry, &mgmtdev->devices, sibling) {
		if (entry->published)
			break;
		entry_publish(entry);
	}
}

/* Remove the device from the tables, then wait for its users. */
static void entry_hide(struct vdpa_entry *entry)
{
	mutex_lock(&vdpa_registry_lock);
	entry->removing = true;
	if (entry->published)
		vdpa_registry_del(entry);
	list_del_init(&entry->sibling);
	if (entry->mgmtdev && entry->mgmtdev->added == entry)
		entry->mgmtdev->added = NULL;
	mutex_unlock(&vdpa_registry_lock);
	vdpa_guard_close(&entry->guard);
}

/*
 * Release the name before the event: a listener that gets DEV_REMOVED can use the name. A client
 * that saw the device in a reply gets the event after that reply.
 */
static void entry_drop_name(struct vdpa_entry *entry)
{
	mutex_lock(&vdpa_registry_lock);
	vdpa_name_release_locked(entry->name);
	entry->name = NULL;
	if (entry->published)
		vdpa_event_dev(entry, VDPA_EVENT_DEV_REMOVED);
	mutex_unlock(&vdpa_registry_lock);
}

/*
 * Publish the device only when registration can no longer fail: after device_add(), and after the
 * parent's dev_add has returned. Until then the parent may still set up the device or unregister
 * it.
 */
static int entry_register(struct vdpa_entry *entry, u32 nvqs)
{
	struct vdpa_mgmt_dev *mdev = entry->vdev->mdev;
	struct vdpa_mgmtdev *mgmtdev = mdev ? vdpa_mgmtdev_of(mdev) : NULL;
	int err;

	entry->vdev->nvqs = nvqs;
	err = vdpa_hold_init(entry);
	if (err)
		return err;
	entry_read_constants(entry);
	vdpa_guard_init(&entry->guard);
	vdpa_line_init(&entry->line, &entry->guard);
	err = entry_take_name(entry, mgmtdev);
	if (err)
		return err;
	err = entry_take_request(entry, mgmtdev);
	if (err) {
		entry_drop_name(entry);
		return err;
	}

	mutex_lock(&vdpa_registry_lock);
	entry->mgmtdev = mgmtdev;
	if (mgmtdev)
		list_add_tail(&entry->sibling, &mgmtdev->devices);
	if (entry->by_request)
		mgmtdev->added = entry;
	mutex_unlock(&vdpa_registry_lock);

	err = device_add(&entry->vdev->dev);
	if (err) {
		entry_hide(entry);
		disable_work_sync(&entry->refresh);
		vdpa_hold_status_exit(entry);
		entry_drop_name(entry);
		return err;
	}
	mutex_lock(&vdpa_registry_lock);
	if (!mgmtdev || !mgmtdev->in_dev_add)
		entry_publish(entry);
	mutex_unlock(&vdpa_registry_lock);
	return 0;
}

/* Release the name only after device_del(): sysfs uses it until then. */
static void entry_unregister(struct vdpa_entry *entry)
{
	entry_hide(entry);
	device_del(&entry->vdev->dev);
	disable_work_sync(&entry->refresh);
	vdpa_hold_status_exit(entry);
	entry_drop_name(entry);
	put_device(&entry->vdev->dev);
}

/**
 * _vdpa_register_device - register a device from within dev_add
 * @vdev: the device, with its mdev set
 * @nvqs: its virtqueues
 *
 * Context: may sleep, called by the parent's dev_add; bus drivers probe the
 * device before it returns.
 * Return: 0; -EINVAL without a management device; -EEXIST if the name is taken; -ENOMEM; or the
 * driver core's error. On failure the caller still owns the device.
 */
int _vdpa_register_device(struct vdpa_device *vdev, u32 nvqs)
{
	if (!vdev->mdev)
		return -EINVAL;
	return entry_register(vdpa_entry(vdev), nvqs);
}
EXPORT_SYMBOL_GPL(_vdpa_register_device);

/**
 * vdpa_register_device - register a device that no management device created
 * @vdev: the device
 * @nvqs: its virtqueues
 *
 * Context: may sleep; bus drivers probe the device before it returns.
 * Return: 0; -EEXIST if the name is taken; -ENOMEM; or the driver core's error. On failure the
 * caller still owns the device.
 */
int vdpa_register_device(struct vdpa_device *vdev, u32 nvqs)
{
	return entry_register(vdpa_entry(vdev), nvqs);
}
EXPORT_SYMBOL_GPL(vdpa_register_device);

/**
 * _vdpa_unregister_device - unregister a device from within dev_del
 * @vdev: the device; the reference that registering it took is dropped
 *
 * Context: may sleep, called by the parent's dev_del. After it returns, the core calls none of the
 * device's operations except free.
 */
void _vdpa_unregister_device(struct vdpa_device *vdev)
{
	WARN_ON(!vdev->mdev);
	entry_unregister(vdpa_entry(vdev));
}
EXPORT_SYMBOL_GPL(_vdpa_unregister_device);

/**
 * vdpa_unregister_device - unregister a device that no management device created
 * @vdev: the device; the reference that registering it took is dropped
 *
 * Context: may sleep. After it returns, the core calls none of the device's operations except free.
 */
void vdpa_unregister_device(struct vdpa_device *vdev)
{
	entry_unregister(vdpa_entry(vdev));
}
EXPORT_SYMBOL_GPL(vdpa_unregister_device);

/**
 * vdpa_set_status - set the device status
 * @vdev: the device
 * @status: VIRTIO_CONFIG_S_* bits
 *
 * Context: may sleep; takes cf_lock for writing across the parent's operation.
 */
void vdpa_set_status(struct vdpa_device *vdev, u8 status)
{
	down_write(&vdev->cf_lock);
	vdev->config->set_status(vdev, status);
	up_write(&vdev->cf_lock);
}
EXPORT_SYMBOL(vdpa_set_status);

/**
 * vdpa_get_config - read from the configuration space, for a bus driver
 * @vdev: the device
 * @offset: in bytes
 * @buf: destination
 * @len: in bytes
 *
 * A driver that reads before it negotiates features is a legacy driver: its features are set to 0.
 *
 * Context: may sleep; takes cf_lock for reading across the parent's operation.
 */
void vdpa_get_config(struct vdpa_device *vdev, unsigned int offset, void *buf, unsigned int len)
{
	down_read(&vdev->cf_lock);
	if (!vdev->features_valid)
		vdpa_set_features_unlocked(vdev, 0);
	vdev->config->get_config(vdev, offset, buf, len);
	up_read(&vdev->cf_lock);
}
EXPORT_SYMBOL_GPL(vdpa_get_config);

/**
 * vdpa_set_config - write to the configuration space, for a bus driver
 * @vdev: the device
 * @offset: in bytes
 * @buf: source
 * @length: in bytes
 *
 * Context: may sleep; takes cf_lock for writing across the parent's operation.
 */
void vdpa_set_config(struct vdpa_device *vdev, unsigned int offset, const void *buf,
		     unsigned int length)
{
	down_write(&vdev->cf_lock);
	vdev->config->set_config(vdev, offset, buf, length);
	up_write(&vdev->cf_lock);
}
EXPORT_SYMBOL_GPL(vdpa_set_config);
