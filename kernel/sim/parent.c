// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registering the management device of a class of simulated devices.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/module.h>

#include "sim.h"

/**
 * vdpasim_parent_register - register the management device of a class
 * @parent: filled in by the class, except for the device, the workqueue and the directories
 *
 * May sleep. Return: 0 or an error; devices can be added before this returns.
 */
int vdpasim_parent_register(struct vdpasim_parent *parent)
{
	int err;

	atomic_set(&parent->live, 0);
	init_waitqueue_head(&parent->drained);
	vdpasim_text_init(&parent->version, "1.0.0");
	vdpasim_text_init(&parent->accepts, "");

	parent->wq = alloc_workqueue("%s", WQ_UNBOUND | WQ_MEM_RECLAIM, 0, parent->name);
	if (!parent->wq)
		return -ENOMEM;

	parent->mdev.device = root_device_register(parent->name);
	if (IS_ERR(parent->mdev.device)) {
		err = PTR_ERR(parent->mdev.device);
		goto err_wq;
	}

	vdpasim_knobs_parent(parent);

	err = vdpasim_migration_register(parent);
	if (err)
		goto err_device;
	return 0;

err_device:
	debugfs_remove(parent->dir);
	root_device_unregister(parent->mdev.device);
err_wq:
	destroy_workqueue(parent->wq);
	return err;
}
EXPORT_SYMBOL_GPL(vdpasim_parent_register);

/**
 * vdpasim_parent_unregister - unregister the management device of a class
 * @parent: registered by vdpasim_parent_register()
 *
 * Deletes its devices, and waits until the last of them is freed: a later put_device() would call
 * code of an unloaded module. May sleep.
 */
void vdpasim_parent_unregister(struct vdpasim_parent *parent)
{
	vdpa_mgmtdev_unregister(&parent->mdev);
	wait_event(parent->drained, !atomic_read(&parent->live));
	debugfs_remove(parent->dir);
	root_device_unregister(parent->mdev.device);
	destroy_workqueue(parent->wq);
}
EXPORT_SYMBOL_GPL(vdpasim_parent_unregister);
