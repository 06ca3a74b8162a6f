// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtio driver of this host for the devices of the test parent that no driver of the
 * kernel's serves. It sets DRIVER_OK and asks nothing of them.
 */
#include <linux/module.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

static int vtd_probe(struct virtio_device *vdev)
{
	virtio_device_ready(vdev);
	return 0;
}

static void vtd_remove(struct virtio_device *vdev)
{
	virtio_reset_device(vdev);
}

static const struct virtio_device_id vtd_ids[] = {
	{ VIRTIO_ID_RPMB, VIRTIO_DEV_ANY_ID },
	{ }
};

static struct virtio_driver vtd_driver = {
	.driver.name	= KBUILD_MODNAME,
	.id_table	= vtd_ids,
	.probe		= vtd_probe,
	.remove		= vtd_remove,
};
module_virtio_driver(vtd_driver);

MODULE_DESCRIPTION("A driver of this host for devices of the test parent");
MODULE_LICENSE("GPL");
