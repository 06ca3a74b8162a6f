// SPDX-License-Identifier: GPL-2.0-only
/*
 * The vdpa bus, which binds bus drivers (vhost_vdpa, virtio_vdpa) to devices.
 */
#include "export.h"

#include <linux/dma-mapping.h>

#include "bus.h"
#include "device.h"
#include "hold.h"
#include "kver.h"
#include "notify.h"
#include "registry.h"

/*
 * Any driver matches any device, unless driver_override names one or the device is being unbound
 * for a deletion or a driver change. During a driver change only the next driver matches, after a
 * cancelled deletion only the old one.
 */
static bool may_drive(struct device *dev, const struct device_driver *drv)
{
	struct vdpa_entry *entry = vdpa_entry(dev_to_vdpa(dev));
	bool kept, restored;
	int override;

	mutex_lock(&vdpa_registry_lock);
	override = kver_match_override(dev, drv);
	kept = entry->removing || (entry->changing && strcmp(entry->next_driver, drv->name));
	restored = !entry->restore[0] || !strcmp(entry->restore, drv->name);
	mutex_unlock(&vdpa_registry_lock);
	return !kept && (override < 0 ? restored : override);
}

static int vdpa_bus_match(struct device *dev, const struct device_driver *drv)
{
	return may_drive(dev, drv);
}

/* Note the result of a probe. The event of an unpublished device is sent when it is published. */
static void note_probe(struct vdpa_entry *entry, const char *driver, int err)
{
	mutex_lock(&vdpa_registry_lock);
	entry->probe_err = err;
	if (!err) {
		entry->driver = driver;
		if (entry->published)
			vdpa_event_driver(entry);
	}
	mutex_unlock(&vdpa_registry_lock);
}

static void note_remove(struct vdpa_entry *entry)
{
	mutex_lock(&vdpa_registry_lock);
	entry->driver = NULL;
	entry->user_pid = 0;
	if (entry->published)
		vdpa_event_driver(entry);
	mutex_unlock(&vdpa_registry_lock);
}

static bool is_vhost(const struct vdpa_driver *drv)
{
	return !strcmp(drv->driver.name, VDPA_VHOST_DRIVER);
}

static int probe(struct device *dev, struct vdpa_driver *drv)
{
	struct vdpa_device *vdev = dev_to_vdpa(dev);
	struct vdpa_entry *entry = vdpa_entry(vdev);
	int err;

	dev->dma_mask = &dev->coherent_dma_mask;
	err = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	if (err)
		return err;
	if (entry->max_vq_size < entry->min_vq_size)
		return -EINVAL;
	if (is_vhost(drv))
		vdpa_hold_probe(entry, true);
	err = drv->probe ? drv->probe(vdev) : 0;
	if (is_vhost(drv))
		vdpa_hold_probe(entry, false);
	return err;
}

static int vdpa_bus_probe(struct device *dev)
{
	struct vdpa_entry *entry = vdpa_entry(dev_to_vdpa(dev));
	int err;

	/*
	 * The driver core matches without the device lock. Here the lock is held: a deletion or
	 * a driver change that begins now waits for it before it detaches the driver again.
	 */
	if (!may_drive(dev, dev->driver))
		return -ENODEV;
	err = probe(dev, drv_to_vdpa(dev->driver));
	note_probe(entry, dev->driver->name, err);
	return err;
}

static void vdpa_bus_remove(struct device *dev)
{
	struct vdpa_driver *drv = drv_to_vdpa(dev->driver);
	struct vdpa_device *vdev = dev_to_vdpa(dev);
	struct vdpa_entry *entry = vdpa_entry(vdev);

	/* vhost_vdpa waits until its file is closed, which resets the device. */
	if (!is_vhost(drv))
		vdpa_hold_leave(entry);
	if (drv->remove)
		drv->remove(vdev);
	note_remove(entry);
	vdpa_hold_left(entry);
}

const struct bus_type vdpa_bus = {
	.name = "vdpa",
	.match = vdpa_bus_match,
	.probe = vdpa_bus_probe,
	.remove = vdpa_bus_remove,
	KVER_BUS_OVERRIDE_INIT,
};

/**
 * __vdpa_register_driver - register a bus driver
 * @drv: the driver
 * @owner: its module
 *
 * Context: may sleep; the driver probes the devices before it returns.
 * Return: 0 or the driver core's error.
 */
int __vdpa_register_driver(struct vdpa_driver *drv, struct module *owner)
{
	drv->driver.bus = &vdpa_bus;
	drv->driver.owner = owner;
	return driver_register(&drv->driver);
}
EXPORT_SYMBOL_GPL(__vdpa_register_driver);

/**
 * vdpa_unregister_driver - unregister a bus driver
 * @drv: the driver
 *
 * Context: may sleep for as long as the driver takes to unbind from its devices.
 */
void vdpa_unregister_driver(struct vdpa_driver *drv)
{
	driver_unregister(&drv->driver);
}
EXPORT_SYMBOL_GPL(vdpa_unregister_driver);
