// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pre-copies: see precopy.h.
 */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/vdpa.h>

#include "device.h"
#include "line.h"
#include "message.h"
#include "precopy.h"
#include "registry.h"
#include "request.h"
#include "state.h"
#include "status.h"

static void precopy_free(struct kref *ref)
{
	kfree(container_of(ref, struct vdpa_precopy, ref));
}

void vdpa_precopy_get(struct vdpa_precopy *precopy)
{
	kref_get(&precopy->ref);
}

void vdpa_precopy_put(struct vdpa_precopy *precopy)
{
	if (precopy)
		kref_put(&precopy->ref, precopy_free);
}

/* Drop the device's references when it is freed. */
void vdpa_precopy_forget(struct vdpa_entry *entry)
{
	enum vdpa_precopy_way way;

	for (way = 0; way < VDPA_PRECOPY_WAYS; way++)
		vdpa_precopy_put(entry->precopy[way]);
}

/* End a pre-copy whose client has gone. Runs in the device's line. */
static void abandoned_task(struct vdpa_task *task)
{
	struct vdpa_precopy *precopy = container_of(task, struct vdpa_precopy, task);
	struct vdpa_entry *entry = precopy->entry;

	vdpa_precopy_end(precopy, entry);
	vdpa_entry_put(entry);
	vdpa_precopy_put(precopy);
}

/**
 * vdpa_precopy_new - allocate a pre-copy, which has not begun
 * @entry: the device
 * @way: its direction
 *
 * Return: the pre-copy, which its client drops with vdpa_precopy_abandon(), or NULL.
 */
struct vdpa_precopy *vdpa_precopy_new(struct vdpa_entry *entry, enum vdpa_precopy_way way)
{
	struct vdpa_precopy *precopy = kzalloc(sizeof(*precopy), GFP_KERNEL_ACCOUNT);

	if (!precopy)
		return NULL;
	kref_init(&precopy->ref);
	precopy->task.run = abandoned_task;
	precopy->way = way;
	precopy->index = entry->vdev->index;
	precopy->serial = entry->serial;
	return precopy;
}

/**
 * vdpa_precopy_abandon - end a pre-copy for its client
 * @precopy: the pre-copy; consumes the client's reference
 *
 * The client's earlier requests are carried out first.
 *
 * Context: may sleep; takes vdpa_registry_lock.
 */
void vdpa_precopy_abandon(struct vdpa_precopy *precopy)
{
	struct vdpa_entry *entry;

	WRITE_ONCE(precopy->gone, true);
	entry = vdpa_registry_find_again(precopy->index, precopy->serial);
	if (!entry) {
		vdpa_precopy_put(precopy);
		return;
	}
	precopy->entry = entry;
	vdpa_line_queue(&entry->line, &precopy->task, true);
}

/* The functions below are called by the holder of the device's line. */

/**
 * vdpa_precopy_end - end a pre-copy in the parent
 * @precopy: the pre-copy; the parent is called only if it is the device's present one
 * @entry: the device
 *
 * Context: a worker, in the device's line; may sleep for as long as the parent takes.
 */
void vdpa_precopy_end(struct vdpa_precopy *precopy, struct vdpa_entry *entry)
{
	const struct vdpa_migration_ops *migration = &entry->mgmtdev->migration;

	WRITE_ONCE(precopy->over, true);
	if (entry->precopy[precopy->way] != precopy)
		return;
	if (precopy->way == VDPA_PRECOPY_SOURCE)
		migration->precopy_end(entry->vdev);
	else
		migration->precopy_drop(entry->vdev);
	entry->precopy[precopy->way] = NULL;
	vdpa_precopy_put(precopy);
}

static void attach(struct vdpa_precopy *precopy, struct vdpa_entry *entry)
{
	vdpa_precopy_get(precopy);
	entry->precopy[precopy->way] = precopy;
}

static u32 lives_of(struct vdpa_entry *entry)
{
	u64 seq;

	return vdpa_state_read(entry, &seq).lives;
}

/*
 * Return: true if another pre-copy is under way. One that a reset has voided is ended here; its
 * client gets an error later.
 */
static bool is_taken(struct vdpa_entry *entry, enum vdpa_precopy_way way)
{
	struct vdpa_precopy *other = entry->precopy[way];

	if (other && way == VDPA_PRECOPY_SOURCE && other->lives != lives_of(entry))
		vdpa_precopy_end(other, entry);
	return entry->precopy[way];
}

static int refuse(struct vdpa_request *req, int err, const char *why)
{
	NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME ": %s",
			   vdpa_entry_name(req->entry), why);
	return err;
}

/**
 * vdpa_precopy_can - check whether a device's state can be copied while it runs
 * @entry: the device
 * @extack: set on error
 *
 * Return: 0; -EOPNOTSUPP if its parent lacks pre-copy, or cannot save the rest; -EBUSY if the
 * device is inactive, failed or being deleted.
 */
int vdpa_precopy_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	const char *why = NULL;
	int err = -EOPNOTSUPP;
	u64 seq;

	if (!entry->mgmtdev->migration.precopy_begin) {
		why = "cannot be copied while it runs: its parent cannot";
	} else if (!vdpa_can_suspend(entry) || !ops->get_vq_state) {
		why = "cannot be saved: its parent lacks suspend or queue state";
	} else {
		err = -EBUSY;
		switch (vdpa_state_read(entry, &seq).now) {
		case VDPA_DEV_STATE_INACTIVE:
			why = "has nothing to copy: no driver has started it";
			break;
		case VDPA_DEV_STATE_FAILED:
			why = "has failed: it needs a reset";
			break;
		case VDPA_DEV_STATE_REMOVING:
			why = "is being deleted";
			break;
		default:
			return 0;
		}
	}
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME " %s", vdpa_entry_name(entry), why);
	return err;
}

/**
 * vdpa_precopy_start - begin to copy a device's state
 * @precopy: the pre-copy, out of the device
 * @req: the request, about the device
 *
 * Context: a worker, in the device's line; may sleep for as long as the parent takes.
 * Return: 0; -EBUSY if one is under way, or as vdpa_precopy_can(); -EOPNOTSUPP; -ECANCELED if its
 * client has gone; or the parent's error.
 */
int vdpa_precopy_start(struct vdpa_precopy *precopy, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	u32 lives = lives_of(entry);
	int err;

	if (READ_ONCE(precopy->gone))
		return -ECANCELED;
	err = vdpa_precopy_can(entry, &req->extack);
	if (err)
		return err;
	if (is_taken(entry, VDPA_PRECOPY_SOURCE))
		return refuse(req, -EBUSY, "its state is being copied already");
	err = entry->mgmtdev->migration.precopy_begin(entry->vdev);
	if (err) {
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot begin to copy: %pe",
				   vdpa_entry_name(entry), ERR_PTR(err));
		return err;
	}
	precopy->lives = lives;
	attach(precopy, entry);
	return 0;
}

/**
 * vdpa_precopy_stage_begin - begin to stage rounds beside a device
 * @precopy: the pre-copy, to the device
 * @req: the request, about the device
 *
 * Context: a worker, in the device's line.
 * Return: 0; -EBUSY if another client stages rounds; -ECANCELED if its client has gone.
 */
int vdpa_precopy_stage_begin(struct vdpa_precopy *precopy, struct vdpa_request *req)
{
	if (READ_ONCE(precopy->gone))
		return -ECANCELED;
	if (is_taken(req->entry, VDPA_PRECOPY_TARGET))
		return refuse(req, -EBUSY, "another client loads rounds of a pre-copy");
	attach(precopy, req->entry);
	return 0;
}

/**
 * vdpa_precopy_check - check that a pre-copy is still valid
 * @precopy: the pre-copy
 * @entry: the device
 * @extack: set on error
 *
 * Context: a worker, in the device's line; may sleep for as long as the parent takes.
 * Return: 0; -ENOENT if it has ended; -ECANCELED if the device was reset or failed: it is then
 * ended.
 */
int vdpa_precopy_check(struct vdpa_precopy *precopy, struct vdpa_entry *entry,
		       struct netlink_ext_ack *extack)
{
	if (entry->precopy[precopy->way] != precopy) {
		NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
				   ": its pre-copy has ended, or was never begun",
				   vdpa_entry_name(entry));
		return -ENOENT;
	}
	if (precopy->way == VDPA_PRECOPY_TARGET || precopy->lives == lives_of(entry))
		return 0;
	vdpa_precopy_end(precopy, entry);
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
			   " was reset while its state was copied", vdpa_entry_name(entry));
	return -ECANCELED;
}
