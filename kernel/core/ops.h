/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observed operations.
 *
 * vdev->config of each device points to a table of the core: a copy of the parent's, in which
 * operations that change the device's state or report a changed configuration are replaced. Bus
 * drivers call them as before; the core observes the calls. An operation that the parent lacks
 * stays absent, because bus drivers derive a device's abilities from that. Data path operations
 * stay the parent's.
 */
#ifndef _VDPA_OPS_H
#define _VDPA_OPS_H

#include <linux/vdpa.h>

void vdpa_ops_observe(struct vdpa_config_ops *ops, const struct vdpa_config_ops *parent);

#endif
