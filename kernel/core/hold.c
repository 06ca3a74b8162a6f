// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds on suspended devices: see hold.h.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/vdpa.h>

#include "device.h"
#include "hold.h"
#include "state.h"
#include "status.h"

static u8 own_hold(const struct vdpa_transition *transition)
{
	return transition->cause == VDPA_CAUSE_DRIVER ? VDPA_HOLD_DRIVER : VDPA_HOLD_MANAGEMENT;
}

static bool suspends(const struct vdpa_transition *transition)
{
	return transition->via == VDPA_DEV_STATE_SUSPENDING;
}

/* The caller owns state->in_parent. */
static void note_means(struct vdpa_entry *entry, enum vdpa_means means)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->means = means;
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Which virtqueues are ready. */

/**
 * vdpa_hold_init - allocate the ready bitmaps of a device
 * @entry: the device, whose number of virtqueues is known
 *
 * Return: 0 or -ENOMEM; in both cases vdpa_hold_exit() frees them.
 */
int vdpa_hold_init(struct vdpa_entry *entry)
{
	struct vdpa_ready *ready = &entry->ready;
	u32 n = entry->vdev->nvqs;

	if (!entry->parent_ops->suspend)
		return 0;
	/* The parent may register the device again after a failure. */
	vdpa_hold_exit(entry);
	ready->before = bitmap_zalloc(n, GFP_KERNEL);
	ready->wanted = bitmap_zalloc(n, GFP_KERNEL);
	return ready->before && ready->wanted ? 0 : -ENOMEM;
}

void vdpa_hold_exit(struct vdpa_entry *entry)
{
	bitmap_free(entry->ready.before);
	bitmap_free(entry->ready.wanted);
}

/* The driver changes a queue's readiness: called after it sets ready, before it clears ready. */
void vdpa_hold_queue(struct vdpa_entry *entry, u16 index, bool ready)
{
	if (entry->ready.wanted && index < entry->vdev->nvqs)
		assign_bit(index, entry->ready.wanted, ready);
}

static void queues_note(struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_device *vdev = entry->vdev;
	u32 i;

	for (i = 0; i < vdev->nvqs; i++)
		__assign_bit(i, entry->ready.before, ops->get_vq_ready(vdev, i));
}

static void queues_restore(struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_device *vdev = entry->vdev;
	u32 i;

	for_each_set_bit(i, entry->ready.before, vdev->nvqs) {
		if (!test_bit(i, entry->ready.wanted) || ops->get_vq_ready(vdev, i))
			continue;
		ops->set_vq_ready(vdev, i, true);
		/* The driver may have cleared ready meanwhile. */
		if (!test_bit(i, entry->ready.wanted))
			ops->set_vq_ready(vdev, i, false);
	}
}

/* Calls into the parent. The caller owns state->in_parent and holds no lock. */

static int ops_resume(struct vdpa_entry *entry)
{
	int err;

	if (!entry->parent_ops->resume)
		return -EOPNOTSUPP;
	err = entry->parent_ops->resume(entry->vdev);
	if (!err && entry->ready.before)
		queues_restore(entry);
	return err;
}

/* On -EIO the device has failed: note that before the transition ends. */
static int status_answer(struct vdpa_entry *entry, int err)
{
	if (err == -EIO)
		vdpa_state_refresh(entry);
	return err;
}

static int ask_resume(struct vdpa_entry *entry)
{
	int err;

	if (entry->state.means == VDPA_MEANS_STATUS)
		err = status_answer(entry, vdpa_status_resume(entry));
	else
		err = ops_resume(entry);
	if (!err)
		note_means(entry, VDPA_MEANS_NONE);
	return err;
}

static int ops_suspend(struct vdpa_entry *entry, ktime_t deadline)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_mgmtdev *mgmtdev = entry->mgmtdev;
	int err, undo;

	queues_note(entry);
	if (mgmtdev && mgmtdev->migration.suspend)
		err = mgmtdev->migration.suspend(entry->vdev, deadline ?: KTIME_MAX);
	else
		err = ops->suspend(entry->vdev);
	if (!err || !ops->resume)
		return err;
	/* The device may be half suspended. */
	undo = ops_resume(entry);
	if (undo)
		dev_warn(&entry->vdev->dev, "resume after a failed suspend: %pe\n",
			 ERR_PTR(undo));
	return err;
}

static int ask_suspend(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	int err;

	/* A driver that calls the suspend operation gets the parent's operation. */
	if (transition->cause == VDPA_CAUSE_MANAGEMENT && vdpa_status_needed(entry)) {
		note_means(entry, VDPA_MEANS_STATUS);
		return status_answer(entry, vdpa_status_suspend(entry));
	}
	note_means(entry, VDPA_MEANS_OPS);
	err = ops_suspend(entry, transition->deadline);
	if (err)
		note_means(entry, VDPA_MEANS_NONE);
	return err;
}

static int ask(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	return suspends(transition) ? ask_suspend(entry, transition) : ask_resume(entry);
}

/* Under the lock. */
static void parent_end(struct vdpa_state *state)
{
	state->in_parent = false;
	wake_up_all(&state->idle);
}

/* Transitions. */

/* Return: whether a transition can begin on a device whose state is @view. */
bool vdpa_hold_can(const struct vdpa_state_view *view, const struct vdpa_transition *transition)
{
	bool held = view->holds & own_hold(transition);

	if (view->in_transition)
		return false;
	if (!suspends(transition))
		return view->now == VDPA_DEV_STATE_SUSPENDED && held;
	if (view->leaving)
		return false;
	return view->now == VDPA_DEV_STATE_ACTIVE ||
	       (view->now == VDPA_DEV_STATE_SUSPENDED && !held);
}

/* Under the lock. */
void vdpa_hold_transition_begin(struct vdpa_entry *entry, struct vdpa_transition *transition)
{
	struct vdpa_state *state = &entry->state;
	u8 others = state->holds & ~own_hold(transition);

	transition->sequence = ++state->sequence;
	transition->ask = !others;
	state->in_transition = true;
	if (transition->ask)
		vdpa_state_change(entry, transition->via, transition->cause);
}

/* Under the lock. */
static bool transition_is_current(const struct vdpa_state *state,
				  const struct vdpa_transition *transition)
{
	return state->in_transition && state->sequence == transition->sequence;
}

/* Under the lock: end the transition. @reached: the parent's operation succeeded. */
void vdpa_hold_transition_end(struct vdpa_entry *entry, const struct vdpa_transition *transition,
			      bool reached)
{
	bool suspended = suspends(transition) == reached;
	struct vdpa_state *state = &entry->state;
	u8 holds = state->holds;

	if (reached && suspends(transition))
		holds |= own_hold(transition);
	else if (reached)
		holds &= ~own_hold(transition);
	if (reached && transition->cause == VDPA_CAUSE_MANAGEMENT)
		state->held_by = transition->sequence;
	state->in_transition = false;
	state->in_status = false;
	wake_up_all(&state->idle);
	if (!transition->ask) {
		vdpa_state_set_holds(entry, holds, transition->cause);
		return;
	}
	state->holds = holds;
	state->status_bit &= !!(holds & VDPA_HOLD_DRIVER);
	vdpa_state_change(entry, suspended ? VDPA_DEV_STATE_SUSPENDED : VDPA_DEV_STATE_ACTIVE,
			  transition->cause);
}

/**
 * vdpa_hold_begin - begin to take or release a hold
 * @entry: the device
 * @transition: with @via and @cause filled in
 * @view: set to the state of the device before
 *
 * The transition ends with vdpa_hold_perform() or vdpa_hold_abort().
 *
 * Context: any; takes the state's lock.
 * Return: true if it began; else @view tells why not.
 */
bool vdpa_hold_begin(struct vdpa_entry *entry, struct vdpa_transition *transition,
		     struct vdpa_state_view *view)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool can;

	spin_lock_irqsave(&state->lock, flags);
	*view = vdpa_state_view_locked(entry);
	can = vdpa_hold_can(view, transition);
	if (can)
		vdpa_hold_transition_begin(entry, transition);
	spin_unlock_irqrestore(&state->lock, flags);
	return can;
}

/* End a transition without calling the parent. */
void vdpa_hold_abort(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	if (transition_is_current(state, transition))
		vdpa_hold_transition_end(entry, transition, false);
	spin_unlock_irqrestore(&state->lock, flags);
}

/*
 * Return: true once waiting is over. @good: the transition is still current, and the caller owns
 * in_parent.
 */
static bool perform_begin(struct vdpa_entry *entry, const struct vdpa_transition *transition,
			  bool *good)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	*good = transition_is_current(state, transition);
	free = !state->in_parent;
	if (free && *good)
		state->in_parent = true;
	spin_unlock_irqrestore(&state->lock, flags);
	return free || !*good;
}

/*
 * The parent's operation returned @err after @ns. Return: whether the transition was still current.
 */
static bool perform_end(struct vdpa_entry *entry, const struct vdpa_transition *transition, int err,
			u64 ns)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool good;

	spin_lock_irqsave(&state->lock, flags);
	good = transition_is_current(state, transition);
	if (good && !err && transition->ask)
		vdpa_latency_note(suspends(transition) ? &state->suspend : &state->resume, ns);
	if (good)
		vdpa_hold_transition_end(entry, transition, !err);
	parent_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
	return good;
}

/**
 * vdpa_hold_perform_now - as vdpa_hold_perform(), without waiting for in_parent
 * @entry: the device
 * @transition: the transition, begun
 *
 * Context: the caller owns state->in_parent, which this function releases. Otherwise as
 * vdpa_hold_perform().
 * Return: as vdpa_hold_perform().
 */
int vdpa_hold_perform_now(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	ktime_t start = ktime_get();
	int err = transition->ask ? ask(entry, transition) : 0;
	u64 ns = ktime_to_ns(ktime_sub(ktime_get(), start));

	return perform_end(entry, transition, err, ns) ? err : err ?: -ECANCELED;
}

/**
 * vdpa_hold_perform - take or release the hold, and call the parent if necessary
 * @entry: the device
 * @transition: the transition, begun
 *
 * Context: a worker; may sleep for as long as the parent takes; no lock is held.
 * Return: 0 or the parent's error; -ECANCELED if a reset or a failure voided the transition.
 */
int vdpa_hold_perform(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	bool good;

	wait_event_idle(entry->state.idle, perform_begin(entry, transition, &good));
	return good ? vdpa_hold_perform_now(entry, transition) : -ECANCELED;
}

/*
 * Return: true once it is known whether the hold is still @ours. If it is, a transition has begun.
 */
static bool undo_begin(struct vdpa_entry *entry, struct vdpa_transition *transition, bool *ours)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool known;

	spin_lock_irqsave(&state->lock, flags);
	*ours = (state->holds & own_hold(transition)) && state->held_by == transition->sequence;
	known = !*ours || !state->in_transition;
	if (*ours && known) {
		transition->via = VDPA_DEV_STATE_RESUMING;
		vdpa_hold_transition_begin(entry, transition);
	}
	spin_unlock_irqrestore(&state->lock, flags);
	return known;
}

/**
 * vdpa_hold_undo - release a hold of a group suspend that failed
 * @entry: the device, also one that is being deleted
 * @transition: the transition that took it
 *
 * Context: a worker; may sleep for as long as the parent takes; no lock is held.
 * Return: 0 or the parent's error; 0 without calling the parent if the hold is gone or the driver
 * has one too; -ECANCELED if a reset or a failure voided the transition.
 */
int vdpa_hold_undo(struct vdpa_entry *entry, struct vdpa_transition *transition)
{
	bool ours;

	wait_event_idle(entry->state.idle, undo_begin(entry, transition, &ours));
	return ours ? vdpa_hold_perform(entry, transition) : 0;
}

/* Return: true once no other operation is in the parent; the caller then owns in_parent. */
static bool turn_begin(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	free = !state->in_parent;
	if (free)
		state->in_parent = true;
	spin_unlock_irqrestore(&state->lock, flags);
	return free;
}

/* Release state->in_parent. */
void vdpa_hold_turn_end(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	parent_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* The driver's side. */

/* How to carry out a suspend or resume that the driver calls. */
enum driver_step {
	STEP_NONE,	/* nothing to do */
	STEP_TRANSITION,	/* a transition began; the caller owns in_parent */
	STEP_PASS,	/* the device has failed: pass the call on to the parent */
};

/* Under the lock, with no transition under way and in_parent false. */
static enum driver_step driver_step(struct vdpa_entry *entry, struct vdpa_transition *transition)
{
	struct vdpa_state *state = &entry->state;
	bool held = state->holds & VDPA_HOLD_DRIVER;

	switch (state->now) {
	case VDPA_DEV_STATE_FAILED:
		state->in_parent = true;
		return STEP_PASS;
	case VDPA_DEV_STATE_ACTIVE:
	case VDPA_DEV_STATE_SUSPENDED:
		if (suspends(transition) == held)
			return STEP_NONE;
		if (state->holds & ~VDPA_HOLD_DRIVER) {
			vdpa_state_set_holds(entry, state->holds ^ VDPA_HOLD_DRIVER,
					     transition->cause);
			return STEP_NONE;
		}
		vdpa_hold_transition_begin(entry, transition);
		state->in_parent = true;
		return STEP_TRANSITION;
	default:
		return STEP_NONE;
	}
}

static bool driver_begin(struct vdpa_entry *entry, struct vdpa_transition *transition,
			 enum driver_step *step)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	free = !state->in_transition && !state->in_parent;
	if (free)
		*step = driver_step(entry, transition);
	spin_unlock_irqrestore(&state->lock, flags);
	return free;
}

/* Return: 0 or the parent's error. */
static int driver_pass(struct vdpa_entry *entry, const struct vdpa_transition *transition)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	int err;

	err = suspends(transition) ? ops->suspend(entry->vdev) : ops->resume(entry->vdev);
	vdpa_hold_turn_end(entry);
	return err;
}

/**
 * vdpa_hold_driver - suspend or resume the device for its bus driver
 * @entry: the device
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 *
 * Context: may sleep for as long as the parent takes. Before that, waits killable while another
 * caller suspends, resumes or resets the device.
 * Return: 0 or the parent's error; 0 if the parent was not called; -ECANCELED if the device failed
 * meanwhile; -EINTR if the caller is killed.
 */
int vdpa_hold_driver(struct vdpa_entry *entry, enum vdpa_dev_state via)
{
	struct vdpa_transition transition = { .via = via, .cause = VDPA_CAUSE_DRIVER };
	enum driver_step step;

	if (wait_event_killable(entry->state.idle, driver_begin(entry, &transition, &step)))
		return -EINTR;
	switch (step) {
	case STEP_TRANSITION:
		return vdpa_hold_perform_now(entry, &transition);
	case STEP_PASS:
		return driver_pass(entry, &transition);
	default:
		return 0;
	}
}

/**
 * vdpa_hold_probe - note that vhost_vdpa begins or ends to probe the device
 * @entry: the device
 * @probing: true: it begins
 *
 * vhost_vdpa creates its character device before it has initialised what closing the file needs:
 * opening and closing the file that early crashes the kernel. Opening resets the device, so the
 * reset waits here until the probe ends.
 */
void vdpa_hold_probe(struct vdpa_entry *entry, bool probing)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->prober = probing ? current : NULL;
	wake_up_all(&state->idle);
	spin_unlock_irqrestore(&state->lock, flags);
}

static bool is_probed(const struct vdpa_entry *entry)
{
	const struct task_struct *prober = READ_ONCE(entry->state.prober);

	return !prober || prober == current;
}

/* Add @n to the waiting resets. A waiter that polls the device's status then stops waiting. */
static void want_reset(struct vdpa_entry *entry, int n)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->resets += n;
	wake_up_all(&state->idle);
	spin_unlock_irqrestore(&state->lock, flags);
}

/**
 * vdpa_hold_reset_begin - prepare a reset by the bus driver
 * @entry: the device
 *
 * Context: may sleep for as long as the parent's running operation takes, but does not wait for a
 * device that has not completed a suspend through its status. Not killable: the reset may belong to
 * the release of a file, after which its memory is unmapped.
 */
void vdpa_hold_reset_begin(struct vdpa_entry *entry)
{
	want_reset(entry, 1);
	wait_event_idle(entry->state.idle, is_probed(entry) && turn_begin(entry));
	want_reset(entry, -1);
	vdpa_state_driver_begin(entry);
}

/* The reset is over. If @done, it succeeded: it ends transitions and holds. */
void vdpa_hold_reset_end(struct vdpa_entry *entry, bool done)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	vdpa_state_driver_end(entry);
	if (done) {
		WRITE_ONCE(entry->driver_features, 0);
		state->sequence++;
		state->lives++;
		vdpa_state_change(entry, VDPA_DEV_STATE_INACTIVE, VDPA_CAUSE_DRIVER);
	}
	parent_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
}

/*
 * Under the lock: drop all holds. Return: how the parent has to resume the device, if at all.
 * @suspending: a suspend through the status may have been cancelled before the device completed it.
 */
static enum vdpa_means leave(struct vdpa_entry *entry, bool *suspending)
{
	struct vdpa_state *state = &entry->state;
	enum vdpa_means means = state->means;

	*suspending = state->now != VDPA_DEV_STATE_SUSPENDED &&
		      state->now != VDPA_DEV_STATE_RESUMING;
	state->sequence++;
	state->in_transition = false;
	state->in_status = false;
	state->holds = 0;
	state->status_bit = false;
	state->means = VDPA_MEANS_NONE;
	if (state->now != VDPA_DEV_STATE_INACTIVE && state->now != VDPA_DEV_STATE_FAILED)
		vdpa_state_change(entry, VDPA_DEV_STATE_ACTIVE, VDPA_CAUSE_MANAGEMENT);
	return means;
}

static void leave_resume(struct vdpa_entry *entry, enum vdpa_means means, bool suspending)
{
	int err = 0;

	if (means == VDPA_MEANS_STATUS)
		err = vdpa_status_leave(entry, suspending);
	else if (means == VDPA_MEANS_OPS && entry->parent_ops->resume)
		err = ops_resume(entry);
	if (err)
		dev_warn(&entry->vdev->dev,
			 "could not be resumed before its driver is unbound: %pe\n",
			 ERR_PTR(err));
}

/**
 * vdpa_hold_leave - prepare the unbind of a driver of this host
 * @entry: the device
 *
 * The kernel's own drivers wait uninterruptibly for outstanding requests when they are unbound:
 * with a suspended device they would wait for ever. So the device is resumed, and cannot be
 * suspended until vdpa_hold_left().
 *
 * Context: may sleep for as long as the parent takes.
 */
void vdpa_hold_leave(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	enum vdpa_means means;
	unsigned long flags;
	bool suspending;

	spin_lock_irqsave(&state->lock, flags);
	state->leaving = true;
	wake_up_all(&state->idle);
	spin_unlock_irqrestore(&state->lock, flags);
	wait_event_idle(state->idle, turn_begin(entry));
	spin_lock_irqsave(&state->lock, flags);
	means = leave(entry, &suspending);
	spin_unlock_irqrestore(&state->lock, flags);
	leave_resume(entry, means, suspending);
	vdpa_hold_turn_end(entry);
}

/* The driver is unbound. */
void vdpa_hold_left(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->leaving = false;
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Wait until no suspend, resume or reset is in the parent, for as long as it takes. */
void vdpa_hold_wait(struct vdpa_entry *entry)
{
	wait_event_idle(entry->state.idle, !READ_ONCE(entry->state.in_parent));
}
