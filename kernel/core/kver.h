/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between the kernels that the core builds for (6.12 LTS to
 * current) is in this file, so that the rest reads as if written for one.
 *
 * Stable kernels take such changes back too, so that a version number does not
 * tell: Kbuild looks into the headers and defines
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

/* Virtio 1.4's suspend: the feature, and the bit of the device status. */
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

/* Return: 1 the override names @drv, 0 it names another, -1 there is none. */
static inline int kver_match_override(struct device *dev, const struct device_driver *drv)
{
#ifdef __CHECKER__
	return -1;	/* sparse does not understand the guard() in it */
#else
	int ret = device_match_driver_override(dev, drv);

	return ret < 0 ? -1 : ret;
#endif
}

static inline void kver_free_override(struct vdpa_device *vdev)
{
}

#else /* KVER_DEV_OVERRIDE */

static inline int kver_match_override(struct device *dev, const struct device_driver *drv)
{
	const char *override = dev_to_vdpa(dev)->driver_override;

	return override ? !strcmp(override, drv->name) : -1;
}

static inline void kver_free_override(struct vdpa_device *vdev)
{
	kfree(vdev->driver_override);
}

static inline ssize_t driver_override_show(struct device *dev, struct device_attribute *attr,
					   char *buf)
{
	ssize_t len;

	device_lock(dev);
	len = sysfs_emit(buf, "%s\n", dev_to_vdpa(dev)->driver_override);
	device_unlock(dev);
	return len;
}

static inline ssize_t driver_override_store(struct device *dev, struct device_attribute *attr,
					    const char *buf, size_t count)
{
	int err = driver_set_override(dev, &dev_to_vdpa(dev)->driver_override, buf, count);

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
