/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's state, all of one moment, to be carried to another device; or a part of it: a round
 * of a pre-copy, or what is left after the rounds.
 *
 * A worker collects all there is in memory, then lets go of the device: a client that does not
 * read on keeps nobody from it.
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

/* What is collected. */
enum vdpa_snapshot_kind {
	VDPA_SNAPSHOT_WHOLE,	/* of a suspended device, all there is */
	VDPA_SNAPSHOT_ROUND,	/* of a device that works, a round of private state */
	VDPA_SNAPSHOT_REST,	/* of a suspended device, what is in no round */
};

/**
 * struct vdpa_snapshot - a device's state
 * @ref: the client, which may have gone, and the worker
 * @task: collects it, in line
 * @user: whose request it is
 * @kind: what is collected
 * @precopy: that it is a part of; NULL for the whole
 * @done: it is collected, or @err says why not; from then on it is its reader's alone
 * @entry: the device, of which the worker is a user
 * @name: of the device
 * @err: what went wrong, or 0
 * @extack: says so
 * @descriptions: of the device
 * @features: negotiated
 * @status: virtio device status
 * @n_vqs: virtqueues
 * @vqs: the virtqueues
 * @private: the parent's own state
 * @round: number of the round; of the rest: rounds that it comes after
 * @initial: bytes that were in no round yet
 * @dirty: bytes that have changed since they were
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
