/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Suspending and resuming devices, one or a group of them, in parallel.
 *
 * Suspending is all or nothing: if one of the group fails, or the deadline
 * passes, those that are suspended are resumed; one whose parent is still at it
 * is resumed when it ends. The request is answered when all that is done, but at
 * the deadline in any case. Its sender's death changes nothing.
 */
#ifndef _VDPA_SUSPEND_H
#define _VDPA_SUSPEND_H

#include <linux/types.h>
#include <uapi/linux/vdpa.h>

struct vdpa_entry;
struct vdpa_request;

/**
 * struct vdpa_group_plan - what is to be done with devices
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @deadline: in ms from now, 0 for none
 * @force: also a network device with a control queue that this host uses, or a device that
 *	only a reset brings back
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
