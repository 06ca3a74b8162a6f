/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Virtio's own suspend: a bit of the device status (virtio 1.4, 3.4).
 *
 * Where VIRTIO_F_SUSPEND is negotiated, a driver sets SUSPEND in the status of a device that
 * works. The device finishes what it has begun, then shows SUSPEND and no DRIVER_OK any more. The
 * driver sets DRIVER_OK again; the device goes on, and shows DRIVER_OK and no SUSPEND. Neither
 * need have happened when the write returns.
 *
 * Who sets the bit is the driver (hold_status.c), for whom this is a hold like any other; or the
 * core, for management, on a device whose parent has not both operations, to suspend and to resume.
 * Then the driver knows nothing of it: what it reads is SUSPEND without DRIVER_OK if it has set the
 * bit itself, and DRIVER_OK without SUSPEND if it has not, whoever else holds the device.
 *
 * What the specification leaves open:
 *
 * - SUSPEND without the feature means nothing: the status is passed on as it was written, as it
 *   always was.
 * - SUSPEND with the feature, but before DRIVER_OK or together with it, or when the device has
 *   failed: the parent does not get to see the bit. A device is started first, then suspended.
 * - SUSPEND together with FAILED: only that the driver has given up counts.
 * - A reset ends a suspend, complete or not, and waits for no device that does not stand still.
 * - NEEDS_RESET or FAILED ends it as well: the device has failed, and nobody holds it. By the
 *   specification that is also how a device says that it cannot suspend, or resume.
 * - A driver cannot take a SUSPEND back that the device has not answered, and what it writes until
 *   then has no effect on it.
 * - A request in flight is the device's to finish. The device is suspending as long as it takes;
 *   a command's deadline may pass, and the device is resumed once it stands still.
 * - Both the parent's operations and the bit are there: a device is resumed as it was suspended.
 */
#ifndef _VDPA_STATUS_H
#define _VDPA_STATUS_H

#include <linux/types.h>

#include "kver.h"

struct vdpa_entry;

/* What of a status tells whether a device with the feature works or stands still. */
#define VDPA_STATUS_SUSPEND_BITS	(VIRTIO_CONFIG_S_SUSPEND | VIRTIO_CONFIG_S_DRIVER_OK)

/* A device that has failed, or is given up. */
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
