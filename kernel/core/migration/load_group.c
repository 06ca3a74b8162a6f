// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loading saved states into several devices: see load_group.h.
 */
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "line.h"
#include "message.h"
#include "migration/load_group.h"
#include "migration/upload.h"
#include "registry.h"
#include "request.h"

/**
 * struct member - a device of a group
 * @group: the group
 * @req: loads the device, in its line
 * @undo: restores the device, in its line
 * @entry: the device while the group is a user of it: until @req takes it over, and during an undo;
 *	else NULL
 * @index: the device's index; with @serial it finds the device again
 * @serial: the device's serial number
 * @upload: the state
 * @loaded: loaded, and not undone
 */
struct member {
	struct load_group *group;
	struct vdpa_request req;
	struct vdpa_task undo;
	struct vdpa_entry *entry;
	u32 index;
	u64 serial;
	struct vdpa_upload *upload;
	bool loaded;
};

/**
 * struct load_group - devices that are loaded together
 * @ref: one for vdpa_load_group_start(), one for each work under way
 * @lock: protects @pending, @err, each member's @loaded, and @req's message; a mutex and outermost
 *	lock: vdpa_request_done() is called inside it
 * @req: the request
 * @pending: members that are being loaded or undone
 * @err: error code for the request
 * @n: number of members
 * @members: the devices
 */
struct load_group {
	struct kref ref;
	struct mutex lock; /* see above */
	struct vdpa_request *req;
	unsigned int pending;
	int err;
	unsigned int n;
	struct member members[] __counted_by(n);
};

static void member_release(struct member *member)
{
	if (member->entry)
		vdpa_entry_put(member->entry);
	member->entry = NULL;
}

static void group_free(struct kref *ref)
{
	struct load_group *group = container_of(ref, struct load_group, ref);
	unsigned int i;

	for (i = 0; i < group->n; i++)
		member_release(&group->members[i]);
	mutex_destroy(&group->lock);
	kvfree(group);
}

static void group_put(struct load_group *group)
{
	kref_put(&group->ref, group_free);
}

/*
 * Set the request's message about a member, with its name attribute at fault. Under the lock once
 * works are queued.
 */
static int group_refuse(struct load_group *group, const struct member *member, int err,
			const char *text)
{
	group->req->fault = VDPA_ATTR_DEV_NAME;
	group->req->fault_index = member - group->members;
	NL_SET_ERR_MSG_FMT(&group->req->extack, "device " VDPA_MSG_NAME "%s",
			   vdpa_entry_name(member->entry), text);
	return err;
}

/* End the group's ownership of a device. */
static void disown(struct load_group *group, struct vdpa_entry *entry)
{
	cmpxchg(&entry->load_group, group, NULL);
}

/* Under the lock: all works are done. End ownership and answer the request. */
static void group_end(struct load_group *group)
{
	struct vdpa_entry *entry;
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		entry = vdpa_registry_find_again(group->members[i].index, group->members[i].serial);
		if (entry) {
			disown(group, entry);
			vdpa_entry_put(entry);
		}
		vdpa_upload_free(group->members[i].upload);
	}
	vdpa_request_done(group->req, group->err);
}

/* Under the lock: report a member that could not be restored. */
static void member_keeps(struct member *member, int err)
{
	dev_warn(&member->entry->vdev->dev, "keeps a loaded state, undo failed: %d\n", err);
	group_refuse(member->group, member, 0, " keeps the loaded state, others do not");
}

static void group_step(struct load_group *group);

static void member_undo(struct vdpa_task *task)
{
	struct member *member = container_of(task, struct member, undo);
	struct load_group *group = member->group;
	int err = vdpa_upload_undo(member->upload, member->entry);

	mutex_lock(&group->lock);
	if (err)
		member_keeps(member, err);
	member_release(member);
	group_step(group);
	mutex_unlock(&group->lock);
	group_put(group);
}

/* Under the lock: restore the loaded members that still exist. */
static void group_undo(struct load_group *group)
{
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		struct member *member = &group->members[i];

		if (!member->loaded)
			continue;
		member->loaded = false;
		member->entry = vdpa_registry_find_again(member->index, member->serial);
		if (!member->entry)
			continue;
		group->pending++;
		kref_get(&group->ref);
		member->undo.run = member_undo;
		vdpa_line_queue(&member->entry->line, &member->undo, true);
	}
}

/* Under the lock: a work has ended; it still holds its reference. */
static void group_step(struct load_group *group)
{
	if (--group->pending)
		return;
	if (group->err)
		group_undo(group);
	if (!group->pending)
		group_end(group);
}

/* Keep the first error. */
static void member_failed(struct member *member, int err)
{
	struct load_group *group = member->group;

	if (group->err)
		return;
	group->err = err;
	group->req->fault = VDPA_ATTR_DEV_NAME;
	group->req->fault_index = member - group->members;
	if (member->req.extack._msg)
		NL_SET_ERR_MSG_FMT(&group->req->extack, "%s", member->req.extack._msg);
}

static void member_answer(struct vdpa_request *req, int err)
{
	struct member *member = container_of(req, struct member, req);
	struct load_group *group = member->group;

	mutex_lock(&group->lock);
	if (err)
		member_failed(member, err);
	else
		member->loaded = true;
	group_step(group);
	mutex_unlock(&group->lock);
}

/* A group is never cancelled half-way, even if its client has gone. */
static bool member_abandoned(const struct vdpa_request *req)
{
	return false;
}

static void member_free(struct vdpa_request *req)
{
	group_put(container_of(req, struct member, req)->group);
}

static const struct vdpa_request_ops member_ops = {
	.answer		= member_answer,
	.abandoned	= member_abandoned,
	.free		= member_free,
};

static int member_load(struct vdpa_request *req)
{
	return vdpa_upload_apply(container_of(req, struct member, req)->upload, req);
}

/* Set up a member; the group becomes a user of the device. */
static void member_init(struct load_group *group, unsigned int i, struct vdpa_entry *entry,
			struct vdpa_upload *upload)
{
	struct member *member = &group->members[i];

	vdpa_entry_get(entry);
	upload->group = group;
	*member = (struct member){
		.group = group,
		.entry = entry,
		.index = entry->vdev->index,
		.serial = entry->serial,
		.upload = upload,
	};
}

/* All or nothing requires that a loaded state can be unloaded. */
static int check_members(struct load_group *group)
{
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		const struct member *member = &group->members[i];
		const struct vdpa_migration_ops *ops = &member->entry->mgmtdev->migration;

		if (group->n > 1 && ops->load && !ops->unload)
			return group_refuse(group, member, -EOPNOTSUPP,
					    " could not get its old state back if others fail");
	}
	return 0;
}

static int own_all(struct load_group *group)
{
	unsigned int i;
	int err;

	for (i = 0; i < group->n; i++) {
		if (!cmpxchg(&group->members[i].entry->load_group, NULL, group))
			continue;
		err = group_refuse(group, &group->members[i], -EBUSY,
				   " is just being loaded by another request");
		while (i--)
			disown(group, group->members[i].entry);
		return err;
	}
	return 0;
}

/* The group owns all devices: queue the loads. */
static void group_go(struct load_group *group)
{
	unsigned int i;

	mutex_lock(&group->lock);
	group->pending = group->n;
	for (i = 0; i < group->n; i++) {
		struct member *member = &group->members[i];

		kref_get(&group->ref);
		vdpa_request_init(&member->req, &member_ops, NULL, true);
		swap(member->req.entry, member->entry);
		vdpa_request_queue(&member->req, member_load);
		vdpa_request_put(&member->req);
	}
	mutex_unlock(&group->lock);
}

/**
 * vdpa_load_group_start - load states into devices, all or none of them
 * @req: the request
 * @entries: the devices, each once; the caller is a user of them
 * @uploads: their states, complete
 * @n: how many; at least one
 *
 * Context: may sleep.
 * Return: 0, and the group answers @req and owns the states; or an error with its extack and fault
 * set: then no device was touched, and the caller answers.
 */
int vdpa_load_group_start(struct vdpa_request *req, struct vdpa_entry *const *entries,
			  struct vdpa_upload *const *uploads, unsigned int n)
{
	struct load_group *group = kvzalloc(struct_size(group, members, n), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!group)
		return -ENOMEM;
	kref_init(&group->ref);
	mutex_init(&group->lock);
	group->req = req;
	group->n = n;
	for (i = 0; i < n; i++)
		member_init(group, i, entries[i], uploads[i]);
	err = check_members(group) ?: own_all(group);
	if (!err)
		group_go(group);
	group_put(group);
	return err;
}
