/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking a device from its bus driver: to delete it, or to give it another driver.
 *
 * A deletion has two halves, neither of which its requester can hurry: the bus
 * driver lets go of the device (vhost_vdpa does so when its file is closed),
 * then the parent deletes it. No lock of the core is held in either. As long as
 * the parent has not begun, a deletion is called off by its requester's death, or
 * when its deadline passes: the device then goes back to the driver that it had.
 * While the bus driver is still at it, another request can take the deletion over.
 *
 * A change of the driver has the same first half, and is called off in the same way. Its second
 * half is in driver.h.
 */
#ifndef _VDPA_REMOVAL_H
#define _VDPA_REMOVAL_H

#include <linux/types.h>

struct netlink_ext_ack;
struct vdpa_entry;
struct vdpa_request;

void vdpa_removal_init(struct vdpa_entry *entry);
int vdpa_removal_start(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late,
		       struct netlink_ext_ack *extack);
int vdpa_removal_change(struct vdpa_entry *entry, struct vdpa_request *req, u32 deadline, int late,
			struct netlink_ext_ack *extack);
void vdpa_removal_force(struct vdpa_entry *entry);

int vdpa_removals_init(void);
void vdpa_removals_exit(void);

#endif
