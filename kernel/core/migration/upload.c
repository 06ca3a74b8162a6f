// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading a saved state into a device: see upload.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "inflight.h"
#include "message.h"
#include "migration/describe.h"
#include "migration/description.h"
#include "migration/upload.h"
#include "precopy.h"
#include "request.h"
#include "state.h"
#include "vq.h"

/* Set the request's message about its device. Evaluates to the error. */
#define upload_refuse(req, error, fmt, ...)						\
	({										\
		struct vdpa_request *_job = (req);						\
											\
		NL_SET_ERR_MSG_FMT(&_job->extack, "device " VDPA_MSG_NAME fmt,		\
				   vdpa_entry_name(_job->entry), ##__VA_ARGS__);	\
		(error);								\
	})

void vdpa_upload_free(struct vdpa_upload *upload)
{
	unsigned int i;

	for (i = 0; i < upload->n_vqs; i++) {
		vdpa_inflight_free(&upload->vqs[i].inflight);
		if (upload->old)
			vdpa_inflight_free(&upload->old[i].inflight);
	}
	vdpa_description_free(upload->source);
	kvfree(upload->vqs);
	vdpa_stream_free(&upload->private);
	kvfree(upload->old);
	vdpa_precopy_put(upload->precopy);
	kfree(upload);
}

static int check_takes_inflight(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	unsigned int i;

	if (vdpa_inflight_can(req->entry))
		return 0;
	for (i = 0; i < upload->n_vqs; i++)
		if (upload->vqs[i].inflight.n)
			return upload_refuse(req, -EOPNOTSUPP,
					     ": its parent takes no chains in flight (queue %u)",
					     upload->vqs[i].index);
	return 0;
}

/* Check that the parent supports all parts of the state. */
static int check_able(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;

	if (upload->n_vqs && !entry->has_vq_state)
		return upload_refuse(req, -EOPNOTSUPP, ": its parent takes no queue state");
	if (upload->private.len && !entry->mgmtdev->migration.load)
		return upload_refuse(req, -EOPNOTSUPP, ": its parent takes no private state");
	return check_takes_inflight(upload, req);
}

static int check_state(struct vdpa_request *req, enum vdpa_dev_state now)
{
	switch (now) {
	case VDPA_DEV_STATE_SUSPENDED:
	case VDPA_DEV_STATE_INACTIVE:
		return 0;
	case VDPA_DEV_STATE_FAILED:
		return upload_refuse(req, -EBUSY, " has failed: it needs a reset");
	case VDPA_DEV_STATE_REMOVING:
		return upload_refuse(req, -EBUSY, " is being deleted");
	default:
		return upload_refuse(req, -EBUSY, " is active: suspend it first");
	}
}

/*
 * The following functions are called with cf_lock held for writing, so that the driver cannot start
 * the device.
 */

static int check_features(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	const struct vdpa_words *saved = &upload->features;
	struct vdpa_words ours = vdpa_features_negotiated(req->entry);

	if (!memcmp(&ours, saved, sizeof(ours)))
		return 0;
	req->fault = vdpa_words_used(saved) > 1 ? VDPA_ATTR_STATE_FEATURES_WORDS :
						  VDPA_ATTR_STATE_FEATURES;
	if (ours.word[0] == saved->word[0])
		return upload_refuse(req, -EINVAL, ": negotiated features differ beyond bit 63");
	return upload_refuse(req, -EINVAL, ": negotiated features 0x%llx, saved 0x%llx",
			   ours.word[0], saved->word[0]);
}

/* Return: the size of this device's ring, or the source's if the ring is not set up yet. */
static u16 ring_size(const struct vdpa_upload_vq *vq, const struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = &entry->ops;

	if (ops->get_vq_size && ops->get_vq_ready(entry->vdev, vq->index))
		return ops->get_vq_size(entry->vdev, vq->index);
	return vq->size ?: entry->max_vq_size;
}

static int check_inflight(const struct vdpa_upload_vq *vq, struct vdpa_request *req)
{
	const struct vdpa_inflight_ring ring = {
		.name = vdpa_entry_name(req->entry),
		.index = vq->index,
		.size = ring_size(vq, req->entry),
		.packed = vdpa_vq_is_packed(req->entry),
		.state = &vq->state,
	};

	return vdpa_inflight_check(&vq->inflight, &ring, &req->extack);
}

static int check_vq_size(const struct vdpa_upload_vq *vq, struct vdpa_request *req)
{
	const struct vdpa_config_ops *ops = &req->entry->ops;
	struct vdpa_device *vdev = req->entry->vdev;
	u16 size;

	if (!vq->ready || !vq->size || !ops->get_vq_size || !ops->get_vq_ready(vdev, vq->index))
		return 0;
	size = ops->get_vq_size(vdev, vq->index);
	if (size == vq->size)
		return 0;
	return upload_refuse(req, -EINVAL, ": queue %u has %u descriptors, not %u as saved",
			   vq->index, size, vq->size);
}

static int check_vq(const struct vdpa_upload_vq *vq, struct vdpa_request *req)
{
	u32 nvqs = req->entry->vdev->nvqs;

	if (vq->index >= nvqs)
		return upload_refuse(req, -EINVAL, " has the virtqueues 0 to %u, not %u", nvqs - 1,
				     vq->index);
	return check_vq_size(vq, req) ?: check_inflight(vq, req);
}

static int check_locked(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	unsigned int i;
	int err;
	u64 seq;

	err = check_state(req, vdpa_state_read(req->entry, &seq).now);
	if (!err)
		err = check_features(upload, req);
	for (i = 0; !err && i < upload->n_vqs; i++)
		err = check_vq(&upload->vqs[i], req);
	return err;
}

static void complain(const struct vdpa_entry *entry, u16 index)
{
	dev_warn(&entry->vdev->dev, "queue %u keeps its loaded position\n", index);
}

/* Restore the positions of the first @n virtqueues. */
static void restore_vqs(const struct vdpa_upload *upload, struct vdpa_entry *entry, unsigned int n)
{
	while (n--) {
		const struct vdpa_upload_vq *vq = &upload->vqs[n];
		const struct vdpa_upload_place *old = &upload->old[n];

		if (vq->known &&
		    (entry->ops.set_vq_state(entry->vdev, vq->index, &old->state) ||
		     vdpa_inflight_write(entry, vq->index, &old->inflight)))
			complain(entry, vq->index);
	}
}

/* Set a virtqueue's position and chains in flight: both or neither. */
static int set_vq(const struct vdpa_upload_vq *vq, struct vdpa_entry *entry,
		  struct vdpa_upload_place *old)
{
	const struct vdpa_config_ops *ops = &entry->ops;
	u16 size = ring_size(vq, entry);
	int err;

	if (!vq->known)
		return 0;
	err = ops->get_vq_state(entry->vdev, vq->index, &old->state) ?:
	      vdpa_inflight_read(entry, vq->index, size, &old->inflight) ?:
	      ops->set_vq_state(entry->vdev, vq->index, &vq->state);
	if (err)
		return err;
	err = vdpa_inflight_write(entry, vq->index, &vq->inflight);
	if (err && ops->set_vq_state(entry->vdev, vq->index, &old->state))
		complain(entry, vq->index);
	return err;
}

static int set_vqs(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	unsigned int i;
	int err;

	for (i = 0; i < upload->n_vqs; i++) {
		err = set_vq(&upload->vqs[i], entry, &upload->old[i]);
		if (!err)
			continue;
		restore_vqs(upload, entry, i);
		return upload_refuse(req, err, ": its parent refuses queue %u: %pe",
				   upload->vqs[i].index, ERR_PTR(err));
	}
	return 0;
}

static int load_vqs(struct vdpa_upload *upload, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	u64 seq;
	int err;

	vdpa_poll_down_write(&entry->vdev->cf_lock);
	err = check_locked(upload, req) ?: set_vqs(upload, req);
	upload->sequence = vdpa_state_read(entry, &seq).sequence;
	up_write(&entry->vdev->cf_lock);
	return err;
}

/*
 * Return: whether the device is inactive or suspended, and was not reset, suspended or resumed
 * since the load.
 */
static bool rests(const struct vdpa_upload *upload, const struct vdpa_state_view *view)
{
	return view->sequence == upload->sequence &&
	       (view->now == VDPA_DEV_STATE_INACTIVE || view->now == VDPA_DEV_STATE_SUSPENDED);
}

/* Undo, even if the client has gone; but not after a reset or start by the driver. */
static void undo_vqs(const struct vdpa_upload *upload, struct vdpa_entry *entry)
{
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	struct vdpa_state_view view;
	u64 seq;

	vdpa_poll_down_write(sem);
	view = vdpa_state_read(entry, &seq);
	if (rests(upload, &view))
		restore_vqs(upload, entry, upload->n_vqs);
	up_write(sem);
}

static struct vdpa_migration_source source_of(const struct vdpa_upload *upload)
{
	return (struct vdpa_migration_source){
		.class = upload->source->class,
		.n = upload->source->n,
		.attrs = upload->source->attrs,
	};
}

static int load_private(struct vdpa_upload *upload, struct vdpa_request *req)
{
	const struct vdpa_migration_source source = source_of(upload);
	struct vdpa_entry *entry = req->entry;
	int err = 0;
	u64 seq;

	vdpa_stream_rewind(&upload->private);
	if (entry->mgmtdev->migration.load)
		err = entry->mgmtdev->migration.load(entry->vdev, &source, &upload->private.reader);
	if (err)
		return upload_refuse(req, err, ": its parent refuses the private state: %pe",
				   ERR_PTR(err));
	if (vdpa_state_read(entry, &seq).sequence != upload->sequence)
		return upload_refuse(req, -ECANCELED, " was reset while it was loaded");
	return 0;
}

static int load_all(struct vdpa_upload *upload, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	u64 seq;
	int err;

	err = vdpa_entry_check_owner(entry, upload->group, &req->extack) ?:
	      check_state(req, vdpa_state_read(entry, &seq).now) ?:
	      vdpa_judge(upload->source, entry, entry->mgmtdev, NULL, &req->extack) ?:
	      check_able(upload, req);
	if (err)
		return err;
	upload->old = kvcalloc(upload->n_vqs + 1, sizeof(*upload->old), GFP_KERNEL);
	if (!upload->old)
		return -ENOMEM;
	err = load_vqs(upload, req);
	if (!err) {
		err = load_private(upload, req);
		if (err)
			undo_vqs(upload, entry);
	}
	return err;
}

/**
 * vdpa_upload_undo - restore the state of a device before a load
 * @upload: the state, which vdpa_upload_apply() has loaded; no other one was loaded since
 * @entry: the device
 *
 * Context: a worker; may sleep for as long as the parent takes.
 * Return: 0, also if a reset made the device forget the loaded state; -EBUSY if the device runs
 * with it; or the parent's error: then the device keeps the loaded state.
 */
int vdpa_upload_undo(struct vdpa_upload *upload, struct vdpa_entry *entry)
{
	const struct vdpa_migration_ops *migration = &entry->mgmtdev->migration;
	struct vdpa_state_view view;
	int err = 0;
	u64 seq;

	view = vdpa_state_read(entry, &seq);
	if (!rests(upload, &view))
		return view.now == VDPA_DEV_STATE_INACTIVE ||
		       view.now == VDPA_DEV_STATE_REMOVING ? 0 : -EBUSY;
	if (migration->unload)
		err = migration->unload(entry->vdev);
	if (!err)
		undo_vqs(upload, entry);
	return err;
}

/* Rounds must be in order, and the rest after the last round. */
static int check_round(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	u32 rounds = upload->precopy->rounds;

	if (upload->round == rounds)
		return 0;
	if (upload->kind == VDPA_UPLOAD_ROUND) {
		req->fault = VDPA_ATTR_STATE_ROUND;
		return upload_refuse(req, -EINVAL, ": the next round is %u, not %u", rounds,
				     upload->round);
	}
	req->fault = VDPA_ATTR_STATE_ROUNDS;
	return upload_refuse(req, -EINVAL, " has %u rounds, but the rest follows %u",
			     rounds, upload->round);
}

static int begin_round(const struct vdpa_upload *upload, struct vdpa_request *req)
{
	if (!req->entry->mgmtdev->migration.precopy_load)
		return upload_refuse(req, -EOPNOTSUPP, ": its parent takes no rounds");
	if (upload->round)
		return vdpa_precopy_check(upload->precopy, req->entry, &req->extack);
	return vdpa_precopy_stage_begin(upload->precopy, req);
}

static int stage(struct vdpa_upload *upload, struct vdpa_request *req)
{
	const struct vdpa_migration_source source = source_of(upload);
	struct vdpa_entry *entry = req->entry;
	int err;

	vdpa_stream_rewind(&upload->private);
	err = entry->mgmtdev->migration.precopy_load(entry->vdev, &source, &upload->private.reader);
	return err ? upload_refuse(req, err, ": its parent refuses round %u: %pe", upload->round,
				   ERR_PTR(err)) : 0;
}

static int load_round(struct vdpa_upload *upload, struct vdpa_request *req)
{
	struct vdpa_entry *entry = req->entry;
	int err;
	u64 seq;

	err = check_state(req, vdpa_state_read(entry, &seq).now) ?:
	      vdpa_judge(upload->source, entry, entry->mgmtdev, NULL, &req->extack) ?:
	      begin_round(upload, req) ?: check_round(upload, req) ?: stage(upload, req);
	if (err)
		vdpa_precopy_end(upload->precopy, entry);
	else
		upload->precopy->rounds++;
	return err;
}

/* Uses the staged rounds up, or drops them on error. */
static int load_rest(struct vdpa_upload *upload, struct vdpa_request *req)
{
	int err;

	err = vdpa_precopy_check(upload->precopy, req->entry, &req->extack) ?:
	      check_round(upload, req) ?: load_all(upload, req);
	vdpa_precopy_end(upload->precopy, req->entry);
	return err;
}

/* Refuse while rounds are staged: the parent would take this for their rest. */
static int load_whole(struct vdpa_upload *upload, struct vdpa_request *req)
{
	if (req->entry->precopy[VDPA_PRECOPY_TARGET])
		return upload_refuse(req, -EBUSY, ": another client loads rounds of a pre-copy");
	return load_all(upload, req);
}

static int (*const kinds[])(struct vdpa_upload *upload, struct vdpa_request *req) = {
	[VDPA_UPLOAD_WHOLE]	= load_whole,
	[VDPA_UPLOAD_ROUND]	= load_round,
	[VDPA_UPLOAD_REST]	= load_rest,
};

/**
 * vdpa_upload_apply - load a state into a device, or stage a round of it
 * @upload: the state or the round, complete
 * @req: the request, about the device
 *
 * Context: a worker, in the device's line; may sleep for as long as the parent takes.
 * Return: 0; -EMEDIUMTYPE if the description does not match; -EBUSY if the device is not suspended
 * or inactive, or another client loads rounds; -ENOENT if the earlier rounds are lost; -EINVAL,
 * -EOPNOTSUPP or the parent's error. On error the request's extack is set and nothing is changed.
 */
int vdpa_upload_apply(struct vdpa_upload *upload, struct vdpa_request *req)
{
	return kinds[upload->kind](upload, req);
}
