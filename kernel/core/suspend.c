// SPDX-License-Identifier: GPL-2.0-only
/*
 * Suspend and resume of devices: see suspend.h.
 */
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/workqueue.h>

#include "device.h"
#include "hold.h"
#include "message.h"
#include "registry.h"
#include "request.h"
#include "state.h"
#include "status.h"
#include "suspend.h"

/**
 * struct member - a device of a group
 * @group: the group
 * @work: calls the parent, or undoes the suspend
 * @entry: the device while the group is a user of it: until the parent's operation returns, and
 *	during an undo; else NULL
 * @index: the device's index; with @serial it finds the device again
 * @serial: the device's serial number
 * @transition: the transition of the device's state
 * @done: suspended or resumed, and not undone
 */
struct member {
	struct vdpa_group *group;
	struct work_struct work;
	struct vdpa_entry *entry;
	u32 index;
	u64 serial;
	struct vdpa_transition transition;
	bool done;
};

/**
 * struct vdpa_group - devices that are suspended or resumed together
 * @ref: one for vdpa_group_start(), one for each work under way
 * @lock: protects @req, @pending, @err and each member's @done and @entry; a mutex and outermost
 *	lock: vdpa_request_done() is called inside it
 * @req: the request, NULL once it is answered
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @force: see struct vdpa_group_plan
 * @deadline: work at the deadline
 * @pending: members whose work is under way
 * @err: error code for the request
 * @max: room in @members
 * @n: number of members
 * @members: the devices
 */
struct vdpa_group {
	struct kref ref;
	struct mutex lock; /* see above */
	struct vdpa_request *req;
	enum vdpa_dev_state via;
	bool force;
	struct delayed_work deadline;
	unsigned int pending;
	int err;
	unsigned int max;
	unsigned int n;
	struct member members[] __counted_by(max);
};

/* Unbound; each device that is stuck in its parent occupies one worker. */
static struct workqueue_struct *group_wq;

/* A queue of its own: deadlines work even if every worker of group_wq is stuck. */
static struct workqueue_struct *deadline_wq;

/* In the table: both suspend and resume. */
#define ANY	((enum vdpa_dev_state)-1)

/* Why a device in state @now cannot be suspended or resumed. */
static const struct refusal {
	enum vdpa_dev_state via;	/* or ANY */
	enum vdpa_dev_state now;
	int err;
	const char *text;
} refusals[] = {
	{ ANY, VDPA_DEV_STATE_REMOVING, -EBUSY, "is being deleted" },
	{ ANY, VDPA_DEV_STATE_SUSPENDING, -EBUSY, "is just being suspended" },
	{ ANY, VDPA_DEV_STATE_RESUMING, -EBUSY, "is just being resumed" },
	{ ANY, VDPA_DEV_STATE_FAILED, -EINVAL, "has failed: it needs a reset" },
	{ VDPA_DEV_STATE_SUSPENDING, VDPA_DEV_STATE_INACTIVE, -EINVAL,
	  "is inactive: no driver has started it" },
	{ VDPA_DEV_STATE_RESUMING, VDPA_DEV_STATE_INACTIVE, -EINVAL,
	  "is inactive: there is nothing to resume" },
	{ VDPA_DEV_STATE_RESUMING, VDPA_DEV_STATE_ACTIVE, -EALREADY, "is not suspended" },
};

static bool suspends(const struct vdpa_group *group)
{
	return group->via == VDPA_DEV_STATE_SUSPENDING;
}

/* The group stops using the device, which can then be deleted. */
static void member_release(struct member *member)
{
	if (member->entry)
		vdpa_entry_put(member->entry);
	member->entry = NULL;
}

static void group_free(struct kref *ref)
{
	struct vdpa_group *group = container_of(ref, struct vdpa_group, ref);
	unsigned int i;

	for (i = 0; i < group->n; i++)
		member_release(&group->members[i]);
	mutex_destroy(&group->lock);
	kvfree(group);
}

static void group_put(struct vdpa_group *group)
{
	kref_put(&group->ref, group_free);
}

/*
 * Set the request's message about a member, with its name attribute at fault. Under the lock once
 * works are queued.
 */
static __printf(4, 5) int group_refuse(struct vdpa_group *group, const struct member *member,
				       int err, const char *fmt, ...)
{
	struct netlink_ext_ack *extack = &group->req->extack;
	va_list args;

	va_start(args, fmt);
	group->req->fault = VDPA_ATTR_DEV_NAME;
	group->req->fault_index = member - group->members;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME " %pV", vdpa_entry_name(member->entry),
			   &(struct va_format){ .fmt = fmt, .va = &args });
	va_end(args);
	return err;
}

/* Under the lock. */
static void group_answer(struct vdpa_group *group)
{
	struct vdpa_request *req = group->req;

	group->req = NULL;
	if (req)
		vdpa_request_done(req, group->err);
}

static void member_queue(struct member *member)
{
	member->group->pending++;
	kref_get(&member->group->ref);
	queue_work(group_wq, &member->work);
}

static void member_undo(struct work_struct *work);

/* Under the lock: resume all members that are suspended. */
static void group_undo(struct vdpa_group *group)
{
	unsigned int i;

	for (i = 0; i < group->n; i++) {
		struct member *member = &group->members[i];

		if (!member->done)
			continue;
		member->done = false;
		INIT_WORK(&member->work, member_undo);
		member_queue(member);
	}
}

/* Under the lock: a work has ended; it still holds its reference. */
static void group_step(struct vdpa_group *group)
{
	if (suspends(group) && group->err)
		group_undo(group);
	if (!--group->pending) {
		if (cancel_delayed_work(&group->deadline))
			group_put(group);
		group_answer(group);
	}
}

/* Under the lock: report a member that could not be resumed. */
static void member_stays(struct member *member, int err)
{
	struct vdpa_group *group = member->group;
	struct vdpa_entry *entry = member->entry;

	dev_warn(&entry->vdev->dev, "could not be resumed after a suspend called off: %d\n", err);
	if (group->req)
		group_refuse(group, member, 0, "stays suspended: a resume says %pe", ERR_PTR(err));
}

/* Return: as vdpa_hold_undo(); 0 if the device is gone. */
static int undo(struct member *member)
{
	struct vdpa_entry *entry;

	entry = vdpa_registry_find_again(member->index, member->serial);
	if (!entry)
		return 0;
	mutex_lock(&member->group->lock);
	member->entry = entry;
	mutex_unlock(&member->group->lock);
	return vdpa_hold_undo(entry, &member->transition);
}

static void member_undo(struct work_struct *work)
{
	struct member *member = container_of(work, struct member, work);
	struct vdpa_group *group = member->group;
	int err = undo(member);

	mutex_lock(&group->lock);
	if (err && err != -ECANCELED)
		member_stays(member, err);
	member_release(member);
	group_step(group);
	mutex_unlock(&group->lock);
	group_put(group);
}

static void member_failed(struct member *member, int err)
{
	struct vdpa_group *group = member->group;

	if (group->err)
		return;		/* keep the first error */
	group->err = err;
	if (!group->req)
		return;
	if (err == -ECANCELED)
		group_refuse(group, member, 0, "was reset, or left, or failed meanwhile");
	else
		group_refuse(group, member, 0, "could not be %s: its parent says %pe",
			     suspends(group) ? "suspended" : "resumed", ERR_PTR(err));
}

static void member_work(struct work_struct *work)
{
	struct member *member = container_of(work, struct member, work);
	struct vdpa_group *group = member->group;
	int err = vdpa_hold_perform(member->entry, &member->transition);

	mutex_lock(&group->lock);
	if (err)
		member_failed(member, err);
	else
		member->done = true;
	member_release(member);
	group_step(group);
	mutex_unlock(&group->lock);
	group_put(group);
}

/* Without an error, a member that is not done is still in its parent. */
static const struct member *first_late(const struct vdpa_group *group)
{
	unsigned int i = 0;

	while (i < group->n - 1 && group->members[i].done)
		i++;
	return &group->members[i];
}

static void group_deadline(struct work_struct *work)
{
	struct vdpa_group *group = container_of(to_delayed_work(work), struct vdpa_group, deadline);

	mutex_lock(&group->lock);
	if (group->req) {
		if (!group->err)
			group->err = group_refuse(group, first_late(group), -ETIMEDOUT,
						  "was not suspended by the deadline");
		group_answer(group);
		group_undo(group);
	}
	mutex_unlock(&group->lock);
	group_put(group);
}

static struct vdpa_group *group_new(struct vdpa_request *req, const struct vdpa_group_plan *plan,
				    unsigned int max)
{
	struct vdpa_group *group = kvzalloc(struct_size(group, members, max), GFP_KERNEL);

	if (!group)
		return NULL;
	kref_init(&group->ref);
	mutex_init(&group->lock);
	INIT_DELAYED_WORK(&group->deadline, group_deadline);
	group->req = req;
	group->via = plan->via;
	group->force = plan->force;
	group->max = max;
	return group;
}

/* Return: whether the device is one of the first @n members. */
static bool group_has(const struct vdpa_group *group, unsigned int n,
		      const struct vdpa_entry *entry)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (group->members[i].entry == entry)
			return true;
	return false;
}

/* Check that the parent can do it, or that SUSPEND is negotiated. */
static int member_able(const struct member *member)
{
	const struct vdpa_entry *entry = member->entry;
	struct vdpa_group *group = member->group;
	bool able = suspends(group) ? vdpa_can_suspend(entry) : vdpa_can_resume(entry);
	const char *what = suspends(group) ? "suspended" : "resumed";

	if (able)
		return 0;
	if (entry->offers_suspend)
		return group_refuse(group, member, -EOPNOTSUPP,
				    "cannot be %s: its driver lacks SUSPEND", what);
	return group_refuse(group, member, -EOPNOTSUPP,
			    "cannot be %s: its parent does not know how", what);
}

/* Add a device; the group becomes a user of it. */
static void group_add(struct vdpa_group *group, struct vdpa_entry *entry)
{
	struct member *member = &group->members[group->n++];

	vdpa_entry_get(entry);
	member->entry = entry;
	member->group = group;
	member->index = entry->vdev->index;
	member->serial = entry->serial;
	member->transition.via = group->via;
	member->transition.cause = VDPA_CAUSE_MANAGEMENT;
	INIT_WORK(&member->work, member_work);
}

/* Check that no device is named twice, and that each can be suspended or resumed. */
static int check_members(struct vdpa_group *group)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < group->n; i++) {
		const struct member *member = &group->members[i];

		if (group_has(group, i, member->entry))
			err = group_refuse(group, member, -EINVAL, "is named twice");
		else
			err = member_able(member);
	}
	return err;
}

/*
 * Check whether a suspend would exceed the deadline: by the parent's estimate, else by the longest
 * measured one. The latter does not count if the parent itself can honour a deadline.
 */
static int check_latency(struct vdpa_group *group, struct member *member, u64 deadline_ns)
{
	const struct vdpa_migration_ops *migration = &member->entry->mgmtdev->migration;
	u64 seq, ns;

	if (migration->suspend_estimate) {
		ns = migration->suspend_estimate(member->entry->vdev);
		if (ns > deadline_ns)
			return group_refuse(group, member, -ETIMEDOUT, "would take %llu ms",
					    div_u64(ns, NSEC_PER_MSEC));
	} else if (!migration->suspend || vdpa_status_needed(member->entry)) {
		ns = vdpa_state_read(member->entry, &seq).suspend.max;
		if (ns > deadline_ns)
			return group_refuse(group, member, -ETIMEDOUT, "has taken up to %llu ms",
					    div_u64(ns, NSEC_PER_MSEC));
	}
	return 0;
}

static int check_deadline(struct vdpa_group *group, u32 deadline)
{
	unsigned int i;
	int err = 0;

	for (i = 0; deadline && !err && i < group->n; i++) {
		struct member *member = &group->members[i];

		if (member->transition.ask)
			err = check_latency(group, member, (u64)deadline * NSEC_PER_MSEC);
	}
	return err;
}

static int refuse_held(struct vdpa_group *group, const struct member *member)
{
	if (suspends(group))
		return group_refuse(group, member, -EALREADY, "is suspended already");
	return group_refuse(group, member, -EALREADY,
			    "is suspended by its driver, which has to resume it");
}

static int refuse_state(struct vdpa_group *group, const struct member *member,
			const struct vdpa_state_view *view)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(refusals); i++)
		if (refusals[i].now == view->now && (refusals[i].via == group->via ||
						     refusals[i].via == ANY))
			return group_refuse(group, member, refusals[i].err, "%s",
					    refusals[i].text);
	if (view->in_transition)
		return group_refuse(group, member, -EBUSY,
				    "is just being suspended or resumed by another request");
	if (view->now == VDPA_DEV_STATE_SUSPENDED)
		return refuse_held(group, member);
	return group_refuse(group, member, -EBUSY, "is just being unbound from its driver");
}

/* Return: whether a driver of this host, not vhost_vdpa, is bound. */
static bool host_uses(struct vdpa_entry *entry)
{
	bool host;

	mutex_lock(&vdpa_registry_lock);
	host = entry->driver && strcmp(entry->driver, VDPA_VHOST_DRIVER);
	mutex_unlock(&vdpa_registry_lock);
	return host;
}

/*
 * A driver of this host waits for a network device's control queue with the RTNL lock held and
 * without a timeout: while the device is suspended, it can block all network configuration of the
 * host. A suspended disk blocks only its users.
 */
static int check_host(struct vdpa_group *group, const struct member *member)
{
	struct vdpa_entry *entry = member->entry;

	if (group->force || entry->device_id != VIRTIO_ID_NET ||
	    !(READ_ONCE(entry->driver_features) & BIT_ULL(VIRTIO_NET_F_CTRL_VQ)) ||
	    !host_uses(entry))
		return 0;
	return group_refuse(group, member, -EBUSY,
			    "has a control queue this host uses: needs force");
}

/*
 * All or nothing requires that a suspended device can be resumed. A device that cannot be resumed
 * needs a reset: a virtual machine monitor can do that; a driver of this host does not, and waits
 * for ever.
 */
static int check_way_back(struct vdpa_group *group, const struct member *member, u32 deadline)
{
	if (vdpa_can_resume(member->entry))
		return 0;
	if (deadline || group->n > 1)
		return group_refuse(group, member, -EOPNOTSUPP,
				    "could not be resumed if others fail");
	if (host_uses(member->entry))
		return group_refuse(group, member, -EOPNOTSUPP,
				    "could not be resumed for this host's driver");
	if (group->force)
		return 0;
	return group_refuse(group, member, -EOPNOTSUPP,
			    "could not be resumed, only reset: needs force");
}

/*
 * Check all states before any transition begins, so that a refusal changes nothing and sends no
 * event.
 */
static int check_states(struct vdpa_group *group, u32 deadline)
{
	struct vdpa_state_view view;
	unsigned int i;
	u64 seq;
	int err;

	for (i = 0; i < group->n; i++) {
		struct member *member = &group->members[i];

		if (READ_ONCE(member->entry->load_group))
			return group_refuse(group, member, -EBUSY,
					    "is just being loaded by another request");
		view = vdpa_state_read(member->entry, &seq);
		if (!vdpa_hold_can(&view, &member->transition))
			return refuse_state(group, member, &view);
		member->transition.ask = view.now == VDPA_DEV_STATE_ACTIVE;
		if (!suspends(group))
			continue;
		err = check_host(group, member) ?: check_way_back(group, member, deadline);
		if (err)
			return err;
	}
	return 0;
}

static int begin_all(struct vdpa_group *group)
{
	struct member *members = group->members;
	struct vdpa_state_view view;
	unsigned int i;
	int err;

	for (i = 0; i < group->n; i++) {
		if (vdpa_hold_begin(members[i].entry, &members[i].transition, &view))
			continue;
		/* The state changed since check_states(). */
		err = refuse_state(group, &members[i], &view);
		while (i--)
			vdpa_hold_abort(members[i].entry, &members[i].transition);
		return err;
	}
	return 0;
}

/* All devices are in transition: queue the calls into their parents. */
static void group_go(struct vdpa_group *group, u32 deadline)
{
	ktime_t end = deadline ? ktime_add_ms(ktime_get(), deadline) : 0;
	unsigned int i;

	mutex_lock(&group->lock);
	for (i = 0; i < group->n; i++) {
		group->members[i].transition.deadline = end;
		member_queue(&group->members[i]);
	}
	if (deadline) {
		kref_get(&group->ref);
		queue_delayed_work(deadline_wq, &group->deadline, msecs_to_jiffies(deadline));
	}
	mutex_unlock(&group->lock);
}

/**
 * vdpa_group_start - suspend or resume devices
 * @req: the request
 * @plan: what to do
 * @entries: the devices, of which the caller is a user
 * @n: how many; at least one
 *
 * Return: 0, and the group answers @req; or an error with its extack and fault set: then no device
 * was touched, and the caller answers.
 */
int vdpa_group_start(struct vdpa_request *req, const struct vdpa_group_plan *plan,
		     struct vdpa_entry *const *entries, unsigned int n)
{
	struct vdpa_group *group = group_new(req, plan, n);
	unsigned int i;
	int err;

	if (!group)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		group_add(group, entries[i]);
	err = check_members(group) ?: check_states(group, plan->deadline);
	if (!err && suspends(group))
		err = check_deadline(group, plan->deadline);
	if (!err)
		err = begin_all(group);
	if (!err)
		group_go(group, plan->deadline);
	group_put(group);
	return err;
}

int __init vdpa_groups_init(void)
{
	group_wq = alloc_workqueue("vdpa_suspend", WQ_UNBOUND | WQ_HIGHPRI, WQ_MAX_ACTIVE);
	if (!group_wq)
		return -ENOMEM;
	deadline_wq = alloc_workqueue("vdpa_deadline", WQ_UNBOUND | WQ_HIGHPRI, 0);
	if (deadline_wq)
		return 0;
	destroy_workqueue(group_wq);
	return -ENOMEM;
}

void vdpa_groups_exit(void)
{
	destroy_workqueue(deadline_wq);
	destroy_workqueue(group_wq);
}
