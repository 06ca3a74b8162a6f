// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of a device: see state.h.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/moduleparam.h>
#include <linux/vdpa.h>
#include <linux/virtio_config.h>

#include "device.h"
#include "notify.h"
#include "state.h"
#include "status.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static void notify(struct vdpa_entry *entry, enum vdpa_dev_state from, enum vdpa_dev_state to,
		   enum vdpa_cause cause)
{
	entry->state.transitions++;
	trace_vdpa_state(vdpa_entry_name(entry), from, to, cause);
	if (entry->state.notified)
		vdpa_event_state(entry, from, to, cause);
}

/*
 * Change the state; no other function does. A change to inactive or failed ends the holds and voids
 * a transition. Under the lock.
 */
void vdpa_state_change(struct vdpa_entry *entry, enum vdpa_dev_state to, enum vdpa_cause cause)
{
	struct vdpa_state *state = &entry->state;
	enum vdpa_dev_state from = state->now;

	lockdep_assert_held(&state->lock);
	if (from == to)
		return;
	state->now = to;
	if (to == VDPA_DEV_STATE_INACTIVE || to == VDPA_DEV_STATE_FAILED) {
		state->holds = 0;
		state->status_bit = false;
		state->means = VDPA_MEANS_NONE;
		state->in_transition = false;
		state->in_status = false;
		state->sequence++;
		state->lives++;
		wake_up_all(&state->idle);
	}
	if (!state->removing)
		notify(entry, from, to, cause);
}

/* Change the holds of a device that stays suspended. Under the lock. */
void vdpa_state_set_holds(struct vdpa_entry *entry, u8 holds, enum vdpa_cause cause)
{
	struct vdpa_state *state = &entry->state;

	lockdep_assert_held(&state->lock);
	if (state->holds == holds)
		return;
	state->holds = holds;
	state->status_bit &= !!(holds & VDPA_HOLD_DRIVER);
	if (state->notified && !state->removing)
		vdpa_event_state(entry, state->now, state->now, cause);
}

/**
 * vdpa_state_set_removing - note that a deletion begins or is cancelled
 * @entry: the device
 * @removing: true: it begins
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
		notify(entry, state->now, VDPA_DEV_STATE_REMOVING, VDPA_CAUSE_MANAGEMENT);
	else
		notify(entry, VDPA_DEV_STATE_REMOVING, state->now, VDPA_CAUSE_MANAGEMENT);
	spin_unlock_irqrestore(&state->lock, flags);
}

/* Return: the state that a status implies. It does not show whether a device is suspended. */
static enum vdpa_dev_state state_of_status(u8 status)
{
	if (status & VDPA_STATUS_FAILED_BITS)
		return VDPA_DEV_STATE_FAILED;
	if (status & VIRTIO_CONFIG_S_DRIVER_OK)
		return VDPA_DEV_STATE_ACTIVE;
	return VDPA_DEV_STATE_INACTIVE;
}

/*
 * Under the lock. DRIVER_OK does not show whether the device is suspended. A device that shows
 * SUSPEND instead of DRIVER_OK is not inactive.
 */
static void set_status(struct vdpa_entry *entry, u8 status, enum vdpa_cause cause)
{
	enum vdpa_dev_state told = state_of_status(status);

	if (told == VDPA_DEV_STATE_INACTIVE && vdpa_status_negotiated(entry) &&
	    vdpa_status_suspended(status))
		return;
	if (told != VDPA_DEV_STATE_ACTIVE || entry->state.now == VDPA_DEV_STATE_INACTIVE)
		vdpa_state_change(entry, told, cause);
}

/* The bus driver begins to change the status. */
void vdpa_state_driver_begin(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->driver_ops++;
	state->status_sequence++;
	spin_unlock_irqrestore(&state->lock, flags);
}

/* The bus driver has changed the status. Under the lock. */
void vdpa_state_driver_end(struct vdpa_entry *entry)
{
	entry->state.driver_ops--;
	entry->state.status_sequence++;
}

/*
 * Return: whether no bus driver call that changes the status is under way. A status read afterwards
 * is valid if status_sequence still equals @sequence then.
 */
bool vdpa_state_driver_quiet(struct vdpa_entry *entry, u32 *sequence)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	bool quiet;

	spin_lock_irqsave(&state->lock, flags);
	*sequence = state->status_sequence;
	quiet = !state->driver_ops;
	spin_unlock_irqrestore(&state->lock, flags);
	return quiet;
}

/* The bus driver has set the status: read it back from the parent. */
void vdpa_state_driver_status(struct vdpa_entry *entry)
{
	u8 status = entry->parent_ops->get_status(entry->vdev);
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	vdpa_state_driver_end(entry);
	set_status(entry, status, VDPA_CAUSE_DRIVER);
	spin_unlock_irqrestore(&state->lock, flags);
}

/*
 * Read the status, as a device may fail by itself. If the driver changes the status meanwhile,
 * ignore the result: the driver's own call updates the state.
 */
void vdpa_state_refresh(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;
	u32 sequence;
	u8 status;

	if (!vdpa_state_driver_quiet(entry, &sequence))
		return;
	status = entry->parent_ops->get_status(entry->vdev);
	spin_lock_irqsave(&state->lock, flags);
	if (state->status_sequence == sequence)
		set_status(entry, status, VDPA_CAUSE_DEVICE);
	spin_unlock_irqrestore(&state->lock, flags);
}

static void refresh_work(struct work_struct *work)
{
	vdpa_state_refresh(container_of(work, struct vdpa_entry, refresh));
}

void vdpa_state_init(struct vdpa_entry *entry)
{
	spin_lock_init(&entry->state.lock);
	init_waitqueue_head(&entry->state.idle);
	INIT_WORK(&entry->refresh, refresh_work);
}

/**
 * vdpa_state_publish - send the event of a new device, and enable events of its changes
 * @entry: the device, which is being published
 *
 * A driver of this host may have started it already; then a state event follows.
 *
 * Context: vdpa_registry_lock is held; takes the state's lock.
 */
void vdpa_state_publish(struct vdpa_entry *entry)
{
	struct vdpa_state *state = &entry->state;
	unsigned long flags;

	spin_lock_irqsave(&state->lock, flags);
	state->notified = true;
	vdpa_event_dev(entry, VDPA_EVENT_DEV_ADDED);
	if (state->now != VDPA_DEV_STATE_INACTIVE)
		vdpa_event_state(entry, VDPA_DEV_STATE_INACTIVE, state->now, VDPA_CAUSE_DRIVER);
	spin_unlock_irqrestore(&state->lock, flags);
}

/*
 * A single long suspend (firmware update, memory shortage) must not cause deadlines to be refused
 * for ever. So it is forgotten after this time.
 */
static unsigned int latency_memory_s = 600;
module_param(latency_memory_s, uint, 0644);
MODULE_PARM_DESC(latency_memory_s, "seconds for which the time that a suspend or resume took counts");

/* Note the duration of an operation. Under the lock. */
void vdpa_latency_note(struct vdpa_latencies *latencies, u64 ns)
{
	u32 i = latencies->n++ % VDPA_LATENCIES;

	latencies->ns[i] = ns;
	latencies->end[i] = ktime_get_ns();
}

static struct vdpa_latency latency_view(const struct vdpa_latencies *latencies)
{
	u64 memory = (u64)READ_ONCE(latency_memory_s) * NSEC_PER_SEC;
	struct vdpa_latency view = {};
	u64 now;
	u32 i;

	if (!latencies->n)
		return view;
	now = ktime_get_ns();
	view.last = latencies->ns[(latencies->n - 1) % VDPA_LATENCIES];
	for (i = 0; i < min(latencies->n, VDPA_LATENCIES); i++)
		if (now - latencies->end[i] <= memory)
			view.max = max(view.max, latencies->ns[i]);
	return view;
}

/* Return: a copy of the state. Under the lock. */
struct vdpa_state_view vdpa_state_view_locked(const struct vdpa_entry *entry)
{
	const struct vdpa_state *state = &entry->state;

	lockdep_assert_held(&state->lock);
	return (struct vdpa_state_view){
		.now = state->removing ? VDPA_DEV_STATE_REMOVING : state->now,
		.holds = state->holds,
		.in_transition = state->in_transition,
		.leaving = state->leaving,
		.sequence = state->sequence,
		.lives = state->lives,
		.transitions = state->transitions,
		.suspend = latency_view(&state->suspend),
		.resume = latency_view(&state->resume),
	};
}

/**
 * vdpa_state_read - get the state of a device
 * @entry: the device
 * @seq: set to the number of the last event before this copy was made
 *
 * Context: calls the parent's get_status.
 * Return: a consistent copy of the state.
 */
struct vdpa_state_view vdpa_state_read(struct vdpa_entry *entry, u64 *seq)
{
	struct vdpa_state *state = &entry->state;
	struct vdpa_state_view view;
	unsigned long flags;

	vdpa_state_refresh(entry);
	spin_lock_irqsave(&state->lock, flags);
	view = vdpa_state_view_locked(entry);
	*seq = vdpa_event_seq();
	spin_unlock_irqrestore(&state->lock, flags);
	return view;
}
