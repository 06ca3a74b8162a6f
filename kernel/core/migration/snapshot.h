/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots: a consistent copy of a device's state, or a part of it: a round of a pre-copy, or the
 * rest after the rounds.
 *
 * A worker collects it in memory, then stops using the device. So a client that stops reading does
 * not block the device.
 */
#ifndef _VDPA_SNAPSHOT_H
#define _VDPA_SNAPSHOT_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/netlink.h>
#include <uapi/linux/vdpa.h>

#include "mgmtdev.h"
#include "migration/stream.h"
#include "words.h"

struct vdpa_descriptions;
struct vdpa_entry;
struct vdpa_precopy;
struct vdpa_user;
struct vdpa_vq_view;

/* Kinds of snapshots. */
enum vdpa_snapshot_kind {
	VDPA_SNAPSHOT_WHOLE,	/* the whole state of a suspended device */
	VDPA_SNAPSHOT_ROUND,	/* a pre-copy round of a running device: private state */
	VDPA_SNAPSHOT_REST,	/* the state of a suspended device, without the rounds */
};

/**
 * struct vdpa_snapshot - a snapshot of a device's state
 * @ref: references of the client's dump and the worker
 * @task: collects it, in the device's line
 * @user: the user whose request it is
 * @kind: its kind
 * @precopy: the pre-copy that it belongs to; NULL for the whole state
 * @done: it is complete, or @err is set; afterwards only the dump accesses it
 * @entry: the device; the worker is a user of it
 * @name: name of the device
 * @err: error code, or 0
 * @extack: message for the error
 * @descriptions: the device's description
 * @features: negotiated features
 * @status: virtio device status
 * @n_vqs: number of virtqueues
 * @vqs: the virtqueues
 * @private: the parent's private state
 * @round: number of the round; for the rest, the number of rounds before it
 * @initial: bytes that no round has copied yet
 * @dirty: bytes changed since a round copied them
 */
struct vdpa_snapshot {
	struct kref ref;
	struct vdpa_task task;
	struct vdpa_user *user;
	enum vdpa_snapshot_kind kind;
	struct vdpa_precopy *precopy;
	struct completion done;
	struct vdpa_entry *entry;
	char name[VDPA_NAME_LEN_MAX + 1];
	int err;
	struct netlink_ext_ack extack;
	struct vdpa_descriptions *descriptions;
	struct vdpa_words features;
	u8 status;
	u32 n_vqs;
	struct vdpa_vq_view *vqs;
	struct vdpa_stream private;
	u32 round;
	u64 initial;
	u64 dirty;
};

int vdpa_snapshot_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack);
struct vdpa_snapshot *vdpa_snapshot_begin(struct vdpa_entry *entry, struct vdpa_user *user,
					  enum vdpa_snapshot_kind kind,
					  struct vdpa_precopy *precopy);
void vdpa_snapshot_abandon(struct vdpa_snapshot *snapshot);

#endif
