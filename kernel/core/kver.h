/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All differences between the kernels that the core builds for (6.12 LTS to current).
 *
 * Stable kernels get such changes by backports, so a version check is not reliable. Kbuild searches
 * the headers and defines:
 *
 * KVER_DEV_OVERRIDE	struct vdpa_device has a driver_override of its own; later
 *			the driver core keeps it for all buses
 * KVER_VIRTIO_MAP	__vdpa_alloc_device() takes the parent's mapping operations
 */
#ifndef _VDPA_KVER_H
#define _VDPA_KVER_H

#include <linux/device.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <uapi/linux/virtio_config.h>

#include "registry.h"

/* Virtio 1.4's suspend: the feature and the status bit. */
#ifndef VIRTIO_F_SUSPEND
#define VIRTIO_F_SUSPEND	43
#endif
#ifndef VIRTIO_CONFIG_S_SUSPEND
#define VIRTIO_CONFIG_S_SUSPEND	16
#endif

#if KVER_VIRTIO_MAP
#define KVER_MAP_PARAM		const struct virtio_map_ops *map,
#define KVER_SET_MAP(vdev)	((vdev)->map = map)
#else
#define KVER_MAP_PARAM
#define KVER_SET_MAP(vdev)	((void)(vdev))
#endif

#if !KVER_DEV_OVERRIDE

#define KVER_BUS_OVERRIDE_INIT	.driver_override = true

/* Return: 1 if the override names @drv, 0 if it names another driver, -1 without an override. */
static inline int kver_match_override(struct device *dev, const struct device_driver *drv)
{
#ifdef __CHECKER__
	return -1;	/* sparse does not understand guard() */
#else
	int ret = device_match_driver_override(dev, drv);

	return ret < 0 ? -1 : ret;
#endif
}

static inline void kver_free_override(struct vdpa_device *vdev)
{
}

/* @name: "": any driver. May sleep. Return: 0 or -ENOMEM. */
static inline int kver_set_override(struct vdpa_device *vdev, const char *name)
{
	return device_set_driver_override(&vdev->dev, name);
}

/* Return: false if there is none. */
static inline bool kver_get_override(struct vdpa_device *vdev, char *name, size_t size)
{
	bool there;

	spin_lock(&vdev->dev.driver_override.lock);
	there = vdev->dev.driver_override.name;
	strscpy(name, there ? vdev->dev.driver_override.name : "", size);
	spin_unlock(&vdev->dev.driver_override.lock);
	return there;
}

#else /* KVER_DEV_OVERRIDE */

/* vdpa_registry_lock protects the override; the caller holds it. */
static inline int kver_match_override(struct device *dev, const struct device_driver *drv)
{
	const char *override = dev_to_vdpa(dev)->driver_override;

	return override ? !strcmp(override, drv->name) : -1;
}

static inline void kver_free_override(struct vdpa_device *vdev)
{
	kfree(vdev->driver_override);
}

static inline int kver_set_override_n(struct vdpa_device *vdev, const char *s, size_t len)
{
	const char *name = len ? kstrndup(s, len, GFP_KERNEL) : NULL;

	if (len && !name)
		return -ENOMEM;
	mutex_lock(&vdpa_registry_lock);
	swap(vdev->driver_override, name);
	mutex_unlock(&vdpa_registry_lock);
	kfree(name);
	return 0;
}

/* @name: "": any driver. May sleep. Return: 0 or -ENOMEM. */
static inline int kver_set_override(struct vdpa_device *vdev, const char *name)
{
	return kver_set_override_n(vdev, name, strlen(name));
}

/* Return: false if there is none. */
static inline bool kver_get_override(struct vdpa_device *vdev, char *name, size_t size)
{
	bool there;

	mutex_lock(&vdpa_registry_lock);
	there = vdev->driver_override;
	strscpy(name, there ? vdev->driver_override : "", size);
	mutex_unlock(&vdpa_registry_lock);
	return there;
}

static inline ssize_t driver_override_show(struct device *dev, struct device_attribute *attr,
					   char *buf)
{
	ssize_t len;

	mutex_lock(&vdpa_registry_lock);
	len = sysfs_emit(buf, "%s\n", dev_to_vdpa(dev)->driver_override);
	mutex_unlock(&vdpa_registry_lock);
	return len;
}

/* Less than a page: driver_override_show() could not show a longer name. */
static inline ssize_t driver_override_store(struct device *dev, struct device_attribute *attr,
					    const char *buf, size_t count)
{
	size_t len = strcspn(buf, "\n");
	int err;

	if (count >= PAGE_SIZE - 1)
		return -EINVAL;
	err = kver_set_override_n(dev_to_vdpa(dev), buf, len);
	return err ? err : count;
}

static __maybe_unused DEVICE_ATTR_RW(driver_override);

static __maybe_unused struct attribute *kver_dev_attrs[] = {
	&dev_attr_driver_override.attr,
	NULL
};

static __maybe_unused const struct attribute_group kver_dev_group = {
	.attrs = kver_dev_attrs,
};

static __maybe_unused const struct attribute_group *kver_dev_groups[] = {
	&kver_dev_group,
	NULL
};

#define KVER_BUS_OVERRIDE_INIT	.dev_groups = kver_dev_groups

#endif /* KVER_DEV_OVERRIDE */

#endif
