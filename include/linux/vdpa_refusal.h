/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface for a parent driver to tell the client why it does not create a device.
 *
 * dev_add returns only an error code: "Invalid argument" does not tell which argument is wrong. A
 * parent can set a reason before it returns:
 *
 *	vdpa_mgmtdev_refuse(mdev, VDPA_ATTR_DEV_FEATURES, "needs VERSION_1");
 *	return -EINVAL;
 *
 * The client gets the message "NAME refuses it: needs VERSION_1" and the attribute at fault. On a
 * core without this interface, or with another version of it, the reason goes to the kernel log.
 * The same module loads on both: it does not link to the symbol, which is looked up at each call.
 */
#ifndef _LINUX_VDPA_REFUSAL_H
#define _LINUX_VDPA_REFUSAL_H

#include <linux/device.h>
#include <linux/module.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

/* Maximum size of a reason in bytes, with the terminator; a longer one is cut. */
#define VDPA_REFUSAL_LEN	47

/*
 * The version of this interface. No CRC protects a symbol that is looked up by name, so the caller
 * passes the version that it was built with.
 */
#define VDPA_REFUSAL_VERSION	1

/* For vdpa_mgmtdev_refuse() only, which parents call. */
bool __vdpa_mgmtdev_refuse(unsigned int version, struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
			   const char *reason);

/**
 * vdpa_mgmtdev_refuse - set the reason why a device is not created
 * @mdev: the management device, in its dev_add
 * @attr: the attribute at fault; 0: none
 * @reason: a short text that follows "refuses it: "; copied
 *
 * Only sets the reason: dev_add must still return an error. The last call counts.
 *
 * Context: may sleep.
 */
static inline void vdpa_mgmtdev_refuse(struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
				       const char *reason)
{
	bool (*refuse)(unsigned int version, struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
		       const char *reason);
	bool told = false;

	refuse = symbol_get(__vdpa_mgmtdev_refuse);
	if (refuse) {
		told = refuse(VDPA_REFUSAL_VERSION, mdev, attr, reason);
		symbol_put(__vdpa_mgmtdev_refuse);
	}
	if (!told)
		dev_warn_ratelimited(mdev->device, "refuses a device: %s\n", reason);
}

#endif
