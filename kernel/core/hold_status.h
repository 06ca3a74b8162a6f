/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A driver's view of the status of a device that has virtio's own suspend: see status.h.
 */
#ifndef _VDPA_HOLD_STATUS_H
#define _VDPA_HOLD_STATUS_H

#include <linux/types.h>

struct vdpa_entry;
struct work_struct;

void vdpa_hold_status_init(struct vdpa_entry *entry);
void vdpa_hold_status_write(struct vdpa_entry *entry, u8 status);
u8 vdpa_hold_status_read(struct vdpa_entry *entry);
void vdpa_hold_status_exit(struct vdpa_entry *entry);

#endif
