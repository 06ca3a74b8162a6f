/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio's own suspend: a bit of the device status (virtio 1.4, 3.4).
 *
 * If VIRTIO_F_SUSPEND is negotiated, a driver suspends a running device by setting SUSPEND in the
 * status. The device finishes the requests that it has begun, then shows SUSPEND without DRIVER_OK.
 * To resume it, the driver sets DRIVER_OK; the device then shows DRIVER_OK without SUSPEND. Both
 * may complete after the write returns.
 *
 * The bit is set by the driver (hold_status.c), for which this is a hold like any other, or by the
 * core for management, if the parent lacks the suspend or the resume operation. The driver does not
 * see management's suspend: it reads SUSPEND without DRIVER_OK if it has set the bit itself, else
 * DRIVER_OK without SUSPEND.
 *
 * The core decides what the specification leaves open:
 *
 * - SUSPEND without the feature has no meaning: the core passes the status on unchanged.
 *
 * - SUSPEND with the feature, but before DRIVER_OK, together with it, or after a failure: the core
 *   hides the bit from the parent. A device must be started before it is suspended.
 *
 * - SUSPEND together with FAILED: only FAILED counts.
 *
 * - A reset ends a suspend, complete or not. It does not wait for a device that is not suspended
 *   yet.
 *
 * - NEEDS_RESET or FAILED also ends it: the device has failed, and all holds end. By the
 *   specification a device also shows in this way that it cannot suspend or resume.
 *
 * - A driver cannot cancel a SUSPEND that the device has not completed. Until then its status
 *   writes do not affect the suspend.
 *
 * - The device finishes requests in flight, and is suspending as long as that takes. If a command's
 *   deadline passes, the device is resumed once it is suspended.
 *
 * - If both the parent's operations and the bit are available, a device is resumed in the way in
 *   which it was suspended.
 */
#ifndef _VDPA_STATUS_H
#define _VDPA_STATUS_H

#include <linux/types.h>

#include "kver.h"

struct vdpa_entry;

/* The status bits that show whether a device with the feature runs or is suspended. */
#define VDPA_STATUS_SUSPEND_BITS	(VIRTIO_CONFIG_S_SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK)

/* The status bits of a device that has failed, or whose driver has failed. */
#define VDPA_STATUS_FAILED_BITS		(VIRTIO_CONFIG_S_FAILED | VIRTIO_CONFIG_S_NEEDS_RESET)

static inline bool vdpa_status_suspended(u8 status)
{
	return (status & VDPA_STATUS_SUSPEND_BITS) == VIRTIO_CONFIG_S_SUSPEND;
}

static inline bool vdpa_status_works(u8 status)
{
	return (status & VDPA_STATUS_SUSPEND_BITS) == VIRTIO_CONFIG_S_DRIVER_OK;
}

bool vdpa_status_negotiated(const struct vdpa_entry *entry);
bool vdpa_can_suspend(const struct vdpa_entry *entry);
bool vdpa_can_resume(const struct vdpa_entry *entry);
bool vdpa_status_needed(const struct vdpa_entry *entry);

int vdpa_status_suspend(struct vdpa_entry *entry);
int vdpa_status_resume(struct vdpa_entry *entry);
int vdpa_status_leave(struct vdpa_entry *entry, bool suspending);

#endif
