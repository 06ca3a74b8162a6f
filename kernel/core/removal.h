/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Unbind a device from its bus driver, to delete it or to bind another driver.
 *
 * A deletion has two halves. First the bus driver is unbound (vhost_vdpa waits until its file is
 * closed), then the parent deletes the device. The requester cannot speed up either, and no lock of
 * the core is held in either. Until the parent's dev_del begins, a deletion is cancelled when its
 * client exits or its deadline passes; the device is then bound to its old driver again. While the
 * bus driver is still being unbound, another request can take the deletion over.
 *
 * A driver change has the same first half and is cancelled in the same way. Its second half is in
 * driver.h.
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
