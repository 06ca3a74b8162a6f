/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's bus driver: which one it has, which one it is to have.
 *
 * To give a device another driver begins as a deletion does (removal.h): no driver can bind to it
 * any more, and the one that it has lets go of it, in a worker and with no lock held. Then the
 * override names the new driver, and that one probes the device. If it does not take the device,
 * or if who asked has gone before, the device goes back to the driver that it had.
 */
#ifndef _VDPA_DRIVER_H
#define _VDPA_DRIVER_H

#include <linux/types.h>

struct netlink_ext_ack;
struct vdpa_entry;

int vdpa_driver_check(const char *name, struct netlink_ext_ack *extack);
bool vdpa_driver_is(struct vdpa_entry *entry, const char *name);
int vdpa_driver_attach(struct vdpa_entry *entry, const char *name,
		       struct netlink_ext_ack *extack);
int vdpa_driver_keep(struct vdpa_entry *entry, const char *name);
void vdpa_driver_restore(struct vdpa_entry *entry);
int vdpa_driver_change(struct vdpa_entry *entry, struct netlink_ext_ack *extack);

bool vdpa_driver_is_used(struct vdpa_entry *entry);
void vdpa_driver_say_used(struct vdpa_entry *entry, struct netlink_ext_ack *extack);

#endif
