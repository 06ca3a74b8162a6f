// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains in flight: taken from the available ring and not completed, as requests may be slow.
 *
 * A chain that is not begun yet is one that was given up by a suspend, or comes from another
 * device. It is taken up when the queue moves, before anything newer. What a request does is done
 * when it is due, and not before: one that is given up has had no effect.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "sim.h"

/* In ms: how often a suspend looks whether all has been completed. */
#define LAND_LOOK_MS	2

/* In ms: how often a queue looks whether a chain is due: it may be so earlier than it was. */
#define DUE_LOOK_MS	10

static void kick_due(struct timer_list *timer)
{
	vdpasim_kick(container_of(timer, struct vdpasim_vq, timer));
}

/* A queue without chains in flight. */
void vdpasim_flight_init(struct vdpasim_vq *vq)
{
	timer_setup(&vq->timer, kick_due, 0);
}

/* Nothing kicks the queue any more. May sleep. */
void vdpasim_flight_free(struct vdpasim_vq *vq)
{
	timer_shutdown_sync(&vq->timer);
	kvfree(vq->flights);
}

/**
 * vdpasim_flight_room - get room for chains in flight, where the class has any
 * @vq: the queue; the lock is held
 *
 * It stays until the device goes. May sleep. Return: 0 or -ENOMEM.
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
 * vdpasim_flight_take - take a chain, to be completed later
 * @vq: its queue; the lock is held, and vdpasim_ring_next() has just found the chain
 * @head: of the chain
 * @delay_ms: how much later
 *
 * May sleep. Return: VDPASIM_STEP_DONE; _IDLE where no more can be taken now, and the chain stays
 * where it is; _BROKEN.
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
 * vdpasim_flight_due - look for a chain in flight that is due
 * @vq: the queue; the lock is held
 * @delay_ms: how long those take that are to be taken up, and the others at most
 * @chain: the chain; valid until the next call
 * @at: its place
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
 * vdpasim_flight_complete - give a chain that was in flight back to the driver
 * @vq: the queue; the lock is held
 * @at: its place, from vdpasim_flight_due()
 * @written: bytes that were written to it
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
	/* Completing moves both indices on; it was taken before. */
	WRITE_ONCE(vq->next, vq->next - 1);
	WRITE_ONCE(vq->n_flights, vq->n_flights - 1);
	memmove(flight, flight + 1, (vq->n_flights - at) * sizeof(*flight));
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_flight_complete);

/**
 * vdpasim_flight_kick_later - see to it that the queue looks again whether a chain is due
 * @vq: the queue; the lock is held
 */
void vdpasim_flight_kick_later(struct vdpasim_vq *vq)
{
	if (vq->n_flights)
		mod_timer(&vq->timer, jiffies + msecs_to_jiffies(DUE_LOOK_MS));
}

/* A queue that stands still is not waited for: what it has in flight is told. */
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
 * vdpasim_flights_land - wait until what is in flight is completed
 * @sim: device, about to be suspended; no lock is held
 * @may_report: unless it is to be reported instead
 *
 * Nothing is taken from then on, until vdpasim_flights_landed(). May sleep, until a signal at most.
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

/* The device is suspended, or has not been in the end. */
void vdpasim_flights_landed(struct vdpasim *sim)
{
	if (!READ_ONCE(sim->landing))
		return;
	set_landing(sim, false);
	vdpasim_kick_all(sim);
}

/**
 * vdpasim_flights_give_up - give up what is in flight, to be taken up again
 * @sim: device; its queues rest. Under sim->lock.
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
 * vdpasim_flights_left_ns - how long a suspend would wait for what is in flight now
 * @sim: device
 *
 * Return: that time in ns.
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

/* The operations for migration: see linux/vdpa_migration.h. */

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
