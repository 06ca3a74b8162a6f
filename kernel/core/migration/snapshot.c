// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots of a device's state: see snapshot.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "line.h"
#include "message.h"
#include "migration/describe.h"
#include "migration/snapshot.h"
#include "pending.h"
#include "precopy.h"
#include "request.h"
#include "state.h"
#include "status.h"
#include "vq.h"

static void snapshot_free(struct kref *ref)
{
	struct vdpa_snapshot *snapshot = container_of(ref, struct vdpa_snapshot, ref);
	u32 i;

	for (i = 0; i < snapshot->n_vqs; i++)
		vdpa_vq_view_free(&snapshot->vqs[i]);
	vdpa_descriptions_free(snapshot->descriptions);
	kvfree(snapshot->vqs);
	vdpa_stream_free(&snapshot->private);
	vdpa_precopy_put(snapshot->precopy);
	kfree(snapshot);
}

/*
 * Return: the state of a ready queue that a target would need but the parent does not report, or
 * NULL.
 */
static const char *missing(const struct vdpa_snapshot *snapshot, const struct vdpa_vq_view *vq)
{
	if (!vq->ready)
		return NULL;
	if (!vq->known)
		return "the state of";
	if (!vq->inflight.told && vdpa_inflight_can(snapshot->entry))
		return "the chains in flight in";
	return NULL;
}

static int save_vq(struct vdpa_snapshot *snapshot, u16 index)
{
	struct vdpa_vq_view *vq = &snapshot->vqs[index];
	const struct vdpa_inflight_ring ring = {
		.name = snapshot->name,
		.index = index,
		.size = vq->size,
		.packed = vq->packed,
		.state = &vq->state,
	};
	const char *what = missing(snapshot, vq);

	if (!what)
		return vdpa_inflight_check(&vq->inflight, &ring, &snapshot->extack);
	NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
			   ": its parent does not tell %s queue %u", snapshot->name, what, index);
	return -EIO;
}

static int save_vqs(struct vdpa_snapshot *snapshot)
{
	const struct vdpa_asker asker = { .gone = &snapshot->private.abandoned };
	struct vdpa_device *vdev = snapshot->entry->vdev;
	u32 index;
	int err;

	snapshot->vqs = kvcalloc(vdev->nvqs, sizeof(*snapshot->vqs), GFP_KERNEL);
	if (!snapshot->vqs)
		return -ENOMEM;
	snapshot->n_vqs = vdev->nvqs;
	err = vdpa_poll_down_read(&vdev->cf_lock, &asker);
	if (err)
		return err;
	snapshot->features = vdpa_features_negotiated(snapshot->entry);
	snapshot->status = snapshot->entry->ops.get_status(vdev);
	for (index = 0; !err && index < vdev->nvqs; index++)
		err = vdpa_vq_read(snapshot->entry, index, &snapshot->vqs[index]) ?:
		      save_vq(snapshot, index);
	up_read(&vdev->cf_lock);
	return err;
}

typedef int (*save_fn)(struct vdpa_device *vdev, struct vdpa_migration_writer *to);

static save_fn save_op(const struct vdpa_snapshot *snapshot)
{
	const struct vdpa_migration_ops *migration = &snapshot->entry->mgmtdev->migration;

	switch (snapshot->kind) {
	case VDPA_SNAPSHOT_ROUND:
		return migration->precopy_read;
	case VDPA_SNAPSHOT_REST:
		return migration->precopy_save;
	default:
		return migration->save;
	}
}

static int save_private(struct vdpa_snapshot *snapshot)
{
	save_fn save = save_op(snapshot);
	int err;

	if (!save)
		return 0;
	err = save(snapshot->entry->vdev, &snapshot->private.writer);
	if (err)
		NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot save its state: %pe", snapshot->name,
				   ERR_PTR(err));
	vdpa_stream_rewind(&snapshot->private);
	return err;
}

static int save_description(struct vdpa_snapshot *snapshot)
{
	const struct vdpa_asker asker = { .gone = &snapshot->private.abandoned };
	struct vdpa_descriptions *descriptions;

	descriptions = vdpa_describe_device(snapshot->entry, &asker, &snapshot->extack);
	if (IS_ERR(descriptions))
		return PTR_ERR(descriptions);
	snapshot->descriptions = descriptions;
	return 0;
}

/* Get the bytes left for later rounds and the rest. */
static int save_info(struct vdpa_snapshot *snapshot)
{
	struct vdpa_entry *entry = snapshot->entry;
	int err;

	err = entry->mgmtdev->migration.precopy_info(entry->vdev, &snapshot->initial,
						     &snapshot->dirty);
	if (err)
		NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
				   ": its parent does not tell what is left: %pe", snapshot->name,
				   ERR_PTR(err));
	return err;
}

/* A lost round cannot be read again: on error the pre-copy ends. */
static int save_round(struct vdpa_snapshot *snapshot)
{
	struct vdpa_precopy *precopy = snapshot->precopy;
	struct vdpa_entry *entry = snapshot->entry;
	int err, reset;

	err = vdpa_precopy_check(precopy, entry, &snapshot->extack);
	if (err)
		return err;
	err = save_description(snapshot) ?: save_private(snapshot) ?: save_info(snapshot);
	reset = vdpa_precopy_check(precopy, entry, &snapshot->extack);
	if (err || reset) {
		vdpa_precopy_end(precopy, entry);
		return reset ?: err;
	}
	snapshot->round = precopy->rounds++;
	return 0;
}

/*
 * Collect the state. If the device did not stay suspended, return -EAGAIN even if the parent
 * failed, as that may be the cause.
 */
static int save_all(struct vdpa_snapshot *snapshot)
{
	struct vdpa_state_view before, after;
	u64 seq;
	int err;

	before = vdpa_state_read(snapshot->entry, &seq);
	err = save_description(snapshot) ?: save_vqs(snapshot) ?: save_private(snapshot);
	after = vdpa_state_read(snapshot->entry, &seq);
	if (before.now == VDPA_DEV_STATE_SUSPENDED && after.now == before.now &&
	    after.transitions == before.transitions)
		return err;
	NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
			   " was resumed or reset while its state was read", snapshot->name);
	return -EAGAIN;
}

/* Ends the pre-copy, even on error. */
static int save_rest(struct vdpa_snapshot *snapshot)
{
	struct vdpa_precopy *precopy = snapshot->precopy;
	int err;

	err = vdpa_precopy_check(precopy, snapshot->entry, &snapshot->extack);
	if (err)
		return err;
	err = save_all(snapshot);
	snapshot->round = precopy->rounds;
	vdpa_precopy_end(precopy, snapshot->entry);
	return err;
}

static int (*const kinds[])(struct vdpa_snapshot *snapshot) = {
	[VDPA_SNAPSHOT_WHOLE]	= save_all,
	[VDPA_SNAPSHOT_ROUND]	= save_round,
	[VDPA_SNAPSHOT_REST]	= save_rest,
};

static void save_task(struct vdpa_task *task)
{
	struct vdpa_snapshot *snapshot = container_of(task, struct vdpa_snapshot, task);
	bool abandoned = READ_ONCE(snapshot->private.abandoned);

	snapshot->err = abandoned ? -ECANCELED : kinds[snapshot->kind](snapshot);
	vdpa_pending_end(snapshot->user);
	vdpa_entry_put(snapshot->entry);
	complete_all(&snapshot->done);
	kref_put(&snapshot->ref, snapshot_free);
}

/**
 * vdpa_snapshot_can - check whether a device's state can be collected
 * @entry: the device
 * @extack: set on error
 *
 * Return: 0; -EOPNOTSUPP if its parent cannot; -EBUSY if it is not suspended.
 */
int vdpa_snapshot_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	const char *why = NULL;
	int err = -EOPNOTSUPP;
	u64 seq;

	if (!vdpa_can_suspend(entry)) {
		why = "cannot be suspended: its parent does not know how";
	} else if (!ops->get_vq_state) {
		why = "cannot be saved: its parent tells no queue state";
	} else if (vdpa_state_read(entry, &seq).now != VDPA_DEV_STATE_SUSPENDED) {
		why = "is not suspended";
		err = -EBUSY;
	}
	if (!why)
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME " %s", vdpa_entry_name(entry), why);
	return err;
}

/**
 * vdpa_snapshot_begin - start to collect a device's state
 * @entry: the device; the snapshot takes over the caller's use of it
 * @user: the user, from vdpa_pending_begin(); taken over
 * @kind: the kind of snapshot
 * @precopy: that it is a part of; NULL for the whole
 *
 * Return: the snapshot, to be dropped with vdpa_snapshot_abandon(); NULL without memory: then
 * nothing is taken over.
 */
struct vdpa_snapshot *vdpa_snapshot_begin(struct vdpa_entry *entry, struct vdpa_user *user,
					  enum vdpa_snapshot_kind kind,
					  struct vdpa_precopy *precopy)
{
	struct vdpa_snapshot *snapshot = kzalloc(sizeof(*snapshot), GFP_KERNEL);

	if (!snapshot)
		return NULL;
	kref_init(&snapshot->ref);
	snapshot->task.run = save_task;
	snapshot->user = user;
	init_completion(&snapshot->done);
	vdpa_stream_init(&snapshot->private);
	strscpy(snapshot->name, vdpa_entry_name(entry));
	snapshot->entry = entry;
	snapshot->kind = kind;
	snapshot->precopy = precopy;
	if (precopy)
		vdpa_precopy_get(precopy);
	kref_get(&snapshot->ref);
	vdpa_line_queue(&entry->line, &snapshot->task, true);
	return snapshot;
}

/* Drop the dump's reference, and stop the worker early. */
void vdpa_snapshot_abandon(struct vdpa_snapshot *snapshot)
{
	WRITE_ONCE(snapshot->private.abandoned, true);
	kref_put(&snapshot->ref, snapshot_free);
}
