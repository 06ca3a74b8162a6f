/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observed operations.
 *
 * vdev->config of each device points to a table of the core's own: the parent's,
 * but for the operations that change the device's state or tell of a changed
 * configuration. Those are called by bus drivers just as before; the core only
 * sees them pass. An operation that the parent lacks stays absent, since bus
 * drivers decide by that what a device can do. The data path stays the parent's
 * own pointers.
 */
#ifndef _VDPA_OPS_H
#define _VDPA_OPS_H

#include <linux/vdpa.h>

void vdpa_ops_observe(struct vdpa_config_ops *ops, const struct vdpa_config_ops *parent);

#endif
