/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pre-copies: private state of a device copied in rounds, before the device is suspended.
 *
 * A device has at most one for each direction: out of the source device, whose parent tracks
 * changes; or to a staging area beside the target device. Each belongs to a client and ends with
 * it. Only the holder of the device's line works on its pre-copies, so that no lock is needed. When
 * a client exits, the end of its pre-copy is queued in the line behind the client's requests.
 *
 * A pre-copy is no user of the device. When the device is deleted, its parent drops what it has
 * tracked or staged.
 */
#ifndef _VDPA_PRECOPY_H
#define _VDPA_PRECOPY_H

#include <linux/kref.h>
#include <linux/types.h>

#include "device.h"
#include "mgmtdev.h"

struct netlink_ext_ack;
struct vdpa_request;

/**
 * struct vdpa_precopy - a pre-copy
 * @ref: references of its client, the device and the worker
 * @task: ends it after its client has gone
 * @way: its direction
 * @index: index of the device
 * @serial: serial number of the device
 * @entry: for @task: the device; @task is a user of it
 * @gone: its client has gone
 * @over: it has ended, or never began
 * @lives: vdpa_state.lives when it began; a different number later means a reset or failure
 * @rounds: number of rounds so far
 *
 * Fields from @lives on are accessed only by the holder of the device's line.
 */
struct vdpa_precopy {
	struct kref ref;
	struct vdpa_task task;
	enum vdpa_precopy_way way;
	u32 index;
	u64 serial;
	struct vdpa_entry *entry;
	bool gone;
	bool over;
	u32 lives;
	u32 rounds;
};

int vdpa_precopy_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack);
struct vdpa_precopy *vdpa_precopy_new(struct vdpa_entry *entry, enum vdpa_precopy_way way);
void vdpa_precopy_get(struct vdpa_precopy *precopy);
void vdpa_precopy_put(struct vdpa_precopy *precopy);
void vdpa_precopy_abandon(struct vdpa_precopy *precopy);

int vdpa_precopy_start(struct vdpa_precopy *precopy, struct vdpa_request *req);
int vdpa_precopy_stage_begin(struct vdpa_precopy *precopy, struct vdpa_request *req);
int vdpa_precopy_check(struct vdpa_precopy *precopy, struct vdpa_entry *entry,
		       struct netlink_ext_ack *extack);
void vdpa_precopy_end(struct vdpa_precopy *precopy, struct vdpa_entry *entry);

void vdpa_precopy_forget(struct vdpa_entry *entry);

#endif
