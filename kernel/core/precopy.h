/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pre-copies: private state that is carried in rounds before a device stands still.
 *
 * There is one for each device and way: out of the source of a migration, where the parent
 * takes note of what changes; or to beside the target, where it stages what came. Each belongs to a
 * client and ends with it. All that concerns the pre-copies of a device is done by whoever has
 * its line, so that no lock is needed, but for a client that goes: it queues up behind what it
 * has asked for.
 *
 * A pre-copy holds no device: one that is deleted just goes, and its parent forgets with it what it
 * had noted or staged.
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
 * @ref: its client, the device, and the worker
 * @task: ends it when its client has gone
 * @way: out of the device, or to beside it
 * @index: of the device
 * @serial: of the device
 * @entry: for @task: the device, of which it is a user
 * @gone: its client has
 * @over: it has ended, or never began
 * @lives: of the device, when it began: another number, and it was reset since
 * @rounds: how many there were
 *
 * Everything from @lives on belongs to the holder of the device's line.
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
