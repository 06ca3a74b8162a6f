// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus driver of a device: see driver.h.
 */
#include <linux/device.h>
#include <linux/string.h>
#include <linux/vdpa.h>

#include "bus.h"
#include "device.h"
#include "driver.h"
#include "kver.h"
#include "message.h"
#include "registry.h"

static bool is_none(const char *name)
{
	return !strcmp(name, VDPA_DRIVER_NONE);
}

/**
 * vdpa_driver_check - check that a bus driver is loaded
 * @name: its name, or VDPA_DRIVER_NONE
 * @extack: set if there is none
 *
 * The driver may be unloaded right after this check.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL or -ENOENT.
 */
int vdpa_driver_check(const char *name, struct netlink_ext_ack *extack)
{
	if (!name[0]) {
		NL_SET_ERR_MSG(extack, "a driver's name must not be empty");
		return -EINVAL;
	}
	if (is_none(name) || driver_find(name, &vdpa_bus))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "no vdpa bus driver named %.20s is loaded", name);
	return -ENOENT;
}

/* Return: true if this driver is bound; for VDPA_DRIVER_NONE, if none is bound. */
bool vdpa_driver_is(struct vdpa_entry *entry, const char *name)
{
	bool is;

	mutex_lock(&vdpa_registry_lock);
	is = entry->driver ? !strcmp(entry->driver, name) : is_none(name);
	mutex_unlock(&vdpa_registry_lock);
	return is;
}

/**
 * vdpa_driver_is_used - check whether a process uses a device through vhost_vdpa
 * @entry: the device
 *
 * A process that has only opened the device is not detected. Its first action sets the status.
 *
 * Context: calls the parent's get_status.
 */
bool vdpa_driver_is_used(struct vdpa_entry *entry)
{
	return vdpa_driver_is(entry, VDPA_VHOST_DRIVER) && entry->ops.get_status(entry->vdev);
}

/* The process that last set the status counts as the user. */
void vdpa_driver_say_used(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	char comm[TASK_COMM_LEN];
	pid_t pid;

	mutex_lock(&vdpa_registry_lock);
	pid = entry->user_pid;
	memcpy(comm, entry->user_comm, sizeof(comm));
	mutex_unlock(&vdpa_registry_lock);
	if (pid)
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   " is in use: vhost_vdpa, %s, pid %d",
				   vdpa_entry_name(entry), comm, pid);
	else
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   " is in use through its driver vhost_vdpa",
				   vdpa_entry_name(entry));
}

/* Keep the bound driver: set driver_override to it. May sleep. Return: 0 or -ENOMEM. */
int vdpa_driver_keep(struct vdpa_entry *entry, const char *name)
{
	return kver_set_override(entry->vdev, name);
}

static int probe_err(struct vdpa_entry *entry)
{
	int err;

	mutex_lock(&vdpa_registry_lock);
	err = entry->probe_err;
	mutex_unlock(&vdpa_registry_lock);
	return err;
}

/**
 * vdpa_driver_attach - bind a device to the driver that its driver_override names
 * @entry: the device
 * @name: that driver, or VDPA_DRIVER_NONE
 * @extack: set on error
 *
 * If the driver's probe has just failed, it is not called again.
 *
 * Context: may sleep for as long as the driver's probe takes; no lock is held.
 * Return: 0; -ENOENT if the driver was unloaded; -ENODEV if it did not bind; or the error of the
 * driver's probe.
 */
int vdpa_driver_attach(struct vdpa_entry *entry, const char *name, struct netlink_ext_ack *extack)
{
	int err = probe_err(entry);

	if (is_none(name) || vdpa_driver_is(entry, name))
		return 0;
	if (!err && device_attach(&entry->vdev->dev) >= 0) {
		if (vdpa_driver_is(entry, name))
			return 0;
		err = probe_err(entry);
	}
	if (!err)
		return vdpa_driver_check(name, extack) ?: -ENODEV;
	NL_SET_ERR_MSG_FMT(extack, "driver %.16s does not take device " VDPA_MSG_NAME ": %pe", name,
			   vdpa_entry_name(entry), ERR_PTR(err));
	return err;
}

/**
 * vdpa_driver_restore - bind a device to its old driver again
 * @entry: the device, with a reference; entry->restore names the driver, "" if it had none
 *
 * Context: may sleep for as long as the driver's probe takes; no lock is held.
 */
void vdpa_driver_restore(struct vdpa_entry *entry)
{
	struct device *dev = &entry->vdev->dev;

	if (entry->restore[0] && device_attach(dev) < 0)
		dev_warn(dev, "could not give it back to driver %s\n", entry->restore);
	mutex_lock(&vdpa_registry_lock);
	if (!entry->removing)
		entry->restore[0] = '\0';
	mutex_unlock(&vdpa_registry_lock);
}

/* The next driver may bind: the old one is not restored. */
static void set_next(struct vdpa_entry *entry)
{
	mutex_lock(&vdpa_registry_lock);
	entry->probe_err = 0;
	entry->restore[0] = '\0';
	mutex_unlock(&vdpa_registry_lock);
}

/* Set the driver to restore, or "": an unbound device matches only this one. */
static void set_back(struct vdpa_entry *entry, const char *name)
{
	mutex_lock(&vdpa_registry_lock);
	entry->probe_err = 0;
	strscpy(entry->restore, name);
	strscpy(entry->next_driver, name);
	mutex_unlock(&vdpa_registry_lock);
}

/**
 * vdpa_driver_change - bind a device to another driver
 * @entry: the device, with a reference, unbound or bound to the new driver; entry->restore names
 *	the old driver, entry->next_driver the new one
 * @extack: set if the new driver does not bind
 *
 * Context: may sleep for as long as the driver's probe takes; no lock is held. No other change
 * of the driver is under way.
 * Return: 0, -ENOMEM or as vdpa_driver_attach(). After an error the old driver is restored.
 */
int vdpa_driver_change(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	char *override = kzalloc(PAGE_SIZE, GFP_KERNEL);
	char had[VDPA_DRIVER_NAME_LEN];
	int err = -ENOMEM;

	strscpy(had, entry->restore);
	if (!override)
		goto restore;
	kver_get_override(entry->vdev, override, PAGE_SIZE);
	err = kver_set_override(entry->vdev, entry->next_driver);
	if (err)
		goto restore;
	set_next(entry);
	err = vdpa_driver_attach(entry, entry->next_driver, extack);
	if (!err)
		goto out;
	if (kver_set_override(entry->vdev, override))
		dev_warn(&entry->vdev->dev, "its driver_override stays %s\n", entry->next_driver);
restore:
	set_back(entry, had);
	vdpa_driver_restore(entry);
out:
	kfree(override);
	return err;
}
