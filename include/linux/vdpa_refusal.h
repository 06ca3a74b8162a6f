/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a parent driver tells the client why it does not create a device.
 *
 * dev_add returns an errno, which says little: "Invalid argument" does not tell
 * which of eleven arguments. A parent that knows more says so before it returns:
 *
 *	vdpa_mgmtdev_refuse(mdev, VDPA_ATTR_DEV_FEATURES, "needs VERSION_1");
 *	return -EINVAL;
 *
 * The client then reads "NAME refuses it: needs VERSION_1" and is shown the attribute.
 * On a core without this, or with another version of it, the reason goes to the kernel's
 * log. The same module loads on either: it needs no symbol, because that is looked up when
 * the call is made.
 */
#ifndef _LINUX_VDPA_REFUSAL_H
#define _LINUX_VDPA_REFUSAL_H

#include <linux/device.h>
#include <linux/module.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

/* Bytes of a reason that reach the client, with the terminator. */
#define VDPA_REFUSAL_LEN	47

/*
 * The version of what this file declares. No checksum protects a symbol that is looked up by its
 * name, so the caller passes the version that it was built with.
 */
#define VDPA_REFUSAL_VERSION	1

/* The core's part of vdpa_mgmtdev_refuse(), which is what parents call. */
bool __vdpa_mgmtdev_refuse(unsigned int version, struct vdpa_mgmt_dev *mdev, enum vdpa_attr attr,
			   const char *reason);

/**
 * vdpa_mgmtdev_refuse - say why a device is not created
 * @mdev: the management device, which is in its dev_add
 * @attr: the attribute of the request that is at fault; 0 if none is
 * @reason: a few words that go on after "refuses it: "; copied
 *
 * Does nothing else: dev_add returns an error after it. The last reason counts.
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
