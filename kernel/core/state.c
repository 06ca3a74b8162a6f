// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device is doing: see state.h.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/vdpa.h>
#include <linux/virtio_config.h>

#include "device.h"
#include "event.h"
#include "state.h"
#include "trace.h"

/**
 * struct arc - an operation that leads from one state to another
 * @via: the state while the parent is at it
 * @from: where it begins, and where it returns to if the parent fails
 * @to: where it leads
 */
struct arc {
	enum vdpa_dev_state via;
	enum vdpa_dev_state from;
	enum vdpa_dev_state to;
};

static const struct arc arcs[] = {
	{ VDPA_DEV_STATE_SUSPENDING, VDPA_DEV_STATE_ACTIVE, VDPA_DEV_STATE_SUSPENDED },
	{ VDPA_DEV_STATE_RESUMING, VDPA_DEV_STATE_SUSPENDED, VDPA_DEV_STATE_ACTIVE },
};

static const struct arc *arc_via(enum vdpa_dev_state via)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(arcs); i++)
		if (arcs[i].via == via)
			return &arcs[i];
	return NULL;
}

static void tell(struct vdpa_entry *entry, enum vdpa_dev_state from, enum vdpa_dev_state to,
		 enum vdpa_cause cause)
{
	entry->state.transitions++;
	trace_vdpa_state(vdpa_entry_name(entry), from, to, cause);
	if (entry->state.told)
		vdpa_event_state(entry, from, to, cause);
}

/* Under the lock: the only place where a state changes. */
static void change(struct vdpa_entry *entry, enum vdpa_dev_state to, enum vdpa_cause cause)
{
	enum vdpa_dev_state from = entry->state.now;

	lockdep_assert_held(&entry->state.lock);
	if (from == to)
		return;
	entry->state.now = to;
	if (!entry->state.removing)
		tell(entry, from, to, cause);
}

/**
 * vdpa_state_set_removing - a deletion begins, or is called off
 * @entry: the device
 * @removing: which of the two
 *
 * Context: any; takes the state's lock.
 */
void vdpa_state_set_removing(struct vdpa_entry *entry, bool removing)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->removing = removing;
	if (removing)
		tell(entry, state->now, VDPA_DEV_STATE_REMOVING, VDPA_CAUSE_MANAGEMENT);
	else
		tell(entry, VDPA_DEV_STATE_REMOVING, state->now, VDPA_CAUSE_MANAGEMENT);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* What the status says the device is doing, as far as it tells. */
static enum vdpa_dev_state state_of_status(u8 status)
{
	if (status & (VIRTIO_CONFIG_S_FAILED | VIRTIO_CONFIG_S_NEEDS_RESET))
		return VDPA_DEV_STATE_FAILED;
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		return VDPA_DEV_STATE_ACTIVE;
	return VDPA_DEV_STATE_INACTIVE;
}

/* Under the lock. The status does not tell whether a device with DRIVER_OK is suspended. */
static void take_status(struct vdpa_entry *entry, u8 status, enum vdpa_cause cause)
{
	enum vdpa_dev_state told = state_of_status(status);

	if (told != VDPA_DEV_STATE_ACTIVE || entry->state.now == VDPA_DEV_STATE_INACTIVE)
		change(entry, told, cause);
}

/* The bus driver begins an operation that changes the status. */
void vdpa_state_driver_begin(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->driver_ops++;
	state->turn++;
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Under the lock. */
static void driver_end(struct vdpa_state *state)
{
	state->driver_ops--;
	state->turn++;
}

/* The bus driver has set the status. Asks the parent for what came of it. */
void vdpa_state_driver_status(struct vdpa_entry *entry)
{
	u8 status = entry->parent_ops->get_status(entry->vdev);
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	driver_end(state);
	take_status(entry, status, VDPA_CAUSE_DRIVER);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* The bus driver has reset the device, if it is @done: this ends whatever it was doing. */
void vdpa_state_driver_reset(struct vdpa_entry *entry, bool done)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	driver_end(state);
	if (done) {
		state->claim++;
		change(entry, VDPA_DEV_STATE_INACTIVE, VDPA_CAUSE_DRIVER);
	}
	spin_unlock_irqrestore(&state->lock, flags);
}

/*
 * Devices fail by themselves. What the status says is worth nothing if the
 * driver was changing it meanwhile; the driver's own call will tell.
 */
static void look_at_status(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool quiet;
	u32 turn;
	u8 status;

	spin_lock_irqsave(&state->lock, flags);
	turn = state->turn;
	quiet = !state->driver_ops;
	spin_unlock_irqrestore(&state->lock, flags);
	if (!quiet)
		return;
	status = entry->parent_ops->get_status(entry->vdev);
	spin_lock_irqsave(&state->lock, flags);
	if (state->turn == turn)
		take_status(entry, status, VDPA_CAUSE_DEVICE);
	spin_unlock_irqrestore(&state->lock, flags);
}

static void look_work(struct work_struct *work)
{
	look_at_status(container_of(work, struct vdpa_entry, look));
}

void vdpa_state_init(struct vdpa_entry *entry)
{
	spin_lock_init(&entry->state.lock);
	init_waitqueue_head(&entry->state.idle);
	INIT_WORK(&entry->look, look_work);
}

/**
 * vdpa_state_publish - tell that a device is there, and from now on what it does
 * @entry: the device, which others can find from now on
 *
 * A driver of the host may have started it while its parent was creating it.
 *
 * Context: vdpa_registry_lock is held; takes the state's lock.
 */
void vdpa_state_publish(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->told = true;
	vdpa_event_dev(entry, VDPA_EVENT_DEV_ADDED);
	if (state->now != VDPA_DEV_STATE_INACTIVE)
		vdpa_event_state(entry, VDPA_DEV_STATE_INACTIVE, state->now, VDPA_CAUSE_DRIVER);
	spin_unlock_irqrestore(&state->lock, flags);
}

/**
 * vdpa_state_read - see what a device is doing
 * @entry: the device
 * @seq: set to the number of the last event that this state contains
 *
 * Context: asks the parent for the status.
 * Return: what there is to show, all of one moment.
 */
struct vdpa_state_view vdpa_state_read(struct vdpa_entry *entry, u64 *seq)
{
	struct vdpa_state *state = &entry->state;
	struct vdpa_state_view view;
	unsigned long flags;

	look_at_status(entry);
	spin_lock_irqsave(&state->lock, flags);
	view = (struct vdpa_state_view){
		.now = state->removing ? VDPA_DEV_STATE_REMOVING : state->now,
		.claim = state->claim,
		.transitions = state->transitions,
		.suspend = state->suspend,
		.resume = state->resume,
	};
	*seq = vdpa_event_seq();
	spin_unlock_irqrestore(&state->lock, flags);
	return view;
}

/**
 * vdpa_state_begin - claim the way to another state
 * @entry: the device
 * @claim: with @via and @cause filled in
 *
 * A claim ends with vdpa_state_perform() or vdpa_state_abort().
 *
 * Return: the state that the device was in. If it is not the one where the way
 * begins, nothing was claimed.
 */
enum vdpa_dev_state vdpa_state_begin(struct vdpa_entry *entry, struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	enum vdpa_dev_state was;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	was = state->removing ? VDPA_DEV_STATE_REMOVING : state->now;
	if (was == arc_via(claim->via)->from) {
		claim->number = ++state->claim;
		change(entry, claim->via, claim->cause);
	}
	spin_unlock_irqrestore(&state->lock, flags);
	return was;
}

/* Under the lock. */
static bool claim_holds(const struct vdpa_state *state, const struct vdpa_claim *claim)
{
	return state->claim == claim->number && state->now == claim->via;
}

static void latency_note(struct vdpa_latency *latency, u64 ns)
{
	latency->last = ns;
	latency->max = max(latency->max, ns);
}

/* Give a claim back: the parent was not asked. */
void vdpa_state_abort(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	if (claim_holds(state, claim))
		change(entry, arc_via(claim->via)->from, claim->cause);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Return: true if the parent is to be asked; the device counts as @performing then. */
static bool perform_begin(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool holds;

	spin_lock_irqsave(&state->lock, flags);
	holds = claim_holds(state, claim);
	state->performing += holds;
	spin_unlock_irqrestore(&state->lock, flags);
	return holds;
}

/*
 * The parent has done it, or failed, after @ns.
 * Return: true if that counts; else what the device is doing now is in @now.
 */
static bool perform_end(struct vdpa_entry *entry, const struct vdpa_claim *claim, bool reached,
			u64 ns, enum vdpa_dev_state *now)
{
	bool suspend = claim->via == VDPA_DEV_STATE_SUSPENDING;
	const struct arc *arc = arc_via(claim->via);
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool holds;

	spin_lock_irqsave(&state->lock, flags);
	holds = claim_holds(state, claim);
	if (holds) {
		if (reached)
			latency_note(suspend ? &state->suspend : &state->resume, ns);
		change(entry, reached ? arc->to : arc->from, claim->cause);
	}
	*now = state->now;
	if (!--state->performing)
		wake_up_all(&state->idle);
	spin_unlock_irqrestore(&state->lock, flags);
	return holds;
}

static int ask_parent(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_parent *parent = entry->parent;

	if (claim->via == VDPA_DEV_STATE_RESUMING)
		return ops->resume(entry->vdev);
	if (parent && parent->migration.suspend)
		return parent->migration.suspend(entry->vdev, claim->deadline ?: KTIME_MAX);
	return ops->suspend(entry->vdev);
}

/**
 * vdpa_state_perform - go the way that was claimed
 * @entry: the device
 * @claim: the claim
 *
 * Context: may sleep for as long as the parent takes; no lock is held.
 * Return: what the parent returns; -ECANCELED if the claim was lost meanwhile.
 */
int vdpa_state_perform(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	bool suspend = claim->via == VDPA_DEV_STATE_SUSPENDING;
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_device *vdev = entry->vdev;
	enum vdpa_dev_state now;
	ktime_t start;
	int err;

	if (!perform_begin(entry, claim))
		return -ECANCELED;
	start = ktime_get();
	err = ask_parent(entry, claim);
	if (perform_end(entry, claim, !err, ktime_to_ns(ktime_sub(ktime_get(), start)), &now))
		return err;
	/* The driver has begun anew, and knows of no suspend. */
	if (suspend && !err && now == VDPA_DEV_STATE_ACTIVE && ops->resume)
		ops->resume(vdev);
	return err ?: -ECANCELED;
}

/* The driver has gone a way that it had no claim on: whoever had one has lost it. */
void vdpa_state_force(struct vdpa_entry *entry, const struct vdpa_claim *claim)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	if (state->now != VDPA_DEV_STATE_INACTIVE && state->now != VDPA_DEV_STATE_FAILED) {
		state->claim++;
		change(entry, arc_via(claim->via)->to, claim->cause);
	}
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Wait until nobody suspends or resumes the device, for as long as its parent takes. */
void vdpa_state_wait_idle(struct vdpa_entry *entry)
{
	wait_event_idle(entry->state.idle, !READ_ONCE(entry->state.performing));
}

/**
 * vdpa_state_release - resume a device that its driver is about to leave
 * @entry: the device
 *
 * The kernel's own drivers wait for the answers to what they have asked the
 * device, also when they are taken away, and nothing interrupts them: a
 * suspended device would keep them for good.
 *
 * Context: may sleep for as long as the parent takes.
 */
void vdpa_state_release(struct vdpa_entry *entry)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool suspended;

	if (!ops->resume)
		return;
	vdpa_state_wait_idle(entry);
	spin_lock_irqsave(&state->lock, flags);
	suspended = state->now == VDPA_DEV_STATE_SUSPENDED;
	if (suspended) {
		state->claim++;
		change(entry, VDPA_DEV_STATE_ACTIVE, VDPA_CAUSE_MANAGEMENT);
	}
	spin_unlock_irqrestore(&state->lock, flags);
	if (suspended && ops->resume(entry->vdev))
		dev_warn(&entry->vdev->dev, "could not be resumed for its driver to leave it\n");
}
