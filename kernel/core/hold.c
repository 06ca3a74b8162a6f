// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holding devices: see hold.h.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/vdpa.h>

#include "device.h"
#include "hold.h"
#include "state.h"

static u8 own_hold(const struct vdpa_claim *claim)
{
	return claim->cause == VDPA_CAUSE_DRIVER ? VDPA_HOLD_DRIVER : VDPA_HOLD_MANAGEMENT;
}

static bool suspends(const struct vdpa_claim *claim)
{
	return claim->via == VDPA_DEV_STATE_SUSPENDING;
}

/* Which queues are ready. */

/**
 * vdpa_hold_init - make room for which queues of a device are ready
 * @entry: the device, whose number of virtqueues is known
 *
 * Return: 0 or -ENOMEM; what there is goes with vdpa_hold_exit() in either case.
 */
int vdpa_hold_init(struct vdpa_entry *entry)
{
	struct vdpa_ready *ready = &entry->ready;
	u32 n = entry->vdev->nvqs;

	if (!entry->parent_ops->suspend)
		return 0;
	/* A parent may try again to register it. */
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

/* The driver makes a queue ready, or no more so: called after it did the one, before the other. */
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
		/* The driver may just have taken it away. */
		if (!test_bit(i, entry->ready.wanted))
			ops->set_vq_ready(vdev, i, false);
	}
}

/* Asking the parent, in a turn that is ours: no lock is held. */

static int ask_resume(struct vdpa_entry *entry)
{
	int err = entry->parent_ops->resume(entry->vdev);

	if (!err && entry->ready.before)
		queues_restore(entry);
	return err;
}

static int ask_suspend(struct vdpa_entry *entry, ktime_t deadline)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_parent *parent = entry->parent;
	int err, undo;

	queues_note(entry);
	if (parent && parent->migration.suspend)
		err = parent->migration.suspend(entry->vdev, deadline ?: KTIME_MAX);
	else
		err = ops->suspend(entry->vdev);
	if (!err || !ops->resume)
		return err;
	/* Half of it may be suspended. */
	undo = ask_resume(entry);
	if (undo)
		dev_warn(&entry->vdev->dev, "a resume after a suspend that failed says %pe\n",
			 ERR_PTR(undo));
	return err;
}

static int ask(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	return suspends(claim) ? ask_suspend(entry, claim->deadline) : ask_resume(entry);
}

/* Under the lock. */
static void ask_end(struct vdpa_state *state)
{
	state->asking = false;
	wake_up_all(&state->idle);
}

/* Claims. */

/* Whether a claim can begin on a device that is doing what @view says. */
bool vdpa_hold_can(const struct vdpa_state_view *view, const struct vdpa_claim *claim)
{
	bool held = view->holds & own_hold(claim);

	if (view->claimed)
		return false;
	if (!suspends(claim))
		return view->now == VDPA_DEV_STATE_SUSPENDED && held;
	if (view->leaving)
		return false;
	return view->now == VDPA_DEV_STATE_ACTIVE ||
	       (view->now == VDPA_DEV_STATE_SUSPENDED && !held);
}

/* Under the lock. */
static void claim_take(struct vdpa_entry *entry, struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	u8 others = state->holds & ~own_hold(claim);

	claim->number = ++state->claim;
	claim->ask = !others;
	state->claimed = true;
	if (claim->ask)
		vdpa_state_change(entry, claim->via, claim->cause);
}

/* Under the lock. */
static bool claim_is_good(const struct vdpa_state *state, const struct vdpa_claim *claim)
{
	return state->claimed && state->claim == claim->number;
}

/* Under the lock: it ends, and was carried out if @reached. */
static void claim_end(struct vdpa_entry *entry, const struct vdpa_claim *claim, bool reached)
{
	bool suspended = suspends(claim) == reached;
	struct vdpa_state *state = &entry->state;
	u8 holds = state->holds;

	if (reached && suspends(claim))
		holds |= own_hold(claim);
	else if (reached)
		holds &= ~own_hold(claim);
	if (reached && claim->cause == VDPA_CAUSE_MANAGEMENT)
		state->held_by = claim->number;
	state->claimed = false;
	wake_up_all(&state->idle);
	if (!claim->ask) {
		vdpa_state_set_holds(entry, holds, claim->cause);
		return;
	}
	state->holds = holds;
	vdpa_state_change(entry, suspended ? VDPA_DEV_STATE_SUSPENDED : VDPA_DEV_STATE_ACTIVE,
			  claim->cause);
}

/**
 * vdpa_hold_begin - claim the right to take or give back a hold
 * @entry: the device
 * @claim: with @via and @cause filled in
 * @view: set to what the device was doing
 *
 * A claim ends with vdpa_hold_perform() or vdpa_hold_abort().
 *
 * Context: any; takes the state's lock.
 * Return: false if nothing was claimed: @view says why.
 */
bool vdpa_hold_begin(struct vdpa_entry *entry, struct vdpa_claim *claim,
		     struct vdpa_state_view *view)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool can;

	spin_lock_irqsave(&state->lock, flags);
	*view = vdpa_state_view_locked(entry);
	can = vdpa_hold_can(view, claim);
	if (can)
		claim_take(entry, claim);
	spin_unlock_irqrestore(&state->lock, flags);
	return can;
}

/* Give a claim back: the parent was not asked. */
void vdpa_hold_abort(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	if (claim_is_good(state, claim))
		claim_end(entry, claim, false);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Return: true once the parent can be asked, which is @good if the claim still is. */
static bool perform_begin(struct vdpa_entry *entry, const struct vdpa_claim *claim, bool *good)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	*good = claim_is_good(state, claim);
	free = !state->asking;
	if (free && *good)
		state->asking = true;
	spin_unlock_irqrestore(&state->lock, flags);
	return free || !*good;
}

/* Return: true if what the parent has done after @ns counts. */
static bool perform_end(struct vdpa_entry *entry, const struct vdpa_claim *claim, int err, u64 ns)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool good;

	spin_lock_irqsave(&state->lock, flags);
	good = claim_is_good(state, claim);
	if (good && !err && claim->ask)
		vdpa_latency_note(suspends(claim) ? &state->suspend : &state->resume, ns);
	if (good)
		claim_end(entry, claim, !err);
	ask_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
	return good;
}

/* In our turn. */
static int perform(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	ktime_t start = ktime_get();
	int err = claim->ask ? ask(entry, claim) : 0;
	u64 ns = ktime_to_ns(ktime_sub(ktime_get(), start));

	return perform_end(entry, claim, err, ns) ? err : err ?: -ECANCELED;
}

/**
 * vdpa_hold_perform - take or give back the hold that was claimed
 * @entry: the device
 * @claim: the claim
 *
 * Context: a worker; may sleep for as long as the parent takes; no lock is held.
 * Return: what the parent returns; -ECANCELED if the claim was lost meanwhile.
 */
int vdpa_hold_perform(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	bool good;

	wait_event_idle(entry->state.idle, perform_begin(entry, claim, &good));
	return good ? perform(entry, claim) : -ECANCELED;
}

/* Return: true once it is known whether the hold is still @ours; it is claimed then. */
static bool undo_begin(struct vdpa_entry *entry, struct vdpa_claim *claim, bool *ours)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool known;

	spin_lock_irqsave(&state->lock, flags);
	*ours = (state->holds & own_hold(claim)) && state->held_by == claim->number;
	known = !*ours || !state->claimed;
	if (*ours && known) {
		claim->via = VDPA_DEV_STATE_RESUMING;
		claim_take(entry, claim);
	}
	spin_unlock_irqrestore(&state->lock, flags);
	return known;
}

/**
 * vdpa_hold_undo - give back a hold that was taken in vain
 * @entry: the device, also one that is being deleted
 * @claim: the one by which it was taken
 *
 * Context: a worker; may sleep for as long as the parent takes; no lock is held.
 * Return: what the parent returns; 0 if it was not asked, as the hold is gone or the
 * driver has one too; -ECANCELED if the claim was lost meanwhile.
 */
int vdpa_hold_undo(struct vdpa_entry *entry, struct vdpa_claim *claim)
{
	bool ours;

	wait_event_idle(entry->state.idle, undo_begin(entry, claim, &ours));
	return ours ? vdpa_hold_perform(entry, claim) : 0;
}

/* The driver's side. */

/* What there is to do for a driver that wants to suspend or resume. */
enum driver_step {
	STEP_NONE,	/* it has what it wants */
	STEP_CLAIM,	/* it has a claim, and the parent's turn */
	STEP_PASS,	/* the device has failed: what comes of it is the parent's business */
};

/* Under the lock, while nobody has a claim or is in the parent. */
static enum driver_step driver_step(struct vdpa_entry *entry, struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	bool held = state->holds & VDPA_HOLD_DRIVER;

	switch (state->now) {
	case VDPA_DEV_STATE_FAILED:
		state->asking = true;
		return STEP_PASS;
	case VDPA_DEV_STATE_ACTIVE:
	case VDPA_DEV_STATE_SUSPENDED:
		if (suspends(claim) == held)
			return STEP_NONE;
		if (state->holds & ~VDPA_HOLD_DRIVER) {
			vdpa_state_set_holds(entry, state->holds ^ VDPA_HOLD_DRIVER, claim->cause);
			return STEP_NONE;
		}
		claim_take(entry, claim);
		state->asking = true;
		return STEP_CLAIM;
	default:
		return STEP_NONE;
	}
}

static bool driver_begin(struct vdpa_entry *entry, struct vdpa_claim *claim,
			 enum driver_step *step)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	free = !state->claimed && !state->asking;
	if (free)
		*step = driver_step(entry, claim);
	spin_unlock_irqrestore(&state->lock, flags);
	return free;
}

/* Return: what the parent says. */
static int driver_pass(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	int err;

	err = suspends(claim) ? ops->suspend(entry->vdev) : ops->resume(entry->vdev);
	spin_lock_irqsave(&state->lock, flags);
	ask_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
	return err;
}

/**
 * vdpa_hold_driver - the bus driver suspends or resumes the device
 * @entry: the device
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 *
 * Context: may sleep for as long as the parent takes, and before that, killable,
 * while somebody else suspends, resumes or resets the device.
 * Return: what the parent returns; 0 if it was not asked; -ECANCELED if the device
 * failed meanwhile; -EINTR.
 */
int vdpa_hold_driver(struct vdpa_entry *entry, enum vdpa_dev_state via)
{
	struct vdpa_claim claim = { .via = via, .cause = VDPA_CAUSE_DRIVER };
	enum driver_step step;

	if (wait_event_killable(entry->state.idle, driver_begin(entry, &claim, &step)))
		return -EINTR;
	switch (step) {
	case STEP_CLAIM:
		return perform(entry, &claim);
	case STEP_PASS:
		return driver_pass(entry, &claim);
	default:
		return 0;
	}
}

/* Return: true once the parent is at nothing else; it is asked from now on. */
static bool turn_begin(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool free;

	spin_lock_irqsave(&state->lock, flags);
	free = !state->asking;
	if (free)
		state->asking = true;
	spin_unlock_irqrestore(&state->lock, flags);
	return free;
}

/**
 * vdpa_hold_probe - vhost_vdpa begins to probe the device, or has ended
 * @entry: the device
 * @probing: which of the two
 *
 * vhost_vdpa has its character device opened before it is done with what the file's end
 * needs: a file that is opened and closed that early takes the kernel down. To open it
 * resets the device, and that waits for the probe.
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

/**
 * vdpa_hold_reset_begin - the bus driver is about to reset the device
 * @entry: the device
 *
 * Context: may sleep for as long as the parent takes for what it is at. Not killable:
 * who resets may be at the end of a file, and its memory is unmapped after that.
 */
void vdpa_hold_reset_begin(struct vdpa_entry *entry)
{
	wait_event_idle(entry->state.idle, is_probed(entry) && turn_begin(entry));
	vdpa_state_driver_begin(entry);
}

/* It is reset, if @done: this ends whatever it was doing, and whoever held it. */
void vdpa_hold_reset_end(struct vdpa_entry *entry, bool done)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	vdpa_state_driver_end(entry);
	if (done) {
		state->claim++;
		vdpa_state_change(entry, VDPA_DEV_STATE_INACTIVE, VDPA_CAUSE_DRIVER);
	}
	ask_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Under the lock: nobody holds it any more. Return: true if the parent has to resume it. */
static bool leave(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	bool held = state->holds;

	state->claim++;
	state->claimed = false;
	state->holds = 0;
	if (state->now != VDPA_DEV_STATE_INACTIVE && state->now != VDPA_DEV_STATE_FAILED)
		vdpa_state_change(entry, VDPA_DEV_STATE_ACTIVE, VDPA_CAUSE_MANAGEMENT);
	return held;
}

/**
 * vdpa_hold_leave - a driver of this host is about to leave the device
 * @entry: the device
 *
 * The kernel's own drivers wait for the answers to what they have asked the
 * device, also when they are taken away, and nothing interrupts them: a
 * suspended device would keep them for good. So it is resumed, and cannot be
 * suspended until vdpa_hold_left().
 *
 * Context: may sleep for as long as the parent takes.
 */
void vdpa_hold_leave(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool held;

	spin_lock_irqsave(&state->lock, flags);
	state->leaving = true;
	spin_unlock_irqrestore(&state->lock, flags);
	wait_event_idle(state->idle, turn_begin(entry));
	spin_lock_irqsave(&state->lock, flags);
	held = leave(entry);
	spin_unlock_irqrestore(&state->lock, flags);
	if (held && entry->parent_ops->resume && ask_resume(entry))
		dev_warn(&entry->vdev->dev, "could not be resumed for its driver to leave it\n");
	spin_lock_irqsave(&state->lock, flags);
	ask_end(state);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* It has left it. */
void vdpa_hold_left(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->leaving = false;
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Wait until the parent is at nothing, for as long as it takes. */
void vdpa_hold_wait(struct vdpa_entry *entry)
{
	wait_event_idle(entry->state.idle, !READ_ONCE(entry->state.asking));
}
