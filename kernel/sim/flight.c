// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains in flight: taken from the available ring and not completed.
 *
 * A chain that has not begun was given up by a suspend, or comes from another device. The queue
 * takes it up before newer ones. A request takes effect when it is due, so one that is given up had
 * no effect.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "sim.h"

/* Interval at which a suspend checks whether all chains are completed, in ms. */
#define LAND_LOOK_MS	2

/*
 * Interval at which a queue checks for due chains, in ms: a knob may shorten the delay meanwhile.
 */
#define DUE_LOOK_MS	10

static void kick_due(struct timer_list *timer)
{
	vdpasim_kick(container_of(timer, struct vdpasim_vq, timer));
}

/* Initialise a queue without chains in flight. */
void vdpasim_flight_init(struct vdpasim_vq *vq)
{
	timer_setup(&vq->timer, kick_due, 0);
}

/* Stop the timer and free the chains. May sleep. */
void vdpasim_flight_free(struct vdpasim_vq *vq)
{
	timer_shutdown_sync(&vq->timer);
	kvfree(vq->flights);
}

/**
 * vdpasim_flight_room - allocate room for chains in flight, if the class can have any
 * @vq: the queue; the lock is held
 *
 * The room is freed with the device. May sleep. Return: 0 or -ENOMEM.
 */
int vdpasim_flight_room(struct vdpasim_vq *vq)
{
	if (!vq->flights && vq->sim->parent->class->reports)
		vq->flights = kvcalloc(VDPASIM_FLIGHT_MAX, sizeof(*vq->flights), GFP_KERNEL);
	return vq->flights || !vq->sim->parent->class->reports ? 0 : -ENOMEM;
}

static void begin(struct vdpasim_vq *vq, struct vdpasim_flight *flight, u32 delay_ms)
{
	flight->begun = true;
	flight->since = jiffies;
	flight->delay_ms = delay_ms;
	WRITE_ONCE(vq->flights_end, flight->since + msecs_to_jiffies(delay_ms));
}

static bool is_due(const struct vdpasim_flight *flight, u32 delay_ms)
{
	unsigned long delay = msecs_to_jiffies(min(delay_ms, flight->delay_ms));

	return time_after_eq(jiffies, flight->since + delay);
}

static bool in_flight(const struct vdpasim_vq *vq, u16 head)
{
	u16 i;

	for (i = 0; i < vq->n_flights; i++)
		if (vq->flights[i].head == head)
			return true;
	return false;
}

/**
 * vdpasim_flight_take - take a chain that is completed later
 * @vq: its queue; the lock is held, and vdpasim_ring_next() has just found the chain
 * @head: index of its first descriptor
 * @delay_ms: delay until it is due
 *
 * May sleep. Return: VDPASIM_STEP_DONE; _IDLE if no more can be taken now: the chain stays in the
 * ring; _BROKEN.
 */
enum vdpasim_step vdpasim_flight_take(struct vdpasim_vq *vq, u16 head, u32 delay_ms)
{
	if (in_flight(vq, head)) {
		vdpasim_broken(vq, "descriptor chain that the device has already");
		return VDPASIM_STEP_BROKEN;
	}
	if (vq->n_flights == VDPASIM_FLIGHT_MAX) {
		vdpasim_ring_rewind(vq, 1);
		return VDPASIM_STEP_IDLE;
	}
	vq->flights[vq->n_flights].head = head;
	begin(vq, &vq->flights[vq->n_flights], delay_ms);
	WRITE_ONCE(vq->next, vq->next + 1);
	WRITE_ONCE(vq->n_flights, vq->n_flights + 1);
	return VDPASIM_STEP_DONE;
}
EXPORT_SYMBOL_GPL(vdpasim_flight_take);

/**
 * vdpasim_flight_due - find a chain in flight that is due
 * @vq: the queue; the lock is held
 * @delay_ms: delay of chains that begin now, and maximum delay of the others
 * @chain: the chain; valid until the next call
 * @at: set to its index in vq->flights
 *
 * May sleep. Return: VDPASIM_STEP_DONE; _EMPTY, there is none; _BROKEN.
 */
enum vdpasim_step vdpasim_flight_due(struct vdpasim_vq *vq, u32 delay_ms,
				     struct vdpasim_chain *chain, u16 *at)
{
	struct vdpasim_flight *flight;

	for (*at = 0; *at < vq->n_flights; ++*at) {
		flight = &vq->flights[*at];
		if (!flight->begun) {
			begin(vq, flight, delay_ms);
			vdpasim_count(vq, VDPASIM_STAT_RECEIVED, 1);
		}
		if (is_due(flight, delay_ms))
			return vdpasim_ring_again(vq, flight->head, chain);
	}
	return VDPASIM_STEP_EMPTY;
}
EXPORT_SYMBOL_GPL(vdpasim_flight_due);

/**
 * vdpasim_flight_complete - complete a chain in flight
 * @vq: the queue; the lock is held
 * @at: its index, from vdpasim_flight_due()
 * @written: bytes written to it
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_flight_complete(struct vdpasim_vq *vq, u16 at, u32 written)
{
	struct vdpasim_flight *flight = &vq->flights[at];
	int err;

	err = vdpasim_ring_complete(vq, flight->head, written);
	if (err)
		return err;
	/* Completing advanced both indices, but the chain was taken before. */
	WRITE_ONCE(vq->next, vq->next - 1);
	WRITE_ONCE(vq->n_flights, vq->n_flights - 1);
	memmove(flight, flight + 1, (vq->n_flights - at) * sizeof(*flight));
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_flight_complete);

/**
 * vdpasim_flight_kick_later - kick the queue later, if chains are in flight
 * @vq: the queue; the lock is held
 */
void vdpasim_flight_kick_later(struct vdpasim_vq *vq)
{
	if (vq->n_flights)
		mod_timer(&vq->timer, jiffies + msecs_to_jiffies(DUE_LOOK_MS));
}

/* Do not wait for a stopped queue: its chains in flight are reported. */
static bool all_landed(struct vdpasim *sim)
{
	u16 i;

	for (i = 0; i < sim->nvqs; i++)
		if (READ_ONCE(sim->vqs[i].n_flights) && vdpasim_may_move(&sim->vqs[i]))
			return false;
	return true;
}

static void set_landing(struct vdpasim *sim, bool landing)
{
	spin_lock(&sim->state_lock);
	WRITE_ONCE(sim->landing, landing);
	spin_unlock(&sim->state_lock);
}

/**
 * vdpasim_flights_land - wait until the chains in flight are completed
 * @sim: device, about to be suspended; no lock is held
 * @may_report: do not wait if the class reports them instead
 *
 * No new chains are taken until vdpasim_flights_landed(). May sleep, interruptible.
 * Return: 0 or -EINTR.
 */
int vdpasim_flights_land(struct vdpasim *sim, bool may_report)
{
	const struct vdpasim_class *class = sim->parent->class;

	if (!class->reports)
		return 0;
	set_landing(sim, true);
	while (!(may_report && class->reports(sim)) && !all_landed(sim))
		if (msleep_interruptible(LAND_LOOK_MS))
			return -EINTR;
	return 0;
}

/* End what vdpasim_flights_land() began, whether or not the device is suspended. */
void vdpasim_flights_landed(struct vdpasim *sim)
{
	if (!READ_ONCE(sim->landing))
		return;
	set_landing(sim, false);
	vdpasim_kick_all(sim);
}

/**
 * vdpasim_flights_give_up - give up the chains in flight, to be taken up again later
 * @sim: device with stopped queues. Under sim->lock.
 *
 * May sleep.
 */
void vdpasim_flights_give_up(struct vdpasim *sim)
{
	struct vdpasim_vq *vq;
	u16 i, at;

	for (i = 0; i < sim->nvqs; i++) {
		vq = &sim->vqs[i];
		mutex_lock(&vq->lock);
		for (at = 0; at < vq->n_flights; at++) {
			if (vq->flights[at].begun)
				vdpasim_ring_rewind(vq, 1);
			vq->flights[at].begun = false;
		}
		mutex_unlock(&vq->lock);
	}
}

/**
 * vdpasim_flights_left_ns - estimate how long a suspend would wait for chains in flight
 * @sim: device
 *
 * Return: the time in ns.
 */
u64 vdpasim_flights_left_ns(struct vdpasim *sim)
{
	unsigned long now = jiffies, left = 0, end;
	u16 i;

	if (!sim->parent->class->reports || sim->parent->class->reports(sim))
		return 0;
	for (i = 0; i < sim->nvqs; i++) {
		end = READ_ONCE(sim->vqs[i].flights_end);
		if (READ_ONCE(sim->vqs[i].n_flights) && time_after(end, now))
			left = max(left, end - now);
	}
	return jiffies_to_nsecs(left);
}

/* Migration operations: see linux/vdpa_migration.h. */

int vdpasim_inflight_get(struct vdpa_device *vdpa, u16 idx, u16 *heads, unsigned int max)
{
	struct vdpasim_vq *vq = &vdpa_to_sim(vdpa)->vqs[idx];
	u16 i, n;

	mutex_lock(&vq->lock);
	n = vq->n_flights;
	for (i = 0; i < n && i < max; i++)
		heads[i] = vq->flights[i].head;
	mutex_unlock(&vq->lock);
	return n;
}

int vdpasim_inflight_set(struct vdpa_device *vdpa, u16 idx, const u16 *heads, unsigned int n)
{
	struct vdpasim_vq *vq = &vdpa_to_sim(vdpa)->vqs[idx];
	int err = 0;
	u16 i;

	mutex_lock(&vq->lock);
	if (READ_ONCE(vq->sim->running) && vq->ready)
		err = -EBUSY;
	else if (n > min_t(unsigned int, vq->num, VDPASIM_FLIGHT_MAX))
		err = -EINVAL;
	else if (n)
		err = vdpasim_flight_room(vq);
	for (i = 0; !err && i < n; i++)
		vq->flights[i] = (struct vdpasim_flight) { .head = heads[i] };
	if (!err)
		WRITE_ONCE(vq->n_flights, n);
	mutex_unlock(&vq->lock);
	return err;
}
