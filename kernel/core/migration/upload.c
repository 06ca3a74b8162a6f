// SPDX-License-Identifier: GPL-2.0-only
/*
 * Giving a device the state of another one: see upload.h.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/describe.h"
#include "migration/description.h"
#include "migration/upload.h"
#include "netlink/netlink.h"
#include "request.h"
#include "state.h"

/* Say what is wrong with the job's device. */
#define load_refuse(job, error, fmt, ...)						\
	({										\
		struct vdpa_job *_job = (job);						\
											\
		NL_SET_ERR_MSG_FMT(&_job->extack, "device " VDPA_MSG_NAME fmt,		\
				   vdpa_entry_name(_job->entry), ##__VA_ARGS__);	\
		(error);								\
	})

void vdpa_load_free(struct vdpa_load *load)
{
	vdpa_list_free(load->source);
	kvfree(load->vqs);
	vdpa_blob_free(&load->private);
	kfree(load);
}

/* What the parent has to be able to do. */
static int check_able(const struct vdpa_load *load, struct vdpa_job *job)
{
	struct vdpa_entry *entry = job->entry;

	if (load->n_vqs && !entry->has_vq_state)
		return load_refuse(job, -EOPNOTSUPP, ": its parent takes no queue state");
	if (load->private.len && !entry->parent->migration.load)
		return load_refuse(job, -EOPNOTSUPP, ": its parent takes no private state");
	return 0;
}

static int check_state(struct vdpa_job *job, enum vdpa_dev_state now)
{
	switch (now) {
	case VDPA_DEV_STATE_SUSPENDED:
	case VDPA_DEV_STATE_INACTIVE:
		return 0;
	case VDPA_DEV_STATE_FAILED:
		return load_refuse(job, -EBUSY, " has failed: it needs a reset");
	case VDPA_DEV_STATE_REMOVING:
		return load_refuse(job, -EBUSY, " is being deleted");
	default:
		return load_refuse(job, -EBUSY, " works: suspend it first");
	}
}

/* The device's cf_lock is held for writing, so that its driver cannot go on. */

static int check_features(const struct vdpa_load *load, struct vdpa_job *job)
{
	u64 ours = job->entry->ops.get_driver_features(job->entry->vdev);

	if (ours == load->features)
		return 0;
	NL_SET_BAD_ATTR(&job->extack, job->info.attrs[VDPA_ATTR_STATE_FEATURES]);
	return load_refuse(job, -EINVAL, ": negotiated features 0x%llx, saved 0x%llx", ours,
			   load->features);
}

static int check_vq(const struct vdpa_load_vq *vq, struct vdpa_job *job)
{
	const struct vdpa_config_ops *ops = &job->entry->ops;
	struct vdpa_device *vdev = job->entry->vdev;
	u16 size;

	if (vq->index >= vdev->nvqs)
		return load_refuse(job, -EINVAL, " has the virtqueues 0 to %u, not %u",
				   vdev->nvqs - 1, vq->index);
	if (!vq->ready || !vq->size || !ops->get_vq_size || !ops->get_vq_ready(vdev, vq->index))
		return 0;
	size = ops->get_vq_size(vdev, vq->index);
	if (size == vq->size)
		return 0;
	return load_refuse(job, -EINVAL, ": queue %u has %u descriptors, not %u as saved",
			   vq->index, size, vq->size);
}

static int check_locked(const struct vdpa_load *load, struct vdpa_job *job)
{
	unsigned int i;
	int err;
	u64 seq;

	err = check_state(job, vdpa_state_read(job->entry, &seq).now);
	if (!err)
		err = check_features(load, job);
	for (i = 0; !err && i < load->n_vqs; i++)
		err = check_vq(&load->vqs[i], job);
	return err;
}

/* Back to what @old says of the first @n. */
static void restore_vqs(const struct vdpa_load *load, struct vdpa_entry *entry,
			const struct vdpa_vq_state *old, unsigned int n)
{
	while (n--) {
		const struct vdpa_load_vq *vq = &load->vqs[n];

		if (vq->known && entry->ops.set_vq_state(entry->vdev, vq->index, &old[n]))
			dev_warn(&entry->vdev->dev, "queue %u keeps what was loaded\n", vq->index);
	}
}

static int set_vq(const struct vdpa_load_vq *vq, struct vdpa_entry *entry,
		  struct vdpa_vq_state *old)
{
	const struct vdpa_config_ops *ops = &entry->ops;

	if (!vq->known)
		return 0;
	return ops->get_vq_state(entry->vdev, vq->index, old) ?:
	       ops->set_vq_state(entry->vdev, vq->index, &vq->state);
}

static int set_vqs(const struct vdpa_load *load, struct vdpa_job *job, struct vdpa_vq_state *old)
{
	struct vdpa_entry *entry = job->entry;
	unsigned int i;
	int err;

	for (i = 0; i < load->n_vqs; i++) {
		err = set_vq(&load->vqs[i], entry, &old[i]);
		if (!err)
			continue;
		restore_vqs(load, entry, old, i);
		return load_refuse(job, err, ": its parent refuses queue %u: %pe",
				   load->vqs[i].index, ERR_PTR(err));
	}
	return 0;
}

/* @claim: set to what tells whether the device was reset since */
static int load_vqs(const struct vdpa_load *load, struct vdpa_job *job, struct vdpa_vq_state *old,
		    u32 *claim)
{
	struct vdpa_entry *entry = job->entry;
	u64 seq;
	int err;

	vdpa_poll_down_write(&entry->vdev->cf_lock);
	err = check_locked(load, job) ?: set_vqs(load, job, old);
	*claim = vdpa_state_read(entry, &seq).claim;
	up_write(&entry->vdev->cf_lock);
	return err;
}

/* Whatever its client does, this is to be done; unless the driver has begun anew. */
static void undo_vqs(const struct vdpa_load *load, struct vdpa_entry *entry,
		     const struct vdpa_vq_state *old, u32 claim)
{
	struct rw_semaphore *sem = &entry->vdev->cf_lock;
	struct vdpa_state_view view;
	u64 seq;

	vdpa_poll_down_write(sem);
	view = vdpa_state_read(entry, &seq);
	if (view.claim == claim && (view.now == VDPA_DEV_STATE_INACTIVE ||
				    view.now == VDPA_DEV_STATE_SUSPENDED))
		restore_vqs(load, entry, old, load->n_vqs);
	up_write(sem);
}

static int load_private(struct vdpa_load *load, struct vdpa_job *job, u32 claim)
{
	const struct vdpa_migration_source source = {
		.class = load->source->class,
		.n = load->source->n,
		.attrs = load->source->attrs,
	};
	struct vdpa_entry *entry = job->entry;
	int err = 0;
	u64 seq;

	vdpa_blob_rewind(&load->private);
	if (entry->parent->migration.load)
		err = entry->parent->migration.load(entry->vdev, &source, &load->private.reader);
	if (err)
		return load_refuse(job, err, ": its parent refuses the private state: %pe",
				   ERR_PTR(err));
	if (vdpa_state_read(entry, &seq).claim != claim)
		return load_refuse(job, -ECANCELED, " was reset while it was loaded");
	return 0;
}

/**
 * vdpa_load_apply - load a state into a device
 * @load: the state, complete
 * @job: the request, about the device
 *
 * Context: a worker; may sleep for as long as the parent takes.
 * Return: 0; -EMEDIUMTYPE if the description does not match; -EBUSY if the device works,
 * -EINVAL, -EOPNOTSUPP or what the parent says, with the job's extack set and nothing
 * changed.
 */
int vdpa_load_apply(struct vdpa_load *load, struct vdpa_job *job)
{
	struct vdpa_entry *entry = job->entry;
	struct vdpa_vq_state *old;
	u32 claim;
	u64 seq;
	int err;

	err = check_state(job, vdpa_state_read(entry, &seq).now) ?:
	      vdpa_judge(load->source, entry, entry->parent, NULL, &job->extack) ?:
	      check_able(load, job);
	if (err)
		return err;
	old = kvcalloc(load->n_vqs + 1, sizeof(*old), GFP_KERNEL);
	if (!old)
		return -ENOMEM;
	err = load_vqs(load, job, old, &claim);
	if (!err) {
		err = load_private(load, job, claim);
		if (err)
			undo_vqs(load, entry, old, claim);
	}
	kvfree(old);
	return err;
}
