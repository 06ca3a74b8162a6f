/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus driver of a device: which one is bound, and how to bind another one.
 *
 * A driver change begins like a deletion (removal.h): no driver can bind, and a worker unbinds the
 * present driver with no lock held. Then driver_override is set to the new driver, which probes the
 * device. If the probe fails, or if the client has gone before it, the device is bound to its old
 * driver again.
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
