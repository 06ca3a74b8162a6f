/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Suspend and resume of one device or a group of devices, in parallel.
 *
 * Suspend is all or nothing: if one device fails or the deadline passes, the suspended ones are
 * resumed; a device whose parent is still suspending it is resumed when that ends. The request is
 * answered when all this is done, but at the deadline at the latest. It is carried out even if its
 * client exits.
 */
#ifndef _VDPA_SUSPEND_H
#define _VDPA_SUSPEND_H

#include <linux/types.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;
struct vdpa_request;

/**
 * struct vdpa_group_plan - what to do with a group of devices
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @deadline: in ms from now, 0 for none
 * @force: include a network device with a control queue that this host uses, and a device that
 *	cannot be resumed, only reset
 */
struct vdpa_group_plan {
	enum vdpa_dev_state via;
	u32 deadline;
	bool force;
};

int vdpa_group_start(struct vdpa_request *req, const struct vdpa_group_plan *plan,
		     struct vdpa_entry *const *entries, unsigned int n);

int vdpa_groups_init(void);
void vdpa_groups_exit(void);

#endif
