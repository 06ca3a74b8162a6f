// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device is doing: see state.h.
 */
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

void vdpa_state_init(struct vdpa_state *state)
{
	spin_lock_init(&state->lock);
}

static void tell(struct vdpa_entry *entry, enum vdpa_dev_state from, enum vdpa_dev_state to,
		 enum vdpa_cause cause)
{
	entry->state.transitions++;
	trace_vdpa_state(vdpa_entry_name(entry), from, to, cause);
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

/**
 * vdpa_state_note_status - the status may have changed
 * @entry: the device
 * @cause: who changed it
 *
 * Context: asks the parent for the status; any context in which that may be.
 */
void vdpa_state_note_status(struct vdpa_entry *entry, enum vdpa_cause cause)
{
	enum vdpa_dev_state told = state_of_status(entry->ops.get_status(entry->vdev));
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	/* The status does not tell whether a device with DRIVER_OK is suspended. */
	if (told != VDPA_DEV_STATE_ACTIVE || state->now == VDPA_DEV_STATE_INACTIVE)
		change(entry, told, cause);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* The device was reset, which ends whatever it was doing. */
void vdpa_state_note_reset(struct vdpa_entry *entry, enum vdpa_cause cause)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->life++;
	change(entry, VDPA_DEV_STATE_INACTIVE, cause);
	spin_unlock_irqrestore(&state->lock, flags);
}

/**
 * vdpa_state_read - see what a device is doing
 * @entry: the device
 * @seq: set to the number of the last event that this state contains
 *
 * Context: asks the parent for the status.
 * Return: a copy, taken at one moment.
 */
struct vdpa_state vdpa_state_read(struct vdpa_entry *entry, u64 *seq)
{
	struct vdpa_state *state = &entry->state;
	struct vdpa_state copy;
	unsigned long flags;

	vdpa_state_note_status(entry, VDPA_CAUSE_DEVICE);
	spin_lock_irqsave(&state->lock, flags);
	copy = *state;
	*seq = vdpa_event_seq();
	spin_unlock_irqrestore(&state->lock, flags);
	if (copy.removing)
		copy.now = VDPA_DEV_STATE_REMOVING;
	return copy;
}

/**
 * vdpa_state_begin - claim the way to another state
 * @entry: the device
 * @via: VDPA_DEV_STATE_SUSPENDING or _RESUMING
 * @cause: who wants it
 * @life: set to the life that the claim is good for
 *
 * A claim ends with vdpa_state_perform() or vdpa_state_abort().
 *
 * Return: the state that the device was in. If it is not the one where the way
 * begins, nothing was claimed.
 */
enum vdpa_dev_state vdpa_state_begin(struct vdpa_entry *entry, enum vdpa_dev_state via,
				     enum vdpa_cause cause, u32 *life)
{
	struct vdpa_state *state = &entry->state;
	enum vdpa_dev_state was;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	was = state->removing ? VDPA_DEV_STATE_REMOVING : state->now;
	*life = state->life;
	if (was == arc_via(via)->from)
		change(entry, via, cause);
	spin_unlock_irqrestore(&state->lock, flags);
	return was;
}

static void latency_note(struct vdpa_latency *latency, u64 ns)
{
	latency->last = ns;
	latency->max = max(latency->max, ns);
}

/* End a claim: @reached the end of the way, or back to its beginning. */
static void finish(struct vdpa_entry *entry, u32 life, enum vdpa_cause cause, bool reached, u64 ns)
{
	struct vdpa_state *state = &entry->state;
	const struct arc *arc;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	arc = arc_via(state->now);
	/* Neither if a reset came between, nor if the device has failed meanwhile. */
	if (arc && state->life == life) {
		if (reached)
			latency_note(arc->to == VDPA_DEV_STATE_SUSPENDED ? &state->suspend :
				     &state->resume, ns);
		change(entry, reached ? arc->to : arc->from, cause);
	}
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Give a claim back: the parent was not asked. */
void vdpa_state_abort(struct vdpa_entry *entry, u32 life, enum vdpa_cause cause)
{
	finish(entry, life, cause, false, 0);
}

/**
 * vdpa_state_perform - go the way that was claimed
 * @entry: the device
 * @life: from the claim
 * @cause: who wants it
 *
 * Context: may sleep for as long as the parent takes; no lock is held.
 * Return: what the parent returns; -ECANCELED if the device was reset meanwhile.
 */
int vdpa_state_perform(struct vdpa_entry *entry, u32 life, enum vdpa_cause cause)
{
	bool suspend = READ_ONCE(entry->state.now) == VDPA_DEV_STATE_SUSPENDING;
	const struct vdpa_config_ops *ops = entry->parent_ops;
	struct vdpa_device *vdev = entry->vdev;
	ktime_t start = ktime_get();
	int err;

	if (READ_ONCE(entry->state.life) != life)
		return -ECANCELED;
	err = suspend ? ops->suspend(vdev) : ops->resume(vdev);
	finish(entry, life, cause, !err, ktime_to_ns(ktime_sub(ktime_get(), start)));
	if (!err && READ_ONCE(entry->state.life) != life)
		return -ECANCELED;
	return err;
}
